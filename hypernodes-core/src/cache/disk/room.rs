//! The bound: what is there, and who goes first.

use std::cmp::Reverse;
use std::io;
use std::time::SystemTime;

use super::layout::{FIXED_BYTES, Found, Layout, remove};
use super::ledger::Ledger;

/// What the folder holds. Made, used and dropped under the lock.
pub(super) struct Room {
    /// The one used longest ago is last.
    entries: Vec<Found>,
    entry_bytes: u64,
    other_bytes: u64,
}

/// What an eviction did.
#[derive(Clone, Copy, Default)]
pub(super) struct Evicted {
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

impl Room {
    /// Looks through the whole folder, removes what killed processes left, and corrects the number in the lock.
    pub(super) fn scan(layout: &Layout, ledger: &mut Ledger) -> io::Result<Self> {
        let now = SystemTime::now();
        let temporary_bytes = layout.sweep_temporary(now)?;
        let mut entries = layout.entries()?;
        entries.sort_unstable_by_key(|entry| Reverse((entry.modified, entry.key)));
        let room = Self {
            entry_bytes: entries.iter().map(|entry| entry.bytes).sum(),
            entries,
            other_bytes: temporary_bytes + FIXED_BYTES,
        };
        ledger.found(room.bytes(), now)?;
        Ok(room)
    }

    /// The bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.entry_bytes + self.other_bytes
    }

    /// How many entries there are, and their bytes.
    pub(super) fn entries(&self) -> (u64, u64) {
        (super::entry::length(self.entries.len()), self.entry_bytes)
    }

    /// Removes entries, the one used longest ago first, as long as there are more bytes than `limit` or the next one was
    /// last used before `before`.
    pub(super) fn evict(
        &mut self,
        layout: &Layout,
        ledger: &mut Ledger,
        limit: u64,
        before: Option<SystemTime>,
    ) -> io::Result<Evicted> {
        let mut evicted = Evicted::default();
        let mut failure = None;
        let mut stuck = Vec::new();
        while let Some(entry) = self.entries.pop() {
            let is_old = before.is_some_and(|before| entry.modified < before);
            if self.bytes() <= limit && !is_old {
                self.entries.push(entry);
                break;
            }
            match remove(&layout.entry(&entry.key)) {
                Ok(was_there) => {
                    self.entry_bytes -= entry.bytes;
                    if was_there {
                        evicted.entries += 1;
                        evicted.bytes += entry.bytes;
                    }
                }
                Err(error) => {
                    failure = Some(error);
                    stuck.push(entry);
                }
            }
        }
        stuck.reverse();
        self.entries.append(&mut stuck);
        // One write for all of them: killed before it, the number is too high, and no harm is done.
        ledger.found(self.bytes(), SystemTime::now())?;
        match failure {
            Some(error) if evicted.entries == 0 => Err(error),
            _ => Ok(evicted),
        }
    }
}
