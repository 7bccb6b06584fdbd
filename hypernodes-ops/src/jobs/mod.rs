//! Handles of long runs: where each is, how far it is, and how to end it.

mod control;
mod follow;
mod handle;
mod pipelines;
mod registry;

pub use control::{JobControl, Progress, ProgressCounts};
pub use handle::{Job, JobError, JobFailure, JobHandle, JobId, JobInfo, JobOutcome, JobState};
pub use registry::Jobs;

#[cfg(test)]
mod tests;
