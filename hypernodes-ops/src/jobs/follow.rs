//! From events of runs to the progress of a job.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hypernodes_core::{Event, EventKind, Listener, RunId, RunMode, SpanId};

use super::Progress;

/// The span of a run itself.
const RUN: SpanId = SpanId(1);

/// Counts items of runs.
pub(super) struct Follow {
    progress: Arc<Progress>,
    /// What was counted of each run under way.
    runs: Mutex<BTreeMap<RunId, Counted>>,
}

#[derive(Default)]
struct Counted {
    total: u64,
    done: u64,
    failed: u64,
}

impl Follow {
    pub(super) fn new(progress: Arc<Progress>) -> Self {
        Self {
            progress,
            runs: Mutex::default(),
        }
    }

    fn ended(&self, counted: &mut Counted, done: u64, failed: u64) {
        counted.done = counted.done.saturating_add(done);
        counted.failed = counted.failed.saturating_add(failed);
        self.progress.add_done(done);
        self.progress.add_failed(failed);
    }
}

impl Listener for Follow {
    fn hear(&self, event: &Event) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        match &event.kind {
            EventKind::RunStarted(start) => {
                let one = (start.mode == RunMode::Single).then_some(1);
                let total = start.items.or(one).unwrap_or(0);
                self.progress.add_total(total);
                let counted = Counted {
                    total,
                    ..Counted::default()
                };
                runs.insert(event.run, counted);
            }
            // Chunks of nested maps are parts of items.
            EventKind::ChunkEnded { rows, failed, .. } if event.parent == Some(RUN) => {
                let counted = runs.entry(event.run).or_default();
                self.ended(counted, rows.saturating_sub(*failed), *failed);
            }
            EventKind::Restored { items } => {
                self.ended(runs.entry(event.run).or_default(), *items, 0);
            }
            EventKind::RunEnded { done, failed, .. } => {
                // The last word: events in between may have been lost.
                let mut counted = runs.remove(&event.run).unwrap_or_default();
                let done = done.saturating_sub(counted.done);
                let failed = failed.saturating_sub(counted.failed);
                self.ended(&mut counted, done, failed);
                let ended = counted.done.saturating_add(counted.failed);
                self.progress.add_total(ended.saturating_sub(counted.total));
            }
            _ => {}
        }
    }
}
