//! How the items of a map are cut into chunks.

use std::time::Duration;

use crate::plan::Plan;

/// How the items of a map are cut into chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizing {
    /// How many partitions to start with; the first chunks are not larger than one of them.
    pub partitions: usize,
    /// Exactly this many chunks, equal but for one item, and no adapting. `None` adapts.
    pub fixed: Option<usize>,
    /// How many chunks are computed at the same time.
    pub workers: usize,
    /// How long a chunk should take.
    pub target: Duration,
    /// Bytes that columns may take together which are computed together, to stay in the cache of one core.
    pub cache_bytes: usize,
    /// Bytes that the columns of a whole chunk may take, where it costs something to hand one out: by the types of its
    /// values, and by what items were seen to take on their way to another process and back. `None`: a chunk stays in the
    /// cache too.
    pub chunk_bytes: Option<usize>,
    /// How many times an item must have died alone in a fresh worker before it is blamed, for an engine with worker
    /// processes. At least 1.
    pub confirmations: u32,
}

impl Default for Sizing {
    /// One worker, chunks of 200 us that stay in half a mebibyte; three confirmations.
    fn default() -> Self {
        Self {
            partitions: 1,
            fixed: None,
            workers: 1,
            target: Duration::from_micros(200),
            cache_bytes: 512 * 1024,
            chunk_bytes: None,
            confirmations: 3,
        }
    }
}

impl Sizing {
    /// How many items fit into the cache.
    #[must_use]
    pub fn rows_in_cache(&self, plan: &Plan) -> usize {
        (self.cache_bytes / plan.bytes_per_item()).clamp(16, 16 * 1024)
    }

    /// How many items a chunk may have.
    #[must_use]
    pub fn rows_in_chunk(&self, plan: &Plan) -> usize {
        let in_cache = self.rows_in_cache(plan);
        let in_chunk = self.chunk_bytes.map(|bytes| bytes / plan.bytes_per_item());
        in_chunk.map_or(in_cache, |rows| rows.clamp(16, 1 << 20))
    }
}
