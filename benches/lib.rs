//! Benchmarks of hypernodes.
//!
//! Each piece of work is described once, as a [`Group`] of implementations that must give the same result, and
//! measured by two harnesses:
//!
//! | harness | command | for |
//! |---|---|---|
//! | criterion | `cargo bench -p hypernodes-benches -- map/` | looking closely at one thing |
//! | the table | `cargo run --release -p hypernodes-benches --bin table` | the bars, all at once |
//!
//! | module | what is there |
//! |---|---|
//! | [`areas`] | the groups, one file an area |
//! | `nodes` | the functions that are mapped, and pipelines of them |
//! | `naive` | the same work without hypernodes |
//! | `fixtures` | seeded data |
//! | [`group`] | groups, implementations, bars |
//! | [`sample`] | the stopwatch |
//! | [`process`] | peak memory, and measuring other processes |
#![forbid(unsafe_code)]

extern crate hypernodes_core as hypernodes;

pub mod areas;
mod fixtures;
pub mod group;
mod naive;
mod nodes;
pub mod process;
pub mod sample;

pub use group::{Bar, Digest, Group, Implementation, Unit};

/// Any error: a benchmark that cannot be set up ends with it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
