//! What is told of items that fail: where, why, with which inputs, and what was not computed because of them.

use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hypernodes::prelude::*;
use hypernodes::{
    CancelToken, Capabilities, Cause, Engine, EngineError, Failure, Feed, Plan, RunError, Sizing,
};

use crate::support::{Cut, run_error};

/// An error with a cause.
#[derive(Debug)]
struct Broken(std::num::ParseIntError);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is broken")
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn parsing() -> Pipeline {
    Pipeline::new(
        "parsing",
        nodes![
            node_fn!("number", |text: &str| -> Result<i64, Broken> {
                text.parse().map_err(Broken)
            }),
            node_fn!("twice", |number: i64| number * 2),
            node_fn!("text_len", |text: &str| text.len()),
            node_fn!("sum", |twice: i64, text_len: usize| twice
                + i64::try_from(text_len).unwrap()),
        ],
    )
    .unwrap()
}

/// The same pipeline without policies, and with some that change nothing.
fn both(p: &Pipeline) -> [Pipeline; 2] {
    [p.clone(), p.with_cancel(&CancelToken::new())]
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_chain_of_sources_is_kept() {
    for p in both(&parsing()) {
        let error = p
            .map(inputs! { text: ["1", "x"] }, ["text"])
            .expect_err("`x` is no number");
        let broken = error.source().expect("the node's own");
        assert!(broken.is::<Broken>(), "{broken}");
        assert!(broken.source().unwrap().is::<std::num::ParseIntError>());
        let runs = p
            .on_error(ErrorPolicy::Collect)
            .map(inputs! { text: ["1", "x"] }, ["text"])
            .unwrap();
        let failure = runs.failures().next().unwrap();
        let Cause::Error(error) = &failure.cause else {
            panic!("{failure:?}")
        };
        assert!(error.is::<Broken>() && error.source().is_some());
    }
}

#[test]
fn a_failure_names_its_node_its_inputs_and_what_was_skipped() {
    for p in both(&parsing()) {
        for chunks in 1..4 {
            let p = p.with_engine(Cut::into(chunks));
            let texts = ["1", "x", "y"];
            let runs = p
                .on_error(ErrorPolicy::Collect)
                .map(inputs! { text: texts }, ["text"])
                .unwrap();
            let failures: Vec<&Failure> = runs.failures().collect();
            assert_eq!(failures.len(), 2);
            for (failure, item) in failures.into_iter().zip(1..) {
                assert_eq!(
                    (&failure.items, failure.node().as_str()),
                    (&vec![item], "number")
                );
                let text = format!("{:?}", texts[item]);
                assert_eq!(failure.details.inputs, [("text".to_owned(), text)]);
                assert_eq!(*failure.details.skipped, names(&["twice", "sum"]));
            }
            let error = run_error(p.map(inputs! { text: texts }, ["text"]));
            assert_eq!((error.item(), error.node()), (Some(1), Some("number")));
            let details = error.details().unwrap();
            assert_eq!(details.inputs, [("text".to_owned(), "\"x\"".to_owned())]);
            assert_eq!(*details.skipped, names(&["twice", "sum"]));
        }
        let error = run_error(p.run(inputs! { text: "z" }));
        assert_eq!((error.item(), error.node()), (None, Some("number")));
        let details = error.details().unwrap();
        assert_eq!(details.inputs, [("text".to_owned(), "\"z\"".to_owned())]);
        assert_eq!(*details.skipped, names(&["twice", "sum"]));
    }
}

#[test]
fn shown_inputs_are_cut_and_those_of_the_failing_row() {
    struct Opaque;
    let node = node_fn!("y", |number: f64,
                              list: &[u64],
                              text: &str,
                              hidden: &Opaque|
     -> Result<u64, String> {
        let _ = hidden;
        match list.len() {
            0..3 => Ok(list.len() as u64 + text.len() as u64),
            _ => Err(format!("{number}")),
        }
    });
    let p = Pipeline::new("p", nodes![{ node }]).unwrap();
    for p in both(&p) {
        let p = p.on_error(ErrorPolicy::Collect);
        let lists = vec![vec![1_u64], (0..1_000_000).collect(), vec![], vec![1, 2, 3]];
        let inputs =
            inputs! { number: [1.0, 2.5, 3.0, f64::NAN], list: lists, text: "t", hidden: Opaque };
        let runs = p.map(inputs, ["number", "list"]).unwrap();
        let shown: Vec<&[(String, String)]> = runs
            .failures()
            .map(|failure| &failure.details.inputs[..])
            .collect();
        assert_eq!(shown.len(), 2);
        let of = |shown: &[(String, String)], name: &str| -> Option<String> {
            let found = shown.iter().find(|(of, _)| of == name);
            found.map(|(_, value)| value.clone())
        };
        assert_eq!(of(shown[0], "number").as_deref(), Some("2.5"));
        let list = of(shown[0], "list").unwrap();
        assert!(
            list.starts_with("[0, 1, 2") && list.ends_with("..") && list.len() < 130,
            "{list}"
        );
        assert_eq!(of(shown[0], "text").as_deref(), Some("\"t\""));
        assert_eq!(of(shown[0], "hidden"), None);
        assert_eq!(of(shown[1], "number").as_deref(), Some("NaN"));
        assert_eq!(of(shown[1], "list").as_deref(), Some("[1, 2, 3]"));
    }
}

#[test]
fn a_value_that_cannot_be_shown_hides_no_failure() {
    struct Shy;
    impl std::fmt::Debug for Shy {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("nobody looks at me")
        }
    }
    let node = node_fn!("y", |shy: &Shy, x: u64| -> Result<u64, String> {
        let _ = shy;
        if x == 1 { Err("one".to_owned()) } else { Ok(x) }
    });
    let p = Pipeline::new("p", nodes![{ node }]).unwrap();
    for p in both(&p) {
        let error = p
            .map(inputs! { shy: Shy, x: [0_u64, 1, 2] }, ["x"])
            .unwrap_err();
        assert_eq!(error.to_string(), "node `y` failed on item 1");
        let runs = p
            .on_error(ErrorPolicy::Collect)
            .map(inputs! { shy: Shy, x: [0_u64, 1, 2] }, ["x"])
            .unwrap();
        let failure = runs.failures().next().unwrap();
        assert_eq!(failure.to_string(), "node `y` failed on item 1: one");
        assert!(
            failure
                .details
                .inputs
                .contains(&("x".to_owned(), "1".to_owned()))
        );
        assert!(p.run(inputs! { shy: Shy, x: 1_u64 }).is_err());
    }
}

/// `inner`: `half` fails for odd numbers, `more` needs it, `free` does not. `use_all` needs the nested pipeline.
fn nested(own_engine: bool, is_mapped: bool) -> Pipeline {
    let half = node_fn!("half", |x: i64| -> Result<i64, String> {
        if x % 2 == 0 {
            Ok(x / 2)
        } else {
            Err(format!("{x} is odd"))
        }
    });
    let mut inner = Pipeline::new(
        "inner",
        nodes![
            { half },
            node_fn!("more", |half: i64| half + 1),
            node_fn!("free", |x: i64| x)
        ],
    )
    .unwrap();
    if own_engine {
        inner = inner.with_engine(Cut::into(2));
    }
    let inner = inner.as_node();
    let nodes = if is_mapped {
        nodes![
            inner.map_over(["x"]),
            node_fn!("use_all", |more: &[i64]| more.len()),
            node_fn!("aside", |k: u64| k)
        ]
    } else {
        nodes![
            { inner },
            node_fn!("use_all", |more: i64| more),
            node_fn!("aside", |k: u64| k)
        ]
    };
    Pipeline::new("outer", nodes).unwrap()
}

#[test]
fn nested_failures_tell_all_levels() {
    for own_engine in [false, true] {
        for p in both(&nested(own_engine, true)) {
            for chunks in [1, 2, 4] {
                let p = p.with_engine(Cut::into(chunks));
                let lists = vec![vec![2_i64], vec![], vec![4, 7, 9], vec![1]];
                let runs = p
                    .on_error(ErrorPolicy::Collect)
                    .map(inputs! { x: lists.clone(), k: 1_u64 }, ["x"])
                    .unwrap();
                let told: Vec<(Vec<usize>, String, String)> = runs
                    .failures()
                    .map(|failure| {
                        (
                            failure.items.clone(),
                            failure.node(),
                            failure.details.inputs[0].1.clone(),
                        )
                    })
                    .collect();
                let path = "inner/half".to_owned();
                assert_eq!(
                    told,
                    [
                        (vec![2, 1], path.clone(), "7".to_owned()),
                        (vec![3, 0], path, "1".to_owned())
                    ]
                );
                for failure in runs.failures() {
                    assert_eq!(*failure.details.skipped, names(&["inner/more", "use_all"]));
                }
                let error = run_error(p.map(inputs! { x: lists, k: 1_u64 }, ["x"]));
                let RunError::Node { node, items, .. } = &error else {
                    panic!("{error:?}")
                };
                assert_eq!((node.as_str(), &items[..]), ("inner/half", &[2, 1][..]));
                let details = error.details().unwrap();
                assert_eq!(details.inputs, [("x".to_owned(), "7".to_owned())]);
                assert_eq!(*details.skipped, names(&["inner/more", "use_all"]));
            }
        }
        for p in both(&nested(own_engine, false)) {
            let runs = p
                .on_error(ErrorPolicy::Collect)
                .map(inputs! { x: [2_i64, 3, 4], k: 1_u64 }, ["x"])
                .unwrap();
            let failure = runs.failures().next().unwrap();
            assert_eq!(
                failure.to_string(),
                "node `inner/half` failed on item 1: 3 is odd"
            );
            assert_eq!(*failure.details.skipped, names(&["inner/more", "use_all"]));
        }
    }
}

/// Hands out two chunks, and computes the first one to its end before the second begins.
#[derive(Debug, Default)]
struct Late(Capabilities);

impl Engine for Late {
    fn name(&self) -> &str {
        "late"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.0
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing {
            fixed: Some(2),
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        let (Some(mut first), Some(mut second)) = (feed.next(), feed.next()) else {
            panic!("two chunks were asked for")
        };
        let outcome = feed.execute(&mut first);
        feed.put(first, outcome);
        let outcome = feed.execute(&mut second);
        feed.put(second, outcome);
        assert!(feed.next().is_none());
        Ok(())
    }
}

#[test]
fn a_chunk_behind_a_failure_ends_at_its_next_step() {
    for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let step = |name: &'static str, from: &'static str| {
            let calls = Arc::clone(&calls);
            node_fn!(name, move |x: u64| -> Result<u64, String> {
                calls.lock().unwrap().push((name, x));
                if x == 0 && name == "c" {
                    Err("zero".to_owned())
                } else {
                    Ok(x)
                }
            })
            .rename_input("x", from)
        };
        let p = Pipeline::new(
            "p",
            vec![
                step("a", "x"),
                step("b", "a"),
                step("c", "b"),
                step("d", "c"),
            ],
        )
        .unwrap();
        for p in both(&p.with_engine(Late::default()).on_error(policy)) {
            calls.lock().unwrap().clear();
            let result = p.map(inputs! { x: [0_u64, 1] }, ["x"]);
            assert_eq!(result.is_err(), policy == ErrorPolicy::FailFast);
            let of_later: Vec<&str> = calls
                .lock()
                .unwrap()
                .iter()
                .filter(|(_, x)| *x == 1)
                .map(|(name, _)| *name)
                .collect();
            match policy {
                ErrorPolicy::FailFast => assert_eq!(of_later, ["a"]),
                _ => assert_eq!(of_later, ["a", "b", "c", "d"]),
            }
        }
    }
}

#[test]
fn nothing_after_the_failing_row_of_a_chunk_is_computed() {
    let calls = Arc::new(AtomicUsize::new(0));
    let own = Arc::clone(&calls);
    let node = node_fn!("y", move |x: u64| -> Result<u64, String> {
        own.fetch_add(1, Ordering::Relaxed);
        if x == 3 {
            Err("three".to_owned())
        } else {
            Ok(x)
        }
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_engine(Cut::into(1));
    for p in both(&p) {
        calls.store(0, Ordering::Relaxed);
        let items: Vec<u64> = (0..100).collect();
        assert!(p.map(inputs! { x: items }, ["x"]).is_err());
        assert_eq!(calls.load(Ordering::Relaxed), 4);
    }
}
