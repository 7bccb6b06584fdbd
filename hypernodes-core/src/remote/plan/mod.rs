//! A plan as bytes.
//!
//! Not the steps travel but the graph: nodes by their places in the registry, their names after renames, nested pipelines
//! with what they are mapped over and what is bound in them, and which outputs are wanted. The receiver builds graph and
//! plan with the same code as the sender, so both are equal.
//!
//! Pipelines stand one after the other, each behind those that are nested in it, so nothing is read by recursion.

mod decode;
mod encode;

use serde::{Deserialize, Serialize};

pub use decode::WorkerPlan;
pub use encode::PlanImage;

/// Most pipelines inside each other.
const MOST_NESTED: usize = 64;

/// A whole plan. The last pipeline is the outermost.
#[derive(Serialize, Deserialize)]
struct Image {
    pipelines: Vec<PipelineImage>,
}

#[derive(Serialize, Deserialize)]
struct PipelineImage {
    name: String,
    /// Those that the plan needs, in the order of its steps.
    nodes: Vec<NodeImage>,
    /// Outputs of these nodes whose values come from outside.
    supplied: Vec<String>,
    bound: Vec<BoundImage>,
    /// The outputs that are computed.
    outputs: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct NodeImage {
    /// Its name in messages. Nothing else depends on its name.
    label: String,
    kind: NodeKind,
    /// The names of its inputs and outputs, by their places.
    inputs: Vec<String>,
    outputs: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum NodeKind {
    /// A function.
    Registered {
        /// The place of its entry.
        place: u32,
        /// Its tokens: a check that both sides mean the same.
        tokens: u64,
    },
    /// A pipeline before this one, which no other node is.
    Nested {
        pipeline: u32,
        over: Option<OverImage>,
    },
}

/// What a nested pipeline is mapped over.
#[derive(Serialize, Deserialize)]
struct OverImage {
    is_product: bool,
    axes: Vec<String>,
    /// Per input its place among the axes.
    axis_of: Vec<Option<u32>>,
}

/// A value that is bound in a nested pipeline.
#[derive(Serialize, Deserialize)]
struct BoundImage {
    input: String,
    /// The blob that holds it; `None` where no wanted output needs the value.
    blob: Option<u32>,
}

#[cfg(all(test, feature = "macros"))]
mod tests;
