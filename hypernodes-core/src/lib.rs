//! The core of hypernodes: plain functions, wired by parameter name into a graph, planned, and run by an engine.
//!
//! > A function stays a function; a graph becomes a plan; an engine only runs plans.
//!
//! | module | job |
//! |---|---|
//! | `value` | erased columns and views of them |
//! | `node` | what `#[node]` makes of a function |
//! | `graph` | nodes joined by name, and checked |
//! | `plan` | steps and slots |
//! | `run` | one chunk, and all chunks of a map |
//! | `engine` | the contract of an engine, the partition rule, Sequential |
//! | `pipeline` | the user's object |
//! | `render` | pictures of a pipeline |
//!
//! Most users depend on the crate `hypernodes`, which re-exports everything here. A node library or an engine of one's
//! own needs this crate alone.
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate self as hypernodes;

#[cfg(feature = "async")]
mod async_host;
mod clock;
mod config;
mod engine;
mod error;
mod graph;
mod node;
mod pipeline;
mod plan;
pub mod prelude;
mod render;
mod run;
mod static_pipeline;
mod value;

#[cfg(feature = "async")]
pub use async_host::AsyncHost;
pub use config::{ErrorPolicy, UnknownWorkload, Workload};
pub use engine::{Assist, Capabilities, Engine, Sequential, Sizing, npartitions, split};
pub use error::{BoxError, BuildError, BuildErrors, Cause, EngineError, Error, Failure, InputProblem, MoveConflict, RunError};
pub use graph::NestedInfo;
#[cfg(feature = "macros")]
pub use hypernodes_macros::{node, node_fn, nodes, pipeline};
pub use hypernodes_wiring::{CycleStep, Names, WiringProblem, WiringWarning};
pub use node::{
    Args, Call, DefaultValue, FnNode, InputPort, IntoNode, Name, Node, NodeOptions, NodeRef, NodeType, OutputPort,
    OutputTuple, Passing, RowFailure, Signature, StateGuard, StateLease, StatePool,
};
pub use pipeline::{
    Inputs, IterRow, MapIter, MapMode, MapOver, Outputs, Pipeline, PipelineBuilder, PipelineNode, Row, Runs,
};
pub use plan::Plan;
pub use render::*;
pub use run::{Chunk, ChunkRun, Feed, Outcome, RunContext, Steps};
pub use value::{Accumulator, Arg, Column, Drain, Lane, Path, PortType, PortValue, Rows, Values};

/// A boxed future, as async nodes give it.
#[cfg(feature = "async")]
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Passes the code of an async node on.
#[cfg(feature = "async")]
#[doc(hidden)]
#[macro_export]
macro_rules! __async_node {
    ($($node:tt)*) => { $($node)* };
}

/// Refuses an async node, because nothing could run it.
#[cfg(not(feature = "async"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __async_node {
    ($($node:tt)*) => { ::core::compile_error!("`async fn` nodes need the feature `async` of `hypernodes`") };
}

/// What generated code names; not part of the stable interface.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "macros")]
    pub use hypernodes_macros::__pipeline_finish as pipeline_finish;

    pub use crate::__async_node as async_node;
    pub use crate::node::probe::*;
    pub use crate::pipeline::input_probe;
    pub use crate::static_pipeline::*;
    pub use crate::*;
}
