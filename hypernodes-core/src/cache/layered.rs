//! A fast store in front of a large one.

use std::sync::Arc;

use super::{CacheStore, Key};

/// A fast store in front of a large one, usually [`MemoryCache`](super::MemoryCache) in front of
/// [`DiskCache`](super::DiskCache).
///
/// What is put goes into both. What only the back has is copied to the front when it is read. A hit in front does not ask
/// the back, which so sees the entry as unused and may evict it first.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{CacheStore, Key, LayeredCache, MemoryCache};
/// let key = Key::from_bytes([1; 32]);
/// let back = MemoryCache::new(1 << 20);
/// back.put(&key, "mean", &[7]);
///
/// let cache = LayeredCache::new(MemoryCache::new(1 << 10), back);
/// assert_eq!(cache.get(&key).as_deref(), Some(&[7][..]));
/// assert_eq!(cache.get(&key).as_deref(), Some(&[7][..]));
/// assert_eq!(cache.front().stats().hits, 1);
/// assert_eq!(cache.back().stats().hits, 1);
/// ```
#[derive(Debug)]
pub struct LayeredCache<F, B> {
    front: F,
    back: B,
}

impl<F: CacheStore, B: CacheStore> LayeredCache<F, B> {
    /// One store in front of another.
    #[must_use]
    pub fn new(front: F, back: B) -> Self {
        Self { front, back }
    }

    /// The store that is asked first.
    #[must_use]
    pub fn front(&self) -> &F {
        &self.front
    }

    /// The store that is asked when the front has nothing.
    #[must_use]
    pub fn back(&self) -> &B {
        &self.back
    }
}

impl<F: CacheStore, B: CacheStore> CacheStore for LayeredCache<F, B> {
    fn contains(&self, key: &Key) -> bool {
        self.front.contains(key) || self.back.contains(key)
    }

    fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        self.front.get(key).or_else(|| {
            let value = self.back.get(key)?;
            // Which node it belongs to is told by the back; a store in memory keeps no labels.
            self.front.put(key, "", &value);
            Some(value)
        })
    }

    fn put(&self, key: &Key, label: &str, value: &[u8]) {
        self.front.put(key, label, value);
        self.back.put(key, label, value);
    }

    fn remove(&self, key: &Key) {
        self.front.remove(key);
        self.back.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryCache;
    use super::*;

    const KEY: Key = Key::from_bytes([5; 32]);

    fn layered() -> LayeredCache<Arc<MemoryCache>, Arc<MemoryCache>> {
        LayeredCache::new(
            Arc::new(MemoryCache::new(50)),
            Arc::new(MemoryCache::new(500)),
        )
    }

    #[test]
    fn what_is_put_and_removed_is_so_in_both() {
        let cache = layered();
        cache.put(&KEY, "f", &[1]);
        assert!(cache.front.contains(&KEY) && cache.back.contains(&KEY));
        cache.remove(&KEY);
        assert!(!cache.front.contains(&KEY) && !cache.back.contains(&KEY));
        assert_eq!(cache.get(&KEY), None);
    }

    #[test]
    fn what_the_front_has_no_room_for_comes_from_the_back() {
        let cache = layered();
        cache.put(&KEY, "f", &[1; 100]);
        assert!(!cache.front.contains(&KEY));
        assert!(cache.contains(&KEY));
        assert_eq!(cache.get(&KEY).as_deref(), Some(&[1; 100][..]));
    }

    #[test]
    fn what_the_back_has_is_copied_to_the_front() {
        let cache = layered();
        cache.back.put(&KEY, "f", &[1]);
        assert_eq!(cache.get(&KEY).as_deref(), Some(&[1][..]));
        cache.back.clear();
        assert_eq!(cache.get(&KEY).as_deref(), Some(&[1][..]));
    }
}
