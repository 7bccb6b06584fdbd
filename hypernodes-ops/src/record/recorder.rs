//! The listener that keeps the records of the runs of a process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hypernodes_core::{Event, EventKind, Listener, Listening, RunId};

use super::{RunRecord, Totals};
use crate::process::resident_bytes;

/// How many runs are kept unless said otherwise.
const RUNS: usize = 32;
/// How much time of the run lies between two looks at the memory.
const SAMPLE_NS: u64 = 100_000_000;

/// A listener that keeps the records of the latest runs.
///
/// Clones share the records: one goes to the pipeline, another to whoever reads. It also looks at the memory of the
/// process, at most ten times a second, where there is a `/proc`.
///
/// # Example
/// ```
/// use hypernodes_core::{Event, EventKind, Listener, RunId, SpanId};
/// use hypernodes_ops::RunRecorder;
/// let recorder = RunRecorder::new();
/// let kind = EventKind::CacheHit { node: "clean".into(), rows: 7 };
/// recorder.hear(&Event { run: RunId(4), span: SpanId(1), parent: None, at_ns: 5, worker: 1, kind });
/// assert_eq!(recorder.record().map(|record| record.cache_hits), Some(7));
/// assert_eq!(recorder.runs(), [RunId(4)]);
/// ```
#[derive(Clone)]
pub struct RunRecorder {
    kept: Arc<Mutex<Kept>>,
}

struct Kept {
    at_most: usize,
    /// Run numbers rise with time, so the newest run stands last.
    runs: BTreeMap<RunId, Run>,
    /// What the runs that are no longer kept added up to.
    gone: Totals,
    newest_gone: Option<RunId>,
    listening: Weak<Listening>,
    dropped_before: u64,
}

struct Run {
    record: RunRecord,
    next_sample_ns: u64,
    /// What was lost before it began.
    dropped_before: u64,
}

impl RunRecorder {
    /// Keeps the latest 32 runs.
    #[must_use]
    pub fn new() -> Self {
        Self::with_runs(RUNS)
    }

    /// Keeps this many runs, at least one. Those that have ended go first.
    ///
    /// # Example
    /// ```
    /// use hypernodes_ops::RunRecorder;
    /// assert!(RunRecorder::with_runs(3).record().is_none());
    /// ```
    #[must_use]
    pub fn with_runs(at_most: usize) -> Self {
        Self {
            kept: Arc::new(Mutex::new(Kept {
                at_most: at_most.max(1),
                runs: BTreeMap::new(),
                gone: Totals::default(),
                newest_gone: None,
                listening: Weak::new(),
                dropped_before: 0,
            })),
        }
    }

    /// Gives it a thread and a buffer, and from now on counts the events that are lost in front of it.
    ///
    /// # Example
    /// ```
    /// use hypernodes_ops::RunRecorder;
    /// let recorder = RunRecorder::new();
    /// let listening = recorder.listening();
    /// assert_eq!((listening.dropped(), recorder.dropped_events()), (0, 0));
    /// ```
    #[must_use]
    pub fn listening(&self) -> Arc<Listening> {
        let listening = Listening::new(self.clone());
        let mut kept = self.lock();
        kept.dropped_before = kept.dropped();
        kept.listening = Arc::downgrade(&listening);
        listening
    }

    /// The record of the newest run, as it stands.
    #[must_use]
    pub fn record(&self) -> Option<RunRecord> {
        let kept = self.lock();
        let run = kept.runs.values().next_back()?;
        Some(kept.snapshot(run))
    }

    /// The record of a run, as it stands.
    #[must_use]
    pub fn record_of(&self, run: RunId) -> Option<RunRecord> {
        let kept = self.lock();
        Some(kept.snapshot(kept.runs.get(&run)?))
    }

    /// The runs that are kept, the newest last.
    #[must_use]
    pub fn runs(&self) -> Vec<RunId> {
        self.lock().runs.keys().copied().collect()
    }

    /// How many events were lost in front of it. Only what [`listening`](Self::listening) gave is counted.
    #[must_use]
    pub fn dropped_events(&self) -> u64 {
        self.lock().dropped()
    }

    /// What a closure makes of each record and of how many of its events were lost, the newest last, without copies.
    #[cfg(feature = "dashboard")]
    pub(crate) fn each<T>(&self, mut f: impl FnMut(&RunRecord, u64) -> T) -> Vec<T> {
        let kept = self.lock();
        let runs = kept.runs.values();
        runs.map(|run| f(&run.record, kept.dropped_in(run)))
            .collect()
    }

    /// The sums over all runs, also those that are no longer kept.
    #[cfg(feature = "dashboard")]
    pub(crate) fn totals(&self) -> Totals {
        let kept = self.lock();
        let mut totals = kept.gone.clone();
        kept.runs.values().for_each(|run| totals.add(&run.record));
        totals
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A record is whole after each statement, so one that was left in a panic can still be read.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn dropped(&self) -> u64 {
        let now = self.listening.upgrade();
        self.dropped_before + now.map_or(0, |listening| listening.dropped())
    }

    fn snapshot(&self, run: &Run) -> RunRecord {
        let mut record = run.record.clone();
        record.dropped_events = self.dropped_in(run);
        record
    }

    fn dropped_in(&self, run: &Run) -> u64 {
        if run.record.is_running() {
            self.dropped().saturating_sub(run.dropped_before)
        } else {
            run.record.dropped_events
        }
    }

    fn hear(&mut self, event: &Event) {
        let dropped = self.dropped();
        if !self.runs.contains_key(&event.run) && !self.begin(event, dropped) {
            return;
        }
        let Some(run) = self.runs.get_mut(&event.run) else {
            return;
        };
        run.record.hear(event);
        if matches!(event.kind, EventKind::RunEnded { .. }) {
            run.record.dropped_events = dropped.saturating_sub(run.dropped_before);
        }
        if event.at_ns >= run.next_sample_ns {
            run.next_sample_ns = event.at_ns.saturating_add(SAMPLE_NS);
            if let Some(bytes) = resident_bytes() {
                run.record.memory.sample(event.at_ns, bytes);
            }
        }
    }

    /// Makes room for a run and begins its record. Says whether it did.
    fn begin(&mut self, event: &Event, dropped: u64) -> bool {
        let is_start = matches!(event.kind, EventKind::RunStarted(_));
        // The rest of a run that had to go is not the beginning of a new one.
        if !is_start && self.newest_gone.is_some_and(|gone| event.run <= gone) {
            return false;
        }
        while self.runs.len() >= self.at_most {
            let ended = self.runs.iter().find(|(_, run)| !run.record.is_running());
            let Some(oldest) = ended.or(self.runs.iter().next()).map(|(id, _)| *id) else {
                break;
            };
            if let Some(run) = self.runs.remove(&oldest) {
                self.gone.add(&run.record);
                // Nothing more is heard of it.
                self.gone.running = 0;
                self.newest_gone = self.newest_gone.max(Some(oldest));
            }
        }
        self.runs.insert(
            event.run,
            Run {
                record: RunRecord::new(event.run),
                next_sample_ns: 0,
                dropped_before: dropped,
            },
        );
        true
    }
}

impl Listener for RunRecorder {
    fn hear(&self, event: &Event) {
        self.lock().hear(event);
    }
}

impl Default for RunRecorder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RunRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunRecorder")
            .field("runs", &self.runs())
            .finish_non_exhaustive()
    }
}
