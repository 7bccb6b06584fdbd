//! What is allowed, but probably not meant.

use std::fmt;

use crate::name::Quoted;
use crate::problem::LISTED;

/// Something about the names that works and is still suspicious.
///
/// ```
/// use hypernodes_wiring::{InputShape, Interface, NodeShape, wire};
///
/// let nodes = [
///     NodeShape::new("load", [], ["closes"]),
///     NodeShape::new("ema", [InputShape::required("colses")], ["ema"]),
/// ];
/// let wiring = wire(&nodes, &Interface::open()).expect("an undeclared value is an input");
/// assert_eq!(
///     wiring.warnings[0].to_string(),
///     "input `colses` of node `ema` has no producer and becomes an input of the pipeline; did you mean `closes`?",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum WiringWarning {
    /// An undeclared input whose name is one slip away from another name: probably a typo.
    #[error(
        "input {} of node {} has no producer and {}; did you mean {}?",
        Quoted(input),
        Quoted(node),
        if *optional { "always takes its default" } else { "becomes an input of the pipeline" },
        Quoted(similar)
    )]
    SimilarInput {
        /// The input.
        input: String,
        /// The alphabetically first node that takes it.
        node: String,
        /// Whether every node that takes it can do without.
        optional: bool,
        /// The name it resembles: a value that a node produces, or another input.
        similar: String,
    },
    /// A node that contributes to none of the outputs asked for.
    #[error(
        "node {} contributes to no output that is asked for; remove it{}",
        Quoted(node),
        AskFor(outputs)
    )]
    UnusedNode {
        /// The node.
        node: String,
        /// What it produces.
        outputs: Vec<String>,
    },
}

/// The other way out: to ask for one of these outputs.
struct AskFor<'a>(&'a [String]);

impl fmt::Display for AskFor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, output) in self.0.iter().take(LISTED).enumerate() {
            write!(
                f,
                "{}{}",
                if i == 0 { " or ask for " } else { " or " },
                Quoted(output)
            )?;
        }
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, " or {more} more"),
        }
    }
}
