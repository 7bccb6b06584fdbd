//! Runs that somebody ends: what is kept, and that nothing waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use hypernodes::prelude::*;
use hypernodes::{CancelToken, EventKind, RunError, RunOutcome, Runs};

use crate::support::{Cut, Ear, run_error, until_told};

/// What a cancelled map has finished.
#[track_caller]
fn finished(error: RunError) -> Runs {
    assert!(error.is_cancelled(), "{error}");
    match error {
        RunError::Cancelled { done, finished } => {
            let runs = finished.expect("a map keeps what is finished");
            assert_eq!(runs.len(), done);
            *runs
        }
        other => panic!("{other}"),
    }
}

/// Item `at` cancels.
fn cancelling(at: u64, token: &CancelToken) -> Pipeline {
    let own = token.clone();
    Pipeline::new(
        "p",
        nodes![
            node_fn!("a", move |x: u64| {
                if x == at {
                    own.cancel();
                }
                x
            }),
            node_fn!("b", |a: u64| a * 2),
        ],
    )
    .unwrap()
    .with_cancel(token)
}

#[test]
fn a_run_that_is_cancelled_before_computes_nothing() {
    let calls = Arc::new(AtomicUsize::new(0));
    let own = Arc::clone(&calls);
    let token = CancelToken::new();
    let node = node_fn!("y", move |x: u64| {
        own.fetch_add(1, Ordering::Relaxed);
        x
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_cancel(&token);
    token.cancel();
    for p in [
        p.clone(),
        p.with_engine(Cut::into(3)),
        p.with_engine(Cut::for_two(3)),
    ] {
        assert!(run_error(p.run(inputs! { x: 1_u64 })).is_cancelled());
        assert!(finished(run_error(p.map(inputs! { x: 0..9_u64 }, ["x"]))).is_empty());
        let mut rows = p.map_iter(inputs! {}, "x", 0..9_u64).unwrap();
        assert!(run_error(rows.next().unwrap()).is_cancelled());
        assert!(rows.next().is_none());
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[test]
fn what_is_finished_lies_without_gaps_at_the_beginning() {
    for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
        for chunks in [1, 2, 5, 20] {
            for at in [0, 3, 10, 19] {
                for is_pair in [false, true] {
                    let token = CancelToken::new();
                    let p = cancelling(at, &token).on_error(policy);
                    let p = match is_pair {
                        true => p.with_engine(Cut::for_two(chunks)),
                        false => p.with_engine(Cut::into(chunks)),
                    };
                    let runs = finished(run_error(p.map(inputs! { x: 0..20_u64 }, ["x"])));
                    let want: Vec<u64> = (0..runs.len() as u64).map(|x| x * 2).collect();
                    assert_eq!(runs.column::<u64>("b").unwrap(), want);
                    if !is_pair {
                        let chunk = 20 / chunks as u64;
                        assert_eq!(runs.len() as u64, at / chunk * chunk);
                    }
                }
            }
        }
    }
}

#[test]
fn finished_items_that_failed_are_counted_as_such() {
    let token = CancelToken::new();
    let own = token.clone();
    let node = node_fn!("y", move |x: u64| -> Result<u64, String> {
        match x {
            1 => Err("one".to_owned()),
            5 => {
                own.cancel();
                Err("told to stop".to_owned())
            }
            _ => Ok(x),
        }
    });
    let ear = Ear::new();
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_cancel(&token)
        .on_error(ErrorPolicy::Collect)
        .with_engine(Cut::into(9));
    let error = run_error(ear.on(&p).map(inputs! { x: 0..9_u64 }, ["x"]));
    let runs = finished(error);
    assert_eq!((runs.len(), runs.failures().len()), (5, 1));
    let events = ear.take_run();
    let cancelled = events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::Cancelled));
    assert_eq!(cancelled.count(), 1);
    let EventKind::RunEnded {
        outcome,
        done,
        failed,
        error,
    } = &events.last().unwrap().kind
    else {
        panic!()
    };
    assert_eq!((*outcome, *done, *failed), (RunOutcome::Cancelled, 4, 1));
    assert!(error.is_some());
}

#[test]
fn a_failure_after_items_that_were_cancelled_is_not_told_as_the_first() {
    use hypernodes::{Capabilities, Engine, EngineError, Feed, Plan, Sizing};
    /// Computes the last chunk first.
    #[derive(Debug, Default)]
    struct Backwards(Capabilities);
    impl Engine for Backwards {
        fn name(&self) -> &str {
            "backwards"
        }
        fn capabilities(&self) -> &Capabilities {
            &self.0
        }
        fn sizing(&self, _: &Plan, _: usize) -> Sizing {
            Sizing {
                fixed: Some(3),
                ..Sizing::default()
            }
        }
        fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
            let mut chunks: Vec<_> = std::iter::from_fn(|| feed.next()).collect();
            while let Some(mut chunk) = chunks.pop() {
                let outcome = feed.execute(&mut chunk);
                feed.put(chunk, outcome);
            }
            Ok(())
        }
    }
    let token = CancelToken::new();
    let own = token.clone();
    let node = node_fn!("y", move |x: u64| -> Result<u64, String> {
        match x {
            2 => Err("two".to_owned()),
            1 => {
                own.cancel();
                Err("told to stop".to_owned())
            }
            _ => Ok(x),
        }
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_cancel(&token)
        .with_engine(Backwards::default());
    let runs = finished(run_error(p.map(inputs! { x: 0..3_u64 }, ["x"])));
    assert!(runs.len() <= 1);
}

#[test]
fn what_a_node_gives_that_was_told_to_stop_does_not_matter() {
    for chunks in [1, 3] {
        let token = CancelToken::new();
        let own = token.clone();
        let node = node_fn!("y", move |x: u64| -> u64 {
            if x == 1 {
                own.cancel();
                assert!(until_told());
                return 666;
            }
            x
        });
        let p = Pipeline::new("p", nodes![{ node }])
            .unwrap()
            .with_cancel(&token)
            .with_engine(Cut::into(chunks));
        let runs = finished(run_error(p.map(inputs! { x: 0..3_u64 }, ["x"])));
        assert!(!runs.column::<u64>("y").unwrap().contains(&666));
    }
    let token = CancelToken::new();
    let own = token.clone();
    let node = node_fn!("y", move |x: u64| -> u64 {
        own.cancel();
        assert!(until_told());
        x
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_cancel(&token);
    for p in [p.clone(), p.with_engine(Cut::for_two(1))] {
        assert!(run_error(p.run(inputs! { x: 1_u64 })).is_cancelled());
    }
}

#[test]
fn another_thread_cancels_what_asks() {
    let token = CancelToken::new();
    let (began, begins) = mpsc::channel();
    let node = node_fn!("y", move |x: u64| -> Result<u64, String> {
        if x < 3 {
            return Ok(x);
        }
        began.send(()).unwrap();
        assert!(until_told(), "nobody said stop");
        Err("told to stop".to_owned())
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_cancel(&CancelToken::new())
        .with_cancel(&token)
        .with_engine(Cut::into(10));
    let asks = token.clone();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            begins.recv().unwrap();
            asks.cancel();
        });
        let runs = finished(run_error(p.map(inputs! { x: 0..10_u64 }, ["x"])));
        assert_eq!(runs.column::<u64>("y").unwrap(), [0, 1, 2]);
    });
}

#[test]
fn cancelling_after_the_end_changes_nothing() {
    let token = CancelToken::new();
    // The last item cancels, and nothing is left to do.
    let own = token.clone();
    let p = Pipeline::new(
        "p",
        nodes![node_fn!("y", move |x: u64| {
            if x == 3 {
                own.cancel();
            }
            x
        })],
    )
    .unwrap()
    .with_cancel(&token);
    for chunks in [1, 2, 4] {
        let runs = p
            .with_engine(Cut::into(chunks))
            .with_cancel(&CancelToken::new())
            .map(inputs! { x: [3_u64] }, ["x"]);
        // The second time the token is cancelled before anything begins.
        match chunks {
            1 => assert_eq!(runs.unwrap().len(), 1),
            _ => assert!(finished(run_error(runs)).is_empty()),
        }
    }

    let token = CancelToken::new();
    let p = Pipeline::new("p", nodes![node_fn!("y", |x: u64| x)])
        .unwrap()
        .with_cancel(&token);
    let mut rows = p.map_iter(inputs! {}, "x", 0..3_u64).unwrap();
    assert_eq!(rows.by_ref().take(3).filter(Result::is_ok).count(), 3);
    let mut empty = p.map_iter(inputs! {}, "x", 0..0_u64).unwrap();
    assert!(empty.next().is_none());
    token.cancel();
    assert!(empty.next().is_none());
}

#[test]
fn an_iteration_gives_what_is_finished_and_then_the_error() {
    let token = CancelToken::new();
    for p in [
        cancelling(10, &token),
        cancelling(10, &token).with_engine(Cut::into(2)),
    ] {
        let p = p.with_cancel(&token);
        let rows: Vec<_> = p.map_iter(inputs! {}, "x", 0_u64..).unwrap().collect();
        let (last, before) = rows.split_last().unwrap();
        for (x, row) in (0..).zip(before) {
            let row = row.as_ref().expect("only the last is an error");
            assert_eq!(*row.get::<u64>("b").unwrap(), x * 2);
        }
        let Err(hypernodes::Error::Run(RunError::Cancelled { done, .. })) = last else {
            panic!("{last:?}")
        };
        assert_eq!(*done, before.len());
    }
}

#[test]
fn nested_maps_end_with_the_run() {
    for inner_engine in [false, true] {
        let token = CancelToken::new();
        let mut inner = cancelling(5, &token);
        if inner_engine {
            inner = inner.with_engine(Cut::for_two(4));
        }
        let outer = Pipeline::new("outer", nodes![inner.as_node().map_over(["x"])])
            .unwrap()
            .with_cancel(&token)
            .with_engine(Cut::into(4));
        let lists: Vec<Vec<u64>> = (0..4).map(|i| (i * 2..i * 2 + 2).collect()).collect();
        let runs = finished(run_error(outer.map(inputs! { x: lists }, ["x"])));
        assert_eq!(runs.column::<Vec<u64>>("b").unwrap(), [[0, 2], [4, 6]]);
    }
    let token = CancelToken::new();
    let inline = Pipeline::new("outer", nodes![cancelling(5, &token).as_node()])
        .unwrap()
        .with_cancel(&token)
        .with_engine(Cut::into(8));
    let runs = finished(run_error(inline.map(inputs! { x: 0..8_u64 }, ["x"])));
    assert_eq!(runs.column::<u64>("b").unwrap(), [0, 2, 4, 6, 8]);
}

#[cfg(feature = "async")]
mod asynchronous {
    use super::*;

    #[test]
    fn what_waits_for_ever_is_dropped() {
        let token = CancelToken::new();
        let own = token.clone();
        let node = node_fn!("y", async move |x: u64| -> u64 {
            if x == 2 {
                own.cancel();
                std::future::pending::<()>().await;
            }
            x
        });
        let p = Pipeline::new("p", nodes![{ node }])
            .unwrap()
            .with_cancel(&token)
            .with_engine(Cut::into(5));
        let runs = finished(run_error(p.map(inputs! { x: 0..5_u64 }, ["x"])));
        assert_eq!(runs.column::<u64>("y").unwrap(), [0, 1]);
        let token = CancelToken::new();
        let own = token.clone();
        let node = node_fn!("y", async move |x: u64| -> u64 {
            own.cancel();
            std::future::pending::<()>().await;
            x
        });
        let p = Pipeline::new("p", nodes![{ node }])
            .unwrap()
            .with_cancel(&token);
        assert!(run_error(p.run(inputs! { x: 1_u64 })).is_cancelled());
    }

    #[test]
    fn a_chunk_of_quick_rows_ends_as_well() {
        let (token, calls) = (CancelToken::new(), Arc::new(AtomicUsize::new(0)));
        let (own, count) = (token.clone(), Arc::clone(&calls));
        let node = node_fn!("y", concurrency = 1, async move |x: u64| -> u64 {
            count.fetch_add(1, Ordering::Relaxed);
            if x == 2 {
                own.cancel();
            }
            tokio::task::yield_now().await;
            x
        });
        let p = Pipeline::new("p", nodes![{ node }])
            .unwrap()
            .with_cancel(&token)
            .with_engine(Cut::into(1));
        let runs = finished(run_error(p.map(inputs! { x: 0..1000_u64 }, ["x"])));
        assert!(runs.is_empty());
        assert!(calls.load(Ordering::Relaxed) < 10);
    }
}
