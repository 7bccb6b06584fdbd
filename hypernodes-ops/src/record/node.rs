//! What is kept of one node.

use std::sync::Arc;

use hypernodes_core::NodeInfo;
use serde::{Deserialize, Serialize};

/// What a node is, and what all its calls added up to.
///
/// # Example
/// ```
/// use hypernodes_ops::NodeRecord;
/// let node = NodeRecord { calls: 4, total_ns: 1_000, ..NodeRecord::default() };
/// assert_eq!(node.mean_ns(), 250);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// The nodes whose outputs it reads.
    pub after: Vec<Arc<str>>,
    /// The outer inputs that it reads.
    pub inputs: Vec<String>,
    /// The names of its outputs.
    pub outputs: Vec<String>,
    /// Whether it is a pipeline of its own.
    pub is_nested: bool,
    /// How often it was called with the rows of a chunk.
    pub calls: u64,
    /// How many rows it had.
    pub rows: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many of them came from the cache.
    pub cached: u64,
    /// How many rows were tried again.
    pub retried: u64,
    /// How long all calls took together, in nanoseconds; on several workers that may be longer than the run.
    pub total_ns: u64,
    /// How long the longest call took, in nanoseconds.
    pub max_ns: u64,
    /// How many inner items its nested maps had.
    pub inner_items: u64,
    /// How long its nested maps took, in nanoseconds.
    pub inner_ns: u64,
}

impl NodeRecord {
    /// How long a call took on average, in nanoseconds; 0 without a call.
    #[must_use]
    pub fn mean_ns(&self) -> u64 {
        self.total_ns.checked_div(self.calls).unwrap_or(0)
    }

    /// How long it took: of a nested map that told no calls, its maps.
    pub(crate) fn time_ns(&self) -> u64 {
        if self.calls == 0 {
            self.inner_ns
        } else {
            self.total_ns
        }
    }

    pub(super) fn describe(&mut self, info: &NodeInfo) {
        self.after.clone_from(&info.after);
        self.inputs.clone_from(&info.inputs);
        self.outputs.clone_from(&info.outputs);
        self.is_nested = info.is_nested;
    }
}
