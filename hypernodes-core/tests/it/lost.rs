//! Workers that die: the item that killed them is found, the others arrive once.

mod mortal;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{
    CancelToken, Capabilities, Cause, Chunk, ChunkRun, Crash, Engine, EngineError, EventKind,
    FailureKind, Feed, Loss, Plan, Retry, RunDir, RunError, Sizing,
};
use proptest::prelude::*;

use super::support::{Cut, Ear, run_error};
use mortal::*;

/// How many deaths one poisonous item may cost.
fn most_deaths(knows: Knows, rows: usize, poisons: usize) -> usize {
    let halves = match knows {
        Knows::Row => 1,
        _ => rows.next_power_of_two().ilog2() as usize + 1,
    };
    poisons * (halves + 3)
}

fn any_knows() -> impl Strategy<Value = Knows> {
    prop::sample::select(vec![Knows::Row, Knows::Nothing, Knows::Sometimes])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn exactly_the_poisonous_items_fail(
        items in 1_usize..160,
        picks in prop::collection::btree_set(0_usize..160, 0..6),
        knows in any_knows(),
        chunks in prop::option::of(1_usize..8),
        bad_luck in prop::sample::select(vec![0_usize, 3, 10]),
        seed: u64,
        is_stream: bool,
    ) {
        let poisons: BTreeSet<usize> = picks.into_iter().filter(|&item| item < items).collect();
        let (p, counts) = counted(items);
        let p = p.on_error(ErrorPolicy::Collect);
        let mut engine = Mortal { knows, chunks, bad_luck, ..Mortal::of(poisons.clone()) };
        engine.told.get_mut().unwrap().seed = seed;
        let (p, engine) = on(&p, engine);
        let results: Vec<Result<String, Vec<usize>>> = if is_stream {
            let rows = p.map_iter(inputs! { label: "n" }, "x", 0..items).unwrap();
            let row = |row: Result<hypernodes::IterRow, hypernodes::Error>| match row {
                Ok(row) => Ok(row.get::<String>("y").unwrap().clone()),
                Err(hypernodes::Error::Run(RunError::Crashed { items, .. })) => Err(items),
                Err(error) => panic!("{error}"),
            };
            rows.map(row).collect()
        } else {
            let xs: Vec<usize> = (0..items).collect();
            let runs = p.map(inputs! { label: "n", x: xs }, ["x"]).unwrap();
            let results = runs.results::<String>("y").unwrap();
            let one = |result: Result<&String, &hypernodes::Failure>| match result {
                Ok(y) => Ok(y.clone()),
                Err(failure) => {
                    assert!(matches!(failure.cause, Cause::Crashed(Crash::Killed { signal: 11 })));
                    assert_eq!(failure.node(), "y");
                    assert_eq!(&*failure.details.skipped, ["z"]);
                    Err(failure.items.clone())
                }
            };
            results.into_iter().map(one).collect()
        };
        prop_assert_eq!(results.len(), items);
        for (item, result) in results.into_iter().enumerate() {
            let count = counts[item].load(Ordering::Relaxed);
            match poisons.contains(&item) {
                true => prop_assert_eq!((result, count), (Err(vec![item]), 0)),
                false => prop_assert_eq!((result, count), (Ok(format!("n{item}")), 1)),
            }
        }
        let told = engine.told.lock().unwrap();
        if bad_luck == 0 {
            let most = most_deaths(knows, items, poisons.len());
            prop_assert!(told.deaths <= most, "{} deaths, {most} at most", told.deaths);
        }
    }

    #[test]
    fn failing_fast_tells_the_lowest(
        items in 1_usize..100,
        picks in prop::collection::btree_set(0_usize..100, 1..5),
        knows in any_knows(),
        chunks in prop::option::of(1_usize..6),
        bad_luck in prop::sample::select(vec![0_usize, 4]),
    ) {
        let poisons: BTreeSet<usize> = picks.into_iter().map(|item| item % items).collect();
        let lowest = *poisons.first().unwrap();
        let (p, counts) = counted(items);
        let (p, _) = on(&p, Mortal { knows, chunks, bad_luck, ..Mortal::of(poisons) });
        let xs: Vec<usize> = (0..items).collect();
        let error = run_error(p.map(inputs! { label: "n", x: xs }, ["x"]));
        prop_assert_eq!(error.item(), Some(lowest));
        prop_assert_eq!(error.node(), Some("y"));
        for count in &counts[..lowest] {
            prop_assert_eq!(count.load(Ordering::Relaxed), 1);
        }
    }
}

#[test]
fn a_crash_is_told_in_one_sentence() {
    let (p, _) = counted(20);
    let (p, engine) = on(&p, Mortal::of([17]));
    let error = run_error(p.map(
        inputs! { label: "n", x: (0..20_usize).collect::<Vec<_>>() },
        ["x"],
    ));
    let told = "killed by SIGSEGV while running node `y` on item 17: so it ends";
    assert_eq!(error.to_string(), told);
    assert!(matches!(
        &error,
        RunError::Crashed {
            crash: Crash::Killed { signal: 11 },
            ..
        }
    ));
    let details = error.details().unwrap();
    let shown: Vec<(&str, &str)> = details.inputs.iter().map(|(k, v)| (&**k, &**v)).collect();
    assert_eq!(shown, [("x", "17"), ("label", "\"n\"")]);
    // Once with others, and three times alone.
    assert_eq!(engine.told.lock().unwrap().deaths, 4);
}

#[test]
fn a_listener_hears_of_each_loss_and_of_the_verdict() {
    let (p, _) = counted(8);
    let ear = Ear::new();
    let engine = Mortal {
        chunks: Some(1),
        ..Mortal::of([5])
    };
    let (p, _) = on(&ear.on(&p).on_error(ErrorPolicy::Collect), engine);
    let runs = p
        .map(
            inputs! { label: "n", x: (0..8_usize).collect::<Vec<_>>() },
            ["x"],
        )
        .unwrap();
    assert_eq!(runs.failures().len(), 1);
    let events = ear.take_run();
    let lost = events.iter().filter_map(|event| match &event.kind {
        EventKind::WorkerLost { cause } => Some(cause.as_str()),
        _ => None,
    });
    let told = "killed by SIGSEGV while running node `y` on item 5: so it ends";
    assert_eq!(lost.collect::<Vec<_>>(), [told; 4]);
    let failed = events.iter().filter_map(|event| match &event.kind {
        EventKind::ItemFailed {
            items,
            kind,
            message,
            ..
        } => Some((&items[..], *kind, &**message)),
        _ => None,
    });
    let verdict = (
        &[5_u64][..],
        FailureKind::Crashed,
        "killed by SIGSEGV: so it ends",
    );
    assert_eq!(failed.collect::<Vec<_>>(), [verdict]);
}

#[test]
fn an_item_is_blamed_after_as_many_lonely_deaths_as_are_asked_for() {
    for confirmations in [0, 1, 2, 5] {
        let (p, _) = counted(4);
        let engine = Mortal {
            chunks: Some(1),
            confirmations,
            ..Mortal::of([2])
        };
        let (p, engine) = on(&p.on_error(ErrorPolicy::Collect), engine);
        let runs = p
            .map(inputs! { label: "n", x: vec![0_usize, 1, 2, 3] }, ["x"])
            .unwrap();
        assert_eq!(runs.failures().len(), 1);
        let deaths = engine.told.lock().unwrap().deaths;
        assert_eq!(deaths, 1 + confirmations.max(1) as usize);
    }
}

#[test]
fn what_comes_back_goes_before_what_is_new() {
    let (p, _) = counted(9);
    let engine = Mortal {
        chunks: Some(3),
        ..Mortal::of([1])
    };
    let (p, engine) = on(&p.on_error(ErrorPolicy::Collect), engine);
    let _ = p
        .map(
            inputs! { label: "n", x: (0..9_usize).collect::<Vec<_>>() },
            ["x"],
        )
        .unwrap();
    assert_eq!(engine.told.lock().unwrap().order, [0, 2, 3, 6]);
}

#[test]
fn a_worker_that_was_stopped_for_its_limit_is_a_verdict() {
    let limit = Duration::from_millis(5);
    let (p, _) = counted(6);
    let cause = Crash::TimedOut { limit };
    let engine = Mortal {
        cause,
        chunks: Some(1),
        ..Mortal::of([4])
    };
    let (p, engine) = on(&p, engine);
    let error = run_error(p.map(
        inputs! { label: "n", x: (0..6_usize).collect::<Vec<_>>() },
        ["x"],
    ));
    assert_eq!(
        error.to_string(),
        "node `y` timed out on item 4: it took longer than 5ms"
    );
    assert!(matches!(error, RunError::TimedOut { limit: told, .. } if told == limit));
    assert_eq!(engine.told.lock().unwrap().deaths, 1);
}

#[test]
fn a_retry_gives_a_late_item_its_other_attempts() {
    for (is_of_item, deaths) in [(false, 3), (true, 1)] {
        let (p, _) = counted(6);
        let ear = Ear::new();
        let mut p = ear.on(&p).with_retry(Retry::new(3));
        if is_of_item {
            p = p.with_item_timeout(Duration::from_secs(100));
        }
        let cause = Crash::TimedOut {
            limit: Duration::from_secs(1),
        };
        let (p, engine) = on(
            &p,
            Mortal {
                cause,
                chunks: Some(1),
                ..Mortal::of([4])
            },
        );
        let error = run_error(p.map(
            inputs! { label: "n", x: (0..6_usize).collect::<Vec<_>>() },
            ["x"],
        ));
        assert!(matches!(error, RunError::TimedOut { .. }));
        assert_eq!(engine.told.lock().unwrap().deaths, deaths);
        let events = ear.take_run();
        let retried = events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::Retried { .. }));
        assert_eq!(retried.count(), deaths - 1);
    }
}

#[test]
fn a_single_run_that_dies_has_no_item() {
    let (p, counts) = counted(1);
    let ear = Ear::new();
    for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
        let (p, engine) = on(&ear.on(&p).on_error(policy), Mortal::of([0]));
        let error = run_error(p.run(inputs! { label: "n", x: 0_usize }));
        let told = "killed by SIGSEGV while running node `y`: so it ends";
        assert_eq!(error.to_string(), told);
        assert_eq!(
            (error.item(), engine.told.lock().unwrap().deaths),
            (None, 4)
        );
        let events = ear.take_run();
        let failed = events.iter().filter_map(|event| match &event.kind {
            EventKind::ItemFailed { items, .. } => Some(items.len()),
            EventKind::ChunkStarted { .. } => panic!("a single run has no chunks"),
            _ => None,
        });
        assert_eq!(failed.collect::<Vec<_>>(), [0]);
    }
    let (p, _) = on(&ear.on(&p), Mortal::of([]));
    let out = p.run(inputs! { label: "n", x: 0_usize }).unwrap();
    assert_eq!(
        (
            &**out.get::<String>("y").unwrap(),
            *out.get::<usize>("z").unwrap()
        ),
        ("n0", 2)
    );
    assert_eq!(counts[0].load(Ordering::Relaxed), 1);
    let events = ear.take_run();
    let nodes = events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::NodeStarted { .. }));
    assert_eq!(nodes.count(), 2);
    let is_chunk = |event: &hypernodes::Event| matches!(event.kind, EventKind::ChunkStarted { .. });
    assert!(!events.iter().any(is_chunk), "a single run has no chunks");
}

#[test]
fn a_single_run_elsewhere_fails_as_it_does_here() {
    let inner = Pipeline::new(
        "inner",
        nodes![
            {
                node_fn!("half", |n: u32| -> Result<u32, String> {
                    if n % 2 == 1 {
                        Err(format!("{n} is odd"))
                    } else {
                        Ok(n / 2)
                    }
                })
            },
            { node_fn!("third", |half: u32| half / 3) },
        ],
    )
    .unwrap();
    let outer = Pipeline::new(
        "outer",
        nodes![inner.as_node(), {
            node_fn!("last", |third: u32| third + 1)
        },],
    )
    .unwrap();
    let mapped = Pipeline::new(
        "outer",
        nodes![inner.as_node().map_over(["n"]), {
            node_fn!("last", |third: &[u32]| third.len())
        },],
    )
    .unwrap();
    let told = |error: RunError| {
        (
            error.to_string(),
            format!("{:?}", error.details().unwrap()),
            error.item(),
        )
    };
    let here = told(run_error(outer.run(inputs! { n: 3_u32 })));
    let (outer, _) = on(&outer, Mortal::of([]));
    assert_eq!(told(run_error(outer.run(inputs! { n: 3_u32 }))), here);
    let here = told(run_error(mapped.run(inputs! { n: vec![2_u32, 5] })));
    let (mapped, _) = on(&mapped, Mortal::of([]));
    assert_eq!(
        told(run_error(mapped.run(inputs! { n: vec![2_u32, 5] }))),
        here
    );
    assert_eq!(here.2, Some(1), "the inner item");
}

#[test]
fn a_crash_inside_a_nested_pipeline_has_its_path() {
    let inner = Pipeline::new(
        "inner",
        nodes![{ node_fn!("half", |n: u32| n / 2) }, {
            node_fn!("third", |half: u32| half / 3)
        },],
    )
    .unwrap();
    let outer = Pipeline::new(
        "outer",
        nodes![inner.as_node(), {
            node_fn!("last", |third: u32| third + 1)
        },],
    )
    .unwrap();
    let engine = Mortal {
        node: Some("inner/half"),
        ..Mortal::of([1])
    };
    let (outer, _) = on(&outer, engine);
    let error = run_error(outer.map(inputs! { n: vec![1_u32, 2, 3] }, ["n"]));
    let told = "killed by SIGSEGV while running node `inner/half` on item 1: so it ends";
    assert_eq!(error.to_string(), told);
    assert_eq!(&*error.details().unwrap().skipped, ["inner/third", "last"]);
    let engine = Mortal {
        node: None,
        ..Mortal::of([1])
    };
    let (outer, _) = on(&outer, engine);
    let error = run_error(outer.map(inputs! { n: vec![1_u32, 2, 3] }, ["n"]));
    assert_eq!(
        error.node(),
        Some("inner"),
        "the first step, where nothing is known"
    );
}

#[test]
fn a_map_nested_in_another_finds_its_poison() {
    let inner = Pipeline::new("inner", nodes![{ node_fn!("y", |n: usize| n + 1) }]).unwrap();
    let (inner, _) = on(
        &inner,
        Mortal {
            knows: Knows::Nothing,
            ..Mortal::of([3])
        },
    );
    let outer = Pipeline::new("outer", nodes![inner.as_node().map_over(["n"])]).unwrap();
    let outer = outer.with_engine(Cut::into(1));
    let lists = vec![vec![0_usize, 1], vec![2, 3, 4]];
    let error = run_error(outer.map(inputs! { n: lists }, ["n"]));
    let told = "killed by SIGSEGV while running node `inner/y` on item 1, inner item 1: so it ends";
    assert_eq!(error.to_string(), told);
}

#[test]
fn a_cancelled_map_ends_although_workers_die() {
    for after in 1..6 {
        let (p, _) = counted(50);
        let token = CancelToken::new();
        let mut engine = Mortal {
            chunks: Some(2),
            knows: Knows::Nothing,
            ..Mortal::of([7, 31])
        };
        engine.cancels = Some((token.clone(), after));
        let (p, _) = on(
            &p.with_cancel(&token).on_error(ErrorPolicy::Collect),
            engine,
        );
        let error = run_error(p.map(
            inputs! { label: "n", x: (0..50_usize).collect::<Vec<_>>() },
            ["x"],
        ));
        let RunError::Cancelled { done, .. } = error else {
            panic!("{error}");
        };
        assert!(done <= 31);
    }
}

/// Cannot be cloned.
#[derive(Debug, PartialEq)]
struct Owned(usize);

#[test]
fn values_that_cannot_be_cloned_are_cut_too() {
    let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: Owned| x.0 + 1) }]).unwrap();
    for knows in [Knows::Row, Knows::Nothing] {
        let engine = Mortal {
            knows,
            chunks: Some(2),
            ..Mortal::of([2, 9])
        };
        let (p, _) = on(&p.on_error(ErrorPolicy::Collect), engine);
        let xs: Vec<Owned> = (0..12).map(Owned).collect();
        let runs = p.map(inputs! { x: xs }, ["x"]).unwrap();
        let failed: Vec<usize> = runs.failures().map(|failure| failure.items[0]).collect();
        assert_eq!(failed, [2, 9]);
        for (item, y) in runs.results::<usize>("y").unwrap().into_iter().enumerate() {
            assert_eq!(
                y.ok().copied(),
                (item != 2 && item != 9).then_some(item + 1)
            );
        }
    }
}

#[test]
fn a_chunk_that_was_computed_here_is_no_loss_of_a_worker() {
    #[derive(Debug, Default)]
    struct Confused(Capabilities);
    impl Engine for Confused {
        fn name(&self) -> &str {
            "confused"
        }
        fn capabilities(&self) -> &Capabilities {
            &self.0
        }
        fn sizing(&self, _: &Plan, _: usize) -> Sizing {
            Sizing::default()
        }
        fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
            while let Some(mut chunk) = feed.next() {
                let _ = feed.execute(&mut chunk);
                feed.lost(chunk, Loss::new(Crash::ClosedPipe));
            }
            Ok(())
        }
    }
    let (p, _) = counted(3);
    let p = p.with_engine(Confused::default());
    let error = p
        .map(inputs! { label: "n", x: vec![0_usize, 1, 2] }, ["x"])
        .unwrap_err();
    assert!(matches!(
        error,
        hypernodes::Error::Engine(EngineError::Incomplete { .. })
    ));
}

#[test]
fn a_run_folder_keeps_what_was_computed_around_the_poison() {
    let folder = std::env::temp_dir().join(format!("hypernodes-lost-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let (p, counts) = counted(20);
    let p = p
        .on_error(ErrorPolicy::Collect)
        .with_run_dir(RunDir::new(&folder).resume(true));
    let (mortal, _) = on(
        &p,
        Mortal {
            chunks: Some(2),
            ..Mortal::of([3, 13])
        },
    );
    let run = |p: &Pipeline| -> Vec<bool> {
        let rows = p
            .map_iter(inputs! { label: "n" }, "x", 0..20_usize)
            .unwrap();
        rows.map(|row| row.is_ok()).collect()
    };
    let first = run(&mortal);
    assert_eq!(first.iter().filter(|is_ok| !**is_ok).count(), 2);
    let second = run(&p.with_engine(Sequential::default()));
    assert!(
        second.into_iter().all(|is_ok| is_ok),
        "the poison is none here"
    );
    assert!(
        counts
            .iter()
            .all(|count| count.load(Ordering::Relaxed) == 1)
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
