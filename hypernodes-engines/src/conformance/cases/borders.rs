//! What cannot leave a process: an engine that stays in it computes it, one that leaves it refuses it before anything runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hypernodes_core::{
    Call, Column, Error, FnNode, InputPort, Inputs, IntoNode, NodeOptions, NodeRef, OutputPort,
    Passing, Pipeline, PortFacts, PortType, Runs, Signature, inputs, node_fn, nodes,
};

use super::nodes::borders as n;
use crate::conformance::{Notes, Subject};

fn items(n: u64) -> Vec<u64> {
    (0..n).collect()
}

/// The pipeline, behind a node that notes that it has run.
fn noted(subject: &Subject, nodes: Vec<NodeRef>) -> Pipeline {
    let mut all = nodes![n::noted];
    all.extend(nodes);
    subject.on().pipeline(all)
}

/// What an engine that leaves the process says to the pipeline, run, mapped and over an iterator: that it is refused,
/// because of this node, and nothing has run.
fn is_refused(subject: &Subject, p: &Pipeline, nodes: &[&str], inputs: impl Fn() -> Inputs) {
    let notes = Notes::new();
    let given = || inputs().with("notes", notes.path());
    for node in nodes {
        subject.is_refused(p.run(given().with("n", 1_u64)), node);
        subject.is_refused(p.map(given().with_items("n", items(20)), ["n"]), node);
        // Nothing is computed before the first row is asked for, so either may say it.
        let first = p
            .map_iter(given(), "n", items(20))
            .and_then(|mut rows| rows.next().expect("an error at least").map(drop));
        subject.is_refused(first, node);
    }
    assert_eq!(notes.count(), 0, "a node ran before the refusal");
}

fn map(p: &Pipeline, inputs: Inputs) -> Result<Runs, Error> {
    let notes = Notes::new();
    let runs = p.map(
        inputs
            .with("notes", notes.path())
            .with_items("n", items(20)),
        ["n"],
    );
    assert!(runs.is_err() || notes.count() == 20);
    runs
}

/// Closures, with and without what they capture.
pub fn closures(subject: &Subject) {
    let calls = Arc::new(AtomicU64::new(0));
    let own = Arc::clone(&calls);
    let captures = node_fn!("captures", move |m: u64| {
        own.fetch_add(1, Ordering::Relaxed);
        m + 1
    });
    let bare = node_fn!("bare", |m: u64| m * 2);
    for node in [captures, bare] {
        let name = node.signature().name.to_string();
        let inner = Pipeline::new("inner", vec![node.clone()]).expect("one node fits");
        let nested = inner.as_node().named("nested");
        for (node, name) in [(node, name.clone()), (nested.into_node(), name.clone())] {
            let p = noted(subject, vec![node]);
            if subject.leaves_process() {
                is_refused(subject, &p, &[&name], Inputs::new);
                continue;
            }
            let expected = items(20).into_iter();
            let expected: Vec<u64> = match &*name {
                "captures" => expected.map(|m| m + 1).collect(),
                _ => expected.map(|m| m * 2).collect(),
            };
            let runs = map(&p, Inputs::new()).expect("nothing fails");
            assert_eq!(
                runs.column::<u64>(&name).expect("it is an output"),
                expected
            );
        }
    }
    let expected = if subject.leaves_process() { 0 } else { 40 };
    assert_eq!(calls.load(Ordering::Relaxed), expected);
}

/// A node written by hand that panics outside of its rows, and one that forgets its output: told as failures, and
/// nothing hangs.
pub fn nodes_by_hand(subject: &Subject) {
    let signature = || Signature {
        name: "y".into(),
        doc: "",
        inputs: vec![InputPort {
            name: "m".into(),
            port: PortType::of::<u64>(),
            facts: PortFacts::default(),
            passing: Passing::Ref,
            default: None,
        }],
        outputs: vec![OutputPort {
            name: "y".into(),
            port: PortType::of::<u64>(),
            facts: PortFacts::default(),
        }],
        options: NodeOptions::default(),
    };
    let panics = |call: &mut Call<'_>| {
        assert!(call.rows() == 0, "as a whole");
        call.push(Column::from_vec(Vec::<u64>::new()));
    };
    for node in [
        FnNode::new(signature(), panics),
        FnNode::new(signature(), |_| {}),
    ] {
        let node = node.into_node();
        if subject.leaves_process() {
            let p = noted(subject, vec![node]);
            is_refused(subject, &p, &["y"], Inputs::new);
            continue;
        }
        let p = subject.on().pipeline(vec![node]);
        for _ in 0..3 {
            let error = p
                .map(inputs! { m: items(1) }, ["m"])
                .expect_err("the node fails");
            assert!(error.to_string().contains("node `y` panicked"), "{error}");
            assert!(
                p.map(inputs! { m: items(300) }, ["m"]).is_err(),
                "the node fails"
            );
            assert!(p.run(inputs! { m: 1_u64 }).is_err(), "the node fails");
        }
    }
}

/// Values without a codec: as results, as inputs, bound, and only between nodes, which every engine can do.
pub fn values_without_a_codec(subject: &Subject) {
    let column = |p: &Pipeline, inputs: Inputs, name: &str| {
        let runs = map(p, inputs).expect("nothing fails");
        runs.column::<u64>(name).expect("it is an output")
    };
    let expected: Vec<u64> = items(20).into_iter().map(|m| (m + 1) * 2).collect();
    let between = noted(subject, nodes![n::makes, n::opens]);
    let between = between.select(["opened"]).expect("it is an output");
    assert_eq!(column(&between, Inputs::new(), "opened"), expected);

    let results = noted(subject, nodes![n::makes]);
    let takes = noted(subject, nodes![n::adds]);
    let bound = takes.bind("opaque", n::Opaque(7));
    let bound = bound.expect("it is an input");
    let given = || Inputs::new().with("opaque", n::Opaque(7));
    if subject.leaves_process() {
        is_refused(subject, &results, &["makes"], Inputs::new);
        is_refused(subject, &takes, &["adds"], given);
        is_refused(subject, &bound, &["adds"], Inputs::new);
        return;
    }
    let runs = map(&results, Inputs::new()).expect("nothing fails");
    let made: Vec<u64> = runs
        .results::<n::Opaque>("opaque")
        .expect("it is an output")
        .into_iter()
        .map(|value| value.expect("nothing fails").0)
        .collect();
    assert!(made.into_iter().eq(1..21));
    let expected: Vec<u64> = items(20).into_iter().map(|m| m + 7).collect();
    assert_eq!(column(&takes, given(), "added"), expected);
    assert_eq!(column(&bound, Inputs::new(), "added"), expected);
}

/// Several things at once that cannot leave: all of them are told.
pub fn everything_at_once(subject: &Subject) {
    let closure = node_fn!("closure", |m: u64| m);
    let deep = Pipeline::new("deep", vec![node_fn!("inside", |m: u64| m)]);
    let deep = deep.expect("one node fits").as_node();
    let p = noted(subject, nodes![{ closure }, { deep }, n::makes]);
    if subject.leaves_process() {
        is_refused(subject, &p, &["closure", "inside", "makes"], Inputs::new);
        return;
    }
    let runs = map(&p, Inputs::new()).expect("nothing fails");
    for name in ["closure", "inside"] {
        assert_eq!(
            runs.column::<u64>(name).expect("it is an output"),
            items(20)
        );
    }
}
