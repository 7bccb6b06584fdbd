//! What a feed gave in the end.

use std::collections::{BTreeMap, VecDeque};

use super::{Again, Feed};
use crate::error::{Error, Failure};
use crate::run::Source;
use crate::run::spill::Spill;
use crate::value::{Accumulator, Column};

/// What a feed gave in the end.
pub(crate) struct Finished {
    pub(crate) items: usize,
    pub(crate) columns: Vec<Column>,
    pub(crate) failures: BTreeMap<usize, Failure>,
    /// Items that were never delivered.
    pub(crate) missing: usize,
    /// The run was cancelled: the columns end before the first item that is missing.
    pub(crate) is_cancelled: bool,
    /// The beginnings of the columns, where they lie on disk.
    pub(crate) spilled: Option<Spill>,
}

impl Feed {
    /// What the feed gave, when the engine is done with it.
    pub(crate) fn finish(&self) -> Result<Finished, Error> {
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.flush(self.context.scope())?;
        }
        let mut state = self.lock();
        let columns: Vec<Column> = std::mem::take(&mut state.columns)
            .into_iter()
            .map(Accumulator::finish)
            .collect();
        let failures = std::mem::take(&mut state.failures);
        // An engine may hold on to the feed a little longer; the arguments are the caller's again from here on.
        state.source = Source::Pieces(VecDeque::new());
        state.again = Again::default();
        state.waiting.clear();
        state.closed = true;
        let assembled = state.assembled;
        // Of a failing item that has unfinished ones before it nobody knows whether it is the lowest.
        let is_decided = state.limit < assembled;
        let delivered = if is_decided { state.items } else { assembled };
        let missing = if state.in_flight > 0 {
            state.in_flight
        } else {
            state.items - delivered
        };
        // Failing fast tells one error: the lowest item's. What a cancelled run did not deliver has no failures either.
        let most = if self.context.fail_fast() {
            1
        } else {
            usize::MAX
        };
        let failures = failures
            .into_iter()
            .filter(|(item, _)| !state.is_cancelled || *item < assembled)
            .take(most)
            .collect();
        Ok(Finished {
            items: if state.is_cancelled {
                assembled
            } else {
                state.items
            },
            columns,
            failures,
            missing,
            is_cancelled: state.is_cancelled && missing > 0,
            spilled: state.spilled.take(),
        })
    }
}
