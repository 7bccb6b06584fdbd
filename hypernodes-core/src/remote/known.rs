//! Values that are the same in many chunks: each is sent once to each worker of a run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::RemoteError;
use crate::value::{Arg, Column, Path, WeakColumn};

/// Most values that a worker remembers, and most bytes of them, beyond those of the chunk that it is sent.
const MOST_VALUES: usize = 64;
const MOST_BYTES: usize = 256 << 20;

/// Smaller values are sent again with each chunk.
const WORTH_BYTES: usize = 256;

/// The values that a worker has already, because they came with an earlier chunk of the run. It belongs to one worker and
/// one run: chunks must be packed with it in the order in which the worker takes them in.
///
/// It holds none of the values.
#[derive(Default)]
pub struct Known {
    entries: Vec<Entry>,
    next: u64,
    /// Counts chunks: what a chunk used is not forgotten with it.
    now: u64,
}

struct Entry {
    column: WeakColumn,
    path: (Path, u8),
    id: u64,
    bytes: usize,
    used: u64,
}

impl Known {
    /// Nothing is known yet.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::remote::Known;
    /// assert_eq!(Known::new().values(), 0);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many values the worker remembers.
    #[must_use]
    pub fn values(&self) -> usize {
        self.entries.len()
    }

    /// The number under which the worker has the value of a row.
    pub(super) fn find(&mut self, arg: &Arg, row: usize) -> Option<u64> {
        let (path, now) = (arg.rows.path(row), self.now);
        let mut entries = self.entries.iter_mut();
        let entry = entries.find(|entry| entry.path == path && entry.column.is(&arg.column))?;
        entry.used = now;
        Some(entry.id)
    }

    /// Remembers a value that is about to be sent, if that is worth it.
    pub(super) fn add(&mut self, arg: &Arg, row: usize, bytes: usize) -> Option<u64> {
        if bytes < WORTH_BYTES {
            return None;
        }
        let id = self.next;
        self.next += 1;
        self.entries.push(Entry {
            column: arg.column.weak(),
            path: arg.rows.path(row),
            id,
            bytes,
            used: self.now,
        });
        Some(id)
    }

    /// Ends a chunk: what is too much is forgotten, the values first that were not used for the longest time.
    pub(super) fn forget(&mut self) -> Vec<u64> {
        let mut forgotten = Vec::new();
        let now = self.now;
        self.now += 1;
        let bytes = |entries: &[Entry]| entries.iter().map(|entry| entry.bytes).sum::<usize>();
        while self.entries.len() > MOST_VALUES || bytes(&self.entries) > MOST_BYTES {
            let entries = self.entries.iter().enumerate();
            let oldest = entries
                .filter(|(_, entry)| entry.used < now)
                .min_by_key(|(_, entry)| entry.used);
            let Some((oldest, _)) = oldest else { break };
            forgotten.push(self.entries.remove(oldest).id);
        }
        forgotten
    }

    /// Takes back what was added for a chunk that is not sent.
    pub(super) fn undo(&mut self, first: u64) {
        self.entries.retain(|entry| entry.id < first);
    }

    /// The number of the next value.
    pub(super) fn next(&self) -> u64 {
        self.next
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("values", &self.entries.len())
            .finish_non_exhaustive()
    }
}

/// The values that a worker has.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<BTreeMap<u64, Column>>);

/// A worker is never told to remember more, but for what one chunk has.
const MOST_REMEMBERED: usize = 64 * 1024;

impl Remembered {
    pub(super) fn get(&self, id: u64) -> Result<Column, RemoteError> {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = values.get(&id).cloned();
        value.ok_or_else(|| RemoteError::damaged("chunk", format!("value {id} is not known here")))
    }

    pub(super) fn keep(&self, id: u64, value: &Column) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() < MOST_REMEMBERED {
            values.insert(id, value.clone());
        }
    }

    pub(super) fn forget(&self, ids: &[u64]) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            values.remove(id);
        }
    }
}
