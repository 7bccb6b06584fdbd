//! An item that failed: where, and why.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{BoxError, Crash};
use crate::event::FailureKind;
use crate::run::Snapshot;

/// Why a row of a node failed.
#[derive(Debug)]
pub enum Cause {
    /// The node returned an error.
    Error(BoxError),
    /// The node panicked with this message.
    Panic(String),
    /// The node took longer than it may.
    TimedOut {
        /// How long it may take.
        limit: Duration,
    },
    /// The worker process that computed the node died, again and again.
    Crashed(Crash),
    /// A node of a nested pipeline failed.
    Nested(Box<Failure>),
}

impl Cause {
    /// The text of the error or the panic.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Error(error) => error.to_string(),
            Self::Panic(message) => format!("panicked: {message}"),
            Self::TimedOut { limit } => format!("it took longer than {limit:?}"),
            Self::Crashed(crash) => crash.to_string(),
            Self::Nested(inner) => inner.message(),
        }
    }

    /// The same in one word.
    pub(crate) fn kind(&self) -> FailureKind {
        match self {
            Self::Error(_) => FailureKind::Error,
            Self::Panic(_) => FailureKind::Panic,
            Self::TimedOut { .. } => FailureKind::TimedOut,
            Self::Crashed(_) => FailureKind::Crashed,
            Self::Nested(inner) => inner.cause.kind(),
        }
    }

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
/// Prints as `` node `clean` failed on item 17: the error's text ``, or, where the worker process died of it, as
/// `` killed by SIGSEGV while running node `clean` on item 17 ``.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The item of the map, then the item of each nested map below it. Empty for a single run.
    pub items: Vec<usize>,
    /// The node, and the nested pipelines that it is in, outermost first.
    pub path: Vec<String>,
    /// The node's error or panic; never [`Cause::Nested`].
    pub cause: Cause,
    /// What else is known of it.
    pub details: Box<FailureDetails>,
}

/// What else is known of a failure: the inputs that the node had, and what was not computed because of it.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct FailureDetails {
    /// The node's inputs: names and shortened values, where the type has a `Debug` and the value was not moved away.
    pub inputs: Vec<(String, String)>,
    /// The nodes that had to be skipped for this item, because they read what the failed one should have given; with the
    /// nested pipelines around them, as `inner/clean`.
    pub skipped: Arc<[String]>,
    /// The node and its inputs, if the pipeline [keeps them](crate::Pipeline::with_snapshots).
    pub snapshot: Option<Snapshot>,
    /// What the worker process that died wrote last to its standard error.
    pub said: Option<String>,
}

impl FailureDetails {
    /// What the worker said, behind everything else.
    pub(crate) fn last_words(&self) -> String {
        let said = self.said.as_ref();
        said.map(|said| format!(": {said}")).unwrap_or_default()
    }

    pub(crate) fn reproduce(
        snapshot: Option<&Snapshot>,
        node: &str,
    ) -> Result<crate::Outputs, super::Error> {
        match snapshot {
            Some(snapshot) => snapshot.reproduce(),
            None => Err(super::RunError::Snapshot {
                node: node.to_owned(),
                reason: "none was kept; ask for it with `with_snapshots`".to_owned(),
            }
            .into()),
        }
    }
}

impl Failure {
    /// Calls the node again with the same inputs; see [`Snapshot::reproduce`].
    ///
    /// # Errors
    /// What the node fails with, as in the run; no snapshot was kept.
    pub fn reproduce(&self) -> Result<crate::Outputs, super::Error> {
        FailureDetails::reproduce(self.details.snapshot.as_ref(), &self.node())
    }

    /// Puts the path of the nested pipelines in front of a failure inside them.
    pub(crate) fn new(
        item: Option<usize>,
        node: &str,
        cause: Cause,
        details: Box<FailureDetails>,
    ) -> Self {
        let own = item.into_iter();
        match cause {
            Cause::Nested(mut inner) => {
                let inside = inner.details.skipped.iter();
                let inside = inside.map(|name| format!("{node}/{name}"));
                let outside = details.skipped.iter().cloned();
                inner.details.skipped = inside.chain(outside).collect();
                Self {
                    items: own.chain(inner.items).collect(),
                    path: std::iter::once(node.to_owned()).chain(inner.path).collect(),
                    cause: inner.cause,
                    details: inner.details,
                }
            }
            cause => Self {
                items: own.collect(),
                path: vec![node.to_owned()],
                cause,
                details,
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
        self.cause.message() + &self.details.last_words()
    }

    /// Where it happened: `` node `inner/clean` failed on item 2, inner item 5 ``.
    pub(crate) fn place(&self) -> String {
        let node = self.node();
        let mut text = match &self.cause {
            Cause::Panic(_) => format!("node `{node}` panicked"),
            Cause::TimedOut { .. } => format!("node `{node}` timed out"),
            Cause::Crashed(crash) => format!("{crash} while running node `{node}`"),
            _ => format!("node `{node}` failed"),
        };
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
            Cause::Crashed(_) => write!(f, "{}{}", self.place(), self.details.last_words()),
            _ => write!(f, "{}: {}", self.place(), self.message()),
        }
    }
}
