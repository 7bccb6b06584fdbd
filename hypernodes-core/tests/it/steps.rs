//! Steps of one run that are computed out of order, as an engine with threads does.

use std::sync::Arc;

use hypernodes::prelude::*;
use hypernodes::{Capabilities, ChunkRun, Engine, EngineError, Feed, Plan, Sizing};

/// Runs the steps of a run on two threads.
#[derive(Debug, Default)]
struct TwoThreads(Capabilities);

impl Engine for TwoThreads {
    fn name(&self) -> &str {
        "two threads"
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

    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        let steps = run.share();
        let work = || {
            while !steps.is_done() {
                if !steps.turn() {
                    steps.wait(None);
                }
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(work);
            work();
        });
        run.take_back(&steps);
        Ok(())
    }
}

#[test]
fn a_value_is_moved_by_whoever_reads_it_last_in_time() {
    let readers = (0..20).map(|i| {
        node_fn!(format!("n{i}"), move |text: String| {
            // The last reader in order is the first in time.
            std::thread::sleep(std::time::Duration::from_micros(20 * (20 - i)));
            text + "!"
        })
    });
    let p = Pipeline::new("p", readers.collect())
        .unwrap()
        .with_engine(TwoThreads::default());
    for _ in 0..50 {
        let out = p.run(inputs! { text: "a" }).unwrap();
        assert!((0..20).all(|i| out.get::<String>(&format!("n{i}")).unwrap() == "a!"));
    }
}

#[test]
fn the_lowest_failure_is_told_and_what_needs_it_does_not_run() {
    let node = |i: u64| {
        node_fn!(format!("n{i}"), move |x: u64| -> Result<u64, String> {
            std::thread::sleep(std::time::Duration::from_micros(30 * (5 - i)));
            if i >= 2 {
                Err(format!("{i} fails"))
            } else {
                Ok(x)
            }
        })
    };
    let never = node_fn!("never", |n3: u64| -> u64 { panic!("{n3}") });
    let nodes = (0..5).map(node).chain([never]).collect();
    let p = Pipeline::new("p", nodes)
        .unwrap()
        .with_engine(TwoThreads::default());
    for _ in 0..50 {
        let error = p.run(inputs! { x: 1_u64 }).unwrap_err();
        assert_eq!(error.to_string(), "node `n2` failed");
    }
}
