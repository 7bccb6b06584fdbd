//! Why a pipeline cannot leave this process.

use super::{list_lines, told};
use crate::value::PortType;

/// One thing of a pipeline that cannot go to another process.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LeavingProblem {
    /// A closure exists in this process only.
    #[error("node `{node}` is a closure: make it a function with `#[node]`")]
    Closure {
        /// The node, with the nested pipelines around it: `inner/scale`.
        node: String,
    },
    /// A node that was not made by a macro: no other process could find it.
    #[error("node `{node}` is not in the registry of nodes: make it with `#[node]`")]
    Unregistered {
        /// The node, with the nested pipelines around it.
        node: String,
    },
    /// Values that would have to travel, of a type that cannot.
    #[error(
        "{value} is a `{port}`, which has no codec: derive serde's `Serialize` and `Deserialize` for it"
    )]
    NoCodec {
        /// Which values: ``output `y` of node `b` ``.
        value: String,
        /// Their type.
        port: PortType,
    },
    /// A bound value that its type refuses to write.
    #[error("{value} cannot be written: {reason}")]
    Value {
        /// Which value: ``bound input `k` of node `inner` ``.
        value: String,
        /// Why not.
        reason: String,
    },
    /// Nested pipelines that go too deep.
    #[error("node `{node}` lies in more than {most} nested pipelines: put them beside each other")]
    TooDeep {
        /// The node, with the nested pipelines around it.
        node: String,
        /// How many there may be.
        most: usize,
    },
    /// The plan of a single node that is called again.
    #[error("it is a node of a snapshot, which is called here")]
    Snapshot,
}

impl LeavingProblem {
    /// The problems behind what they are problems of.
    pub(super) fn list(problems: &[Self]) -> String {
        let told = told(problems);
        match told.first() {
            Some(only) if told.len() == 1 => format!(": {only}"),
            _ => format!(", for {} reasons:{}", told.len(), list_lines(&told)),
        }
    }
}
