//! The record of one run, folded from its events.

use std::sync::Arc;

use hypernodes_core::{Event, EventKind, RunId, RunMode, RunOutcome, RunStart, SpanId};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{
    ChunkRecord, FailureLog, LevelChange, LostWorker, MemoryLog, NodeRecord, RetryLog, RetryRecord,
    Timeline, shortened,
};

/// How many nodes are kept that the beginning of the run did not name.
const UNNAMED_NODES: usize = 1_000;
/// How many lost workers are kept.
const LOST: usize = 100;
/// How long the error of a run may be, in characters.
const ERROR: usize = 10_000;

/// The span of the run itself: a chunk inside another one belongs to a nested map.
const RUN_SPAN: SpanId = SpanId(1);

/// What is kept of a run: its size has a bound, whatever the length of the run.
///
/// # Example
/// ```
/// use hypernodes_core::{Event, EventKind, RunId, RunOutcome, SpanId};
/// use hypernodes_ops::RunRecord;
/// let event = |at_ns, kind| Event { run: RunId(1), span: SpanId(2), parent: Some(SpanId(1)), at_ns, worker: 1, kind };
/// let mut record = RunRecord::new(RunId(1));
/// record.hear(&event(90, EventKind::ChunkEnded { start: 0, rows: 10, failed: 2, took_ns: 70 }));
/// assert_eq!((record.items_done, record.items_failed), (8, 2));
/// record.hear(&event(99, EventKind::RunEnded { outcome: RunOutcome::Partial, done: 8, failed: 2, error: None }));
/// assert_eq!((record.outcome, record.duration_ns), (Some(RunOutcome::Partial), 99));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRecord {
    /// The run.
    pub run: RunId,
    /// The pipeline.
    pub pipeline: String,
    /// Run, map or iteration; `None` where the beginning was not heard.
    pub mode: Option<RunMode>,
    /// The engine.
    pub engine: String,
    /// How many chunks were computed at the same time.
    pub workers: u64,
    /// How many partitions it started with.
    pub partitions: u64,
    /// Why so many, in a sentence.
    pub why: String,
    /// When it began: milliseconds since 1970 (UTC).
    pub unix_ms: u64,
    /// The process.
    pub process: u32,
    /// How it ended; `None` while it runs.
    pub outcome: Option<RunOutcome>,
    /// The error that ended it.
    pub error: Option<String>,
    /// Whether somebody asked it to end.
    pub was_cancelled: bool,
    /// Nanoseconds from its beginning to the latest event.
    pub duration_ns: u64,
    /// How many items there are, where that is known.
    pub items: Option<u64>,
    /// Items that gave a result.
    pub items_done: u64,
    /// Items that failed.
    pub items_failed: u64,
    /// Items that were read from the run folder of an earlier run.
    pub items_restored: u64,
    /// Items that were written into the run folder.
    pub items_checkpointed: u64,
    /// How many bytes these were.
    pub checkpoint_bytes: u64,
    /// How many bytes of finished columns went to disk.
    pub spilled_bytes: u64,
    /// Rows that were found in the cache.
    pub cache_hits: u64,
    /// Rows that were not found in the cache.
    pub cache_misses: u64,
    /// How many chunks ended, without those of nested maps.
    pub chunks: u64,
    /// How many chunks of nested maps ended.
    pub inner_chunks: u64,
    /// The nodes, in the order of the pipeline.
    pub nodes: IndexMap<Arc<str>, NodeRecord>,
    /// When each worker computed which chunk.
    pub timeline: Timeline,
    /// The items that failed.
    pub failures: FailureLog,
    /// The rows that were tried again.
    pub retries: RetryLog,
    /// The memory of the process.
    pub memory: MemoryLog,
    /// How many workers were lost.
    pub lost_count: u64,
    /// The first 100 of them.
    pub lost: Vec<LostWorker>,
    /// How many events were lost, because the listener was slower than the runs of the process.
    pub dropped_events: u64,
    /// How many events were heard.
    pub heard: u64,
    /// What the chunks said; the end of the run may say less, as results behind a failure are not given.
    counted: (u64, u64),
}

impl RunRecord {
    /// The record of a run of which nothing was heard.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        Self {
            run,
            pipeline: String::new(),
            mode: None,
            engine: String::new(),
            workers: 0,
            partitions: 0,
            why: String::new(),
            unix_ms: 0,
            process: 0,
            outcome: None,
            error: None,
            was_cancelled: false,
            duration_ns: 0,
            items: None,
            items_done: 0,
            items_failed: 0,
            items_restored: 0,
            items_checkpointed: 0,
            checkpoint_bytes: 0,
            spilled_bytes: 0,
            cache_hits: 0,
            cache_misses: 0,
            chunks: 0,
            inner_chunks: 0,
            nodes: IndexMap::new(),
            timeline: Timeline::default(),
            failures: FailureLog::default(),
            retries: RetryLog::default(),
            memory: MemoryLog::default(),
            lost_count: 0,
            lost: Vec::new(),
            dropped_events: 0,
            heard: 0,
            counted: (0, 0),
        }
    }

    /// Hears one event. Events of other runs change nothing.
    pub fn hear(&mut self, event: &Event) {
        if event.run != self.run {
            return;
        }
        let at_ns = event.at_ns;
        self.heard += 1;
        self.duration_ns = self.duration_ns.max(at_ns);
        match &event.kind {
            EventKind::RunStarted(start) => self.begin(start),
            EventKind::RunEnded {
                outcome,
                done,
                failed,
                error,
            } => {
                self.outcome = Some(*outcome);
                self.items_done = *done;
                self.items_failed = *failed;
                self.error = error.as_deref().map(|error| shortened(error, ERROR));
            }
            EventKind::ChunkEnded { .. } => self.end_chunk(event),
            EventKind::NodeEnded {
                node,
                rows,
                failed,
                cached,
                took_ns,
            } => {
                if let Some(node) = self.node(node) {
                    node.calls += 1;
                    node.rows = node.rows.saturating_add(*rows);
                    node.failed = node.failed.saturating_add(*failed);
                    node.cached = node.cached.saturating_add(*cached);
                    node.total_ns = node.total_ns.saturating_add(*took_ns);
                    node.max_ns = node.max_ns.max(*took_ns);
                }
            }
            EventKind::NestedEnded {
                node,
                items,
                took_ns,
            } => {
                if let Some(node) = self.node(node) {
                    node.is_nested = true;
                    node.inner_items = node.inner_items.saturating_add(*items);
                    node.inner_ns = node.inner_ns.saturating_add(*took_ns);
                }
            }
            EventKind::ItemFailed {
                items,
                node,
                kind,
                message,
                inputs,
            } => self.failures.add(items, node, *kind, message, inputs),
            EventKind::Retried {
                node,
                item,
                attempt,
                pause_ns,
                message,
            } => {
                if let Some(node) = self.node(node) {
                    node.retried += 1;
                }
                self.retries.add(RetryRecord {
                    at_ns,
                    node: Arc::clone(node),
                    item: *item,
                    attempt: *attempt,
                    pause_ns: *pause_ns,
                    message: message.clone(),
                });
            }
            EventKind::CacheHit { rows, .. } => {
                self.cache_hits = self.cache_hits.saturating_add(*rows);
            }
            EventKind::CacheMiss { rows, .. } => {
                self.cache_misses = self.cache_misses.saturating_add(*rows);
            }
            EventKind::Checkpointed { items, bytes } => {
                self.items_checkpointed = self.items_checkpointed.saturating_add(*items);
                self.checkpoint_bytes = self.checkpoint_bytes.saturating_add(*bytes);
            }
            EventKind::Restored { items } => {
                self.items_restored = self.items_restored.saturating_add(*items);
            }
            EventKind::Memory { level, used, limit } => {
                self.memory.change(LevelChange {
                    at_ns,
                    level: *level,
                    used: *used,
                    limit: *limit,
                });
            }
            EventKind::Spilled { bytes } => {
                self.spilled_bytes = self.spilled_bytes.saturating_add(*bytes);
            }
            EventKind::Cancelled => self.was_cancelled = true,
            EventKind::WorkerLost { cause } => {
                self.lost_count += 1;
                if self.lost.len() < LOST {
                    self.lost.push(LostWorker::new(at_ns, event.worker, cause));
                }
            }
            // What begins is counted when it ends; what is unknown here was heard.
            _ => {}
        }
    }

    /// Whether it has not ended.
    ///
    /// # Example
    /// ```
    /// use hypernodes_core::RunId;
    /// use hypernodes_ops::RunRecord;
    /// assert!(RunRecord::new(RunId(1)).is_running());
    /// ```
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.outcome.is_none()
    }

    /// Items that gave a result and that failed, as numbers that never fall.
    pub(crate) fn rising_items(&self) -> (u64, u64) {
        (
            self.items_done.max(self.counted.0),
            self.items_failed.max(self.counted.1),
        )
    }

    fn begin(&mut self, start: &RunStart) {
        self.pipeline.clone_from(&start.pipeline);
        self.mode = Some(start.mode);
        self.engine.clone_from(&start.engine);
        self.workers = start.workers;
        self.partitions = start.partitions;
        self.why.clone_from(&start.why);
        self.unix_ms = start.unix_ms;
        self.process = start.process;
        self.items = start.items;
        for info in &start.nodes {
            let node = self.nodes.entry(Arc::clone(&info.node)).or_default();
            node.describe(info);
        }
    }

    fn end_chunk(&mut self, event: &Event) {
        let EventKind::ChunkEnded {
            start,
            rows,
            failed,
            took_ns,
        } = event.kind
        else {
            return;
        };
        let is_inner = event.parent.is_some_and(|parent| parent != RUN_SPAN);
        if is_inner {
            self.inner_chunks += 1;
        } else {
            self.chunks += 1;
            let done = &mut self.counted.0;
            *done = done.saturating_add(rows.saturating_sub(failed));
            self.counted.1 = self.counted.1.saturating_add(failed);
            if self.outcome.is_none() {
                (self.items_done, self.items_failed) = self.counted;
            }
        }
        self.timeline.add(ChunkRecord {
            worker: event.worker,
            is_inner,
            start_ns: event.at_ns.saturating_sub(took_ns),
            took_ns,
            busy_ns: took_ns,
            item: start,
            rows,
            failed,
            chunks: 1,
        });
    }

    /// The node; `None` for one that nobody named while there is no room for more of them.
    fn node(&mut self, node: &Arc<str>) -> Option<&mut NodeRecord> {
        if !self.nodes.contains_key(&**node) {
            let unnamed = self.nodes.values().filter(|node| node.outputs.is_empty());
            if unnamed.count() >= UNNAMED_NODES {
                return None;
            }
        }
        Some(self.nodes.entry(Arc::clone(node)).or_default())
    }
}
