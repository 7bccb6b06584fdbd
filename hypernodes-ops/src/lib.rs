//! Watching and steering runs: jobs, queues, reports, a live page, metrics, progress.
//!
//! Everything here hears the [events](hypernodes_core::Event) of runs or holds their handles; nothing here computes.
//!
//! | module | job |
//! |---|---|
//! | `jobs` | handles of long runs: progress, cancelling, results |
//! | `queue` | single tasks with priorities, after one another |
//! | `monitor` | CPUs, memory and disk over time, and what is short |
//! | `progress` | how far runs are: numbers in words; bars and lines (feature `progress`) |
//! | `record` | what is kept of a run: [`RunRecord`], [`RunRecorder`] |
//! | [`report`] | a run as one HTML page |
//! | `dashboard` | a live page and metrics (feature `dashboard`) |
//! | `jsonl` | events as lines of JSON, written and read |
//! | `log_listener` | events as records of `tracing` |
//! | `otel` | events as OpenTelemetry spans (feature `otel`) |
#![forbid(unsafe_code)]

mod clock;
#[cfg(feature = "dashboard")]
mod dashboard;
mod jobs;
mod jsonl;
mod log_listener;
mod monitor;
#[cfg(feature = "otel")]
mod otel;
mod panic;
mod process;
mod progress;
mod queue;
mod record;
pub mod report;
#[cfg(test)]
mod testing;

#[cfg(feature = "dashboard")]
pub use dashboard::{Dashboard, DashboardError};
pub use jobs::{
    Job, JobControl, JobError, JobFailure, JobHandle, JobId, JobInfo, JobOutcome, JobState, Jobs,
    Progress, ProgressCounts,
};
pub use jsonl::{EventLog, EventLogError, EventReader, read_events};
pub use log_listener::LogListener;
pub use monitor::{
    Crossing, MonitorConfig, Probe, Reading, ResourceKind, ResourceMonitor, Sample, SystemProbe,
};
#[cfg(feature = "otel")]
pub use otel::{OtelConfig, OtelError, OtelListener, trace_id};
#[cfg(feature = "progress")]
pub use progress::{ProgressListener, ProgressMode};
pub use progress::{
    eta, format_duration, format_eta, format_percent, format_rate, per_second, percent,
};
pub use queue::{QueueError, Task, TaskFailure, TaskId, TaskOutcome, TaskQueue, TaskState};
pub use record::{
    ChunkRecord, FailureLog, FailureRecord, LevelChange, LostWorker, MemoryLog, MemorySample,
    NodeRecord, RetryLog, RetryRecord, RunRecord, RunRecorder, Timeline,
};

#[cfg(test)]
#[path = "../tests/it/fake.rs"]
mod fake;
