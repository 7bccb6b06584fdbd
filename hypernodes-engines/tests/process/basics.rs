//! Runs, maps and iterations in worker processes.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use hypernodes::prelude::*;
use hypernodes::{CancelToken, RunError, stop_requested};
use hypernodes_engines::Process;

use crate::nodes::{add, pid, square};

pub(crate) fn engine(workers: usize) -> Process {
    Process::new().unwrap().workers(workers)
}

fn squares(workers: usize) -> Pipeline {
    let p = Pipeline::new("squares", nodes![square, add]).unwrap();
    p.with_engine(engine(workers))
}

#[test]
fn a_run_is_computed_elsewhere() {
    let p = squares(1);
    for x in 0..5_u64 {
        let out = p.run(inputs! { x: x, k: 1_u64 }).unwrap();
        assert_eq!(*out.get::<u64>("sum").unwrap(), x * x + 1);
    }
    let own = Pipeline::new("pid", nodes![pid])
        .unwrap()
        .with_engine(engine(1));
    let out = own.run(inputs! { x: 1_u64 }).unwrap();
    assert_ne!(*out.get::<u32>("pid").unwrap(), process::id());
}

#[test]
fn a_map_gives_all_items_in_order() {
    for (workers, threads) in [(1, 1), (3, 1), (2, 3)] {
        let p = Pipeline::new("squares", nodes![square, add]).unwrap();
        let p = p.with_engine(engine(workers).threads_per_worker(threads));
        for items in [0, 1, 2, 7, 1000, 100_000_u64] {
            let xs: Vec<u64> = (0..items).collect();
            let runs = p.map(inputs! { x: xs, k: 7_u64 }, ["x"]).unwrap();
            let expected: Vec<u64> = (0..items).map(|x| x * x + 7).collect();
            assert_eq!(runs.column::<u64>("sum").unwrap(), expected);
        }
    }
}

#[test]
fn an_iteration_gives_all_items_in_order() {
    let p = squares(2);
    let rows = p
        .map_iter(inputs! { k: 3_u64 }, "x", 0..20_000_u64)
        .unwrap();
    for (x, row) in (0_u64..).zip(rows) {
        assert_eq!(*row.unwrap().get::<u64>("sum").unwrap(), x * x + 3);
    }
}

#[test]
fn workers_are_kept_for_later_runs() {
    let engine = engine(2);
    let p = Pipeline::new("pid", nodes![pid])
        .unwrap()
        .with_engine(engine.clone());
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        let xs: Vec<u64> = (0..1000).collect();
        let runs = p.map(inputs! { x: xs }, ["x"]).unwrap();
        seen.extend(runs.column::<u32>("pid").unwrap());
    }
    assert!(seen.len() <= 2, "{seen:?}");
    let idle = engine.idle_workers();
    assert!(
        seen.iter().all(|pid| idle.contains(pid)),
        "{seen:?} {idle:?}"
    );
}

/// The worker reads its plan while the first chunk is on its way: one must not lie where the other is still read.
#[test]
fn a_large_plan_is_read_before_a_large_first_chunk_comes() {
    let renamed = |i: u64| {
        let node = square::node().named(format!("square{i}"));
        node.rename_output("square", format!("square{i}"))
    };
    let nodes: Vec<_> = (0..3000).map(renamed).collect();
    let p = Pipeline::new("wide", nodes).unwrap();
    let p = p.with_engine(engine(1).npartitions(1));
    let xs: Vec<u64> = (0..4000).collect();
    for _ in 0..3 {
        // Each selection is a plan of its own, and the worker is new to it.
        let p = p.select((0..3000).map(|i| format!("square{i}"))).unwrap();
        let runs = p.map(inputs! { x: xs.clone() }, ["x"]).unwrap();
        for name in ["square0", "square2999"] {
            let squares = runs.column::<u64>(name).unwrap();
            assert!(squares.iter().zip(&xs).all(|(y, x)| *y == x * x));
        }
    }
}

/// Waits to be told to stop, and writes down whether it was.
#[node(output = "y")]
fn patient(x: u64, notes: &str) -> u64 {
    fs::write(Path::new(notes).join("begun"), "").unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while !stop_requested() && Instant::now() < until {
        thread::sleep(Duration::from_millis(1));
    }
    let was_told = if stop_requested() {
        "told"
    } else {
        "never told"
    };
    fs::write(Path::new(notes).join("end"), was_told).unwrap();
    x
}

/// The only chunk of a run says that no other one comes: its worker still listens for it.
#[test]
fn a_chunk_that_is_the_last_one_is_told_of_a_cancellation() {
    let notes = env::temp_dir().join(format!("hypernodes-last-{}", process::id()));
    let text = notes.to_str().unwrap();
    let p = Pipeline::new("patient", nodes![patient]).unwrap();
    let p = p.with_engine(engine(1));
    for is_single in [true, false] {
        fs::create_dir(&notes).unwrap();
        let token = CancelToken::new();
        let p = p.with_cancel(&token);
        let error = thread::scope(|scope| {
            scope.spawn(|| {
                while !notes.join("begun").exists() {
                    thread::sleep(Duration::from_millis(1));
                }
                token.cancel();
            });
            if is_single {
                p.run(inputs! { x: 1_u64, notes: text }).unwrap_err()
            } else {
                let given = inputs! { x: [1_u64], notes: text };
                p.map(given, ["x"]).unwrap_err()
            }
        });
        let end = fs::read_to_string(notes.join("end")).unwrap();
        fs::remove_dir_all(&notes).unwrap();
        assert_eq!(end, "told");
        assert!(
            matches!(error, hypernodes::Error::Run(RunError::Cancelled { .. })),
            "{error}"
        );
    }
}
