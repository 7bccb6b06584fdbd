//! What a job's code holds: the request to end it, and how far it is.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hypernodes_core::{CancelToken, Listening};
use serde::{Deserialize, Serialize};

use super::JobId;
use super::follow::Follow;
use crate::progress::{format_percent, percent};

/// Given to the code of a job.
#[derive(Clone, Debug)]
pub struct JobControl {
    /// Asks the job to end: to be given to pipelines, or looked at between steps.
    pub cancel: CancelToken,
    /// How far the job is.
    pub progress: Arc<Progress>,
    pub(super) id: JobId,
}

impl JobControl {
    /// The job.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.id
    }

    /// Listens to runs, and counts their items as the job's progress. Runs of one job add up.
    ///
    /// # Example
    /// ```
    /// use hypernodes_ops::Jobs;
    /// let jobs = Jobs::new(1);
    /// let job = jobs.start("watched", |control| {
    ///     // pipeline.with_cancel(&control.cancel).with_listening(control.listening()).map(..)
    ///     Ok(control.listening().dropped())
    /// });
    /// assert_eq!(*job.result(None)?.as_ref().as_ref().unwrap(), 0);
    /// # Ok::<(), hypernodes_ops::JobError>(())
    /// ```
    #[must_use]
    pub fn listening(&self) -> Arc<Listening> {
        Listening::new(Follow::new(Arc::clone(&self.progress)))
    }
}

/// How far a job is: counters that its code, or the runs that it [listens to](JobControl::listening), move.
///
/// # Example
/// ```
/// use hypernodes_ops::Progress;
/// let progress = Progress::default();
/// progress.add_total(4);
/// progress.add_done(1);
/// assert_eq!(progress.counts().to_string(), "1 of 4 (25.0%)");
/// ```
#[derive(Debug, Default)]
pub struct Progress {
    total: AtomicU64,
    done: AtomicU64,
    failed: AtomicU64,
}

impl Progress {
    /// How many items there are in all.
    pub fn set_total(&self, items: u64) {
        self.total.store(items, Ordering::Relaxed);
    }

    /// There are more items than was known.
    pub fn add_total(&self, items: u64) {
        add(&self.total, items);
    }

    /// More items have a result.
    pub fn add_done(&self, items: u64) {
        add(&self.done, items);
    }

    /// More items have failed.
    pub fn add_failed(&self, items: u64) {
        add(&self.failed, items);
    }

    /// Where the counters are.
    #[must_use]
    pub fn counts(&self) -> ProgressCounts {
        ProgressCounts {
            done: self.done.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            total: self.total.load(Ordering::Relaxed),
        }
    }
}

/// Adds, and stays at the largest number instead of beginning again.
fn add(counter: &AtomicU64, items: u64) {
    let _ = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
        Some(count.saturating_add(items))
    });
}

/// How far a job is, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressCounts {
    /// Items with a result.
    pub done: u64,
    /// Items that failed.
    pub failed: u64,
    /// All items; 0 while that is not known.
    pub total: u64,
}

impl ProgressCounts {
    /// How much has ended, from 0 to 100; `None` while it is not known how much there is.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        (self.total > 0).then(|| percent(self.ended(), self.total))
    }

    /// Items that have a result or failed.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.done.saturating_add(self.failed)
    }
}

impl fmt::Display for ProgressCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = self.ended();
        if self.total > 0 {
            let percent = format_percent(ended, self.total);
            write!(f, "{ended} of {} ({percent})", self.total)?;
        } else {
            write!(f, "{ended}")?;
        }
        if self.failed > 0 {
            write!(f, ", {} failed", self.failed)?;
        }
        Ok(())
    }
}
