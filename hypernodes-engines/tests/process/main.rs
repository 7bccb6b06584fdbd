//! The engine with worker processes, from outside.
#![cfg(all(target_os = "linux", not(hypernodes_no_process)))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

extern crate hypernodes_core as hypernodes;

hypernodes_engines::enable_process_tests!();

mod basics;
mod chaos;
mod conformance;
mod faults;
mod large;
mod life;
mod lone;
mod nodes;
mod stage;
mod start;
