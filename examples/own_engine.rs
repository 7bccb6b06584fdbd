//! An engine of one's own: one trait, here two plain threads that share the chunks.
//!
//! `cargo run --example own_engine`; prove such an engine with `engine_conformance!` (feature `conformance`).

use std::sync::Arc;

use hypernodes::prelude::*;
use hypernodes::{Capabilities, Engine, EngineError, Feed, Plan, Sizing, npartitions};

#[derive(Debug, Default)]
struct TwoThreads {
    capabilities: Capabilities,
}

impl TwoThreads {
    fn work(feed: &Feed) {
        while let Some(mut chunk) = feed.next() {
            let outcome = feed.execute(&mut chunk);
            feed.put(chunk, outcome);
        }
    }
}

impl Engine for TwoThreads {
    fn name(&self) -> &str {
        "two-threads"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, _: &Plan, items: usize) -> Sizing {
        Sizing {
            workers: 2,
            partitions: npartitions(items, 2, Workload::Mixed),
            ..Sizing::default()
        }
    }

    // Order, failures and results are kept by the feed; the engine only decides who computes.
    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        std::thread::scope(|scope| {
            scope.spawn(|| Self::work(feed));
            Self::work(feed);
        });
        Ok(())
    }
}

#[node(output = "cube")]
fn cube(x: i64) -> i64 {
    x * x * x
}

pub(crate) fn main() -> Result<(), hypernodes::Error> {
    let p = Pipeline::new("cubes", nodes![cube])?.with_engine(TwoThreads::default());
    let runs = p.map(inputs! { x: 0..100_000_i64 }, "x")?;
    assert_eq!(runs.slice::<i64>("cube")?[99_999], 99_999_i64.pow(3));
    assert_eq!(runs.len(), 100_000);
    Ok(())
}
