//! Looking through a cache, and tidying it up by hand.

use std::fs::File;
use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

use super::entry::{self, ReadError};
use super::layout::Found;
use super::room::Room;
use super::{CacheError, Damage, DiskCache};
use crate::cache::{CacheStats, Key};

/// One entry, as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntryInfo {
    /// Whose value it is.
    pub key: Key,
    /// What it was put with, usually the name of a node; empty if the entry is damaged.
    pub label: String,
    /// The length of its file.
    pub bytes: u64,
    /// When it was put, or last read.
    pub modified: SystemTime,
    /// What is wrong with it, if anything.
    pub damage: Option<Damage>,
}

/// What [`DiskCache::verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// How many entries were read.
    pub checked: u64,
    /// The bad ones, by key.
    pub damaged: Vec<EntryInfo>,
    /// How many of them were removed.
    pub removed: u64,
}

/// What [`DiskCache::prune`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PruneReport {
    /// How many entries were removed.
    pub removed: u64,
    /// Their bytes.
    pub freed_bytes: u64,
    /// How many entries are left.
    pub left_entries: u64,
    /// Their bytes.
    pub left_bytes: u64,
}

impl DiskCache {
    /// All entries by key, with what is wrong with them as far as their headers tell. Values are not read.
    ///
    /// # Errors
    /// When the folder cannot be read.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{CacheStore, DiskCache, Key};
    /// # let folder = std::env::temp_dir().join(format!("hypernodes-doc-list-{}", std::process::id()));
    /// let cache = DiskCache::open(&folder)?;
    /// cache.put(&Key::from_bytes([2; 32]), "mean", &[0; 100]);
    /// let entries = cache.list()?;
    /// assert_eq!(entries[0].label, "mean");
    /// assert_eq!(entries[0].bytes, 120 + 4 + 100, "header, label, value");
    /// assert_eq!(entries[0].damage, None);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list(&self) -> Result<Vec<EntryInfo>, CacheError> {
        self.look(false)
    }

    /// Reads all entries, and removes the damaged ones.
    ///
    /// # Errors
    /// When the folder cannot be read.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{CacheStore, DiskCache, Key};
    /// # let folder = std::env::temp_dir().join(format!("hypernodes-doc-verify-{}", std::process::id()));
    /// let cache = DiskCache::open(&folder)?;
    /// cache.put(&Key::from_bytes([2; 32]), "mean", &[0; 100]);
    /// let report = cache.verify()?;
    /// assert_eq!((report.checked, report.damaged.len(), report.removed), (1, 0, 0));
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self) -> Result<VerifyReport, CacheError> {
        let entries = self.look(true)?;
        let checked = entry::length(entries.len());
        let damaged: Vec<_> = entries
            .into_iter()
            .filter(|entry| entry.damage.is_some())
            .collect();
        let mut removed = 0;
        for entry in &damaged {
            if !matches!(entry.damage, Some(Damage::Unreadable { .. })) {
                removed += u64::from(self.failing(self.remove_damaged(&entry.key))?);
            }
        }
        Ok(VerifyReport {
            checked,
            damaged,
            removed,
        })
    }

    /// Removes entries that were not used for a time, then those used longest ago until the files of the cache have at
    /// most so many bytes. Removes what killed processes left, too.
    ///
    /// # Errors
    /// When the folder cannot be read or written, or is locked for too long.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use std::time::Duration;
    /// use hypernodes::{CacheStore, DiskCache, Key};
    /// # let folder = std::env::temp_dir().join(format!("hypernodes-doc-prune-{}", std::process::id()));
    /// let cache = DiskCache::open(&folder)?;
    /// for byte in 1..=3 {
    ///     cache.put(&Key::from_bytes([byte; 32]), "f", &[0; 1000]);
    /// }
    /// assert_eq!(cache.prune(None, Some(Duration::from_secs(3600)))?.removed, 0);
    /// let report = cache.prune(Some(2500), None)?;
    /// assert_eq!((report.removed, report.left_entries), (1, 2));
    /// assert_eq!((report.freed_bytes, report.left_bytes), (1121, 2242));
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prune(
        &self,
        max_bytes: Option<u64>,
        older_than: Option<Duration>,
    ) -> Result<PruneReport, CacheError> {
        let before = older_than.and_then(|age| SystemTime::now().checked_sub(age));
        let prune = || {
            let (mut ledger, _turn) = self.lock()?;
            let mut room = Room::scan(&self.layout, &mut ledger)?;
            let limit = max_bytes.unwrap_or(u64::MAX);
            let evicted = room.evict(&self.layout, &mut ledger, limit, before)?;
            let (left_entries, left_bytes) = room.entries();
            Ok(PruneReport {
                removed: evicted.entries,
                freed_bytes: evicted.bytes,
                left_entries,
                left_bytes,
            })
        };
        self.failing(prune())
    }

    /// Removes all entries.
    ///
    /// # Errors
    /// When the folder cannot be read or written, or is locked for too long.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{CacheStore, DiskCache, Key};
    /// # let folder = std::env::temp_dir().join(format!("hypernodes-doc-clear-{}", std::process::id()));
    /// let cache = DiskCache::open(&folder)?;
    /// cache.put(&Key::from_bytes([1; 32]), "f", &[]);
    /// assert_eq!(cache.clear()?.removed, 1);
    /// assert_eq!(cache.stats()?.entries, 0);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear(&self) -> Result<PruneReport, CacheError> {
        self.prune(Some(0), None)
    }

    /// What this handle has done, and what the folder holds, which is looked through for it.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn stats(&self) -> Result<CacheStats, CacheError> {
        let entries = self.failing(self.layout.entries())?;
        let bytes = entries.iter().map(|entry| entry.bytes).sum();
        Ok(self.counters.stats(entry::length(entries.len()), bytes))
    }

    fn look(&self, reads_values: bool) -> Result<Vec<EntryInfo>, CacheError> {
        let mut found = self.failing(self.layout.entries())?;
        found.sort_unstable_by_key(|entry| entry.key);
        Ok(found
            .into_iter()
            .filter_map(|entry| self.look_at(&entry, reads_values))
            .collect())
    }

    /// `None` if it was removed in the meantime.
    fn look_at(&self, found: &Found, reads_values: bool) -> Option<EntryInfo> {
        let read = || {
            let mut file = File::open(self.layout.entry(&found.key)).map_err(ReadError::Io)?;
            let bytes = file.metadata().map_err(ReadError::Io)?.len();
            let header = entry::read_header(&mut file, bytes, &found.key)?;
            if reads_values {
                entry::read_value(&mut file, &header)?;
            }
            Ok(header.label)
        };
        let (label, damage) = match read() {
            Ok(label) => (label, None),
            Err(ReadError::Damaged(damage)) => (String::new(), Some(damage)),
            Err(ReadError::Io(error)) if error.kind() == ErrorKind::NotFound => return None,
            Err(ReadError::Io(error)) => {
                let why = error.to_string();
                (String::new(), Some(Damage::Unreadable { why }))
            }
        };
        Some(EntryInfo {
            key: found.key,
            label,
            bytes: found.bytes,
            modified: found.modified,
            damage,
        })
    }

    fn failing<T>(&self, done: std::io::Result<T>) -> Result<T, CacheError> {
        done.map_err(|error| CacheError::of(self.path(), error))
    }
}
