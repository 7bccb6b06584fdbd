//! An item that failed: where, and why.

use std::any::Any;
use std::fmt;

use super::BoxError;

/// Why a row of a node failed.
#[derive(Debug)]
pub enum Cause {
    /// The node returned an error.
    Error(BoxError),
    /// The node panicked with this message.
    Panic(String),
    /// A node of a nested pipeline failed.
    Nested(Box<Failure>),
}

impl Cause {
    pub(crate) fn from_panic(payload: Box<dyn Any + Send>) -> Self {
        let message = match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => match payload.downcast::<&'static str>() {
                Ok(text) => (*text).to_owned(),
                Err(_) => "a value that is no text".to_owned(),
            },
        };
        Self::Panic(message)
    }
}

/// An item that failed: which, in which node, and why.
///
/// Prints as `` node `clean` failed on item 17: the error's text ``.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The item of the map, then the item of each nested map below it. Empty for a single run.
    pub items: Vec<usize>,
    /// The node, and the nested pipelines that it is in, outermost first.
    pub path: Vec<String>,
    /// The node's error or panic; never [`Cause::Nested`].
    pub cause: Cause,
}

impl Failure {
    /// Puts the path of the nested pipelines in front of a failure inside them.
    pub(crate) fn new(item: Option<usize>, node: &str, cause: Cause) -> Self {
        let own = item.into_iter();
        match cause {
            Cause::Nested(inner) => Self {
                items: own.chain(inner.items).collect(),
                path: std::iter::once(node.to_owned()).chain(inner.path).collect(),
                cause: inner.cause,
            },
            cause => Self {
                items: own.collect(),
                path: vec![node.to_owned()],
                cause,
            },
        }
    }

    /// The node's name, with the nested pipelines around it: `inner/clean`.
    #[must_use]
    pub fn node(&self) -> String {
        self.path.join("/")
    }

    /// The item of the outermost map.
    #[must_use]
    pub fn item(&self) -> Option<usize> {
        self.items.first().copied()
    }

    /// The text of the error or the panic, without where it happened.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.cause {
            Cause::Error(error) => error.to_string(),
            Cause::Panic(message) => format!("panicked: {message}"),
            Cause::Nested(inner) => inner.message(),
        }
    }

    /// Where it happened: `` node `inner/clean` failed on item 2, inner item 5 ``.
    pub(crate) fn place(&self) -> String {
        let verb = if matches!(self.cause, Cause::Panic(_)) {
            "panicked"
        } else {
            "failed"
        };
        let mut text = format!("node `{}` {verb}", self.node());
        for (level, item) in self.items.iter().enumerate() {
            let kind = if level == 0 {
                " on item"
            } else {
                ", inner item"
            };
            text.push_str(&format!("{kind} {item}"));
        }
        text
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Panic(message) => write!(f, "{}: {message}", self.place()),
            _ => write!(f, "{}: {}", self.place(), self.message()),
        }
    }
}
