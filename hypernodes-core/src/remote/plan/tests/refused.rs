//! What cannot leave the process is told before anything runs, all of it at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::{
    Capabilities, Engine, EngineError, Error, Feed, Inputs, IntoNode, NodeRef, Sizing, node_fn,
};

/// Says that it leaves the process, and does not.
#[derive(Debug)]
struct Leaving(Capabilities);

impl Leaving {
    fn new() -> Self {
        Self(Capabilities {
            leaves_process: true,
            ..Capabilities::default()
        })
    }
}

impl Engine for Leaving {
    fn name(&self) -> &str {
        "leaving"
    }
    fn capabilities(&self) -> &Capabilities {
        &self.0
    }
    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing::default()
    }
    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        Sequential::default().drive(feed)
    }
}

#[derive(Clone, Debug)]
struct Crate(u64);

#[node]
fn crate_it(x: u64) -> Crate {
    Crate(x)
}

#[node]
fn unbox_it(crate_it: &Crate) -> u64 {
    crate_it.0
}

fn closure() -> NodeRef {
    node_fn!("scale", |x: u64| -> u64 { x * 2 })
}

fn refused(p: &Pipeline) -> String {
    p.plan().image("process").expect_err("refused").to_string()
}

#[test]
fn all_problems_are_told_at_once() {
    let by_hand = NodeRef::new(crate::FnNode::new(inc::node().signature().clone(), |_| {}));
    let inner = Pipeline::new(
        "inner",
        vec![closure(), unbox_it::node().rename_output("unbox_it", "u")],
    )
    .and_then(|inner| inner.bind("crate_it", Crate(1)))
    .expect("fits");
    let nodes = vec![
        crate_it::node().rename_output("crate_it", "bar"),
        unbox_it::node()
            .named("reader")
            .rename_input("crate_it", "given"),
        by_hand.named("by_hand"),
        inner.as_node().into_node(),
    ];
    let p = Pipeline::new("p", nodes).expect("fits");
    assert_eq!(
        refused(&p),
        "engine `process` cannot take pipeline `p` out of this process, for 5 reasons:\
         \n  - input `given` of node `reader` is a `Crate`, which has no codec: derive serde's `Serialize` and `Deserialize` for it\
         \n  - output `bar` of node `crate_it` is a `Crate`, which has no codec: derive serde's `Serialize` and `Deserialize` for it\
         \n  - node `by_hand` is not in the registry of nodes: make it with `#[node]`\
         \n  - node `inner/scale` is a closure: make it a function with `#[node]`\
         \n  - bound input `crate_it` of node `inner` is a `Crate`, which has no codec: derive serde's `Serialize` and `Deserialize` for it"
    );
    let p = Pipeline::new("p", vec![closure()]).expect("fits");
    assert_eq!(
        refused(&p),
        "engine `process` cannot take pipeline `p` out of this process: node `scale` is a closure: make it a function with `#[node]`"
    );
}

#[test]
fn only_what_crosses_needs_a_codec() {
    let p = Pipeline::new("p", vec![crate_it::node(), unbox_it::node(), closure()]).expect("fits");
    assert!(refused(&p).contains("output `crate_it` of node `crate_it` is a `Crate`"));
    // `crate_it` stays in the worker, and the closure does not run.
    check(p.select(["unbox_it"]).expect("there").shared_plan());

    let inner = Pipeline::new("inner", vec![unbox_it::node(), inc::node()])
        .and_then(|inner| inner.bind("crate_it", Crate(1)))
        .expect("fits");
    let outer = Pipeline::new("outer", vec![inner.as_node().into_node()]).expect("fits");
    assert!(refused(&outer).contains("bound input `crate_it` of node `inner`"));
    check(outer.select(["y"]).expect("there").shared_plan());
}

#[test]
fn a_value_that_refuses_to_be_written_is_told() {
    #[derive(Clone, Debug)]
    struct Shy;
    impl Serialize for Shy {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    impl<'de> Deserialize<'de> for Shy {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }
    #[node]
    fn ask(shy: &Shy) -> u64 {
        let Shy = shy;
        1
    }
    let inner = Pipeline::new("inner", vec![ask::node()])
        .and_then(|inner| inner.bind("shy", Shy))
        .expect("fits");
    let p = Pipeline::new("p", vec![inner.as_node().into_node()]).expect("fits");
    let text = refused(&p);
    assert!(
        text.contains("bound input `shy` of node `inner` cannot be written"),
        "{text}"
    );
}

#[test]
fn pipelines_that_are_nested_too_deep_are_told() {
    let mut p = Pipeline::new("p", vec![inc::node()]).expect("fits");
    for _ in 1..MOST_NESTED {
        p = Pipeline::new("p", vec![p.as_node().into_node()]).expect("fits");
    }
    check(p.shared_plan());
    let p = Pipeline::new("p", vec![p.as_node().into_node()]).expect("fits");
    assert!(refused(&p).contains("lies in more than 64 nested pipelines"));
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

#[node]
fn counted(x: u64) -> u64 {
    CALLS.fetch_add(1, Ordering::Relaxed);
    x
}

#[test]
fn nothing_has_run_when_it_is_told() {
    let named = |result: Result<(), Error>| {
        let error = result.expect_err("refused");
        let Error::Engine(engine_error) = &error else {
            unreachable!("{error}")
        };
        assert!(engine_error.is_unsupported());
        assert!(error.to_string().contains("scale` is a closure"), "{error}");
    };
    let plain = Pipeline::new("plain", vec![counted::node(), closure()]).expect("fits");
    let leaving = plain.with_engine(Leaving::new());
    // An engine of its own, at any depth, in a pipeline that stays here.
    let around = |inner: &Pipeline| {
        Pipeline::new("around", vec![inner.as_node().into_node()]).expect("fits")
    };
    for p in [
        &leaving,
        &around(&leaving),
        &around(&around(&leaving)),
        &around(&plain).with_engine(Leaving::new()),
    ] {
        named(p.run(Inputs::new().with("x", 1_u64)).map(|_| ()));
        named(
            p.map(Inputs::new().with("x", vec![1_u64, 2]), "x")
                .map(|_| ()),
        );
        named(p.map_iter(Inputs::new(), "x", 0..9_u64).map(|_| ()));
    }
    assert_eq!(CALLS.load(Ordering::Relaxed), 0);
    // An engine that stays here inside one that leaves is not used; one that stays here takes anything.
    assert!(around(&plain).run(Inputs::new().with("x", 1_u64)).is_ok());
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    let fine = leaving.select(["counted"]).expect("there");
    assert!(around(&fine).run(Inputs::new().with("x", 1_u64)).is_ok());
    assert!(
        fine.map(Inputs::new().with("x", vec![1_u64, 2]), "x")
            .is_ok()
    );
}
