//! All jobs: who runs, who waits, who has ended.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use hypernodes_core::BoxError;

use super::handle::Core;
use super::{Job, JobControl, JobFailure, JobHandle, JobId, JobOutcome};

/// Runs jobs, each on a thread, some at a time; the others wait in the order in which they came.
///
/// Dropping it cancels what is queued, asks what runs to end, and waits for that. A job must not wait for another one
/// that is queued behind it.
///
/// # Example
/// ```
/// use hypernodes_ops::{JobState, Jobs};
/// let jobs = Jobs::new(2);
/// let job = jobs.start("sum", |control| {
///     control.progress.set_total(3);
///     let mut sum = 0;
///     for number in 1..=3_u32 {
///         if control.cancel.is_cancelled() { return Err("asked to end".into()); }
///         sum += number;
///         control.progress.add_done(1);
///     }
///     Ok(sum)
/// });
/// assert_eq!(*job.result(None)?.as_ref().as_ref().unwrap(), 6);
/// assert_eq!(job.state(), JobState::Done);
/// assert_eq!(job.progress().to_string(), "3 of 3 (100.0%)");
/// assert_eq!(jobs.list().len(), 1);
/// # Ok::<(), hypernodes_ops::JobError>(())
/// ```
pub struct Jobs(Arc<Registry>);

pub(super) struct Registry {
    most: usize,
    history: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    jobs: BTreeMap<JobId, JobHandle>,
    queue: VecDeque<Queued>,
    /// Those that have ended, the first first.
    ended: VecDeque<JobId>,
    /// Threads that have not decided to end.
    threads: usize,
    handles: Vec<JoinHandle<()>>,
}

struct Queued {
    core: Arc<Core>,
    code: Box<dyn Code>,
}

/// A job's code, whatever its value is.
trait Code: Send {
    /// Runs it. Before anybody sees its end, `ended` is called.
    fn run(self: Box<Self>, core: &Core, ended: &dyn Fn());
    /// Ends the job without running it.
    fn refuse(self: Box<Self>, core: &Core, why: JobFailure);
}

struct Typed<F>(F);

impl<T, F> Code for Typed<F>
where
    T: Send + Sync + 'static,
    F: FnOnce(&JobControl) -> Result<T, BoxError> + Send,
{
    fn run(self: Box<Self>, core: &Core, ended: &dyn Fn()) {
        let name = Arc::clone(&core.name);
        // Cancelled after it left the queue: it has not begun, and never will.
        if core.control.cancel.is_cancelled() {
            ended();
            return self.refuse(core, JobFailure::Cancelled { name, source: None });
        }
        core.begin();
        let code = self.0;
        let outcome: JobOutcome<T> = match catch_unwind(AssertUnwindSafe(|| code(&core.control))) {
            // Asked to end or not: it really is done.
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) if core.control.cancel.is_cancelled() => Err(JobFailure::Cancelled {
                name,
                source: Some(error),
            }),
            Ok(Err(source)) => Err(JobFailure::Failed { name, source }),
            Err(payload) => Err(JobFailure::Panicked {
                name,
                message: crate::panic::message(payload.as_ref()),
            }),
        };
        ended();
        core.end(outcome);
    }

    fn refuse(self: Box<Self>, core: &Core, why: JobFailure) {
        core.end::<T>(Err(why));
    }
}

impl Queued {
    fn cancel(self) {
        let name = Arc::clone(&self.core.name);
        let why = JobFailure::Cancelled { name, source: None };
        self.code.refuse(&self.core, why);
    }
}

impl Jobs {
    /// At most this many (at least 1) run at the same time. The last 1,000 that have ended are remembered.
    #[must_use]
    pub fn new(max_running: usize) -> Self {
        Self(Arc::new(Registry {
            most: max_running.max(1),
            history: AtomicUsize::new(1000),
            state: Mutex::default(),
        }))
    }

    /// Remembers this many jobs that have ended; handles of forgotten ones still work.
    #[must_use]
    pub fn history(self, jobs: usize) -> Self {
        self.0.history.store(jobs, Ordering::Relaxed);
        self
    }

    /// Gives a job: it runs when fewer than the most run, after those that came before. The code should look at its
    /// [`cancel`](JobControl::cancel) or give it to its pipelines.
    pub fn start<T: Send + Sync + 'static>(
        &self,
        name: impl Into<String>,
        code: impl FnOnce(&JobControl) -> Result<T, BoxError> + Send + 'static,
    ) -> Job<T> {
        let mut state = self.0.lock();
        state.last += 1;
        let id = JobId(state.last);
        let registry = Arc::downgrade(&self.0);
        let core = Arc::new(Core::new(id, name.into().into(), registry));
        let handle = JobHandle(Arc::clone(&core));
        state.jobs.insert(id, handle.clone());
        let code = Box::new(Typed(code));
        state.queue.push_back(Queued { core, code });
        if state.threads < self.0.most {
            self.0.grow(state);
        }
        Job::new(handle)
    }

    /// All jobs that it remembers, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<JobHandle> {
        self.0.lock().jobs.values().cloned().collect()
    }

    /// A job, while it is remembered.
    #[must_use]
    pub fn get(&self, id: JobId) -> Option<JobHandle> {
        self.0.lock().jobs.get(&id).cloned()
    }
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Code of users runs only while the lock is free, so the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One thread more.
    fn grow(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let registry = Arc::clone(self);
        let thread = std::thread::Builder::new().name("hypernodes-job".to_owned());
        match thread.spawn(move || registry.work()) {
            Ok(thread) => {
                state.threads += 1;
                state.handles.retain(|thread| !thread.is_finished());
                state.handles.push(thread);
            }
            // Those that run take it later.
            Err(error) if state.threads > 0 => tracing::warn!("no thread for a job: {error}"),
            Err(error) => {
                let Some(last) = state.queue.pop_back() else {
                    return;
                };
                drop(state);
                let core = Arc::clone(&last.core);
                let why = JobFailure::NoThread {
                    name: Arc::clone(&core.name),
                    message: error.to_string(),
                };
                self.remember(core.id);
                last.code.refuse(&core, why);
            }
        }
    }

    /// The life of a thread: one job after the other.
    fn work(&self) {
        loop {
            let mut state = self.lock();
            let Some(next) = state.queue.pop_front() else {
                state.threads -= 1;
                return;
            };
            drop(state);
            let id = next.core.id;
            next.code.run(&next.core, &|| self.remember(id));
        }
    }

    /// Counts a job among those that have ended.
    fn remember(&self, id: JobId) {
        let most = self.history.load(Ordering::Relaxed);
        let mut forgotten = Vec::new();
        let mut state = self.lock();
        state.ended.push_back(id);
        while state.ended.len() > most {
            let oldest = state.ended.pop_front();
            forgotten.extend(oldest.and_then(|id| state.jobs.remove(&id)));
        }
        drop(state);
        // Values of users, dropped while the lock is free.
        drop(forgotten);
    }

    /// Takes a queued job out; one that has begun stays.
    pub(super) fn withdraw(&self, id: JobId) {
        let mut state = self.lock();
        let place = state.queue.iter().position(|queued| queued.core.id == id);
        let queued = place.and_then(|place| state.queue.remove(place));
        drop(state);
        if let Some(queued) = queued {
            self.remember(id);
            queued.cancel();
        }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        let (queued, running, threads) = {
            let mut state = self.0.lock();
            let queued = std::mem::take(&mut state.queue);
            let running: Vec<JobHandle> = state.jobs.values().cloned().collect();
            (queued, running, std::mem::take(&mut state.handles))
        };
        for job in queued {
            job.cancel();
        }
        for job in running {
            job.cancel();
        }
        for thread in threads {
            // A job may hold the last handle of its own registry.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock();
        f.debug_struct("Jobs")
            .field("max_running", &self.0.most)
            .field("queued", &state.queue.len())
            .field("remembered", &state.jobs.len())
            .finish_non_exhaustive()
    }
}
