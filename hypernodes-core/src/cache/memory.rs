//! Values in memory, the least recently used given up first.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;

use super::stats::Counters;
use super::{CacheStats, CacheStore, Key};

/// Keeps values in the memory of this process, up to a number of bytes.
///
/// An entry counts 32 bytes for its key and the bytes of its value; labels are not kept. About 150 bytes of bookkeeping
/// an entry come on top. Before a value would go over the bound, the entries used longest ago are given up; a value that
/// is larger than the bound is not kept.
///
/// # Complexity
/// Each call takes O(log entries) and the copy of the value that comes in; a value is given out without a copy.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{CacheStore, Key, MemoryCache};
/// let [a, b, c] = [1, 2, 3].map(|byte| Key::from_bytes([byte; 32]));
/// let cache = MemoryCache::new(100); // room for two: 32 bytes of key and 10 of value each
/// cache.put(&a, "f", &[0; 10]);
/// cache.put(&b, "f", &[0; 10]);
/// cache.get(&a);
/// cache.put(&c, "f", &[0; 10]);
/// assert!(cache.contains(&a) && cache.contains(&c));
/// assert!(!cache.contains(&b), "used longest ago");
/// ```
pub struct MemoryCache {
    max_bytes: u64,
    held: Mutex<Held>,
    counters: Counters,
}

#[derive(Default)]
struct Held {
    values: IndexMap<Key, Slot>,
    /// The keys by last use, the oldest first.
    order: BTreeMap<u64, Key>,
    /// The number of the next use.
    next_use: u64,
    bytes: u64,
}

struct Slot {
    value: Arc<[u8]>,
    last_use: u64,
}

impl MemoryCache {
    /// An empty cache of at most this many bytes.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes,
            held: Mutex::default(),
            counters: Counters::default(),
        }
    }

    /// What the cache has done, and what it holds.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        let held = self.lock();
        self.counters.stats(length(held.values.len()), held.bytes)
    }

    /// Takes all entries away.
    pub fn clear(&self) {
        *self.lock() = Held::default();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for MemoryCache {
    fn contains(&self, key: &Key) -> bool {
        self.lock().values.contains_key(key)
    }

    fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        let value = self.lock().touch(key);
        self.counters.asked(value.is_some());
        value
    }

    fn put(&self, key: &Key, _label: &str, value: &[u8]) {
        let bytes = cost(value);
        if bytes > self.max_bytes {
            // What lay there is older than this value.
            return self.remove(key);
        }
        // Copied before the lock is taken: others need not wait for it.
        let value = Arc::from(value);
        let mut held = self.lock();
        held.take(key);
        let mut evicted = 0;
        while held.bytes > self.max_bytes - bytes && held.take_oldest() {
            evicted += 1;
        }
        held.insert(*key, value, bytes);
        self.counters.kept();
        self.counters.evicted(evicted);
    }

    fn remove(&self, key: &Key) {
        self.lock().take(key);
    }
}

impl Held {
    fn touch(&mut self, key: &Key) -> Option<Arc<[u8]>> {
        let slot = self.values.get_mut(key)?;
        self.order.remove(&slot.last_use);
        slot.last_use = self.next_use;
        self.order.insert(self.next_use, *key);
        self.next_use += 1;
        Some(Arc::clone(&slot.value))
    }

    fn insert(&mut self, key: Key, value: Arc<[u8]>, bytes: u64) {
        let last_use = self.next_use;
        self.next_use += 1;
        self.bytes += bytes;
        self.order.insert(last_use, key);
        self.values.insert(key, Slot { value, last_use });
    }

    fn take(&mut self, key: &Key) {
        if let Some(slot) = self.values.swap_remove(key) {
            self.order.remove(&slot.last_use);
            self.bytes -= cost(&slot.value);
        }
    }

    /// Whether there was one.
    fn take_oldest(&mut self) -> bool {
        let oldest = self.order.values().next().copied();
        if let Some(key) = &oldest {
            self.take(key);
        }
        oldest.is_some()
    }
}

fn cost(value: &[u8]) -> u64 {
    length(size_of::<Key>()).saturating_add(length(value.len()))
}

fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache")
            .field("max_bytes", &self.max_bytes)
            .field("stats", &self.stats())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(number: u8) -> Key {
        Key::from_bytes([number; 32])
    }

    #[test]
    fn an_empty_value_is_a_value() {
        let cache = MemoryCache::new(32);
        cache.put(&key(1), "none", &[]);
        assert_eq!(cache.get(&key(1)).as_deref(), Some(&[][..]));
    }

    #[test]
    fn a_value_that_fills_the_bound_is_kept_and_one_more_byte_is_not() {
        let cache = MemoryCache::new(40);
        cache.put(&key(1), "f", &[1; 8]);
        assert_eq!(cache.get(&key(1)).as_deref(), Some(&[1; 8][..]));
        cache.put(&key(2), "f", &[2; 9]);
        assert!(!cache.contains(&key(2)));
        assert!(
            cache.contains(&key(1)),
            "nothing is given up for what is not kept"
        );
        cache.put(&key(1), "f", &[2; 9]);
        assert!(!cache.contains(&key(1)), "the older value is not told");
        assert_eq!(cache.stats().puts, 1);
    }

    #[test]
    fn a_value_given_out_outlives_its_entry() {
        let cache = MemoryCache::new(100);
        cache.put(&key(1), "f", b"kept");
        let value = cache.get(&key(1));
        cache.clear();
        assert_eq!(cache.stats().bytes, 0);
        assert_eq!(value.as_deref(), Some(&b"kept"[..]));
    }

    #[derive(Clone, Debug)]
    enum Deed {
        Put(u8, Vec<u8>),
        Get(u8),
        Remove(u8),
        Contains(u8),
    }

    fn deed() -> impl Strategy<Value = Deed> {
        let number = 0..12_u8;
        prop_oneof![
            4 => (number.clone(), prop::collection::vec(any::<u8>(), 0..80)).prop_map(|(k, v)| Deed::Put(k, v)),
            4 => number.clone().prop_map(Deed::Get),
            1 => number.clone().prop_map(Deed::Remove),
            1 => number.prop_map(Deed::Contains),
        ]
    }

    proptest! {
        #[test]
        fn behaves_like_a_list_by_last_use(max_bytes in 0..400_u64, deeds in prop::collection::vec(deed(), 0..200)) {
            let cache = MemoryCache::new(max_bytes);
            // Last use, then value; the smallest last use goes first.
            let mut model: BTreeMap<u8, (usize, Vec<u8>)> = BTreeMap::new();
            let total = |model: &BTreeMap<u8, (usize, Vec<u8>)>| model.values().map(|(_, v)| cost(v)).sum::<u64>();
            for (at, deed) in deeds.into_iter().enumerate() {
                match deed {
                    Deed::Put(k, value) => {
                        cache.put(&key(k), "f", &value);
                        model.remove(&k);
                        if cost(&value) <= max_bytes {
                            while total(&model) + cost(&value) > max_bytes {
                                let oldest = *model.iter().min_by_key(|(_, (used, _))| *used).unwrap().0;
                                model.remove(&oldest);
                            }
                            model.insert(k, (at, value));
                        }
                    }
                    Deed::Get(k) => {
                        let expected = model.get_mut(&k).map(|(used, value)| {
                            *used = at;
                            value.clone()
                        });
                        prop_assert_eq!(cache.get(&key(k)), expected.map(Arc::from));
                    }
                    Deed::Remove(k) => {
                        cache.remove(&key(k));
                        model.remove(&k);
                    }
                    Deed::Contains(k) => prop_assert_eq!(cache.contains(&key(k)), model.contains_key(&k)),
                }
                let stats = cache.stats();
                prop_assert!(stats.bytes <= max_bytes);
                prop_assert_eq!((stats.bytes, stats.entries), (total(&model), model.len() as u64));
                prop_assert_eq!(cache.lock().order.len(), model.len());
            }
        }
    }
}
