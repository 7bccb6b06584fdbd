//! What can be wrong with a pipeline before it runs.

use std::fmt;

use hypernodes_wiring::WiringProblem;

use super::{hint, list_lines, told};
use crate::value::PortType;

/// One problem of a pipeline; [`BuildErrors`] holds all of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The names do not fit together.
    #[error(transparent)]
    Wiring(#[from] WiringProblem),
    /// The two ends of an edge have different types.
    #[error(
        "input `{input}` of node `{node}` expects `{expected}`, but node `{producer}` gives `{output}` as `{found}`"
    )]
    EdgeType {
        /// The consumer.
        node: String,
        /// Its input.
        input: String,
        /// The type that it takes.
        expected: PortType,
        /// The producer.
        producer: String,
        /// Its output.
        output: String,
        /// The type that it gives.
        found: PortType,
    },
    /// A node cannot do what its options ask for.
    #[error("node `{node}` cannot be {asked}: {reason}")]
    Policy {
        /// The node.
        node: String,
        /// What is asked: `cached`, `retried`.
        asked: &'static str,
        /// Why not, and what to do.
        reason: String,
    },
    /// Two nodes read one input as different types.
    #[error(
        "input `{input}` is `{first}` for node `{first_node}` but `{second}` for node `{second_node}`; rename one of them"
    )]
    InputType {
        /// The input.
        input: String,
        /// One of the nodes.
        first_node: String,
        /// Its type.
        first: PortType,
        /// The other node.
        second_node: String,
        /// Its type.
        second: PortType,
    },
    /// Two nodes give one input different defaults.
    #[error(
        "input `{input}` defaults to `{first}` in node `{first_node}` but to `{second}` in node `{second_node}`; rename one of them, or make the defaults equal"
    )]
    ConflictingDefaults {
        /// The input.
        input: String,
        /// One of the nodes.
        first_node: String,
        /// Its default, as written.
        first: String,
        /// The other node.
        second_node: String,
        /// Its default, as written.
        second: String,
    },
    /// A rename of something that is not there.
    #[error(
        "node `{node}` has no {what} `{name}` to rename{}",
        hint(name, available)
    )]
    UnknownRename {
        /// The node.
        node: String,
        /// `input` or `output`.
        what: &'static str,
        /// The wrong name.
        name: String,
        /// The names that exist.
        available: Vec<String>,
    },
    /// `map_over` names something that is no input of the nested pipeline.
    #[error(
        "node `{node}` maps over `{axis}`, which is no input of it{}",
        hint(axis, available)
    )]
    UnknownAxis {
        /// The nested pipeline's node.
        node: String,
        /// The wrong name.
        axis: String,
        /// The inputs that it has.
        available: Vec<String>,
    },
    /// `map_over` without an axis, or with one named twice.
    #[error("node `{node}` maps over {axes}; name at least one input, each once")]
    BadAxes {
        /// The nested pipeline's node.
        node: String,
        /// What was given.
        axes: String,
    },
    /// More than four nested maps.
    #[error(
        "node `{node}` nests maps of `{port}` deeper than four levels; use a static `pipeline!` inside, or a flatter list"
    )]
    TooDeep {
        /// The nested pipeline's node.
        node: String,
        /// The type that would have to be nested further.
        port: PortType,
    },
    /// A value that cannot be cloned has more than one use.
    #[error(
        "node `{node}` takes `{input}` by value and `{port}` cannot be cloned, but {conflict}; take `&{port}`, or derive `Clone`"
    )]
    Moved {
        /// The consumer.
        node: String,
        /// Its input.
        input: String,
        /// The type.
        port: PortType,
        /// The other use.
        conflict: MoveConflict,
    },
    /// `bind` or a default for something that is no input.
    #[error("there is no input `{name}` to {verb}{}", hint(name, available))]
    UnknownInput {
        /// The wrong name.
        name: String,
        /// `bind` or `give a default`.
        verb: &'static str,
        /// The inputs that it has.
        available: Vec<String>,
    },
    /// `bind` or a default for a value that a node computes.
    #[error(
        "`{name}` is computed by node `{node}`, so it cannot be bound; give it to one run with `inputs.supply(\"{name}\", ..)`"
    )]
    BoundOutput {
        /// The output.
        name: String,
        /// Its producer.
        node: String,
    },
    /// A graph that came from another process runs a node before the one that it needs.
    #[error("node `{node}` stands before node `{producer}`, which gives its input `{input}`")]
    Order {
        /// The consumer.
        node: String,
        /// Its input.
        input: String,
        /// The producer.
        producer: String,
    },
    /// A bound value or a default of the wrong type.
    #[error("input `{name}` expects `{expected}`, found `{found}`")]
    ValueType {
        /// The input.
        name: String,
        /// The type that the nodes take.
        expected: PortType,
        /// The type of the value.
        found: PortType,
    },
}

impl BuildError {
    pub(crate) fn unknown_rename(
        node: &str,
        what: &'static str,
        name: &str,
        available: Vec<String>,
    ) -> Self {
        Self::UnknownRename {
            node: node.to_owned(),
            what,
            name: name.to_owned(),
            available,
        }
    }
}

/// Why a value that is moved into a node is not free to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoveConflict {
    /// Another parameter uses it too.
    AlsoUsedBy {
        /// The other node.
        node: String,
        /// Its input.
        input: String,
    },
    /// It was asked for as an output.
    IsOutput,
    /// It is bound, so every run needs it.
    IsBound,
    /// It lies inside a list that a nested map walks over.
    IsNestedAxis,
    /// It is the same for every item of a nested map.
    IsBroadcast,
}

impl fmt::Display for MoveConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlsoUsedBy { node, input } => {
                write!(f, "input `{input}` of node `{node}` uses it too")
            }
            Self::IsOutput => f.write_str("it is asked for as an output"),
            Self::IsBound => f.write_str("it is bound, so every run needs it"),
            Self::IsNestedAxis => f.write_str("a nested map only lends the values of its lists"),
            Self::IsBroadcast => f.write_str("every item of the map needs it"),
        }
    }
}

/// All problems of a pipeline.
///
/// Prints the first twenty, and each text once; `problems` has every one.
#[derive(Debug)]
pub struct BuildErrors {
    /// The pipeline's name.
    pub pipeline: String,
    /// The problems, in a stable order.
    pub problems: Vec<BuildError>,
}

impl fmt::Display for BuildErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pipeline, told) = (&self.pipeline, told(&self.problems));
        if told.len() == 1 {
            return write!(f, "pipeline `{pipeline}`: {}", told[0]);
        }
        let (count, lines) = (told.len(), list_lines(&told));
        write!(f, "pipeline `{pipeline}` has {count} problems:{lines}")
    }
}

impl std::error::Error for BuildErrors {}
