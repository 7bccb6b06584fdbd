//! What a feed does when memory is short: begin nothing, and put finished columns on disk.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::Feed;
use crate::event::{EventKind, MemoryLevel};
use crate::run::memory::MemoryGuard;
use crate::run::scope::{ROOT, RunScope};
use crate::run::spill::Spill;
use crate::value::{Accumulator, Arg, Codec, Column};

/// Columns of fewer bytes are not worth a file.
const LEAST_SPILL: usize = 256 * 1024;

impl Feed {
    /// Whether a further chunk may begin: the run goes on, and there is memory for it. Waits for memory while others have
    /// chunks under way.
    pub(super) fn admits(&self, scope: &Arc<RunScope>, waits: bool) -> bool {
        /// How often a paused run looks whether memory has fallen, when no chunk ends meanwhile.
        const LOOK: Duration = Duration::from_millis(10);
        loop {
            let is_paused = |memory: &MemoryGuard| memory.level(scope) >= MemoryLevel::Pause;
            let is_paused = scope.memory.as_ref().is_some_and(is_paused);
            let mut state = self.lock();
            if scope.is_cancelled() {
                state.is_cancelled |= state.has_more() || state.in_flight > 0;
                state.closed = true;
                drop(state);
                self.changed.notify_all();
                return false;
            }
            // A nested map belongs to a chunk under way, which must end. With nothing under way nothing would fall.
            if !is_paused || self.nested || state.in_flight == 0 || !state.has_more() {
                return true;
            }
            if !waits {
                return false;
            }
            let waited = self.changed.wait_timeout(state, LOOK);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Moves what was put together to disk when memory is short; keeps it where it cannot be written.
    pub(super) fn spill(&self, all: &mut Vec<Box<dyn Accumulator>>, spilled: &mut Option<Spill>) {
        let Some(scope) = self.context.scope() else {
            return;
        };
        let is_short = |memory: &MemoryGuard| memory.level(scope) >= MemoryLevel::Spill;
        if self.nested || self.single || !scope.memory.as_ref().is_some_and(is_short) {
            return;
        }
        let codecs = self.plan.outputs.iter().map(|output| output.facts.codec);
        let Some(codecs) = codecs.collect::<Option<Vec<_>>>() else {
            return;
        };
        let empty = self
            .plan
            .outputs
            .iter()
            .map(|output| output.port.accumulator(0));
        let full: Vec<Column> = std::mem::replace(all, empty.collect())
            .into_iter()
            .map(Accumulator::finish)
            .collect();
        let bytes: usize = full.iter().zip(&codecs).map(bytes_of).sum();
        let kept = match spilled {
            _ if bytes < LEAST_SPILL => Err(full),
            Some(spill) => spill.keep(full),
            None => match Spill::new(codecs) {
                Ok(spill) => spilled.insert(spill).keep(full),
                Err(error) => {
                    tracing::warn!("{error}");
                    Err(full)
                }
            },
        };
        match kept {
            Ok(bytes) => scope.tell(ROOT, None, EventKind::Spilled { bytes }),
            Err(full) => {
                for (all, column) in all.iter_mut().zip(full) {
                    all.append(column);
                }
            }
        }
    }
}

/// About how many bytes a column holds: what its values own is seen in how long some of them are when written.
fn bytes_of((column, codec): (&Column, &Codec)) -> usize {
    const SAMPLES: usize = 8;
    let rows = column.len();
    let arg = Arg::dense(column.clone());
    let mut written = Vec::new();
    let samples = rows.min(SAMPLES);
    for sample in 0..samples {
        // One that cannot be written is told when all are.
        let _ = codec.encode_row(&arg, sample * rows / samples, &mut written);
    }
    let each = (written.len() / samples.max(1)).max(column.port().bytes());
    each.saturating_mul(rows)
}
