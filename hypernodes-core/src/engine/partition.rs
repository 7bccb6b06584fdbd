//! The rule by which every engine cuts a map into partitions to start with.

use std::ops::Range;

use crate::config::Workload;

/// How many partitions a map of `items` items starts with on `workers` workers.
///
/// ```text
/// r = min(f * workers, items)            f = 4 io, 3 mixed, 2 cpu
/// r = min(r, max(workers, items / 10))   at least 10 items each, but not fewer partitions than workers
/// r = min(r, items);  r = max(r, ceil(items / 1000))     at most 1000 items each
/// p = largest power of two <= r
/// r = p when 3p >= 2r and p >= min(workers, items) and 1000p >= items
/// ```
/// No items give 0 partitions; 0 workers count as 1. It is where an engine starts: measured cost per item then steers
/// the size of chunks, and idle workers take what is left.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{Workload, npartitions};
/// assert_eq!(npartitions(10, 8, Workload::Mixed), 8);
/// assert_eq!(npartitions(100, 8, Workload::Mixed), 8);
/// assert_eq!(npartitions(500, 8, Workload::Mixed), 16);
/// assert_eq!(npartitions(0, 8, Workload::Io), 0);
/// ```
#[must_use]
pub fn npartitions(items: usize, workers: usize, workload: Workload) -> usize {
    PartitionRule::SHARED.partitions(items, workers, workload)
}

/// The numbers in [the rule](npartitions), which an engine scales for what a partition costs it.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{PartitionRule, Workload};
/// let coarse = PartitionRule { least: 100, ..PartitionRule::SHARED };
/// assert_eq!(coarse.partitions(1000, 5, Workload::Mixed), 8);
/// assert_eq!(PartitionRule::SHARED.partitions(1000, 5, Workload::Mixed), 15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionRule {
    /// How many items a partition should have at least, as long as every worker gets one: 10.
    pub least: usize,
    /// How many items it may have at most: 1000.
    pub most: usize,
}

impl PartitionRule {
    /// The rule as it is shared: 10 to 1000 items.
    pub const SHARED: Self = Self {
        least: 10,
        most: 1000,
    };

    /// How many partitions a map of `items` items starts with on `workers` workers.
    #[must_use]
    pub fn partitions(self, items: usize, workers: usize, workload: Workload) -> usize {
        if items == 0 {
            return 0;
        }
        let (least, most) = (self.least.max(1), self.most.max(1));
        let workers = workers.max(1);
        let fewest = items.div_ceil(most);
        let wished = workload.factor().saturating_mul(workers).min(items);
        let r = wished
            .min(workers.max(items / least))
            .min(items)
            .max(fewest);
        let p = 1_usize << r.ilog2();
        // In 128 bits, so that no product can overflow.
        let (wide_p, wide_r) = (p as u128, r as u128);
        let is_close = 3 * wide_p >= 2 * wide_r;
        if is_close && p >= workers.min(items) && most as u128 * wide_p >= items as u128 {
            p
        } else {
            r
        }
    }
}

/// Splits `items` items into exactly `parts` ranges whose sizes differ by at most one, the larger ones first.
///
/// With fewer items than parts the last ranges are empty.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::split;
/// assert_eq!(split(10, 4).collect::<Vec<_>>(), [0..3, 3..6, 6..8, 8..10]);
/// ```
pub fn split(items: usize, parts: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    let (size, larger) = (
        items.checked_div(parts).unwrap_or(0),
        items.checked_rem(parts).unwrap_or(0),
    );
    let start = move |part: usize| part * size + part.min(larger);
    (0..parts).map(move |part| start(part)..start(part + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn partitions_hold_one_to_a_thousand_items(items in 1_usize..5_000_000, workers in 1_usize..300) {
            for workload in [Workload::Io, Workload::Cpu, Workload::Mixed] {
                let r = npartitions(items, workers, workload);
                prop_assert!(r >= 1 && r <= items);
                prop_assert!(r * 1000 >= items);
                prop_assert!(r >= workers.min(items));
            }
        }

        #[test]
        fn a_split_gives_exactly_the_parts_asked_for(items in 0_usize..100_000, parts in 1_usize..2_000) {
            let ranges: Vec<_> = split(items, parts).collect();
            prop_assert_eq!(ranges.len(), parts);
            prop_assert_eq!(ranges.iter().map(ExactSizeIterator::len).sum::<usize>(), items);
            let sizes = ranges.iter().map(ExactSizeIterator::len);
            prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
            prop_assert!(ranges.windows(2).all(|w| w[0].end == w[1].start));
        }
    }

    #[test]
    fn extreme_numbers_do_not_overflow() {
        assert_eq!(
            npartitions(usize::MAX, usize::MAX, Workload::Io),
            usize::MAX
        );
        assert_eq!(npartitions(1, 0, Workload::Cpu), 1);
        assert!(npartitions(usize::MAX, 1, Workload::Cpu) >= usize::MAX / 1000);
    }
}
