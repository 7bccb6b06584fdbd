//! What can be wrong with the names of a graph, and the words for it.

use std::fmt;

use crate::name::{NameFault, NameUse, Quoted};

/// One thing that is wrong with the wiring.
///
/// Carries the names, so that callers can point at the place. The order of the variants is the order in which
/// problems are reported.
///
/// ```
/// use hypernodes_wiring::{InputShape, Interface, NodeShape, wire};
///
/// let ema = NodeShape::new("ema", [InputShape::required("clsoe")], ["ema"]);
/// let problems = wire(&[ema], &Interface::declared(["close", "open"], ["ema"])).unwrap_err();
/// assert_eq!(
///     problems[0].to_string(),
///     "input `clsoe` of node `ema` has no producer; did you mean `close`? available: `close`, `open`",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum WiringProblem {
    /// A name that cannot be one.
    #[error("name {} {place} {fault}", Quoted(name))]
    InvalidName {
        /// The name as it was given.
        name: String,
        /// Where it was used.
        place: NameUse,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// The same input was declared twice.
    #[error("input {} is declared twice", Quoted(input))]
    DuplicateInput {
        /// The input.
        input: String,
    },
    /// The same output was asked for twice.
    #[error("output {} is asked for twice", Quoted(output))]
    RepeatedOutput {
        /// The output.
        output: String,
    },
    /// More than one node, or one node twice, produces a value.
    #[error(
        "output {} is produced more than once: by {}; rename one of these outputs",
        Quoted(output),
        Counted(nodes)
    )]
    DuplicateOutput {
        /// The value.
        output: String,
        /// Its producers in order of name; a node that produces it twice, and two nodes of one name, are there twice.
        nodes: Vec<String>,
    },
    /// Nodes that wait for each other.
    #[error("{}", CycleText(path))]
    Cycle {
        /// The nodes in order, each with the value that it hands to the next, the last one to the first.
        ///
        /// It starts at the node whose name comes first.
        path: Vec<CycleStep>,
    },
    /// A declared input is also produced by a node, so it is not clear which one is meant.
    #[error(
        "input {} is also produced by node {}; remove one of them or rename the output",
        Quoted(input),
        Quoted(node)
    )]
    InputIsProduced {
        /// The declared input.
        input: String,
        /// The node that produces it.
        node: String,
    },
    /// An input that no node produces and that the pipeline does not declare.
    #[error(
        "input {} of node {} has no producer{} available: {available}",
        Quoted(input),
        Quoted(node),
        Hint(suggestion)
    )]
    MissingInput {
        /// The node.
        node: String,
        /// Its input.
        input: String,
        /// What it could take: declared inputs, and outputs of other nodes.
        available: Names,
        /// The available name that was probably meant.
        suggestion: Option<String>,
    },
    /// A declared input that no node takes.
    #[error(
        "input {} is used by no node{} taken from outside: {taken}",
        Quoted(input),
        Hint(suggestion)
    )]
    UnusedInput {
        /// The declared input.
        input: String,
        /// What the nodes take from outside.
        taken: Names,
        /// The one of these that was probably meant.
        suggestion: Option<String>,
    },
    /// An output was asked for that no node produces.
    #[error("output {} is {}{} available: {available}", Quoted(output), if *is_input {
        "an input, and produced by no node"
    } else {
        "produced by no node"
    }, Hint(suggestion))]
    UnknownOutput {
        /// The output asked for.
        output: String,
        /// Whether an input of the pipeline has this name.
        is_input: bool,
        /// The outputs there are.
        available: Names,
        /// The one that was probably meant.
        suggestion: Option<String>,
    },
}

/// One node of a cycle and the value that it hands on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CycleStep {
    /// The name of the node.
    pub node: String,
    /// The value that it produces and that the next node of the cycle takes.
    pub value: String,
}

/// The names that could have been meant: the alphabetically first few, and how many more there are.
///
/// Bounded, so that ten thousand problems in a graph of ten thousand names stay small.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Names {
    /// Up to eight names, in alphabetical order.
    pub first: Vec<String>,
    /// How many further names there are.
    pub more: usize,
}

/// How many names are listed before "and N more".
pub(crate) const LISTED: usize = 8;

impl Names {
    pub(crate) fn new<'a>(total: usize, sorted: impl IntoIterator<Item = &'a str>) -> Self {
        let first: Vec<_> = sorted
            .into_iter()
            .take(LISTED.min(total))
            .map(str::to_owned)
            .collect();
        Self {
            more: total - first.len(),
            first,
        }
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first.is_empty() {
            return f.write_str("nothing");
        }
        for (i, name) in self.first.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { ", " }, Quoted(name))?;
        }
        if self.more > 0 {
            write!(f, " and {} more", self.more)
        } else {
            Ok(())
        }
    }
}

/// The question before a list of names, or just the separator.
struct Hint<'a>(&'a Option<String>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, "; did you mean {}?", Quoted(name)),
            None => f.write_str(";"),
        }
    }
}

/// A sorted list of names, repeated ones counted.
struct Counted<'a>(&'a [String]);

impl fmt::Display for Counted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = self.0.chunk_by(|a, b| a == b);
        for (i, group) in groups.by_ref().take(LISTED).enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { ", " }, Quoted(&group[0]))?;
            if group.len() > 1 {
                write!(f, " ({} times)", group.len())?;
            }
        }
        match groups.count() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A cycle as arrows: `` `a` -(x)-> `b` -(y)-> `a` ``.
struct CycleText<'a>(&'a [CycleStep]);

impl fmt::Display for CycleText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(start) = self.0.first() else {
            return f.write_str("cycle");
        };
        if self.0.len() == 1 {
            let (node, value) = (Quoted(&start.node), Quoted(&start.value));
            return write!(
                f,
                "node {node} takes its own output {value}; rename its input or its output"
            );
        }
        f.write_str("cycle: ")?;
        // A long way round is cut in the middle.
        let skipped = if self.0.len() > LISTED + 1 {
            4..self.0.len() - 3
        } else {
            0..0
        };
        for (i, step) in self.0.iter().enumerate() {
            if !skipped.contains(&i) {
                write!(f, "{} -({})-> ", Quoted(&step.node), Quoted(&step.value))?;
            } else if i == skipped.start {
                write!(f, "({} more nodes) -> ", skipped.len())?;
            }
        }
        write!(
            f,
            "{}; rename one of these values so that one of the nodes can run first",
            Quoted(&start.node)
        )
    }
}
