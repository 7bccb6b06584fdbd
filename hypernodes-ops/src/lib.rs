//! Watching and steering runs: jobs, queues, reports, a live page, metrics, progress.
//!
//! Everything here hears the [events](hypernodes_core::Event) of runs or holds their handles; nothing here computes.
//!
//! | module | job |
//! |---|---|
//! | `record` | what is kept of a run: [`RunRecord`], [`RunRecorder`] |
//! | [`report`] | a run as one HTML page |
//! | `dashboard` | a live page and metrics (feature `dashboard`) |
#![forbid(unsafe_code)]

extern crate hypernodes_core as hypernodes;

#[cfg(feature = "dashboard")]
mod dashboard;
mod process;
mod record;
pub mod report;

#[cfg(feature = "dashboard")]
pub use dashboard::{Dashboard, DashboardError};
pub use record::{
    ChunkRecord, FailureLog, FailureRecord, LevelChange, LostWorker, MemoryLog, MemorySample,
    NodeRecord, RetryLog, RetryRecord, RunRecord, RunRecorder, Timeline,
};

#[cfg(test)]
#[path = "../tests/it/fake.rs"]
mod fake;
