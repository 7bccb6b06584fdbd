//! Failures and retries: the first of them, and how many there were.

use std::sync::Arc;

use hypernodes_core::FailureKind;
use serde::{Deserialize, Serialize};

use super::shortened;

/// How many failures are kept.
const FAILURES: usize = 1_000;
/// How many retries are kept.
const RETRIES: usize = 200;
/// How long a message may be, in characters.
const MESSAGE: usize = 1_000;
/// How long the summary of an input may be, in characters.
const INPUT: usize = 200;
/// How many inputs of a node are kept.
const INPUTS: usize = 16;
/// How many levels of nested maps are kept.
const LEVELS: usize = 16;

/// The first 1,000 failures of a run, and how many there were.
///
/// # Example
/// ```
/// use hypernodes_ops::FailureLog;
/// let log = FailureLog::default();
/// assert_eq!((log.count, log.first.len()), (0, 0));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FailureLog {
    /// How many items failed for good.
    pub count: u64,
    /// The first of them.
    pub first: Vec<FailureRecord>,
}

/// An item that failed for good.
///
/// # Example
/// ```
/// use hypernodes_core::FailureKind;
/// use hypernodes_ops::FailureRecord;
/// let failure = FailureRecord {
///     items: vec![7, 2],
///     node: "inner/clean".into(),
///     kind: FailureKind::Error,
///     message: "no digits".to_owned(),
///     inputs: vec![("text".to_owned(), "\"abc\"".to_owned())],
/// };
/// assert_eq!(failure.place(), "7 / 2");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// The item of the map, then of each nested map below it; empty for a single run.
    pub items: Vec<u64>,
    /// The node.
    pub node: Arc<str>,
    /// Error, panic or time-out.
    pub kind: FailureKind,
    /// What the error said, cut behind 1,000 characters.
    pub message: String,
    /// The names and shortened values of the node's inputs.
    pub inputs: Vec<(String, String)>,
}

impl FailureRecord {
    /// The item as people write it: `7 / 2` is item 2 of the nested map in item 7. Empty for a single run.
    #[must_use]
    pub fn place(&self) -> String {
        let items: Vec<String> = self.items.iter().map(u64::to_string).collect();
        items.join(" / ")
    }
}

impl FailureLog {
    pub(super) fn add(
        &mut self,
        items: &[u64],
        node: &Arc<str>,
        kind: FailureKind,
        message: &str,
        inputs: &[(String, String)],
    ) {
        self.count += 1;
        if self.first.len() >= FAILURES {
            return;
        }
        let inputs = inputs.iter().take(INPUTS);
        self.first.push(FailureRecord {
            items: items.iter().copied().take(LEVELS).collect(),
            node: Arc::clone(node),
            kind,
            message: shortened(message, MESSAGE),
            inputs: inputs
                .map(|(name, value)| (shortened(name, INPUT), shortened(value, INPUT)))
                .collect(),
        });
    }
}

/// The first 200 retries of a run, and how many there were.
///
/// # Example
/// ```
/// use hypernodes_ops::RetryLog;
/// assert_eq!(RetryLog::default().count, 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RetryLog {
    /// How many rows were tried again; a row that fails three times counts for each.
    pub count: u64,
    /// The first of them.
    pub first: Vec<RetryRecord>,
}

/// A row that failed and was tried again.
///
/// # Example
/// ```
/// use hypernodes_ops::RetryRecord;
/// let retry = RetryRecord {
///     at_ns: 5,
///     node: "fetch".into(),
///     item: 3,
///     attempt: 1,
///     pause_ns: 1_000_000,
///     message: "timed out".to_owned(),
/// };
/// assert_eq!(retry.attempt, 1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetryRecord {
    /// Nanoseconds since the run began.
    pub at_ns: u64,
    /// The node.
    pub node: Arc<str>,
    /// The item.
    pub item: u64,
    /// Which attempt had failed; the first is 1.
    pub attempt: u32,
    /// How long it waited, in nanoseconds.
    pub pause_ns: u64,
    /// What the error said, cut behind 1,000 characters.
    pub message: String,
}

impl RetryLog {
    pub(super) fn add(&mut self, retry: RetryRecord) {
        self.count += 1;
        if self.first.len() < RETRIES {
            let message = shortened(&retry.message, MESSAGE);
            self.first.push(RetryRecord { message, ..retry });
        }
    }
}

/// A worker that was lost.
///
/// # Example
/// ```
/// use hypernodes_ops::LostWorker;
/// let lost = LostWorker { at_ns: 5, worker: 2, cause: "killed".to_owned() };
/// assert_eq!(lost.worker, 2);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LostWorker {
    /// Nanoseconds since the run began.
    pub at_ns: u64,
    /// The worker that told of it.
    pub worker: u32,
    /// Why.
    pub cause: String,
}

impl LostWorker {
    pub(super) fn new(at_ns: u64, worker: u32, cause: &str) -> Self {
        Self {
            at_ns,
            worker,
            cause: shortened(cause, MESSAGE),
        }
    }
}
