//! Values in a folder that many processes share.
//!
//! One job a file: `entry` is the format, `layout` where files lie, `marker` whose folder it is, `ledger` the lock and the
//! running size, `room` the bound, `manage` what the command line asks for. Here is the store itself.

mod entry;
mod error;
mod layout;
mod ledger;
mod manage;
mod marker;
mod room;
#[cfg(test)]
mod tests;

use std::fs::{File, FileTimes};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

pub use entry::Damage;
pub use error::CacheError;
pub use manage::{EntryInfo, PruneReport, VerifyReport};

use super::stats::Counters;
use super::{CacheStore, Key};
use entry::ReadError;
use layout::{FIXED_BYTES, Layout};
use ledger::Ledger;
use room::Room;

/// The bound of a cache that was given none.
const DEFAULT_BYTES: u64 = 1 << 30;

/// How long a put waits for other processes. None takes so long but one that evicts from a huge folder, or is stopped.
const PATIENCE: Duration = Duration::from_secs(5);

/// An opened cache does not believe a size that is older: the machine may have lost power since.
const BELIEVED_FOR: Duration = Duration::from_secs(10 * 60);

/// Keeps values in a folder, up to a number of bytes.
///
/// Any number of threads and processes may use one folder at the same time, each with a bound of its own.
///
/// * **Nothing wrong is read.** An entry is a file of its own with checksums. It is written elsewhere and renamed, so a
///   reader sees all of it or nothing. A damaged one, or one of another version, is a miss and is removed. There is no
///   `fsync`: what a power cut leaves half written is damaged, and so a miss.
/// * **The bound is never exceeded**: before a file is written, all files together have room for it. The entries used
///   longest ago are given up for it, down to nine tenths of the bound at once. The bound is about the lengths of files;
///   folders, and the ends of disk blocks, come on top.
/// * **Puts stay cheap**: the size of the folder is kept in a file under a lock, and the folder is looked through only
///   when that size reaches the bound. Reading takes no lock.
/// * **Trouble is not passed on.** When the disk is full or the folder read-only, values are dropped, and the log says so
///   once. Nobody waits for a process that is stopped while it has the lock: after five seconds, puts are dropped.
///
/// The folder is marked as a cache. One that holds files without the mark is refused, so that nothing else is ever
/// removed. What killed processes leave half written is removed after ten minutes.
///
/// Locks need a file system that has them; on one without, nothing is kept.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{CacheStore, DiskCache, Key};
/// # let folder = std::env::temp_dir().join(format!("hypernodes-doc-disk-{}", std::process::id()));
/// let key = Key::from_bytes([1; 32]);
/// DiskCache::open(&folder)?.put(&key, "mean", b"value");
///
/// let later = DiskCache::open(&folder)?.max_bytes(10 << 20);
/// assert_eq!(later.get(&key).as_deref(), Some(&b"value"[..]));
/// assert_eq!(later.list()?[0].label, "mean");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DiskCache {
    layout: Layout,
    max_bytes: u64,
    counters: Counters,
    /// Threads of this process queue here, and only one of them bothers other processes.
    turn: Mutex<()>,
    /// Nobody waits for the lock again, until it was free once.
    is_stuck: AtomicBool,
    has_warned: AtomicBool,
}

impl DiskCache {
    /// Opens the cache in a folder, or makes one in an empty or new folder. Its bound is 1 GiB.
    ///
    /// # Errors
    /// [`CacheError`] when the path is no folder, the folder holds something else or a cache of another version, or the
    /// system refuses. A cache that may only be read is no error.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{CacheError, DiskCache};
    /// # let documents = std::env::temp_dir().join(format!("hypernodes-doc-open-{}", std::process::id()));
    /// # std::fs::create_dir_all(&documents)?;
    /// std::fs::write(documents.join("letter.txt"), "dear")?;
    /// let error = DiskCache::open(&documents).unwrap_err();
    /// assert!(matches!(error, CacheError::NotACache { .. }));
    /// # std::fs::remove_dir_all(&documents)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, CacheError> {
        let path = path.into();
        let root = std::path::absolute(&path).map_err(|error| CacheError::of(&path, error))?;
        marker::claim(&root)?;
        let cache = Self {
            layout: Layout::new(root),
            max_bytes: DEFAULT_BYTES,
            counters: Counters::default(),
            turn: Mutex::new(()),
            is_stuck: AtomicBool::new(false),
            has_warned: AtomicBool::new(false),
        };
        if let Err(error) = cache.tidy() {
            // Values can still be read; the first put tells.
            tracing::debug!(folder = %cache.path().display(), "cannot tidy up a cache: {error}");
        }
        Ok(cache)
    }

    /// The cache with another bound. It is kept from the next put on.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{CacheStore, DiskCache, Key};
    /// # let folder = std::env::temp_dir().join(format!("hypernodes-doc-bound-{}", std::process::id()));
    /// let cache = DiskCache::open(&folder)?.max_bytes(10_000);
    /// for byte in 0..100 {
    ///     cache.put(&Key::from_bytes([byte; 32]), "f", &[byte; 500]);
    /// }
    /// let stats = cache.stats()?;
    /// assert!(stats.bytes <= 10_000);
    /// assert_eq!(stats.entries + stats.evicted, 100);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.layout.root()
    }

    /// Removes what killed processes left, and counts again if the size is old or unknown.
    fn tidy(&self) -> io::Result<()> {
        let now = SystemTime::now();
        std::fs::create_dir_all(self.layout.temporary())?;
        self.layout.sweep_temporary(now)?;
        let mut ledger = Ledger::lock(&self.layout.lock(), Duration::ZERO)?;
        let is_fresh = ledger
            .scanned_at()
            .and_then(|then| now.duration_since(then).ok())
            .is_some_and(|age| age < BELIEVED_FOR);
        if !is_fresh {
            Room::scan(&self.layout, &mut ledger)?;
        }
        Ok(())
    }

    fn lock(&self) -> io::Result<(Ledger, MutexGuard<'_, ()>)> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let ledger = Ledger::lock(&self.layout.lock(), self.patience());
        let is_stuck = matches!(&ledger, Err(error) if error.kind() == ErrorKind::WouldBlock);
        self.is_stuck.store(is_stuck, Ordering::Relaxed);
        Ok((ledger?, turn))
    }

    fn patience(&self) -> Duration {
        if self.is_stuck.load(Ordering::Relaxed) {
            Duration::ZERO
        } else {
            PATIENCE
        }
    }

    fn read(&self, key: &Key) -> Result<Arc<[u8]>, ReadError> {
        let path = self.layout.entry(key);
        let mut file = File::open(&path).map_err(ReadError::Io)?;
        let about = file.metadata().map_err(ReadError::Io)?;
        let header = entry::read_header(&mut file, about.len(), key)?;
        let value = entry::read_value(&mut file, &header)?;
        if set_used(&file).is_err() {
            // Some systems want a file that is open for writing. In a cache that may only be read, nothing is evicted.
            let _ = File::options()
                .write(true)
                .open(&path)
                .and_then(|file| set_used(&file));
        }
        Ok(value)
    }

    /// Whether the value was kept.
    fn try_put(&self, key: &Key, label: &str, value: &[u8]) -> io::Result<bool> {
        let fits = |head: &Vec<u8>| {
            let bytes = entry::length(head.len()).saturating_add(entry::length(value.len()));
            bytes.saturating_add(FIXED_BYTES) <= self.max_bytes
        };
        let Some(head) = entry::head(key, label, value).filter(fits) else {
            // What lies there is older than this value.
            self.try_remove(key)?;
            return Ok(false);
        };
        let bytes = entry::length(head.len() + value.len());
        let Some((temporary, mut file)) = self.reserve(bytes)? else {
            return Ok(false);
        };
        let kept = file
            .write_all(&head)
            .and_then(|()| file.write_all(value))
            .and_then(|()| set_used(&file).or(Ok(())))
            .and_then(|()| {
                drop(file);
                self.commit(&temporary, key, bytes)
            });
        if let Err(error) = kept {
            self.give_up(&temporary, bytes);
            return Err(error);
        }
        Ok(true)
    }

    /// A file with room for these bytes; `None` if there is no room, because other files are being written.
    fn reserve(&self, bytes: u64) -> io::Result<Option<(PathBuf, File)>> {
        let (mut ledger, _turn) = self.lock()?;
        let limit = self.max_bytes - bytes;
        if ledger.bytes().is_none_or(|held| held > limit) {
            let mut room = Room::scan(&self.layout, &mut ledger)?;
            if room.bytes() > limit {
                let limit = limit.min(self.max_bytes / 10 * 9);
                let evicted = room.evict(&self.layout, &mut ledger, limit, None)?;
                self.counters.evicted(evicted.entries);
            }
            if room.bytes() > limit {
                return Ok(None);
            }
        }
        ledger.add(bytes)?;
        match self.layout.create_temporary(bytes) {
            Err(error) => {
                ledger.subtract(bytes)?;
                Err(error)
            }
            file => file.map(Some),
        }
    }

    fn commit(&self, temporary: &Path, key: &Key, bytes: u64) -> io::Result<()> {
        let (mut ledger, _turn) = self.lock()?;
        let replaced = self.layout.entry_bytes(key).unwrap_or(0);
        self.layout.rename(temporary, key)?;
        // A longer file may be longer than what was once counted for it.
        ledger.subtract(replaced.min(bytes))
    }

    /// Best effort: a size that stays too high is corrected by the next scan.
    fn give_up(&self, temporary: &Path, bytes: u64) {
        if let Ok((mut ledger, _turn)) = self.lock()
            && layout::remove(temporary).is_ok_and(|was_there| was_there)
        {
            let _ = ledger.subtract(bytes);
        } else {
            let _ = layout::remove(temporary);
        }
    }

    fn try_remove(&self, key: &Key) -> io::Result<()> {
        let Some(_) = self.layout.entry_bytes(key) else {
            return Ok(());
        };
        let (mut ledger, _turn) = self.lock()?;
        let bytes = self.layout.entry_bytes(key).unwrap_or(0);
        if layout::remove(&self.layout.entry(key))? {
            ledger.subtract(bytes)?;
        }
        Ok(())
    }

    /// Whether it was still there. It may be longer than what was counted for it, so the count stays as it is until the
    /// next scan.
    fn remove_damaged(&self, key: &Key) -> io::Result<bool> {
        let (_ledger, _turn) = self.lock()?;
        layout::remove(&self.layout.entry(key))
    }

    fn warn_once(&self, what: &str, error: &io::Error) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(folder = %self.path().display(), "{what}: {error}; this is told once");
        }
    }
}

impl CacheStore for DiskCache {
    fn contains(&self, key: &Key) -> bool {
        self.layout.entry_bytes(key).is_some()
    }

    fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        let value = self.read(key);
        self.counters.asked(value.is_ok());
        match value {
            Ok(value) => return Some(value),
            Err(ReadError::Io(error)) if error.kind() == ErrorKind::NotFound => {}
            Err(ReadError::Io(error)) => {
                self.warn_once("an entry of a cache cannot be read", &error);
            }
            Err(ReadError::Damaged(damage)) => {
                tracing::debug!(folder = %self.path().display(), %key, "an entry of a cache {damage}");
                if let Err(error) = self.remove_damaged(key) {
                    self.warn_once("a damaged entry of a cache cannot be removed", &error);
                }
            }
        }
        None
    }

    fn put(&self, key: &Key, label: &str, value: &[u8]) {
        match self.try_put(key, label, value) {
            Ok(true) => self.counters.kept(),
            Ok(false) => {}
            Err(error) => self.warn_once("a value cannot be kept in a cache", &error),
        }
    }

    fn remove(&self, key: &Key) {
        if let Err(error) = self.try_remove(key) {
            self.warn_once("an entry of a cache cannot be removed", &error);
        }
    }
}

/// The time of last use, by which entries are evicted, is the time of the file.
fn set_used(file: &File) -> io::Result<()> {
    file.set_times(FileTimes::new().set_modified(SystemTime::now()))
}
