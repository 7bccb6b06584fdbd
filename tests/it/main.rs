//! The facade as a user sees it: every example, on every engine; async nodes; one table of wiring errors.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

hypernodes::enable_process_tests!();

mod asynchronous;
mod examples;
mod systems;
mod upstream;
mod upstream_runs;
mod wiring_errors;
