//! How many symbols a partition holds.

/// The most symbols that [`recommend`] puts into one partition.
pub const MOST_SYMBOLS: usize = 200;

/// The bytes of a symbol of so many bars and columns: 8 for each value, times too.
///
/// # Example
/// ```
/// use hypernodes_trading::scan::partition::bytes_of_bars;
/// // A time, open, high, low, close and volume.
/// assert_eq!(bytes_of_bars(1_500, 6), 72_000);
/// ```
#[must_use]
pub fn bytes_of_bars(bars: usize, columns: usize) -> u64 {
    let bytes = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    bytes(bars).saturating_mul(bytes(columns)).saturating_mul(8)
}

/// What a partition size is recommended from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// How many symbols there are.
    pub symbols: usize,
    /// How many workers; 0 counts as 1.
    pub workers: usize,
    /// The memory of all workers together, in bytes.
    pub memory: u64,
    /// How large a partition should be, in bytes.
    pub target: u64,
    /// The bytes of one symbol, measured or from [`bytes_of_bars`]; 0 counts as 1.
    pub bytes_per_symbol: u64,
}

/// A recommended partition size, and what it comes from. All in symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recommended {
    /// Symbols in a partition.
    pub size: usize,
    /// How many partitions that makes.
    pub partitions: usize,
    /// What the target size holds.
    pub by_target: usize,
    /// What gives each worker four partitions.
    pub by_workers: usize,
    /// What lets one partition of every worker be in memory.
    pub by_memory: usize,
}

impl Recommended {
    /// Which of the bounds decides.
    #[must_use]
    pub fn decided_by(&self) -> &'static str {
        let Self {
            size,
            by_target,
            by_workers,
            by_memory,
            ..
        } = *self;
        match () {
            () if size == by_workers => "four partitions for each worker",
            () if size == by_target => "the target size of a partition",
            () if size == by_memory => "the memory of each worker",
            () if size == MOST_SYMBOLS => "the most symbols of a partition",
            () => "the least symbols of a partition",
        }
    }
}

/// The partition size for a scan.
///
/// # Formula
/// size = clamp(min(target / b, ceil(symbols / (4 workers)), memory / (workers b)), 1, 200), where
/// b is the bytes of a symbol and the quotients by b are rounded down. So there are never fewer
/// partitions than workers, where there are as many symbols; one symbol that exceeds the memory
/// is still a partition.
///
/// # Example
/// ```
/// use hypernodes_trading::scan::partition::{Measures, recommend};
/// let measures = Measures {
///     symbols: 2_000,
///     workers: 8,
///     memory: 2_000_000_000,
///     target: 100_000_000,
///     bytes_per_symbol: 72_000,
/// };
/// let found = recommend(&measures);
/// // ceil(2000 / 32) = 63; the target holds 1388 symbols, the memory of a worker 3472.
/// assert_eq!((found.size, found.partitions), (63, 32));
/// assert_eq!((found.by_target, found.by_memory), (1_388, 3_472));
/// assert_eq!(found.decided_by(), "four partitions for each worker");
/// ```
#[must_use]
pub fn recommend(measures: &Measures) -> Recommended {
    let workers = measures.workers.max(1);
    let each = measures.bytes_per_symbol.max(1);
    let whole = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    let by_target = whole(measures.target / each);
    let of_workers = u64::try_from(workers).unwrap_or(u64::MAX);
    let by_memory = whole(measures.memory / of_workers.saturating_mul(each));
    let by_workers = measures.symbols.div_ceil(workers.saturating_mul(4));
    let size = by_target.min(by_workers).min(by_memory);
    let size = size.clamp(1, MOST_SYMBOLS);
    Recommended {
        size,
        partitions: measures.symbols.div_ceil(size),
        by_target,
        by_workers,
        by_memory,
    }
}

/// A partition size between bounds: four partitions for each worker.
///
/// # Formula
/// clamp(ceil(total / (4 workers)), min, max). Never so large that there are fewer partitions than
/// workers, where there are as many items: there `min` gives way. 0 counts as 1, and a `max`
/// below `min` as `min`.
///
/// # Example
/// ```
/// use hypernodes_trading::scan::partition::optimize_partition_size;
/// assert_eq!(optimize_partition_size(100_000, 8, 1_000, 10_000), 3_125);
/// assert_eq!(optimize_partition_size(10_000, 8, 1_000, 10_000), 1_000);
/// // Partitions of 1,000 would keep 2 of 8 workers busy.
/// assert_eq!(optimize_partition_size(2_000, 8, 1_000, 10_000), 285);
/// ```
#[must_use]
pub fn optimize_partition_size(total: usize, workers: usize, min: usize, max: usize) -> usize {
    let (workers, min) = (workers.max(1), min.max(1));
    let wanted = total.div_ceil(workers.saturating_mul(4));
    let size = wanted.clamp(min, max.max(min));
    match workers - 1 {
        // The largest that leaves something for the last worker.
        others @ 1.. if total >= workers => size.min((total - 1) / others),
        _ => size,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_bound_decides_in_its_turn() {
        let base = Measures {
            symbols: 100_000,
            workers: 4,
            memory: 1 << 40,
            target: 1 << 40,
            bytes_per_symbol: 1_000,
        };
        let size = |measures: Measures| {
            let found = recommend(&measures);
            (found.size, found.decided_by())
        };
        assert_eq!(size(base), (200, "the most symbols of a partition"));
        let target = 50_999;
        let by_target = "the target size of a partition";
        assert_eq!(size(Measures { target, ..base }), (50, by_target));
        let memory = 120_000;
        let by_memory = "the memory of each worker";
        assert_eq!(size(Measures { memory, ..base }), (30, by_memory));
        let symbols = 33;
        let by_workers = "four partitions for each worker";
        assert_eq!(size(Measures { symbols, ..base }), (3, by_workers));
        let memory = 0;
        let least = "the least symbols of a partition";
        assert_eq!(size(Measures { memory, ..base }), (1, least));
    }

    proptest! {
        #[test]
        fn a_recommendation_keeps_its_bounds(
            symbols in 0..1_000_000_usize, workers in 0..300_usize,
            memory in 0..1_u64 << 42, target in 0..1_u64 << 36, bytes_per_symbol in 0..1_u64 << 28,
        ) {
            let measures = Measures { symbols, workers, memory, target, bytes_per_symbol };
            let Recommended { size, partitions, .. } = recommend(&measures);
            let (workers, each) = (workers.max(1), bytes_per_symbol.max(1));
            prop_assert!((1..=MOST_SYMBOLS).contains(&size));
            prop_assert_eq!(partitions, symbols.div_ceil(size));
            if symbols >= workers {
                prop_assert!(partitions >= workers);
            }
            if size > 1 {
                let bytes = each * size as u64;
                prop_assert!(bytes <= target && bytes * workers as u64 <= memory);
                prop_assert!(size <= symbols.div_ceil(4 * workers));
            }
            // It is the largest such size.
            let larger = each * (size as u64 + 1);
            prop_assert!(
                size == MOST_SYMBOLS
                    || size + 1 > symbols.div_ceil(4 * workers)
                    || larger > target
                    || larger * workers as u64 > memory
            );
        }

        #[test]
        fn an_optimised_size_keeps_its_bounds(
            total in 0..1_000_000_usize, workers in 0..300_usize, min in 0..5_000_usize, more in 0..5_000_usize,
        ) {
            let size = optimize_partition_size(total, workers, min, min + more);
            let workers = workers.max(1);
            prop_assert!(size >= 1 && size <= (min + more).max(1));
            if total >= workers {
                prop_assert!(total.div_ceil(size) >= workers);
            }
            if size < min {
                // It gave way no further than it had to.
                prop_assert!(total.div_ceil(size + 1) < workers);
            }
        }

        #[test]
        fn no_number_is_too_large(
            symbols: usize, workers: usize, memory: u64, target: u64, bytes_per_symbol: u64, min: usize, max: usize
        ) {
            let measures = Measures { symbols, workers, memory, target, bytes_per_symbol };
            prop_assert!(recommend(&measures).size >= 1);
            prop_assert!(optimize_partition_size(symbols, workers, min, max) >= 1);
            let _ = bytes_of_bars(symbols, workers);
        }
    }
}
