//! The engines, from outside.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

extern crate hypernodes_core as hypernodes;

mod asynchronous;
mod config;
mod conformance;
mod explain;
mod policies;
mod random;
mod support;
mod threaded;

#[cfg(feature = "process")]
hypernodes_engines::enable_process_tests!();
