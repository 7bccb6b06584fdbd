//! Results that are kept: keys, and where the values lie.
//!
//! What a key is made of, and when one is asked for, belongs to `run`; here are the stores.

mod key;

use std::fmt;
use std::sync::Arc;

pub use key::Key;

/// Where cached values lie.
///
/// A store never gives a wrong value: what is damaged or cannot be read is not there.
pub trait CacheStore: Send + Sync + fmt::Debug {
    /// Whether there is an entry, without reading its value.
    fn contains(&self, key: &Key) -> bool;

    /// The value, or `None` where there is none. A damaged entry is removed, and is none.
    fn get(&self, key: &Key) -> Option<Arc<[u8]>>;

    /// Keeps a value. A store that cannot (a full disk) drops it and says so once in the log: a run does not fail for it.
    fn put(&self, key: &Key, label: &str, value: &[u8]);

    /// Takes an entry away, if there is one.
    fn remove(&self, key: &Key);
}
