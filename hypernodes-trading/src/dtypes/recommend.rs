//! [`Recommendation`]: chunks, workers and memory for a market.

/// Bytes of one bar as older systems count them; our columns take 48.
const BYTES_PER_POINT: u64 = 80;
const GIB: u64 = 1 << 30;
/// Chunks for each worker, so that a slow one leaves the others something to take.
const CHUNKS_PER_WORKER: u64 = 4;

/// How a market is best worked through: chunks, workers, and what it takes.
///
/// # Formula
/// With n symbols of p bars on average, w workers, m bytes of memory: bytes of a symbol b = 80 p;
/// chunk = clamp(min(ceil(n / (4 w)), m / (w b)), 1, n); waves = ceil(chunks / w); sequential = n s with s seconds a
/// symbol; parallel = waves x chunk x s, at most sequential; speed-up = sequential / parallel, which is w where all
/// workers are busy to the end, and less where they are not.
///
/// Older systems recommend all symbols as one chunk up to 500, which leaves one worker busy, and promise a speed-up of
/// w nevertheless; here the promise is that of the chunks.
///
/// # Example
/// ```
/// use hypernodes_trading::dtypes::Recommendation;
/// let few = Recommendation::new(200, 1_500, 4, 8 << 30, 0.1);
/// assert_eq!((few.chunk, few.chunks), (13, 16)); // not 200 and 1
/// assert_eq!(few.bytes_per_symbol, 120_000);
/// assert!((few.sequential_seconds - 20.0).abs() < 1e-9 && few.speedup > 3.8);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recommendation {
    /// Bytes of a symbol.
    pub bytes_per_symbol: u64,
    /// Bytes of all symbols.
    pub total_bytes: u64,
    /// Workers.
    pub workers: u64,
    /// Symbols in a chunk.
    pub chunk: u64,
    /// Chunks.
    pub chunks: u64,
    /// Seconds on one worker.
    pub sequential_seconds: f64,
    /// Seconds on all of them.
    pub parallel_seconds: f64,
    /// How many times faster all of them are.
    pub speedup: f64,
    /// Whether more than one machine is worth its while: above 4 GiB or 1000 symbols.
    pub use_distributed: bool,
    /// Whether all symbols together are more than the memory, so that they must be streamed.
    pub is_beyond_memory: bool,
}

impl Recommendation {
    /// A recommendation for `symbols` of `bars` each, on `workers` (0 counts as 1) that share `memory_bytes`, at
    /// `seconds_per_symbol`.
    #[must_use]
    pub fn new(
        symbols: u64,
        bars: u64,
        workers: u64,
        memory_bytes: u64,
        seconds_per_symbol: f64,
    ) -> Self {
        let workers = workers.max(1);
        let bytes_per_symbol = bars.saturating_mul(BYTES_PER_POINT).max(1);
        let total_bytes = bytes_per_symbol.saturating_mul(symbols);
        let even = symbols.div_ceil(workers.saturating_mul(CHUNKS_PER_WORKER));
        let room = memory_bytes / workers.saturating_mul(bytes_per_symbol);
        let chunk = even.min(room).clamp(1, symbols.max(1));
        let chunks = symbols.div_ceil(chunk);
        let waves = chunks.div_ceil(workers);
        let longest = waves.saturating_mul(chunk).min(symbols);
        let seconds = |items: u64| as_number(items) * seconds_per_symbol;
        Self {
            bytes_per_symbol,
            total_bytes,
            workers,
            chunk,
            chunks,
            sequential_seconds: seconds(symbols),
            parallel_seconds: seconds(longest),
            speedup: as_number(symbols.max(1)) / as_number(longest.max(1)),
            use_distributed: total_bytes > 4 * GIB || symbols > 1_000,
            is_beyond_memory: total_bytes > memory_bytes,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn as_number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_worker_has_work_and_memory_is_kept(
            symbols in 0..100_000_u64, bars in 0..10_000_u64, workers in 1..200_u64, memory in any::<u64>(),
        ) {
            let found = Recommendation::new(symbols, bars, workers, memory, 0.1);
            prop_assert!(found.chunk >= 1 && found.chunk * found.chunks >= symbols);
            prop_assert!(found.chunks >= workers.min(symbols));
            prop_assert!(found.speedup >= 1.0 && found.speedup <= as_number(workers));
            let used = found.chunk * found.workers * found.bytes_per_symbol;
            prop_assert!(found.chunk == 1 || used <= memory);
        }
    }

    #[test]
    fn no_workers_and_no_symbols_are_no_trouble() {
        let none = Recommendation::new(0, 0, 0, 0, 0.1);
        assert_eq!((none.chunk, none.chunks, none.workers), (1, 0, 1));
        assert!(!none.is_beyond_memory && !none.use_distributed);
    }
}
