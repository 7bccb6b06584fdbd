//! Watching and steering runs: jobs, queues, reports, a live page, metrics, progress.
//!
//! Everything here hears the [events](hypernodes_core::Event) of runs or holds their handles; nothing here computes.
//!
//! | module | job |
//! |---|---|
//! | `jsonl` | events as lines of JSON, written and read |
//! | `log_listener` | events as records of `tracing` |
//! | `otel` | events as OpenTelemetry spans (feature `otel`) |
//! | `progress` | bars and lines that tell how far runs are (feature `progress`) |
#![forbid(unsafe_code)]

extern crate hypernodes_core as hypernodes;

mod jsonl;
mod log_listener;
#[cfg(feature = "otel")]
mod otel;
mod progress;
#[cfg(test)]
mod testing;

pub use jsonl::{EventLog, EventLogError, EventReader, read_events};
pub use log_listener::LogListener;
#[cfg(feature = "otel")]
pub use otel::{OtelConfig, OtelError, OtelListener, trace_id};
#[cfg(feature = "progress")]
pub use progress::{ProgressListener, ProgressMode};
