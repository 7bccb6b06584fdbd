//! The public interface of core, feature by feature, on Sequential.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

extern crate hypernodes_core as hypernodes;

mod build;
mod cache_stress;
mod cancel;
mod errors;
mod iter;
mod map;
mod nested;
mod node;
mod run;
mod steps;
mod supply;
mod takers;
