//! A feed that is filled and consumed while it runs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::Feed;
use crate::error::{EngineError, Failure};
use crate::run::Source;
use crate::run::checkpoint::Checkpoint;
use crate::run::source::Piece;
use crate::value::{Arg, Column};

/// The next finished piece of a feed that is consumed while it runs.
pub(crate) enum Taken {
    /// The columns and failures of the next items.
    Piece {
        start: usize,
        rows: usize,
        columns: Vec<Column>,
        failures: BTreeMap<usize, Failure>,
    },
    /// It waits for an engine, or is being computed.
    Pending,
    /// There is none.
    Empty,
}

impl Feed {
    /// Adds a piece to a feed that is filled while it runs.
    pub(crate) fn push(&self, rows: usize, args: Vec<Arg>, keys: Vec<u64>) {
        let mut state = self.lock();
        let start = state.items;
        state.items += rows;
        if let Source::Pieces(pieces) = &mut state.source {
            pieces.push_back(Piece {
                start,
                rows,
                args,
                keys,
            });
        }
    }

    /// Adds a piece that is finished already, to a feed that is filled while it runs.
    pub(crate) fn push_finished(&self, rows: usize, columns: Vec<Column>) {
        let mut state = self.lock();
        let start = state.items;
        state.items += rows;
        state.waiting.insert(start, (rows, columns));
    }

    /// How many items were pushed.
    pub(crate) fn items(&self) -> usize {
        self.lock().items
    }

    /// What of an earlier run is in the run folder.
    pub(crate) fn checkpoint(&self) -> Option<&Arc<Checkpoint>> {
        self.checkpoint.as_ref()
    }

    /// How many items the next pushed piece should have.
    pub(crate) fn rows_of_next_piece(&self) -> usize {
        let done = self.lock().given.largest_done;
        let most = self.pace.rows_that_travel(self.plan.bytes_hint());
        self.pace.next_piece(done, self.plan.cost_hint()).min(most)
    }

    /// Gives the whole map up, for an engine that computes it in the background: it can do nothing more for it.
    pub fn give_up(&self, error: EngineError) {
        let mut state = self.lock();
        state.closed = true;
        state.error.get_or_insert(error.into());
        drop(state);
        self.changed.notify_all();
    }

    /// Nobody wants the rest: no further chunk is handed out.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.source = Source::Pieces(VecDeque::new());
        state.again = Default::default();
        state.waiting.clear();
    }

    /// How many items were pushed and not taken yet.
    pub(crate) fn held(&self) -> usize {
        let state = self.lock();
        state.items - state.assembled
    }

    /// Takes the next finished piece, in order; waits for it, but no longer than this.
    pub(crate) fn take(&self, at_most: Duration) -> Taken {
        let mut state = self.lock();
        let mut has_waited = at_most.is_zero();
        loop {
            let at = state.assembled;
            if let Some((rows, columns)) = state.waiting.remove(&at) {
                state.assembled += rows;
                let later = state.failures.split_off(&(at + rows));
                let failures = std::mem::replace(&mut state.failures, later);
                return Taken::Piece {
                    start: at,
                    rows,
                    columns,
                    failures,
                };
            }
            if state.in_flight == 0 && !state.has_more() {
                return Taken::Empty;
            }
            if has_waited {
                return Taken::Pending;
            }
            let (next, timeout) = self
                .changed
                .wait_timeout(state, at_most)
                .unwrap_or_else(PoisonError::into_inner);
            (state, has_waited) = (next, timeout.timed_out());
        }
    }
}
