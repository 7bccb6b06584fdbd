//! What a store has done, as numbers.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a store has done since it was made, and what it holds.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{CacheStore, Key, MemoryCache};
/// let cache = MemoryCache::new(1000);
/// let key = Key::from_bytes([7; 32]);
/// cache.get(&key);
/// cache.put(&key, "mean", b"12 bytes, so");
/// cache.get(&key);
/// let stats = cache.stats();
/// assert_eq!((stats.hits, stats.misses, stats.puts, stats.evicted), (1, 1, 1, 0));
/// assert_eq!((stats.entries, stats.bytes), (1, 32 + 12));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Values that were asked for and found, through this handle.
    pub hits: u64,
    /// Values that were asked for and not found, damaged ones included, through this handle.
    pub misses: u64,
    /// Values that were kept, through this handle; dropped ones are not counted.
    pub puts: u64,
    /// Entries that this handle took away to keep the bound.
    pub evicted: u64,
    /// Entries that are there now, whoever put them.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Counts what goes through one handle.
#[derive(Debug, Default)]
pub(super) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    puts: AtomicU64,
    evicted: AtomicU64,
}

impl Counters {
    pub(super) fn asked(&self, is_hit: bool) {
        let counter = if is_hit { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn kept(&self) {
        self.puts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn evicted(&self, entries: u64) {
        self.evicted.fetch_add(entries, Ordering::Relaxed);
    }

    pub(super) fn stats(&self, entries: u64, bytes: u64) -> CacheStats {
        CacheStats {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            puts: self.puts.load(Ordering::Relaxed),
            evicted: self.evicted.load(Ordering::Relaxed),
            entries,
            bytes,
        }
    }
}
