//! Watching and steering runs: jobs, queues, reports, a live page, metrics, progress.
//!
//! Everything here hears the [events](hypernodes_core::Event) of runs or holds their handles; nothing here computes.
//!
//! | module | job |
//! |---|---|
    //!, |, `jobs`, handles, of, long, runs:, progress, cancelling, results, `queue`, single, tasks, with, priorities, after, one, another, `monitor`, CPUs, memory, and, disk, over, time, what, is, short, `progress`, numbers, in, words, `jsonl`, events, as, lines, JSON, written, read, `log_listener`, records, `tracing`, `otel`, OpenTelemetry, spans, (feature, `otel`), bars, that, tell, how, far, runs, are, `progress`), `record`, kept, a, run:, [`RunRecord`], [`RunRecorder`], [`report`], run, HTML, page, `dashboard`, live, metrics, `dashboard`),
#![forbid(unsafe_code)]

extern crate hypernodes_core as hypernodes;

mod clock;
mod jobs;
mod monitor;
mod panic;
mod progress;
mod queue;

pub use jobs::{
    Job, JobControl, JobError, JobFailure, JobHandle, JobId, JobInfo, JobOutcome, JobState, Jobs,
    Progress, ProgressCounts,
};
pub use monitor::{
    Crossing, MonitorConfig, Probe, Reading, ResourceKind, ResourceMonitor, Sample, SystemProbe,
};
pub use progress::{
    eta, format_duration, format_eta, format_percent, format_rate, per_second, percent,
};
pub use queue::{QueueError, Task, TaskFailure, TaskId, TaskOutcome, TaskQueue, TaskState};
mod jsonl;
mod log_listener;
#[cfg(feature = "otel")]
mod otel;
#[cfg(test)]
mod testing;
pub use jsonl::{EventLog, EventLogError, EventReader, read_events};
pub use log_listener::LogListener;
pub use otel::{OtelConfig, OtelError, OtelListener, trace_id};
#[cfg(feature = "progress")]
pub use progress::{ProgressListener, ProgressMode};
#[cfg(feature = "dashboard")]
mod dashboard;
mod process;
mod record;
pub mod report;
pub use dashboard::{Dashboard, DashboardError};
pub use record::{
    ChunkRecord, FailureLog, FailureRecord, LevelChange, LostWorker, MemoryLog, MemorySample,
    NodeRecord, RetryLog, RetryRecord, RunRecord, RunRecorder, Timeline,
#[path = "../tests/it/fake.rs"]
mod fake;
