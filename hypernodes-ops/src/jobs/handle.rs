//! Handles of jobs, with and without the type of their value.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use hypernodes_core::{BoxError, CancelToken};
use serde::{Deserialize, Serialize};

use super::registry::Registry;
use super::{JobControl, Progress, ProgressCounts};
use crate::clock::{Deadline, now};

/// The number of a job, in the order in which they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub u64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for others to end.
    Queued,
    /// Runs.
    Running,
    /// Gave its value.
    Done,
    /// Returned an error or panicked.
    Failed,
    /// Was cancelled, and gave no value.
    Cancelled,
}

impl JobState {
    /// Whether it stays so.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// What became of a job: its value, or why there is none.
pub type JobOutcome<T> = Result<T, JobFailure>;

/// Why a job has no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobFailure {
    /// It returned an error.
    #[error("job `{name}` failed")]
    Failed {
        /// Its name.
        name: Arc<str>,
        /// Its error.
        source: BoxError,
    },
    /// It panicked.
    #[error("job `{name}` panicked: {message}")]
    Panicked {
        /// Its name.
        name: Arc<str>,
        /// What the panic said.
        message: String,
    },
    /// It was cancelled: before it began, or it ended with an error after it was asked to.
    #[error("job `{name}` was cancelled")]
    Cancelled {
        /// Its name.
        name: Arc<str>,
        /// What it said at its end.
        source: Option<BoxError>,
    },
    /// There was no thread for it.
    #[error("no thread for job `{name}`: {message}")]
    NoThread {
        /// Its name.
        name: Arc<str>,
        /// What the system said.
        message: String,
    },
}

impl JobFailure {
    fn state(&self) -> JobState {
        match self {
            Self::Cancelled { .. } => JobState::Cancelled,
            _ => JobState::Failed,
        }
    }

    /// The failure with the error behind it.
    fn text(&self) -> String {
        match self {
            Self::Failed { source, .. }
            | Self::Cancelled {
                source: Some(source),
                ..
            } => format!("{self}: {source}"),
            _ => self.to_string(),
        }
    }
}

/// A wait for a job that gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The time is up.
    #[error("job `{name}` ({id}) is still {state} after the time given")]
    TimedOut {
        /// The job.
        id: JobId,
        /// Its name.
        name: Arc<str>,
        /// Where it is.
        state: JobState,
    },
}

/// A job at one moment, as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobInfo {
    /// Its number.
    pub id: JobId,
    /// Its name.
    pub name: Arc<str>,
    /// Where it is.
    pub state: JobState,
    /// How far it is.
    pub progress: ProgressCounts,
    /// How long it has run.
    pub duration: Duration,
    /// Why it has no value.
    pub error: Option<String>,
}

/// A handle of a job, whatever its value is. Clones are handles of the same job, which goes on without any.
#[derive(Clone)]
pub struct JobHandle(pub(super) Arc<Core>);

pub(super) struct Core {
    pub(super) id: JobId,
    pub(super) name: Arc<str>,
    pub(super) control: JobControl,
    pub(super) registry: Weak<Registry>,
    now: Mutex<Now>,
    changed: Condvar,
}

struct Now {
    state: JobState,
    began: Option<Instant>,
    took: Duration,
    error: Option<String>,
    /// An `Arc<JobOutcome<T>>`.
    outcome: Option<Box<dyn Any + Send + Sync>>,
}

impl Core {
    pub(super) fn new(id: JobId, name: Arc<str>, registry: Weak<Registry>) -> Self {
        let control = JobControl {
            cancel: CancelToken::new(),
            progress: Arc::new(Progress::default()),
            id,
        };
        let now = Now {
            state: JobState::Queued,
            began: None,
            took: Duration::ZERO,
            error: None,
            outcome: None,
        };
        Self {
            id,
            name,
            control,
            registry,
            now: Mutex::new(now),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> JobState {
        self.lock().state
    }

    pub(super) fn begin(&self) {
        let mut at = self.lock();
        at.state = JobState::Running;
        at.began = Some(now());
    }

    pub(super) fn end<T: Send + Sync + 'static>(&self, outcome: JobOutcome<T>) {
        let mut at = self.lock();
        at.took = at.began.map_or(Duration::ZERO, |began| began.elapsed());
        let failure = outcome.as_ref().err();
        at.state = failure.map_or(JobState::Done, JobFailure::state);
        at.error = failure.map(JobFailure::text);
        at.outcome = Some(Box::new(Arc::new(outcome)));
        drop(at);
        self.changed.notify_all();
    }

    /// Waits until the job has ended.
    fn ended(&self, timeout: Option<Duration>) -> Result<MutexGuard<'_, Now>, JobError> {
        let deadline = Deadline::after(timeout);
        let mut at = self.lock();
        while !at.state.has_ended() {
            let left = deadline.left();
            at = match left {
                None => self
                    .changed
                    .wait(at)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => {
                    return Err(JobError::TimedOut {
                        id: self.id,
                        name: Arc::clone(&self.name),
                        state: at.state,
                    });
                }
                Some(left) => {
                    let waited = self.changed.wait_timeout(at, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        Ok(at)
    }
}

impl JobHandle {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.0.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> JobState {
        self.0.state()
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> ProgressCounts {
        self.0.control.progress.counts()
    }

    /// How long it has run: nothing while it is queued, and no longer than until its end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let at = self.0.lock();
        match at.began {
            Some(began) if !at.state.has_ended() => began.elapsed(),
            _ => at.took,
        }
    }

    /// Asks it to end. A queued job never runs; one that runs is cancelled when it ends without a value, and done when it
    /// gives one all the same; what has ended stays as it is.
    pub fn cancel(&self) {
        if self.state().has_ended() {
            return;
        }
        self.0.control.cancel.cancel();
        if let Some(registry) = self.0.registry.upgrade() {
            registry.withdraw(self.0.id);
        }
    }

    /// Whether somebody asked it to end.
    #[must_use]
    pub fn is_cancel_requested(&self) -> bool {
        self.0.control.cancel.is_cancelled()
    }

    /// Waits until it has ended, for ever or no longer than this; says how.
    ///
    /// # Errors
    /// When the time is up.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<JobState, JobError> {
        self.0.ended(timeout).map(|at| at.state)
    }

    /// All of that as plain data.
    #[must_use]
    pub fn info(&self) -> JobInfo {
        let duration = self.duration();
        let at = self.0.lock();
        JobInfo {
            id: self.0.id,
            name: Arc::clone(&self.0.name),
            state: at.state,
            progress: self.0.control.progress.counts(),
            duration,
            error: at.error.clone(),
        }
    }
}

impl fmt::Debug for JobHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobHandle")
            .field("id", &self.0.id)
            .field("name", &self.0.name)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

/// A [handle](JobHandle) of a job that also gives its value.
pub struct Job<T> {
    handle: JobHandle,
    value: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Job<T> {
    pub(super) fn new(handle: JobHandle) -> Self {
        Self {
            handle,
            value: PhantomData,
        }
    }

    /// What became of it. Waits for it, for ever or no longer than this; no time at all is enough when it has ended.
    ///
    /// # Errors
    /// When the time is up. Failures of the job are not errors but outcomes.
    #[expect(
        clippy::missing_panics_doc,
        reason = "only `start` makes both the job and its outcome"
    )]
    pub fn result(&self, timeout: Option<Duration>) -> Result<Arc<JobOutcome<T>>, JobError> {
        let at = self.handle.0.ended(timeout)?;
        let outcome = at.outcome.as_ref();
        Ok(outcome
            .and_then(|outcome| outcome.downcast_ref::<Arc<JobOutcome<T>>>())
            .map(Arc::clone)
            .expect("a job ends with an outcome of its own type"))
    }
}

impl<T> Deref for Job<T> {
    type Target = JobHandle;

    fn deref(&self) -> &JobHandle {
        &self.handle
    }
}

impl<T> Clone for Job<T> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            value: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}
