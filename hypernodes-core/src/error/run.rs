//! What can go wrong in a run.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::{
    BoxError, Cause, Crash, EngineError, Failure, FailureDetails, hint, list, list_lines,
    list_names, told,
};
use crate::folder::FolderError;
use crate::pipeline::Runs;
use crate::value::PortType;

/// Why a run did not give its outputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A node returned an error; it is the source of this one.
    #[error("{place}")]
    Node {
        /// The node, with the nested pipelines around it: `inner/clean`.
        node: String,
        /// The item of the map, then of each nested map. Empty for a single run.
        items: Vec<usize>,
        /// The whole sentence.
        place: String,
        /// What the node returned.
        source: BoxError,
        /// What else is known of it.
        details: Box<FailureDetails>,
    },
    /// A node panicked. (With `panic = "abort"` in the profile nothing can be caught, and the process ends. The
    /// program's panic hook is left alone, so each panic is still printed by it.)
    #[error("{place}: {message}")]
    Panicked {
        /// The node, with the nested pipelines around it.
        node: String,
        /// The item of the map, then of each nested map. Empty for a single run.
        items: Vec<usize>,
        /// The whole sentence, without the message.
        place: String,
        /// What the panic said.
        message: String,
        /// What else is known of it.
        details: Box<FailureDetails>,
    },
    /// A node took longer than its `timeout`.
    #[error("{place}: it took longer than {limit:?}")]
    TimedOut {
        /// The node, with the nested pipelines around it.
        node: String,
        /// The item of the map, then of each nested map. Empty for a single run.
        items: Vec<usize>,
        /// The whole sentence, without the limit.
        place: String,
        /// How long it may take.
        limit: Duration,
        /// What else is known of it.
        details: Box<FailureDetails>,
    },
    /// The worker process that computed a node died each time that it was tried.
    #[error("{place}{}", details.last_words())]
    Crashed {
        /// The node, with the nested pipelines around it.
        node: String,
        /// The item of the map, then of each nested map. Empty for a single run.
        items: Vec<usize>,
        /// The whole sentence, without what the worker said.
        place: String,
        /// How it died.
        crash: Crash,
        /// What else is known of it.
        details: Box<FailureDetails>,
    },
    /// Somebody asked the run to end.
    #[error("cancelled after {done} items")]
    Cancelled {
        /// How many items were finished.
        done: usize,
        /// The finished items of a map, as far as they lie at its beginning without a gap.
        finished: Option<Box<Runs>>,
    },
    /// A run took more memory than it may, and ended cleanly.
    #[error(
        "the run uses {used} bytes of the {limit} that it may: it ended after {done} items{}",
        if *is_resumable { "; resume it with more memory or fewer workers" } else { "; give it more memory, fewer workers or a run folder" }
    )]
    OutOfMemory {
        /// Bytes in use.
        used: u64,
        /// Bytes that may be used.
        limit: u64,
        /// How many items were finished.
        done: usize,
        /// Whether the finished items are in a run folder.
        is_resumable: bool,
    },
    /// What was asked of the runs of a pipeline does not fit its nodes.
    #[error("node `{node}` cannot be {asked}: {reason}")]
    Policy {
        /// The node.
        node: String,
        /// What was asked: `retried`, `cached`...
        asked: &'static str,
        /// Why not, and what to do.
        reason: String,
    },
    /// A snapshot that cannot be taken, read or replayed.
    #[error("the snapshot of `{node}` cannot be used: {reason}")]
    Snapshot {
        /// The node, or the file.
        node: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// Finished columns could not be put on disk, or read back.
    #[error("finished columns cannot be kept in `{}`: {reason}; set `TMPDIR` to a folder with room, or give the run more memory", path.display())]
    Spill {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A value that a run folder would have to hold cannot be written.
    #[error("the run cannot be kept in a folder: {0}")]
    CannotKeep(Box<CannotKeep>),
    /// The run folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The inputs do not fit the pipeline: every problem at once, of which the first twenty are printed.
    #[error("{}", InputProblem::list(pipeline, problems))]
    Inputs {
        /// The pipeline.
        pipeline: String,
        /// What is wrong.
        problems: Vec<InputProblem>,
    },
    /// An output that is not there.
    #[error("no output `{name}`{}", hint(name, available))]
    UnknownOutput {
        /// The wrong name.
        name: String,
        /// The outputs that there are.
        available: Vec<String>,
    },
    /// An output was taken out before.
    #[error("output `{name}` was taken out before; {}", what_is_left(left))]
    TakenOutput {
        /// The output.
        name: String,
        /// The outputs that are still there.
        left: Vec<String>,
    },
    /// An output was read as another type than it has.
    #[error("output `{name}` is `{found}`, not `{expected}`")]
    OutputType {
        /// The output.
        name: String,
        /// The type that was asked for.
        expected: PortType,
        /// The type that it has.
        found: PortType,
    },
    /// A whole column was asked for although items failed.
    #[error(
        "{failed} of {items} items failed, so column `{name}` has gaps; the first: {first}; read it with `results`"
    )]
    Gaps {
        /// The output.
        name: String,
        /// How many items failed.
        failed: usize,
        /// How many items there were.
        items: usize,
        /// The first failure.
        first: String,
    },
    /// An item that does not exist, or that failed.
    #[error("no row {item}: {reason}")]
    NoRow {
        /// The item.
        item: usize,
        /// Why there is no row.
        reason: String,
    },
    /// `run` or `map` of async nodes was called inside an async runtime.
    #[error(
        "pipeline `{pipeline}` has async nodes and was called inside an async runtime, which would block it; use `{instead}`, or a thread of its own"
    )]
    InsideRuntime {
        /// The pipeline.
        pipeline: String,
        /// `run_async` or `map_async`.
        instead: &'static str,
    },
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A value that cannot be written, and why.
#[derive(Debug)]
#[non_exhaustive]
pub struct CannotKeep {
    /// Which: ``input `docs` ``.
    pub what: String,
    /// Why not, and what to do.
    pub reason: String,
}

impl fmt::Display for CannotKeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.reason)
    }
}

fn what_is_left(names: &[String]) -> String {
    match names {
        [] => "nothing is left".to_owned(),
        names => format!("what is left: {}", list_names(names)),
    }
}

impl RunError {
    /// Whether a node returned an error, panicked, took too long, or took its worker process down.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::prelude::*;
    /// let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: &str| -> Result<f64, std::num::ParseFloatError> { x.parse() }) }])?;
    /// let hypernodes::Error::Run(error) = p.run(inputs! { x: "one" }).unwrap_err() else { panic!() };
    /// assert!(error.is_node_failure());
    /// assert_eq!(error.to_string(), "node `y` failed");
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    #[must_use]
    pub fn is_node_failure(&self) -> bool {
        self.details().is_some()
    }

    /// Whether somebody asked the run to end.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::{CancelToken, prelude::*};
    /// let token = CancelToken::new();
    /// let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: f64| x + 1.0) }])?.with_cancel(&token);
    /// token.cancel();
    /// let hypernodes::Error::Run(error) = p.map(inputs! { x: [1.0] }, ["x"]).unwrap_err() else { panic!() };
    /// assert!(error.is_cancelled());
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }

    /// Calls the failed node again with the same inputs; see [`Snapshot::reproduce`](crate::Snapshot::reproduce).
    ///
    /// # Errors
    /// What the node fails with; an error that is no node's, or of which no snapshot was kept.
    pub fn reproduce(&self) -> Result<crate::Outputs, crate::Error> {
        let details = self.details();
        let node = self.node().unwrap_or("no node");
        FailureDetails::reproduce(details.and_then(|details| details.snapshot.as_ref()), node)
    }

    /// What else is known of a node's failure.
    #[must_use]
    pub fn details(&self) -> Option<&FailureDetails> {
        self.of_node().map(|(_, _, details)| details)
    }

    /// The item that failed, for the error of a map.
    #[must_use]
    pub fn item(&self) -> Option<usize> {
        self.of_node()
            .and_then(|(_, items, _)| items.first().copied())
    }

    /// The node that failed, with the nested pipelines around it: `inner/clean`.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.of_node().map(|(node, ..)| node)
    }

    /// What every failure of a node has.
    fn of_node(&self) -> Option<(&str, &[usize], &FailureDetails)> {
        match self {
            Self::Node {
                node,
                items,
                details,
                ..
            }
            | Self::Panicked {
                node,
                items,
                details,
                ..
            }
            | Self::TimedOut {
                node,
                items,
                details,
                ..
            }
            | Self::Crashed {
                node,
                items,
                details,
                ..
            } => Some((node, items, details)),
            _ => None,
        }
    }
}

impl From<Failure> for RunError {
    #[cold]
    fn from(failure: Failure) -> Self {
        let (node, place) = (failure.node(), failure.place());
        match failure.cause {
            Cause::Error(source) => Self::Node {
                node,
                items: failure.items,
                place,
                source,
                details: failure.details,
            },
            Cause::Panic(message) => Self::Panicked {
                node,
                items: failure.items,
                place,
                message,
                details: failure.details,
            },
            Cause::TimedOut { limit } => Self::TimedOut {
                node,
                items: failure.items,
                place,
                limit,
                details: failure.details,
            },
            Cause::Crashed(crash) => Self::Crashed {
                node,
                items: failure.items,
                place,
                crash,
                details: failure.details,
            },
            Cause::Nested(inner) => Self::from(*inner),
        }
    }
}

/// One thing that is wrong with the inputs of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputProblem {
    /// A required input was not given.
    Missing {
        /// The input.
        name: String,
        /// The nodes that need it.
        nodes: Vec<String>,
        /// The type that they take.
        port: PortType,
        /// A given name that is no input and looks alike.
        similar: Option<String>,
    },
    /// Something was given that the pipeline does not take.
    Unknown {
        /// The wrong name.
        name: String,
        /// The inputs that it takes.
        available: Vec<String>,
    },
    /// A value was given for something that a node computes.
    Computed {
        /// The output.
        name: String,
        /// Its producer.
        node: String,
    },
    /// `supply` of something that no node computes.
    NotComputed {
        /// The name.
        name: String,
        /// The outputs that can be supplied.
        available: Vec<String>,
    },
    /// The same name twice.
    Twice {
        /// The name.
        name: String,
    },
    /// A value of the wrong type.
    Type {
        /// The input.
        name: String,
        /// The type that the nodes take.
        expected: PortType,
        /// The type of the value.
        found: PortType,
        /// Whether it was to be an axis, whose items have the expected type.
        axis: bool,
    },
    /// An axis that is no input.
    UnknownAxis {
        /// The wrong name.
        name: String,
        /// The inputs that were given.
        available: Vec<String>,
    },
    /// An axis that none of the wanted outputs needs.
    UnneededAxis {
        /// The axis.
        name: String,
    },
    /// A supplied value that was asked for as an output of a map, where it cannot be one.
    SuppliedOutput {
        /// The output.
        name: String,
    },
    /// No axis at all.
    NoAxis,
    /// An axis named twice.
    AxisTwice {
        /// The axis.
        name: String,
    },
    /// Zipped axes of different lengths.
    Lengths {
        /// Each axis and its length.
        axes: Vec<(String, usize)>,
    },
    /// More items than a map can hold.
    TooLong {
        /// The axes and their lengths.
        axes: Vec<(String, usize)>,
    },
    /// A value that cannot be cloned, wanted by more than one item.
    MovedBroadcast {
        /// The input.
        name: String,
        /// Its type.
        port: PortType,
    },
}

impl InputProblem {
    fn list(pipeline: &str, problems: &[Self]) -> String {
        let told = told(problems);
        if told.len() == 1 {
            return format!("pipeline `{pipeline}`: {}", told[0]);
        }
        let (count, lines) = (told.len(), list_lines(&told));
        format!("pipeline `{pipeline}`: {count} problems with the inputs:{lines}")
    }
}

impl fmt::Display for InputProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = |axes: &[(String, usize)]| {
            list(axes, |(name, length)| format!("`{name}` has {length}"))
        };
        match self {
            Self::Missing {
                name,
                nodes,
                port,
                similar,
            } => {
                write!(
                    f,
                    "input `{name}` ({port}) is missing; node {} needs it",
                    list_names(nodes)
                )?;
                similar.iter().try_for_each(|similar| {
                    write!(f, "; did you mean `{name}` when you gave `{similar}`?")
                })
            }
            Self::Unknown { name, available } => {
                write!(f, "there is no input `{name}`{}", hint(name, available))
            }
            Self::Computed { name, node } => write!(
                f,
                "`{name}` is computed by node `{node}`; to replace it on purpose use `inputs.supply(\"{name}\", ..)`"
            ),
            Self::NotComputed { name, available } => {
                write!(
                    f,
                    "no node computes `{name}`, so it cannot be supplied{}",
                    hint(name, available)
                )
            }
            Self::Twice { name } => write!(f, "input `{name}` was given twice"),
            Self::Type {
                name,
                expected,
                found,
                axis: false,
            } => {
                write!(f, "input `{name}` expects `{expected}`, found `{found}`")
            }
            Self::Type {
                name,
                expected,
                found,
                axis: true,
            } => {
                write!(
                    f,
                    "axis `{name}` expects a list of `{expected}`, found `{found}`"
                )?;
                // `inputs!` owns borrowed text by itself, an iterator of rows does not.
                if *expected == PortType::of::<String>()
                    && *found == PortType::of::<Vec<&'static str>>()
                {
                    f.write_str("; own each item with `.map(str::to_owned)`")?;
                }
                Ok(())
            }
            Self::UnknownAxis { name, available } => {
                write!(
                    f,
                    "axis `{name}` is not among the given inputs{}",
                    hint(name, available)
                )
            }
            Self::UnneededAxis { name } => write!(
                f,
                "none of the wanted outputs needs axis `{name}`; map over another, or select an output that needs it"
            ),
            Self::SuppliedOutput { name } => write!(
                f,
                "output `{name}` is supplied, and a map gives it back only when it is an axis of a zip and its column \
                 is not shared; make it so, or do not ask for it"
            ),
            Self::NoAxis => {
                f.write_str("a map needs at least one axis; for a single run use `run`")
            }
            Self::AxisTwice { name } => write!(f, "axis `{name}` is named twice"),
            Self::Lengths { axes } => write!(f, "zipped axes differ in length: {}", lengths(axes)),
            Self::TooLong { axes } => write!(
                f,
                "too many items for one map: {}; use `map_iter`",
                lengths(axes)
            ),
            Self::MovedBroadcast { name, port } => write!(
                f,
                "input `{name}` is taken by value and `{port}` cannot be cloned, so it must be an axis of a zip, and its column not shared"
            ),
        }
    }
}
