//! Sums over all runs of a process, which never fall.

use std::collections::BTreeMap;
use std::sync::Arc;

use hypernodes_core::RunOutcome;

use super::RunRecord;

/// How many nodes have sums of their own; the others share one.
const NODES: usize = 10_000;
/// The name that the others share.
const OTHERS: &str = "(other nodes)";

/// What all runs added up to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) done: u64,
    pub(crate) failed: u64,
    pub(crate) cache_hits: u64,
    pub(crate) cache_misses: u64,
    pub(crate) retries: u64,
    /// Ended runs by outcome: done, partial, failed, cancelled.
    pub(crate) ended: [u64; 4],
    pub(crate) running: u64,
    /// By pipeline and node.
    pub(crate) nodes: BTreeMap<(String, Arc<str>), NodeTotals>,
}

/// What all calls of a node added up to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NodeTotals {
    pub(crate) rows: u64,
    pub(crate) failed: u64,
    pub(crate) total_ns: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, record: &RunRecord) {
        let (done, failed) = record.rising_items();
        self.done = self.done.saturating_add(done);
        self.failed = self.failed.saturating_add(failed);
        self.cache_hits = self.cache_hits.saturating_add(record.cache_hits);
        self.cache_misses = self.cache_misses.saturating_add(record.cache_misses);
        self.retries = self.retries.saturating_add(record.retries.count);
        match record.outcome {
            None => self.running += 1,
            Some(RunOutcome::Done) => self.ended[0] += 1,
            Some(RunOutcome::Partial) => self.ended[1] += 1,
            Some(RunOutcome::Failed) => self.ended[2] += 1,
            Some(RunOutcome::Cancelled) => self.ended[3] += 1,
        }
        for (name, node) in &record.nodes {
            let mut key = (record.pipeline.clone(), Arc::clone(name));
            if self.nodes.len() >= NODES && !self.nodes.contains_key(&key) {
                key = (OTHERS.to_owned(), OTHERS.into());
            }
            let sums = self.nodes.entry(key).or_default();
            sums.rows = sums.rows.saturating_add(node.rows);
            sums.failed = sums.failed.saturating_add(node.failed);
            sums.total_ns = sums.total_ns.saturating_add(node.time_ns());
        }
    }
}
