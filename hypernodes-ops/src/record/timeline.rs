//! When each worker computed which chunk, thinned to a bounded number of entries.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// How many entries are kept.
const ENTRIES: usize = 4_000;
/// How many workers have a line of their own; the others share one.
const WORKERS: usize = 500;
/// The line of the other workers.
const OTHERS: u32 = u32::MAX;

/// The chunks of a run by worker and time.
///
/// When there are more than 4,000, neighbours on a worker become one entry: those that lie inside a time that doubles
/// until there is room. The sums of all entries are always the sums of all chunks.
///
/// # Example
/// ```
/// use hypernodes_ops::{ChunkRecord, Timeline};
/// let mut timeline = Timeline::default();
/// for item in 0..100_000 {
///     timeline.add(ChunkRecord { start_ns: item * 10, took_ns: 8, item, rows: 1, ..ChunkRecord::default() });
/// }
/// assert!(timeline.entries().len() <= 4_000);
/// assert_eq!(timeline.entries().iter().map(|entry| entry.rows).sum::<u64>(), 100_000);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    entries: Vec<ChunkRecord>,
    /// Neighbours that fit into this time together are one entry.
    resolution_ns: u64,
    workers: BTreeSet<u32>,
    /// Where the latest entry of a worker stands, outer and inner.
    #[serde(skip)]
    latest: BTreeMap<(u32, bool), usize>,
}

/// A chunk, or neighbouring chunks of one worker.
///
/// # Example
/// ```
/// use hypernodes_ops::ChunkRecord;
/// let chunk = ChunkRecord { start_ns: 100, took_ns: 50, rows: 8, ..ChunkRecord::default() };
/// assert_eq!((chunk.end_ns(), chunk.chunks), (150, 1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkRecord {
    /// The worker; `u32::MAX` stands for all workers behind the first 500.
    pub worker: u32,
    /// Whether it is a chunk of a nested map.
    pub is_inner: bool,
    /// Nanoseconds from the beginning of the run to that of the first chunk.
    pub start_ns: u64,
    /// Nanoseconds from the beginning of the first chunk to the end of the last.
    pub took_ns: u64,
    /// How long its chunks took together, in nanoseconds.
    pub busy_ns: u64,
    /// The lowest item.
    pub item: u64,
    /// How many items it had.
    pub rows: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many chunks it stands for.
    pub chunks: u64,
}

impl Default for ChunkRecord {
    fn default() -> Self {
        Self {
            worker: 0,
            is_inner: false,
            start_ns: 0,
            took_ns: 0,
            busy_ns: 0,
            item: 0,
            rows: 0,
            failed: 0,
            chunks: 1,
        }
    }
}

impl ChunkRecord {
    /// Nanoseconds from the beginning of the run to the end of the last chunk.
    #[must_use]
    pub fn end_ns(&self) -> u64 {
        self.start_ns.saturating_add(self.took_ns)
    }

    fn line(&self) -> (u32, bool) {
        (self.worker, self.is_inner)
    }

    fn span_with(&self, other: &Self) -> u64 {
        self.end_ns().max(other.end_ns()) - self.start_ns.min(other.start_ns)
    }

    fn absorb(&mut self, other: &Self) {
        let took_ns = self.span_with(other);
        self.start_ns = self.start_ns.min(other.start_ns);
        self.took_ns = took_ns;
        self.busy_ns = self.busy_ns.saturating_add(other.busy_ns);
        self.item = self.item.min(other.item);
        self.rows = self.rows.saturating_add(other.rows);
        self.failed = self.failed.saturating_add(other.failed);
        self.chunks += other.chunks;
    }
}

impl Timeline {
    /// The entries, in the order in which their first chunks ended.
    #[must_use]
    pub fn entries(&self) -> &[ChunkRecord] {
        &self.entries
    }

    /// The workers, in the order of their numbers.
    pub fn workers(&self) -> impl Iterator<Item = u32> {
        self.workers.iter().copied()
    }

    /// Adds a chunk that has ended.
    pub fn add(&mut self, mut chunk: ChunkRecord) {
        if !self.workers.contains(&chunk.worker) {
            if self.workers.len() >= WORKERS {
                chunk.worker = OTHERS;
            }
            self.workers.insert(chunk.worker);
        }
        if self.latest.is_empty() {
            self.find_latest();
        }
        if let Some(&at) = self.latest.get(&chunk.line())
            && self.entries[at].span_with(&chunk) <= self.resolution_ns
        {
            self.entries[at].absorb(&chunk);
            return;
        }
        if self.entries.len() >= ENTRIES {
            self.thin();
        }
        self.latest.insert(chunk.line(), self.entries.len());
        self.entries.push(chunk);
    }

    /// Makes room for as many entries again. It ends because each line can become a single entry.
    fn thin(&mut self) {
        while self.entries.len() > ENTRIES / 2 {
            self.resolution_ns = match self.resolution_ns {
                0 => 1_000,
                u64::MAX => return,
                time => time.saturating_mul(2),
            };
            let mut latest: BTreeMap<(u32, bool), usize> = BTreeMap::new();
            let mut kept: Vec<ChunkRecord> = Vec::with_capacity(ENTRIES);
            for entry in self.entries.drain(..) {
                match latest.get(&entry.line()) {
                    Some(&at) if kept[at].span_with(&entry) <= self.resolution_ns => {
                        kept[at].absorb(&entry);
                    }
                    _ => {
                        latest.insert(entry.line(), kept.len());
                        kept.push(entry);
                    }
                }
            }
            self.entries = kept;
            self.latest = latest;
        }
    }

    /// A timeline that was read back does not know them.
    fn find_latest(&mut self) {
        for (at, entry) in self.entries.iter().enumerate() {
            self.latest.insert(entry.line(), at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(worker: u32, start_ns: u64) -> ChunkRecord {
        ChunkRecord {
            worker,
            start_ns,
            took_ns: 500,
            busy_ns: 500,
            item: start_ns,
            rows: 3,
            failed: 1,
            ..ChunkRecord::default()
        }
    }

    #[test]
    fn neighbours_are_joined_on_their_own_worker_and_nothing_is_lost() {
        let mut timeline = Timeline::default();
        for n in 0..50_000 {
            timeline.add(chunk(u32::try_from(n % 3).expect("small"), n * 400));
        }
        let entries = timeline.entries();
        assert!(
            (500..=ENTRIES).contains(&entries.len()),
            "{}",
            entries.len()
        );
        let sum = |of: fn(&ChunkRecord) -> u64| entries.iter().map(of).sum::<u64>();
        assert_eq!(sum(|e| e.rows), 150_000);
        assert_eq!(sum(|e| e.failed), 50_000);
        assert_eq!(sum(|e| e.chunks), 50_000);
        assert_eq!(sum(|e| e.busy_ns), 25_000_000);
        for worker in 0..3 {
            let own: u64 = entries
                .iter()
                .filter(|e| e.worker == worker)
                .map(|e| e.chunks)
                .sum();
            assert!((16_666..=16_667).contains(&own));
        }
    }

    #[test]
    fn more_workers_than_lines_share_the_last_one() {
        let mut timeline = Timeline::default();
        for n in 0..20_000 {
            timeline.add(chunk(n, u64::from(n) * 1_000_000));
        }
        assert!(timeline.entries().len() <= ENTRIES);
        assert_eq!(timeline.workers().count(), WORKERS + 1);
        assert_eq!(timeline.workers().last(), Some(OTHERS));
    }

    #[test]
    fn times_at_the_end_of_their_range_do_not_overflow() {
        let mut timeline = Timeline::default();
        for _ in 0..10_000 {
            timeline.add(chunk(1, u64::MAX - 3));
            timeline.add(chunk(1, 0));
        }
        assert!(timeline.entries().len() <= ENTRIES);
    }

    #[test]
    fn a_timeline_that_was_read_back_goes_on() {
        let mut timeline = Timeline::default();
        (0..5_000).for_each(|n| timeline.add(chunk(1, n * 1_000)));
        let text = serde_json::to_string(&timeline).expect("plain data");
        let mut back: Timeline = serde_json::from_str(&text).expect("plain data");
        (5_000..6_000).for_each(|n| timeline.add(chunk(1, n * 1_000)));
        (5_000..6_000).for_each(|n| back.add(chunk(1, n * 1_000)));
        assert_eq!(back, timeline);
    }
}
