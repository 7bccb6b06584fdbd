//! How much memory was in use over time.

use hypernodes_core::MemoryLevel;
use serde::{Deserialize, Serialize};

/// How many samples are kept.
const SAMPLES: usize = 1_000;
/// How many changes of the level are kept.
const CHANGES: usize = 200;

/// The memory of the process over the time of a run.
///
/// # Example
/// ```
/// use hypernodes_ops::MemoryLog;
/// let mut memory = MemoryLog::default();
/// memory.sample(0, 100);
/// memory.sample(50, 300);
/// memory.sample(90, 200);
/// assert_eq!((memory.samples.len(), memory.peak_bytes), (3, 300));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MemoryLog {
    /// Samples in the order of time, thinned to at most 1,000.
    pub samples: Vec<MemorySample>,
    /// The most that any sample saw, also those that were thinned out.
    pub peak_bytes: u64,
    /// Samples that are closer than this to the one before are left out; it doubles when there are too many.
    pub apart_ns: u64,
    /// How often memory rose above or fell below a level.
    pub changes_count: u64,
    /// The first 200 of these changes.
    pub changes: Vec<LevelChange>,
    /// The latest change.
    pub latest: Option<LevelChange>,
}

/// Memory at one time.
///
/// # Example
/// ```
/// use hypernodes_ops::MemorySample;
/// let sample = MemorySample { at_ns: 1_000, bytes: 4_096 };
/// assert_eq!(sample.bytes, 4_096);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemorySample {
    /// Nanoseconds since the run began.
    pub at_ns: u64,
    /// Bytes in use.
    pub bytes: u64,
}

/// Memory rose above or fell below a level.
///
/// # Example
/// ```
/// use hypernodes_core::MemoryLevel;
/// use hypernodes_ops::LevelChange;
/// let change = LevelChange { at_ns: 9, level: MemoryLevel::Spill, used: 80, limit: 100 };
/// assert!(change.level > MemoryLevel::Target);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelChange {
    /// Nanoseconds since the run began.
    pub at_ns: u64,
    /// The level that held from then on.
    pub level: MemoryLevel,
    /// Bytes in use.
    pub used: u64,
    /// Bytes that may be used.
    pub limit: u64,
}

impl MemoryLog {
    /// Takes a sample. The peak counts always; the sample is kept where it is far enough from the one before.
    ///
    /// # Example
    /// ```
    /// use hypernodes_ops::MemoryLog;
    /// let mut memory = MemoryLog::default();
    /// (0..100_000).for_each(|at| memory.sample(at, at));
    /// assert!(memory.samples.len() <= 1_000);
    /// assert_eq!(memory.peak_bytes, 99_999);
    /// ```
    pub fn sample(&mut self, at_ns: u64, bytes: u64) {
        self.peak_bytes = self.peak_bytes.max(bytes);
        if let Some(last) = self.samples.last()
            && (at_ns < last.at_ns || at_ns - last.at_ns < self.apart_ns)
        {
            return;
        }
        if self.samples.len() >= SAMPLES {
            self.thin();
        }
        self.samples.push(MemorySample { at_ns, bytes });
    }

    /// Leaves out every second sample.
    fn thin(&mut self) {
        let span = match (self.samples.first(), self.samples.last()) {
            (Some(first), Some(last)) => last.at_ns - first.at_ns,
            _ => 0,
        };
        let mut odd = false;
        self.samples.retain(|_| {
            odd = !odd;
            odd
        });
        self.apart_ns = span / (SAMPLES as u64 / 2);
    }

    pub(super) fn change(&mut self, change: LevelChange) {
        self.changes_count += 1;
        self.latest = Some(change);
        if self.changes.len() < CHANGES {
            self.changes.push(change);
        }
    }
}
