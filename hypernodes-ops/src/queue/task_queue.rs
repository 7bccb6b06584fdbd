//! The queue and its workers.

use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::state::State;
use super::{QueueError, Task, TaskFailure, TaskId, TaskOutcome, TaskState};
use crate::clock::Deadline;

/// Runs tasks on threads of its own, by priority and after one another.
///
/// * Tasks may be added in any order, before or after [`start`](Self::start). Names that nobody added are told by
///   `start`, [`close`](Self::close) and the waits without an end, and never ignored.
/// * A task whose dependency failed, was skipped or cancelled is skipped; it says where that began.
/// * How many may wait is [bounded](Self::capacity). Results are kept until they are [forgotten](Self::forget).
/// * Dropping the queue [shuts it down](Self::shutdown).
///
/// # Example
/// ```
/// use hypernodes_ops::{Task, TaskQueue};
/// let queue = TaskQueue::new(2);
/// queue.add(Task::new("report", || Ok(2)).after(["load"]))?;
/// queue.add(Task::new("load", || Ok(1)).priority(10))?;
/// queue.add(Task::new("broken", || Err("no data".into())))?;
/// queue.add(Task::new("late", || Ok(3)).after(["broken"]))?;
/// queue.start()?;
/// assert_eq!(*queue.result("report", None)?.as_ref().as_ref().unwrap(), 2);
/// let late = queue.result("late", None)?;
/// assert_eq!(late.as_ref().as_ref().unwrap_err().to_string(),
///            "task `late` was skipped: `broken` failed: no data");
/// # Ok::<(), hypernodes_ops::QueueError>(())
/// ```
pub struct TaskQueue<T> {
    shared: Arc<Shared<T>>,
    workers: usize,
    capacity: usize,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    /// There is something to run, or nothing more will come.
    work: Condvar,
    /// A task began or ended, or the queue was started or closed.
    changed: Condvar,
}

thread_local! {
    /// The queue that this thread works for.
    static WORKS_FOR: Cell<usize> = const { Cell::new(0) };
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Code of users runs only while the lock is free, so the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits for a change; for a while at most, says nothing about why it woke.
    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State<T>>,
        left: Option<Duration>,
    ) -> MutexGuard<'a, State<T>> {
        match left {
            None => self.changed.wait(state),
            Some(left) => self
                .changed
                .wait_timeout(state, left)
                .map(|(state, _)| state)
                .map_err(|error| PoisonError::new(error.into_inner().0)),
        }
        .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + Sync + 'static> TaskQueue<T> {
    /// A queue for this many threads (at least 1) that has not begun, with room for 10,000 tasks.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        let shared = Shared {
            state: Mutex::new(State::new()),
            work: Condvar::new(),
            changed: Condvar::new(),
        };
        Self {
            shared: Arc::new(shared),
            workers: workers.max(1),
            capacity: 10_000,
            threads: Mutex::default(),
        }
    }

    /// How many tasks that have not begun it holds at most (at least 1).
    #[must_use]
    pub fn capacity(mut self, tasks: usize) -> Self {
        self.capacity = tasks.max(1);
        self
    }

    /// Starts the workers. Tasks can still be added.
    ///
    /// # Errors
    /// Nothing begins when tasks wait for some that were not added, or when there is no thread to run them.
    pub fn start(&self) -> Result<(), QueueError> {
        let mut state = self.shared.lock();
        if state.is_started {
            return Ok(());
        }
        let unknown = state.unknown();
        if !unknown.is_empty() {
            return Err(QueueError::UnknownDependencies(unknown));
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for worker in 0..self.workers {
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new().name(format!("hypernodes-task-{worker}"));
            match thread.spawn(move || shared.run()) {
                Ok(thread) => threads.push(thread),
                Err(error) if threads.is_empty() => {
                    return Err(QueueError::NoThread(error.to_string()));
                }
                Err(error) => {
                    tracing::warn!("only {worker} of {} workers: {error}", self.workers);
                    break;
                }
            }
        }
        state.is_started = true;
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Adds a task. A full queue that runs makes it wait for room; before the start, from a task of the same queue, and
    /// when nothing that waits could begin, waiting would never end, and `Full` is told at once.
    ///
    /// # Errors
    /// When the name is in use, the task waits for itself, alone or in a circle, or the queue is full or closed.
    pub fn add(&self, task: Task<T>) -> Result<TaskId, QueueError> {
        self.add_by(task, Deadline::after(None), true)
    }

    /// Adds a task if there is room now.
    ///
    /// # Errors
    /// Those of [`add`](Self::add).
    pub fn try_add(&self, task: Task<T>) -> Result<TaskId, QueueError> {
        self.add_by(task, Deadline::after(Some(Duration::ZERO)), false)
    }

    /// Adds a task, and waits for room no longer than this.
    ///
    /// # Errors
    /// Those of [`add`](Self::add).
    pub fn add_timeout(&self, task: Task<T>, at_most: Duration) -> Result<TaskId, QueueError> {
        self.add_by(task, Deadline::after(Some(at_most)), false)
    }

    fn add_by(
        &self,
        task: Task<T>,
        deadline: Deadline,
        needs_hope: bool,
    ) -> Result<TaskId, QueueError> {
        let is_own = WORKS_FOR.get() == self.address();
        let mut state = self.shared.lock();
        loop {
            state.check(&task)?;
            if state.waiting < self.capacity {
                break;
            }
            let is_stuck = !state.is_started || state.is_stuck();
            let left = deadline.left();
            if left.is_some_and(|left| left.is_zero()) || needs_hope && (is_stuck || is_own) {
                return Err(QueueError::Full {
                    task: task.id,
                    capacity: self.capacity,
                    is_stuck,
                });
            }
            state = self.shared.wait(state, left);
        }
        let id = task.id.clone();
        let rest = state.add(task);
        drop(state);
        drop(rest);
        self.shared.work.notify_one();
        self.shared.changed.notify_all();
        Ok(id)
    }

    /// Takes no more tasks. Those that wait for some that were never added are skipped; all others still run.
    ///
    /// # Errors
    /// Tells which were skipped because of that.
    pub fn close(&self) -> Result<(), QueueError> {
        let mut state = self.shared.lock();
        state.is_closed = true;
        let unknown = state.unknown();
        let rest = state.skip_unknown(&unknown);
        drop(state);
        drop(rest);
        self.shared.work.notify_all();
        self.shared.changed.notify_all();
        if unknown.is_empty() {
            Ok(())
        } else {
            Err(QueueError::UnknownDependencies(unknown))
        }
    }

    /// What became of a task. Waits for it, for ever or no longer than this; no time at all is enough for one that has
    /// ended.
    ///
    /// # Errors
    /// When there is no such task, the time is up, or (without a limit) it would never end: the queue is not started,
    /// or everything that is left waits for tasks that were not added. Failures of the task are not errors but outcomes.
    pub fn result(
        &self,
        id: impl Into<TaskId>,
        timeout: Option<Duration>,
    ) -> Result<Arc<TaskOutcome<T>>, QueueError> {
        let id = id.into();
        let deadline = Deadline::after(timeout);
        let mut state = self.shared.lock();
        loop {
            match state.outcome(&id) {
                None => return Err(QueueError::Unknown(id)),
                Some(Some(outcome)) => return Ok(outcome),
                Some(None) => {}
            }
            let left = self.patience(&state, deadline, 1)?;
            state = self.shared.wait(state, left);
        }
    }

    /// Waits until every task has ended, for ever or no longer than this.
    ///
    /// # Errors
    /// When the time is up, or (without a limit) the wait would never end, as for [`result`](Self::result).
    pub fn wait_all(&self, timeout: Option<Duration>) -> Result<(), QueueError> {
        let deadline = Deadline::after(timeout);
        let mut state = self.shared.lock();
        loop {
            let left = state.waiting + state.running;
            if left == 0 {
                return Ok(());
            }
            let left = self.patience(&state, deadline, left)?;
            state = self.shared.wait(state, left);
        }
    }

    /// How long a wait may still last.
    fn patience(
        &self,
        state: &State<T>,
        deadline: Deadline,
        tasks: usize,
    ) -> Result<Option<Duration>, QueueError> {
        let left = deadline.left();
        match left {
            Some(Duration::ZERO) => Err(QueueError::TimedOut(tasks)),
            Some(_) => Ok(left),
            None if !state.is_started => Err(QueueError::NotStarted),
            None if state.is_stuck() => Err(QueueError::UnknownDependencies(state.unknown())),
            None => Ok(None),
        }
    }

    /// Keeps a task from running, and skips those that wait for it. Says whether it did: a task that has begun goes on.
    ///
    /// # Errors
    /// When there is no such task.
    pub fn cancel(&self, id: impl Into<TaskId>) -> Result<bool, QueueError> {
        let id = id.into();
        let mut state = self.shared.lock();
        let (is_cancelled, rest) = state.cancel(&id).ok_or(QueueError::Unknown(id))?;
        drop(state);
        drop(rest);
        self.shared.work.notify_all();
        self.shared.changed.notify_all();
        Ok(is_cancelled)
    }

    /// Where a task is.
    ///
    /// # Errors
    /// When there is no such task.
    pub fn state(&self, id: impl Into<TaskId>) -> Result<TaskState, QueueError> {
        let id = id.into();
        let state = self.shared.lock().task_state(&id);
        state.ok_or(QueueError::Unknown(id))
    }

    /// Forgets a task that has ended, and gives its outcome; its name is free again. A long-lived queue needs this, or
    /// it keeps every result.
    pub fn forget(&self, id: impl Into<TaskId>) -> Option<Arc<TaskOutcome<T>>> {
        self.shared.lock().forget(&id.into())
    }

    /// How many tasks have not begun, and how many run.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let state = self.shared.lock();
        (state.waiting, state.running)
    }

    fn address(&self) -> usize {
        Arc::as_ptr(&self.shared).addr()
    }
}

impl<T> TaskQueue<T> {
    /// Cancels all tasks that have not begun, lets those that run end, and waits for the workers. Results stay.
    pub fn shutdown(&self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        let rest = state.cancel_all();
        drop(state);
        drop(rest);
        self.shared.work.notify_all();
        self.shared.changed.notify_all();
        // Taken out of the lock: a worker that ends must not wait for who waits for it.
        let threads = {
            let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *threads)
        };
        for thread in threads {
            // A task may hold the last handle of its own queue.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl<T> Shared<T> {
    /// A worker's life.
    fn run(self: &Arc<Self>) {
        WORKS_FOR.set(Arc::as_ptr(self).addr());
        let mut state = self.lock();
        loop {
            let Some((id, work)) = state.take() else {
                if state.is_closed && state.waiting == 0 {
                    return;
                }
                state = self
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            self.changed.notify_all();
            let outcome = match catch_unwind(AssertUnwindSafe(work)) {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(source)) => Err(TaskFailure::Failed {
                    task: id.clone(),
                    source,
                }),
                Err(payload) => Err(TaskFailure::Panicked {
                    task: id.clone(),
                    message: crate::panic::message(payload.as_ref()),
                }),
            };
            state = self.lock();
            let rest = state.finish(&id, outcome);
            drop(state);
            drop(rest);
            self.work.notify_all();
            self.changed.notify_all();
            state = self.lock();
        }
    }
}

impl<T> Drop for TaskQueue<T> {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl<T> fmt::Debug for TaskQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("TaskQueue")
            .field("workers", &self.workers)
            .field("waiting", &state.waiting)
            .field("running", &state.running)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
