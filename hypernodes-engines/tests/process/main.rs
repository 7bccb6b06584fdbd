//! The engine with worker processes, from outside.
#![cfg(all(target_os = "linux", not(hypernodes_no_process)))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::zombie_processes,
    reason = "a test fails by a panic, compares what must be equal bit for bit, and waits for other processes"
)]

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
