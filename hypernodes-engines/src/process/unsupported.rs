//! What stands in for workers where processes cannot be had: every use is an error that says so.

use std::sync::Arc;

use hypernodes_core::{EngineError, Feed};

use super::NAME;
use crate::config::ProcessConfig;

/// Makes a program able to be its own worker, where that is supported; here it does nothing.
pub fn init() {}

/// Makes a test crate able to start workers of itself, where that is supported; here it does nothing.
#[macro_export]
macro_rules! enable_process_tests {
    () => {};
}

/// No workers.
#[derive(Debug)]
pub(super) struct Workers(());

fn unavailable() -> EngineError {
    EngineError::Unavailable {
        engine: NAME.to_owned(),
        reason:
            "it needs Linux (sealed shared memory, descriptors over sockets); use `threaded` here"
                .to_owned(),
    }
}

impl Workers {
    pub(super) fn new(_: ProcessConfig) -> Result<Self, EngineError> {
        Err(unavailable())
    }

    pub(super) fn changed(&self, _: &ProcessConfig) -> Self {
        Self(())
    }

    pub(super) fn most(&self) -> usize {
        1
    }

    pub(super) fn idle(&self) -> Vec<u32> {
        Vec::new()
    }

    pub(super) fn drive(&self, _: &Arc<Feed>) -> Result<(), EngineError> {
        Err(unavailable())
    }

    pub(super) fn assist(&self, _: &Arc<Feed>) -> Result<(), EngineError> {
        Err(unavailable())
    }
}
