//! Every form that `#[node]`, `node_fn!`, `nodes!` and `pipeline!` accept, and what the generated code does.
//! What they refuse is in `tests/ui`.
#![cfg(feature = "macros")]
#![allow(clippy::float_cmp, reason = "the numbers here are exact")]

#[cfg(feature = "async")]
mod asynchronous;
mod closures;
mod defaults;
mod facts;
mod forms;
mod names;
mod policies;
mod results;
mod rows;
mod state;
mod static_pipeline;
