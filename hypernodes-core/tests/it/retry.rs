//! Failed rows that are tried again: how often, which, in which order, and what else that touches.

use std::io;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{CancelToken, EventKind, NodeRef, Retry, RunError};
use proptest::prelude::*;

use crate::support::{Cut, Ear, run_error};

/// Attempts without pauses.
fn retry(attempts: u32) -> Retry {
    Retry::new(attempts).backoff(Duration::ZERO, 2.0)
}

/// How often each item was called.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<u32>>>);

impl Calls {
    /// Counts a call of an item. Says which one it is, from 1 on.
    fn count(&self, item: usize) -> u32 {
        let mut calls = self.0.lock().unwrap();
        if calls.len() <= item {
            calls.resize(item + 1, 0);
        }
        calls[item] += 1;
        calls[item]
    }

    fn of(&self, items: usize) -> Vec<u32> {
        let mut calls = self.0.lock().unwrap().clone();
        calls.resize(items, 0);
        calls
    }
}

/// The kinds of nodes that fail their first calls.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Plain,
    ByValue,
    Tuple,
    Nested,
    NestedMap,
    #[cfg(feature = "async")]
    Async,
}

/// Item `i` fails its first `fails[i]` calls, and then gives `i`.
fn flaky(kind: Kind, fails: &[u32], calls: &Calls) -> NodeRef {
    let (fails, calls) = (fails.to_vec(), calls.clone());
    let call = move |item: usize| {
        let call = calls.count(item);
        if call <= fails[item] {
            Err(format!("call {call} of {item}"))
        } else {
            Ok(item)
        }
    };
    match kind {
        Kind::Plain | Kind::Nested | Kind::NestedMap => {
            let node = node_fn!("y", move |x: usize| call(x));
            if matches!(kind, Kind::Plain) {
                return node;
            }
            let inner = Pipeline::new("inner", vec![node]).unwrap().as_node();
            let inner = match kind {
                Kind::NestedMap => inner.map_over(["x"]),
                _ => inner,
            };
            nodes![{ inner }].remove(0)
        }
        Kind::ByValue => node_fn!("y", move |x: usize, text: String| {
            assert_eq!(
                text,
                format!("text {x}"),
                "each attempt sees the whole value"
            );
            call(x)
        }),
        Kind::Tuple => node_fn!("both", outputs = ("y", "z"), move |x: usize| -> Result<
            (usize, String),
            String,
        > {
            call(x).map(|x| (x, x.to_string()))
        }),
        #[cfg(feature = "async")]
        Kind::Async => node_fn!("y", async move |x: usize| -> Result<usize, String> {
            call(x)
        }),
    }
}

fn check(kind: Kind, fails: &[u32], attempts: u32, chunks: usize, is_pair: bool) {
    let items = fails.len();
    for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
        let calls = Calls::default();
        let p = Pipeline::new("p", vec![flaky(kind, fails, &calls)])
            .unwrap()
            .on_error(policy)
            .with_retry(retry(attempts));
        let p = match is_pair {
            true => p.with_engine(Cut::for_two(chunks)),
            false => p.with_engine(Cut::into(chunks)),
        };
        let x: Vec<usize> = (0..items).collect();
        let texts: Vec<String> = x.iter().map(|x| format!("text {x}")).collect();
        let lists: Vec<Vec<usize>> = x.iter().map(|x| vec![*x]).collect();
        let runs = match kind {
            Kind::ByValue => p.map(inputs! { x: x, text: texts }, ["x", "text"]),
            Kind::NestedMap => p.map(inputs! { x: lists }, ["x"]),
            _ => p.map(inputs! { x: x }, ["x"]),
        };
        let is_bad = |item: usize| fails[item] >= attempts;
        let expected: Vec<u32> = fails
            .iter()
            .map(|fails| (fails + 1).min(attempts))
            .collect();
        let called = calls.of(items);
        let last = |item: usize| format!("call {attempts} of {item}");
        match (policy, (0..items).find(|&item| is_bad(item))) {
            (ErrorPolicy::FailFast, Some(first)) => {
                let error = run_error(runs);
                assert_eq!(error.item(), Some(first));
                let source = std::error::Error::source(&error).unwrap().to_string();
                assert_eq!(source, last(first));
                assert_eq!(called[..=first], expected[..=first]);
                let is_within = called
                    .iter()
                    .zip(&expected)
                    .all(|(called, most)| called <= most);
                assert!(is_within, "{called:?}");
            }
            _ => {
                let runs = runs.unwrap();
                assert_eq!(called, expected);
                let give = |item: usize| {
                    if is_bad(item) {
                        Err(last(item))
                    } else {
                        Ok(item)
                    }
                };
                let want: Vec<Result<usize, String>> = (0..items).map(give).collect();
                let found: Vec<Result<usize, String>> = match kind {
                    Kind::NestedMap => {
                        let results = runs.results::<Vec<usize>>("y").unwrap();
                        let one = |result: Result<&Vec<usize>, &hypernodes::Failure>| {
                            result
                                .map(|list| list[0])
                                .map_err(hypernodes::Failure::message)
                        };
                        results.into_iter().map(one).collect()
                    }
                    _ => {
                        let results = runs.results::<usize>("y").unwrap();
                        let one = |result: Result<&usize, &hypernodes::Failure>| {
                            result.copied().map_err(hypernodes::Failure::message)
                        };
                        results.into_iter().map(one).collect()
                    }
                };
                assert_eq!(found, want);
                if matches!(kind, Kind::Tuple) {
                    let texts = runs.results::<String>("z").unwrap();
                    for (item, text) in texts.into_iter().enumerate() {
                        assert_eq!(text.ok().cloned(), give(item).ok().map(|x| x.to_string()));
                    }
                }
            }
        }
    }
}

fn kinds() -> Vec<Kind> {
    vec![
        Kind::Plain,
        Kind::ByValue,
        Kind::Tuple,
        Kind::Nested,
        Kind::NestedMap,
        #[cfg(feature = "async")]
        Kind::Async,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn attempts_are_counted_exactly(
        kind in proptest::sample::select(kinds()),
        fails in proptest::collection::vec(0_u32..5, 1..24),
        attempts in 1_u32..5,
        chunks in 1_usize..24,
        is_pair: bool,
    ) {
        check(kind, &fails, attempts, chunks, is_pair);
    }
}

#[test]
fn the_retry_of_a_node_goes_before_that_of_the_run() {
    let calls = [Calls::default(), Calls::default()];
    let [own, common] = calls.clone();
    let p = Pipeline::new(
        "p",
        nodes![
            node_fn!(
                "a",
                retry = retry(2),
                move |x: usize| -> Result<usize, String> {
                    own.count(x);
                    Err("never".to_owned())
                }
            ),
            node_fn!("b", move |x: usize| -> Result<usize, String> {
                common.count(x);
                Err("never".to_owned())
            }),
        ],
    )
    .unwrap();
    for (p, times) in [(p.with_retry(retry(4)), [2, 4]), (p.clone(), [2, 1])] {
        for wanted in ["a", "b"] {
            let error = run_error(p.select([wanted]).unwrap().run(inputs! { x: 0_usize }));
            assert_eq!(error.node(), Some(wanted));
        }
        let found = calls.each_ref().map(|calls| calls.of(1)[0]);
        assert_eq!(found, times);
        calls
            .iter()
            .for_each(|calls| calls.0.lock().unwrap().clear());
    }
}

#[test]
fn only_listed_errors_are_tried_again_and_panics_never() {
    let calls = Calls::default();
    let own = calls.clone();
    let node = node_fn!("y", move |x: usize| -> Result<
        usize,
        Box<dyn std::error::Error + Send + Sync>,
    > {
        own.count(x);
        match x {
            0 => Err(Box::new(io::Error::other("later"))),
            1 => Err("a text".into()),
            2 => panic!("a defect"),
            _ => Ok(x),
        }
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .on_error(ErrorPolicy::Collect)
        .with_retry(retry(3).on::<io::Error>());
    let runs = p.map(inputs! { x: 0..4_usize }, ["x"]).unwrap();
    assert_eq!(runs.failures().len(), 3);
    assert_eq!(calls.of(4), [3, 1, 1, 1]);
}

#[test]
fn a_stateful_node_keeps_its_state_between_attempts() {
    #[derive(Default)]
    struct Counter(u32);
    #[node(output = "y", init = Counter::default)]
    fn every_second(#[state] counter: &mut Counter, x: u32) -> Result<u32, String> {
        counter.0 += 1;
        if counter.0.is_multiple_of(2) {
            Ok(x)
        } else {
            Err("odd".to_owned())
        }
    }
    let p = Pipeline::new("p", nodes![every_second])
        .unwrap()
        .with_retry(retry(2))
        .with_engine(Cut::into(5));
    let runs = p.map(inputs! { x: 0..5_u32 }, ["x"]).unwrap();
    assert_eq!(runs.column::<u32>("y").unwrap(), [0, 1, 2, 3, 4]);
}

#[test]
fn what_cannot_be_cloned_cannot_be_tried_again() {
    struct Unique(usize);
    let node = || {
        node_fn!("y", |unique: Unique| -> Result<usize, String> {
            Ok(unique.0)
        })
    };
    let p = Pipeline::new("p", nodes![node()]).unwrap();
    let error = p
        .with_retry(retry(2))
        .run(inputs! { unique: Unique(1) })
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("node `y` cannot be retried") && text.contains("`unique` by value"),
        "{text}"
    );
    // One attempt is none more than without.
    assert!(
        p.with_retry(retry(1))
            .run(inputs! { unique: Unique(1) })
            .is_ok()
    );
    let inner = Pipeline::new("inner", nodes![node()]).unwrap();
    let outer = Pipeline::new("outer", nodes![inner.as_node()])
        .unwrap()
        .with_retry(retry(2));
    let error = run_error(outer.run(inputs! { unique: Unique(1) }));
    assert!(
        matches!(&error, RunError::Policy { node, .. } if node == "inner/y"),
        "{error}"
    );
    let error = outer
        .map_iter(inputs! {}, "unique", (0..3).map(Unique))
        .unwrap_err();
    assert!(error.to_string().contains("`inner/y`"), "{error}");
}

#[test]
fn each_attempt_that_failed_is_told_with_its_number() {
    let ear = Ear::new();
    let calls = Calls::default();
    let fails = [0, 2, 5, 1];
    for chunks in 1..5 {
        calls.0.lock().unwrap().clear();
        let p = Pipeline::new("p", vec![flaky(Kind::Plain, &fails, &calls)])
            .unwrap()
            .on_error(ErrorPolicy::Collect)
            .with_engine(Cut::into(chunks))
            .with_retry(retry(3));
        ear.on(&p).map(inputs! { x: 0..4_usize }, ["x"]).unwrap();
        let mut told: Vec<(u64, u32, String)> = ear
            .take_run()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::Retried {
                    node,
                    item,
                    attempt,
                    pause_ns,
                    message,
                } => {
                    assert_eq!((&*node, pause_ns), ("y", 0));
                    Some((item, attempt, message))
                }
                _ => None,
            })
            .collect();
        told.sort();
        let want = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)];
        let want = want.map(|(item, attempt)| (item, attempt, format!("call {attempt} of {item}")));
        assert_eq!(told, want);
    }
}

#[test]
fn cancelling_ends_a_pause_at_once() {
    for tokens in 1..3 {
        let tokens: Vec<CancelToken> = (0..tokens).map(|_| CancelToken::new()).collect();
        let (fail, failed) = mpsc::channel();
        let node = node_fn!("y", move |x: u64| -> Result<u64, String> {
            fail.send(()).unwrap();
            Err(format!("not {x}"))
        });
        let p = Pipeline::new("p", nodes![{ node }]).unwrap();
        let p = p.with_retry(
            Retry::new(u32::MAX)
                .backoff(Duration::MAX, 1.0)
                .cap(Duration::MAX),
        );
        let p = tokens.iter().fold(p, |p, token| p.with_cancel(token));
        let last = tokens.last().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // Nobody tells when the pause begins: wherever the request falls, the run ends.
                failed.recv().unwrap();
                last.cancel();
            });
            assert!(run_error(p.run(inputs! { x: 1_u64 })).is_cancelled());
        });
    }
}

#[test]
fn without_a_first_pause_there_is_none_however_many_attempts() {
    let retry = Retry::new(u32::MAX).backoff(Duration::ZERO, 2.0);
    for attempt in [1, 2, 1_000, 2_000, u32::MAX] {
        assert_eq!(retry.pause(0, attempt), Duration::ZERO, "attempt {attempt}");
    }
}
