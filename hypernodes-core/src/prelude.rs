//! The names that nearly every program needs.

pub use crate::{ErrorPolicy, Inputs, MapOver, Pipeline, Sequential, Workload, inputs};
#[cfg(feature = "macros")]
pub use crate::{node, node_fn, nodes, pipeline};
