//! What counts as a name. Values are named like Rust identifiers, because parameters are; nodes carry free labels.

use std::fmt;

/// Whether `name` can name a value: a letter or `_`, then letters, digits and `_`; not `_` alone.
///
/// The finer points of Unicode identifiers are left to the compiler: past the first character every non-ASCII
/// character that is neither white space nor a control character is let through. Keywords are fine.
///
/// ```
/// use hypernodes_wiring::is_value_name;
/// assert!(is_value_name("min_len") && is_value_name("größe") && is_value_name("type"));
/// assert!(!is_value_name("") && !is_value_name("2x") && !is_value_name("a b") && !is_value_name("_"));
/// ```
#[must_use]
pub fn is_value_name(name: &str) -> bool {
    value_fault(name).is_none()
}

pub(crate) fn value_fault(name: &str) -> Option<NameFault> {
    let mut chars = name.chars();
    let Some(first) = chars.next() else {
        return Some(NameFault::Empty);
    };
    let starts = first == '_' || first.is_alphabetic();
    let goes_on = |c: char| {
        c == '_' || c.is_alphanumeric() || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
    };
    (!starts || name == "_" || !chars.all(goes_on)).then_some(NameFault::NotAnIdentifier)
}

pub(crate) fn label_fault(name: &str) -> Option<NameFault> {
    if name.trim().is_empty() {
        Some(NameFault::Empty)
    } else if name.chars().any(char::is_control) {
        Some(NameFault::ControlCharacter)
    } else {
        None
    }
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NameFault {
    /// Nothing but white space, or nothing at all.
    Empty,
    /// Not a Rust identifier, so no parameter could ever take the value.
    NotAnIdentifier,
    /// A line break or another control character, which would break every message and picture.
    ControlCharacter,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty; give it one",
            Self::NotAnIdentifier => "is not an identifier; values are named like parameters",
            Self::ControlCharacter => "holds a control character; take it out",
        })
    }
}

/// Where a faulty name was used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NameUse {
    /// The name of the node with these outputs.
    Node(Vec<String>),
    /// An input of this node.
    NodeInput(String),
    /// An output of this node.
    NodeOutput(String),
    /// A declared input of the pipeline.
    Input,
    /// An output asked for.
    Output,
}

impl fmt::Display for NameUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(outputs) if outputs.is_empty() => f.write_str("of a node without outputs"),
            Self::Node(outputs) => {
                let (first, more) = (
                    Quoted(&outputs[0]),
                    if outputs.len() > 1 { ".." } else { "" },
                );
                write!(f, "of the node that produces {first}{more}")
            }
            Self::NodeInput(node) => write!(f, "of an input of node {}", Quoted(node)),
            Self::NodeOutput(node) => write!(f, "of an output of node {}", Quoted(node)),
            Self::Input => f.write_str("of an input of the pipeline"),
            Self::Output => f.write_str("of an output of the pipeline"),
        }
    }
}

/// A name in backticks, control characters escaped, so that a message stays on its line.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`")?;
        for c in self.0.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        f.write_str("`")
    }
}
