//! Events as records of `tracing`, so that a log file tells what happened in a run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hypernodes_core::{
    Event, EventKind, FailureKind, Listener, MemoryLevel, RunId, RunOutcome, RunStart,
};
use tracing::{debug, info, warn};

/// So many failures of a node are told one by one in each run.
const FAILURES: u64 = 100;

/// So many runs are kept in mind at most: the end of one might be lost.
const RUNS: usize = 1024;

/// A listener that writes to the log, by the crate `tracing` with the target `hypernodes`.
///
/// Warnings are failures of items and runs, lost workers and memory that runs short; starts and ends of runs are information; retries, cache
/// and files are for debugging. The fields are `run`, `node`, `items` and what belongs to the event. Of each node at most
/// 100 failures of a run are told one by one, and the rest in one line at the end.
///
/// # Example
/// ```
/// use hypernodes_core::Listening;
/// use hypernodes_ops::LogListener;
/// // Given to a pipeline, it hears its runs.
/// let listening = Listening::new(LogListener::new());
/// assert_eq!(listening.dropped(), 0);
/// ```
#[derive(Debug, Default)]
pub struct LogListener {
    runs: Mutex<BTreeMap<RunId, BTreeMap<Arc<str>, Counts>>>,
}

/// What is told once at the end of a run.
#[derive(Debug, Default)]
struct Counts {
    hits: u64,
    misses: u64,
    failures: u64,
}

impl LogListener {
    /// Makes one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn count<T>(&self, run: RunId, node: &Arc<str>, then: impl FnOnce(&mut Counts) -> T) -> T {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.len() >= RUNS && !runs.contains_key(&run) {
            runs.pop_first();
        }
        let nodes = runs.entry(run).or_default();
        then(nodes.entry(Arc::clone(node)).or_default())
    }

    fn tell_counts(&self, run: RunId) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let nodes = runs.remove(&run).unwrap_or_default();
        drop(runs);
        for (node, counts) in &nodes {
            let Counts { hits, misses, .. } = *counts;
            if hits > 0 || misses > 0 {
                debug!(target: "hypernodes", %run, %node, hits, misses, "cache");
            }
            if let Some(more @ 1..) = counts.failures.checked_sub(FAILURES) {
                warn!(target: "hypernodes", %run, %node, failures = counts.failures, "{more} more items failed");
            }
        }
    }
}

impl Listener for LogListener {
    fn hear(&self, event: &Event) {
        let run = event.run;
        let seconds = std::time::Duration::from_nanos(event.at_ns).as_secs_f64();
        match &event.kind {
            EventKind::RunStarted(start) => tell_start(run, start),
            EventKind::RunEnded {
                outcome,
                done,
                failed,
                error,
            } => {
                self.tell_counts(run);
                let error = error.as_deref();
                let (run, outcome) = (tracing::field::display(run), told(*outcome));
                if outcome == "failed" {
                    warn!(target: "hypernodes", run, outcome, done, failed, seconds, error, "run ended");
                } else {
                    info!(target: "hypernodes", run, outcome, done, failed, seconds, error, "run ended");
                }
            }
            EventKind::ItemFailed {
                items,
                node,
                kind,
                message,
                inputs,
            } => {
                let failures = self.count(run, node, |counts| {
                    counts.failures += 1;
                    counts.failures
                });
                if failures <= FAILURES {
                    let items = path(items);
                    let kind = match kind {
                        FailureKind::Error => "error",
                        FailureKind::Panic => "panic",
                        FailureKind::TimedOut => "timed out",
                        FailureKind::Crashed => "crashed",
                    };
                    warn!(target: "hypernodes", %run, %node, items, kind, ?inputs, "item failed: {message}");
                }
            }
            EventKind::Retried {
                node,
                item,
                attempt,
                pause_ns,
                message,
            } => {
                debug!(target: "hypernodes", %run, %node, items = item, attempt, pause_ns, "retried: {message}");
            }
            EventKind::CacheHit { node, rows } => {
                self.count(run, node, |counts| counts.hits += rows);
            }
            EventKind::CacheMiss { node, rows } => {
                self.count(run, node, |counts| counts.misses += rows);
            }
            EventKind::Memory { level, used, limit } => match level {
                MemoryLevel::Normal => {
                    info!(target: "hypernodes", %run, ?level, used, limit, "memory is back to normal");
                }
                _ => warn!(target: "hypernodes", %run, ?level, used, limit, "memory runs short"),
            },
            EventKind::WorkerLost { cause } => {
                warn!(target: "hypernodes", %run, worker = event.worker, "worker lost: {cause}");
            }
            EventKind::Cancelled => info!(target: "hypernodes", %run, seconds, "run is cancelled"),
            EventKind::Checkpointed { items, bytes } => {
                debug!(target: "hypernodes", %run, items, bytes, "checkpointed");
            }
            EventKind::Restored { items } => {
                debug!(target: "hypernodes", %run, items, "restored from an earlier run");
            }
            EventKind::Spilled { bytes } => debug!(target: "hypernodes", %run, bytes, "spilled"),
            // Spans: core tells them as spans of `tracing`.
            _ => {}
        }
    }
}

fn tell_start(run: RunId, start: &RunStart) {
    let RunStart {
        pipeline,
        engine,
        items,
        workers,
        partitions,
        why,
        ..
    } = start;
    info!(target: "hypernodes", %run, pipeline, engine, items, workers, partitions, why, "run started");
}

fn told(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Done => "done",
        RunOutcome::Partial => "partial",
        RunOutcome::Failed => "failed",
        RunOutcome::Cancelled => "cancelled",
    }
}

/// `3/1`: item 1 of the nested map in item 3.
fn path(items: &[u64]) -> String {
    let items: Vec<String> = items.iter().map(u64::to_string).collect();
    items.join("/")
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
