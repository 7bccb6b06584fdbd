//! The public interface of core, feature by feature, on Sequential.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

extern crate hypernodes_core as hypernodes;

mod build;
#[macro_use]
mod cache;
mod cache_stress;
mod cache_values;
mod cancel;
mod cancelled_order;
mod errors;
mod events;
mod failures;
mod iter;
mod lost;
mod map;
mod memory;
mod nested;
mod node;
mod registry;
mod remote;
mod resume;
mod retry;
mod run;
mod snapshot;
mod steps;
mod supply;
mod support;
mod takers;
mod timeout;
