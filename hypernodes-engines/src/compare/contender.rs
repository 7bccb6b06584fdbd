//! An engine that takes part; the same with a fixed number of partitions.

use std::sync::Arc;

use hypernodes_core::{Assist, Capabilities, ChunkRun, Engine, EngineError, Feed, Plan, Sizing};

/// An engine that takes part, and its name in the report.
#[derive(Clone, Debug)]
pub(super) struct Contender {
    pub(super) name: String,
    pub(super) engine: Arc<dyn Engine>,
}

impl Contender {
    pub(super) fn new(name: &str, engine: Arc<dyn Engine>) -> Self {
        Self {
            name: name.to_owned(),
            engine,
        }
    }
}

/// An engine that cuts the maps of one plan into a number of partitions set by hand. Maps inside of it stay automatic.
#[derive(Debug)]
pub(super) struct Fixed {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) plan: String,
    pub(super) npartitions: usize,
}

impl Engine for Fixed {
    fn name(&self) -> &str {
        self.engine.name()
    }

    fn capabilities(&self) -> &Capabilities {
        self.engine.capabilities()
    }

    fn sizing(&self, plan: &Plan, items: usize) -> Sizing {
        let sizing = self.engine.sizing(plan, items);
        if plan.name() != self.plan {
            return sizing;
        }
        Sizing {
            partitions: self.npartitions.min(items),
            fixed: Some(self.npartitions),
            ..sizing
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        self.engine.drive(feed)
    }

    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        self.engine.run_one(run)
    }

    fn assist(&self, feed: &Arc<Feed>) -> Assist {
        self.engine.assist(feed)
    }
}
