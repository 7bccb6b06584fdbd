//! How large the next chunk is: learned from those that came back.
//!
//! Only time and counts are looked at, so nothing in here can change a result.

use std::time::Duration;

use crate::engine::Sizing;
use crate::plan::Plan;

/// How much a chunk may grow over the largest one before it.
const GROWTH: usize = 8;

/// Most items in the first chunk when the cost is known from another map.
const FIRST: usize = 64;

/// What a step costs however few rows it has: at least this much, and hardly ever as much as the other. What a chunk
/// takes beyond the one is the cost of its items; below the other nothing is known about them.
const STEP_OVERHEAD: Duration = Duration::from_nanos(150);
const MOST_STEP_OVERHEAD: Duration = Duration::from_micros(1);

/// How many times longer than the overhead of its steps a chunk should be.
const WORTH: u32 = 10;

/// What decides about the sizes of chunks and does not change while a map runs.
pub(super) struct Pace {
    sizing: Sizing,
    rows_in_cache: usize,
    rows_in_chunk: usize,
    steps: u32,
    has_async: bool,
}

/// What was handed out so far.
#[derive(Default)]
pub(super) struct Given {
    pub(super) parts: usize,
    /// Most items in a chunk that was handed out.
    pub(super) largest: usize,
    /// Most items in a chunk that came back.
    pub(super) largest_done: usize,
}

impl Pace {
    pub(super) fn new(sizing: Sizing, plan: &Plan) -> Self {
        Self {
            rows_in_cache: sizing.rows_in_cache(plan),
            rows_in_chunk: sizing.rows_in_chunk(plan),
            sizing,
            steps: plan.steps_in_all(),
            has_async: plan.has_async(),
        }
    }

    /// How many lonely deaths prove that an item is to blame.
    pub(super) fn confirmations(&self) -> u32 {
        self.sizing.confirmations.max(1)
    }

    /// More items leave the cache when they are computed together.
    pub(super) fn rows_in_cache(&self) -> usize {
        self.rows_in_cache
    }

    /// The size of the next chunk: a given number of equal parts, or as many items as fill the target time. `cost` is
    /// what an item was seen to cost, in nanoseconds; 0: nothing was seen. `left` is at least 1.
    pub(super) fn next_chunk(&self, given: &Given, items: usize, left: usize, cost: u64) -> usize {
        let workers = self.sizing.workers.max(1);
        if let Some(parts) = self.sizing.fixed {
            // Sizes differ by at most one, the larger parts first.
            let parts_left = parts.saturating_sub(given.parts).max(1);
            return left.div_ceil(parts_left).clamp(1, left);
        }
        if self.has_async {
            // The rows of a chunk wait at the same time, so a chunk takes as long as one of them.
            let share = items.div_ceil(workers);
            return share.min(self.rows_in_chunk).clamp(1, left);
        }
        let by_time = match self.rows_in_target(cost) {
            // Each worker starts with one item: what a slow one costs is known before many are put together.
            None if given.parts < workers => 1,
            None => {
                let first = items.div_ceil(self.sizing.partitions.max(1));
                given.largest.saturating_mul(GROWTH).clamp(1, first)
            }
            Some(rows) => {
                let fair = left.div_ceil(workers);
                // Everyone gets a share, but not one that is less work than handing it out.
                rows.min(grown_from(given.largest)).min(fair.max(rows / 8))
            }
        };
        by_time.min(self.rows_in_chunk).clamp(1, left)
    }

    /// How many items a chunk may have whose items travel with so many bytes each, by what was seen of others; 0: nothing
    /// was seen.
    pub(super) fn rows_that_travel(&self, bytes_per_item: usize) -> usize {
        let is_free = self.sizing.fixed.is_none() && bytes_per_item > 0;
        let most = self.sizing.chunk_bytes.filter(|_| is_free);
        most.map_or(usize::MAX, |most| (most / bytes_per_item).max(1))
    }

    /// The size of the next piece of a feed that is filled while it runs. Only what came back makes it larger: until
    /// then nothing is known about the items, and the consumer waits for the first of them.
    pub(super) fn next_piece(&self, largest_done: usize, cost: u64) -> usize {
        let rows = if self.has_async {
            // The rows of a piece wait at the same time.
            largest_done.saturating_mul(GROWTH)
        } else {
            self.rows_in_target(cost)
                .map_or(1, |rows| rows.min(grown_from(largest_done)))
        };
        rows.clamp(1, self.rows_in_chunk)
    }

    /// What a chunk tells about the cost of one of its items, in nanoseconds.
    pub(super) fn cost_per_item(&self, took: Duration, rows: usize) -> u64 {
        let rows = rows.max(1) as u64;
        let of_items = took.saturating_sub(STEP_OVERHEAD.saturating_mul(self.steps));
        let cost = nanoseconds(of_items) / rows;
        if took < MOST_STEP_OVERHEAD.saturating_mul(self.steps) {
            // It may all be overhead: the next chunk may grow.
            cost.min(self.target() / rows.saturating_mul(GROWTH as u64))
        } else {
            cost
        }
    }

    /// How long a chunk should take, in nanoseconds.
    fn target(&self) -> u64 {
        let overhead = STEP_OVERHEAD.saturating_mul(self.steps);
        nanoseconds(self.sizing.target.max(overhead.saturating_mul(WORTH)))
    }

    /// How many items fill the target time, once something was measured.
    fn rows_in_target(&self, cost: u64) -> Option<usize> {
        (cost > 0).then(|| usize::try_from(self.target() / cost).unwrap_or(usize::MAX))
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Measured on few items, or in another map, the cost is a guess, so chunks grow step by step.
fn grown_from(largest: usize) -> usize {
    match largest {
        0 => FIRST,
        rows => rows.saturating_mul(GROWTH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEMS: usize = 10_000_000;

    fn pace(steps: u32) -> Pace {
        Pace {
            sizing: Sizing::default(),
            rows_in_cache: 16 * 1024,
            rows_in_chunk: 16 * 1024,
            steps,
            has_async: false,
        }
    }

    /// The sizes of the first chunks of a long map, where a chunk takes `fixed + rows * each`.
    fn sizes(pace: &Pace, fixed: Duration, each: Duration) -> Vec<usize> {
        let (mut given, mut cost, mut left) = (Given::default(), 0, ITEMS);
        let mut sizes = Vec::new();
        for _ in 0..12 {
            let rows = pace.next_chunk(&given, ITEMS, left, cost);
            sizes.push(rows);
            left -= rows;
            given.parts += 1;
            given.largest = given.largest.max(rows);
            let took = fixed + each * u32::try_from(rows).expect("a chunk is small");
            cost = pace.cost_per_item(took, rows).max(1);
        }
        sizes
    }

    #[test]
    fn chunks_of_cheap_items_fill_the_cache_and_slow_items_stay_alone() {
        let cheap = sizes(&pace(4), Duration::from_nanos(600), Duration::from_nanos(4));
        assert_eq!(cheap[..6], [1, 8, 64, 512, 4096, 16_384]);
        let slow = sizes(
            &pace(4),
            Duration::from_nanos(600),
            Duration::from_millis(2),
        );
        assert_eq!(slow, [1; 12]);
        // 200 us hold 66 items of 3 us.
        let middling = sizes(
            &pace(4),
            Duration::from_nanos(600),
            Duration::from_micros(3),
        );
        assert_eq!(middling[..4], [1, 8, 64, 66]);
    }

    #[test]
    fn what_many_steps_cost_by_themselves_is_not_taken_for_the_cost_of_an_item() {
        // 1,000 steps of 120 ns each take 120 us with one row, which must not look like an item of 120 us.
        let sizes = sizes(
            &pace(1000),
            Duration::from_micros(120),
            Duration::from_micros(2),
        );
        assert_eq!(sizes[..4], [1, 8, 64, 512]);
        let (largest, last) = (sizes.iter().max(), sizes[11]);
        assert!(largest <= Some(&4096) && last > 500, "{sizes:?}");
    }

    #[test]
    fn pieces_grow_only_when_larger_ones_came_back() {
        let pace = pace(1);
        assert_eq!(pace.next_piece(0, 0), 1, "nothing is known");
        assert_eq!(pace.next_piece(0, 5), FIRST, "known from another map");
        assert_eq!(pace.next_piece(8, 5), 64);
        assert_eq!(pace.next_piece(4096, 5), 16_384);
        assert_eq!(pace.next_piece(4096, 1_000_000), 1, "a slow item is alone");
    }
}
