//! Limits of time: a node's own, and an item's.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{Cause, Failure, Retry, RunError};

use crate::support::{Cut, Ear, run_error, until_told};

/// Long enough for a node that does nothing, on a busy machine too.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

/// Items that are `bad` take as long as they may.
fn slow(bad: u64) -> Pipeline {
    let node = node_fn!("y", timeout = SHORT, move |x: u64| -> u64 {
        if x == bad {
            assert!(until_told(), "nobody said stop");
        }
        x * 2
    });
    Pipeline::new("p", nodes![{ node }, node_fn!("z", |y: u64| y + 1)]).unwrap()
}

#[test]
fn a_node_that_takes_too_long_fails_its_item_only() {
    for chunks in [1, 2, 4] {
        let p = slow(2).with_engine(Cut::into(chunks));
        let runs = p
            .on_error(ErrorPolicy::Collect)
            .map(inputs! { x: 0..4_u64 }, ["x"])
            .unwrap();
        let failures: Vec<&Failure> = runs.failures().collect();
        let [failure] = failures[..] else {
            panic!("{failures:?}")
        };
        assert!(matches!(failure.cause, Cause::TimedOut { limit } if limit == SHORT));
        assert_eq!(
            failure.to_string(),
            "node `y` timed out on item 2: it took longer than 20ms"
        );
        assert_eq!(failure.details.inputs, [("x".to_owned(), "2".to_owned())]);
        assert_eq!(*failure.details.skipped, ["z".to_owned()]);
        let results = runs.results::<u64>("z").unwrap();
        let values: Vec<Option<u64>> = results
            .into_iter()
            .map(|result| result.ok().copied())
            .collect();
        assert_eq!(values, [Some(1), Some(3), None, Some(7)]);

        let error = run_error(p.map(inputs! { x: 0..4_u64 }, ["x"]));
        assert!(matches!(&error, RunError::TimedOut { items, .. } if items == &[2]));
    }
    let error = run_error(slow(1).run(inputs! { x: 1_u64 }));
    assert_eq!(
        error.to_string(),
        "node `y` timed out: it took longer than 20ms"
    );
}

#[test]
fn the_limit_of_an_item_is_for_all_its_nodes_together() {
    // Each takes less than the limit, and both together more.
    let limit = Duration::from_millis(200);
    let part = |name: &'static str, from: &'static str| {
        node_fn!(name, |x: u64| {
            if x == 1 {
                std::thread::sleep(Duration::from_millis(120));
            }
            x
        })
        .rename_input("x", from)
    };
    let chain = Pipeline::new("p", vec![part("a", "x"), part("b", "a")]).unwrap();
    let apart = Pipeline::new("p", vec![part("a", "x"), part("b", "x")]).unwrap();
    for p in [&chain, &apart] {
        for p in [
            p.clone(),
            p.with_engine(Cut::into(1)),
            p.with_engine(Cut::for_two(2)),
        ] {
            let p = p.with_item_timeout(limit).on_error(ErrorPolicy::Collect);
            let runs = p.map(inputs! { x: 0..3_u64 }, ["x"]).unwrap();
            let failures: Vec<String> = runs.failures().map(ToString::to_string).collect();
            assert_eq!(
                failures,
                ["node `b` timed out on item 1: it took longer than 200ms"]
            );
            let error = run_error(p.run(inputs! { x: 1_u64 }));
            assert!(
                matches!(error, RunError::TimedOut { limit: told, .. } if told == limit),
                "{error}"
            );
        }
    }
}

#[test]
fn an_attempt_that_has_no_time_left_is_not_made() {
    let calls = Arc::new(AtomicUsize::new(0));
    let own = Arc::clone(&calls);
    let node = node_fn!("y", move |x: u64| -> u64 {
        own.fetch_add(1, Ordering::Relaxed);
        until_told();
        x
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_retry(Retry::new(5).backoff(Duration::ZERO, 1.0));
    let error = run_error(p.with_item_timeout(SHORT).run(inputs! { x: 1_u64 }));
    assert!(matches!(error, RunError::TimedOut { .. }));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn what_took_too_long_is_tried_again() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&calls);
    let retry = Retry::new(3).backoff(Duration::ZERO, 1.0);
    let node = node_fn!("y", timeout = SHORT, retry = retry, move |x: u64| -> u64 {
        let is_first = {
            let mut calls = own.lock().unwrap();
            calls.push(x);
            calls.iter().filter(|called| **called == x).count() == 1
        };
        if x == 1 && is_first {
            assert!(until_told());
        }
        if x == 3 {
            assert!(until_told());
        }
        x
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_engine(Cut::into(1))
        .on_error(ErrorPolicy::Collect);
    let runs = p.map(inputs! { x: 0..5_u64 }, ["x"]).unwrap();
    let failed: Vec<usize> = runs.failures().filter_map(Failure::item).collect();
    assert_eq!(failed, [3]);
    let mut calls = calls.lock().unwrap().clone();
    calls.sort_unstable();
    assert_eq!(calls, [0, 1, 1, 2, 3, 3, 3, 4]);
}

#[test]
fn values_that_cannot_be_cloned_go_through_limited_nodes() {
    struct Unique(u64);
    let node = node_fn!("y", timeout = LONG, |unique: Unique,
                                              text: String|
     -> Result<u64, String> {
        if unique.0 % 3 == 1 {
            Err(text)
        } else {
            Ok(unique.0)
        }
    });
    let p = Pipeline::new("p", nodes![{ node }]).unwrap();
    for chunks in 1..4 {
        let p = p.with_engine(Cut::into(chunks));
        let uniques = || (0..9).map(Unique).collect::<Vec<_>>();
        let runs = p
            .on_error(ErrorPolicy::Collect)
            .map(inputs! { unique: uniques(), text: "bad" }, ["unique"])
            .unwrap();
        let values: Vec<Option<u64>> = runs
            .results::<u64>("y")
            .unwrap()
            .into_iter()
            .map(|result| result.ok().copied())
            .collect();
        let want: Vec<Option<u64>> = (0..9).map(|x| (x % 3 != 1).then_some(x)).collect();
        assert_eq!(values, want);
        let error = run_error(p.map(inputs! { unique: uniques(), text: "bad" }, ["unique"]));
        assert_eq!(error.item(), Some(1));
    }
}

#[test]
fn nested_nodes_are_told_to_stop_and_named() {
    let inner = Pipeline::new(
        "inner",
        nodes![node_fn!("slow", |x: u64| -> u64 {
            if x == 7 {
                assert!(until_told(), "nobody said stop");
            }
            x
        })],
    )
    .unwrap();
    for inner in [inner.clone(), inner.with_engine(Cut::for_two(2))] {
        let inline = Pipeline::new("outer", nodes![inner.as_node()])
            .unwrap()
            .with_item_timeout(SHORT);
        let error = run_error(inline.map(inputs! { x: [1_u64, 7] }, ["x"]));
        assert_eq!(
            error.to_string(),
            "node `inner/slow` timed out on item 1: it took longer than 20ms"
        );
        let mapped = Pipeline::new("outer", nodes![inner.as_node().map_over(["x"])])
            .unwrap()
            .with_item_timeout(SHORT);
        let lists = vec![vec![1_u64], vec![2, 7]];
        let error = run_error(mapped.map(inputs! { x: lists }, ["x"]));
        assert_eq!(
            error.to_string(),
            "node `inner/slow` timed out on item 1, inner item 1: it took longer than 20ms"
        );
    }
}

#[test]
fn the_time_before_a_nested_pipeline_counts_in_it() {
    let limit = Duration::from_millis(300);
    let inner = Pipeline::new(
        "inner",
        nodes![node_fn!("waits", |first: u64| -> u64 {
            assert!(until_told(), "nobody said stop");
            first
        })],
    )
    .unwrap();
    let first = || {
        node_fn!("first", |x: u64| {
            std::thread::sleep(Duration::from_millis(150));
            x
        })
    };
    let outer = Pipeline::new("outer", nodes![first(), inner.as_node()])
        .unwrap()
        .with_item_timeout(limit);
    let error = run_error(outer.run(inputs! { x: 1_u64 }));
    assert_eq!(
        error.to_string(),
        "node `inner/waits` timed out: it took longer than 300ms"
    );
}

#[test]
fn the_end_of_a_slow_node_is_told_as_a_failure() {
    use hypernodes::{EventKind, FailureKind};
    let ear = Ear::new();
    let p = ear
        .on(&slow(1).on_error(ErrorPolicy::Collect))
        .with_engine(Cut::into(1));
    p.map(inputs! { x: 0..3_u64 }, ["x"]).unwrap();
    let events = ear.take_run();
    let kinds: Vec<FailureKind> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ItemFailed { kind, .. } => Some(*kind),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, [FailureKind::TimedOut]);
}

#[cfg(feature = "async")]
mod asynchronous {
    use super::*;

    #[test]
    fn rows_that_wait_for_ever_are_dropped_and_the_others_finish() {
        for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
            let dropped = Arc::new(AtomicUsize::new(0));
            struct OnDrop(Arc<AtomicUsize>);
            impl Drop for OnDrop {
                fn drop(&mut self) {
                    self.0.fetch_add(1, Ordering::Relaxed);
                }
            }
            let count = Arc::clone(&dropped);
            let node = node_fn!("y", timeout = SHORT, async move |x: u64| -> u64 {
                if x % 3 == 1 {
                    let _dropped = OnDrop(Arc::clone(&count));
                    std::future::pending::<()>().await;
                }
                x
            });
            let p = Pipeline::new("p", nodes![{ node }])
                .unwrap()
                .with_engine(Cut::into(2))
                .on_error(policy);
            let result = p.map(inputs! { x: 0..6_u64 }, ["x"]);
            if policy == ErrorPolicy::FailFast {
                assert_eq!(run_error(result).item(), Some(1));
                continue;
            }
            let runs = result.unwrap();
            let failures: Vec<String> = runs.failures().map(ToString::to_string).collect();
            assert_eq!(
                failures,
                [1, 4].map(|x| format!("node `y` timed out on item {x}: it took longer than 20ms"))
            );
            assert_eq!(dropped.load(Ordering::Relaxed), 2);
        }
    }

    #[test]
    fn a_row_that_waits_for_its_turn_spends_none_of_its_time() {
        // All rows together take longer than the limit of each.
        let limit = Duration::from_millis(200);
        let node = node_fn!(
            "y",
            timeout = limit,
            concurrency = 1,
            async |x: u64| -> u64 {
                tokio::time::sleep(Duration::from_millis(40)).await;
                x
            }
        );
        let p = Pipeline::new("p", nodes![{ node }])
            .unwrap()
            .with_engine(Cut::into(1));
        let runs = p.map(inputs! { x: 0..10_u64 }, ["x"]).unwrap();
        assert_eq!(runs.len(), 10);
        let bare = node_fn!("y", concurrency = 1, async |x: u64| -> u64 {
            tokio::time::sleep(Duration::from_millis(40)).await;
            x
        });
        let p = Pipeline::new("p", nodes![{ bare }])
            .unwrap()
            .with_engine(Cut::into(1))
            .with_item_timeout(limit);
        assert_eq!(p.map(inputs! { x: 0..10_u64 }, ["x"]).unwrap().len(), 10);
    }

    #[test]
    fn the_limit_of_an_item_counts_its_own_rows_only() {
        let limit = Duration::from_millis(200);
        let part = |name: &'static str, from: &'static str| {
            node_fn!(name, async |x: u64| -> u64 {
                if x == 1 {
                    tokio::time::sleep(Duration::from_millis(150)).await;
                }
                x
            })
            .rename_input("x", from)
        };
        let p = Pipeline::new("p", vec![part("a", "x"), part("b", "a")])
            .unwrap()
            .with_engine(Cut::into(1))
            .with_item_timeout(limit)
            .on_error(ErrorPolicy::Collect);
        let runs = p.map(inputs! { x: 0..3_u64 }, ["x"]).unwrap();
        let failures: Vec<String> = runs.failures().map(ToString::to_string).collect();
        assert_eq!(
            failures,
            ["node `b` timed out on item 1: it took longer than 200ms"]
        );
    }

    #[test]
    fn nested_rows_end_with_the_item_around_them() {
        let inner = Pipeline::new(
            "inner",
            nodes![node_fn!("y", async |x: u64| -> u64 {
                std::future::pending::<()>().await;
                x
            })],
        )
        .unwrap();
        for over in [false, true] {
            let node = match over {
                true => nodes![inner.as_node().map_over(["x"])],
                false => nodes![inner.as_node()],
            };
            let p = Pipeline::new("p", node).unwrap().with_item_timeout(SHORT);
            let error = match over {
                true => run_error(p.run(inputs! { x: vec![1_u64] })),
                false => run_error(p.run(inputs! { x: 1_u64 })),
            };
            assert!(matches!(error, RunError::TimedOut { .. }), "{error}");
            assert_eq!(error.node(), Some("inner/y"));
        }
    }
}
