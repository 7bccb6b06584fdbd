//! Results that are kept: keys, and where the values lie.
//!
//! What a key is made of, and when one is asked for, belongs to `run`; here are the stores.

mod disk;
mod key;
mod layered;
mod memory;
mod stats;

use std::fmt;
use std::sync::Arc;

pub use disk::{CacheError, Damage, DiskCache, EntryInfo, PruneReport, VerifyReport};
pub use key::Key;
pub use layered::LayeredCache;
pub use memory::MemoryCache;
pub use stats::CacheStats;

/// Where cached values lie.
///
/// A store never gives a wrong value: what is damaged or cannot be read is not there. It never fails a run either: a
/// value that cannot be kept is dropped. Stores are shared by threads, and called by many at once.
///
/// [`MemoryCache`] lives as long as the process, [`DiskCache`] longer, and [`LayeredCache`] puts one in front of another.
/// An `Arc` of a store is a store, so that its owner keeps a handle.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use std::sync::Arc;
/// use hypernodes::{CacheStore, Key, MemoryCache};
///
/// let memory = Arc::new(MemoryCache::new(1 << 20));
/// let store: Box<dyn CacheStore> = Box::new(Arc::clone(&memory));
/// store.put(&Key::from_bytes([1; 32]), "double", &[42]);
/// assert_eq!(memory.stats().entries, 1);
/// ```
pub trait CacheStore: Send + Sync + fmt::Debug {
    /// Whether there is an entry, without reading its value.
    ///
    /// A later [`get`](Self::get) may still find none: the entry is damaged, or was evicted in the meantime.
    fn contains(&self, key: &Key) -> bool;

    /// The value, or `None` where there is none. A damaged entry is removed, and is none.
    fn get(&self, key: &Key) -> Option<Arc<[u8]>>;

    /// Keeps a value. A store that cannot (a full disk) drops it and says so once in the log: a run does not fail for it.
    ///
    /// The label is for people who look into the store: the name of the node. It is no part of the key.
    fn put(&self, key: &Key, label: &str, value: &[u8]);

    /// Takes an entry away, if there is one.
    fn remove(&self, key: &Key);
}

impl<S: CacheStore + ?Sized> CacheStore for Arc<S> {
    fn contains(&self, key: &Key) -> bool {
        (**self).contains(key)
    }

    fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        (**self).get(key)
    }

    fn put(&self, key: &Key, label: &str, value: &[u8]) {
        (**self).put(key, label, value);
    }

    fn remove(&self, key: &Key) {
        (**self).remove(key);
    }
}
