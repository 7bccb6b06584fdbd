//! From runs to listeners: a bounded buffer and a thread for each.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::{Event, EventKind, Listener};
use crate::sync::thread::{self, JoinHandle, ThreadId};
use crate::sync::{Condvar, Mutex, MutexGuard};

/// How many events wait for a listener at most.
const BUFFER: usize = 64 * 1024;

/// Room beyond the buffer for starts and ends of runs, which a listener cannot do without.
pub(super) const RESERVE: usize = 256;

/// How long the start or the end of a run waits for room in the reserve.
const MOMENT: Duration = Duration::from_millis(100);

/// How long the end of a run waits for its listeners, and the last handle for the listener's thread.
const PATIENCE: Duration = Duration::from_secs(2);

/// A listener with its thread and its buffer; it may hear many runs.
///
/// When the last handle goes, the listener hears what is still in the buffer, and is dropped. A listener that is stuck is
/// left behind after two seconds.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{Event, Listening};
/// let listening = Listening::with_buffer(|event: &Event| println!("{:?}", event.kind), 1024);
/// assert_eq!(listening.dropped(), 0);
/// ```
pub struct Listening {
    shared: Arc<Shared>,
    capacity: usize,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Listening {
    /// Starts to listen.
    #[must_use]
    pub fn new(listener: impl Listener) -> Arc<Self> {
        Self::with_buffer(listener, BUFFER)
    }

    /// Starts to listen with room for this many events.
    #[must_use]
    pub fn with_buffer(listener: impl Listener, events: usize) -> Arc<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("hypernodes-listener".to_owned())
            .spawn(move || {
                // In this order: whoever waits for the thread finds the listener dropped.
                let ended = Ended(theirs);
                let listener = listener;
                ended.0.listen(&listener);
            });
        if let Err(error) = &thread {
            tracing::warn!("no thread for a listener, which hears nothing: {error}");
            let mut queue = shared.lock();
            queue.is_deaf = true;
            queue.has_ended = true;
        }
        Arc::new(Self {
            shared,
            capacity: events.max(1),
            thread: Mutex::new(thread.ok()),
        })
    }

    /// How many events were lost because the listener was slower than the runs, or has panicked.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.lock().dropped
    }

    /// Whether the listener has panicked, and hears no more.
    #[must_use]
    pub fn has_panicked(&self) -> bool {
        self.shared.lock().has_panicked
    }

    /// Waits until everything that was told is heard, but no longer than this. Says whether it is.
    ///
    /// It is not if the listener has panicked or is the one that asks, and does not wait then. Events that were
    /// [dropped](Self::dropped) before do not count.
    pub fn flush(&self, at_most: Duration) -> bool {
        self.shared.wait_until_heard(deadline(at_most))
    }

    /// Tells the listener. Waits only with the start or the end of a run, only if not even the reserve has room, and
    /// only for a moment.
    pub(crate) fn tell(&self, event: &Event) {
        let is_edge = matches!(
            event.kind,
            EventKind::RunStarted(_) | EventKind::RunEnded { .. }
        );
        let room = self.capacity + if is_edge { RESERVE } else { 0 };
        let mut queue = self.shared.lock();
        if is_edge && queue.waiting() >= room && !self.shared.is_hopeless(&queue) {
            let until = deadline(MOMENT);
            while queue.waiting() >= room && !queue.is_deaf {
                let is_late;
                (queue, is_late) = self.shared.wait_for_heard(queue, until);
                if is_late {
                    queue.give_up();
                    break;
                }
            }
        }
        if queue.is_deaf || queue.waiting() >= room {
            queue.dropped += 1;
            return;
        }
        queue.told += 1;
        queue.events.push_back(event.clone());
        // A notification is a system call, whether anybody waits or not.
        let is_idle = std::mem::take(&mut queue.is_idle);
        drop(queue);
        if is_idle {
            self.shared.told.notify_one();
        }
    }

    /// Waits for this listener alone, as the end of a run does for all of its.
    #[cfg(test)]
    pub(crate) fn settle(&self) {
        self.settle_until(deadline(PATIENCE));
    }

    /// Waits for all these listeners at the end of a run, with one patience for all together.
    pub(crate) fn settle_all<'a>(listeners: impl IntoIterator<Item = &'a Arc<Self>>) {
        let until = deadline(PATIENCE);
        for listener in listeners {
            listener.settle_until(until);
        }
    }

    /// How often a run has waited for the listener in vain.
    #[cfg(test)]
    pub(super) fn waited_in_vain(&self) -> u64 {
        self.shared.lock().in_vain
    }

    /// How many wait for the listener now.
    #[cfg(test)]
    pub(super) fn waiters(&self) -> usize {
        self.shared.lock().waiters
    }

    fn settle_until(&self, until: Instant) {
        // A listener that kept one run waiting in vain keeps no other waiting until it has caught up.
        let is_hopeless = {
            let queue = self.shared.lock();
            self.shared.is_hopeless(&queue)
        };
        if !is_hopeless && !self.shared.wait_until_heard(until) {
            self.shared.lock().give_up();
        }
    }
}

/// What the runs and the listener's thread share.
#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// There is something to hear, or nothing ever again.
    told: Condvar,
    /// Something was heard, or the listener has ended.
    heard: Condvar,
    listener: OnceLock<ThreadId>,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<Event>,
    /// Events that were ever taken in.
    told: u64,
    /// Those of them that the listener is done with.
    heard: u64,
    dropped: u64,
    /// Somebody waited in vain until this many were heard.
    given_up: u64,
    /// How often.
    in_vain: u64,
    /// How many wait for something to be heard.
    waiters: usize,
    /// The listener waits for something to hear.
    is_idle: bool,
    /// No handle is left.
    is_closed: bool,
    /// The listener hears no more.
    is_deaf: bool,
    has_panicked: bool,
    /// The listener is dropped, and its thread is done.
    has_ended: bool,
}

impl Queue {
    /// Events that were taken in and not heard to the end, with the one that is heard now.
    fn waiting(&self) -> usize {
        usize::try_from(self.told - self.heard).unwrap_or(usize::MAX)
    }

    fn give_up(&mut self) {
        self.given_up = self.told;
        self.in_vain += 1;
    }

    fn go_deaf(&mut self) {
        self.is_deaf = true;
        self.dropped += self.told - self.heard;
        self.heard = self.told;
        self.events = VecDeque::new();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_listener(&self) -> bool {
        self.listener.get() == Some(&thread::current().id())
    }

    /// Whether waiting was in vain before, and the listener has not caught up since. One that waits for itself never
    /// does.
    fn is_hopeless(&self, queue: &Queue) -> bool {
        queue.is_deaf || queue.heard < queue.given_up || self.is_listener()
    }

    fn wait_until_heard(&self, until: Instant) -> bool {
        let mut queue = self.lock();
        let told = queue.told;
        while queue.heard < told {
            if queue.is_deaf || self.is_listener() {
                return false;
            }
            let is_late;
            (queue, is_late) = self.wait_for_heard(queue, until);
            if is_late {
                return false;
            }
        }
        !queue.is_deaf
    }

    /// Waits until something was heard; says whether it is too late for that.
    fn wait_for_heard<'a>(
        &self,
        mut queue: MutexGuard<'a, Queue>,
        until: Instant,
    ) -> (MutexGuard<'a, Queue>, bool) {
        let left = until.saturating_duration_since(crate::clock::now());
        if left.is_zero() {
            return (queue, true);
        }
        queue.waiters += 1;
        let (mut queue, _) = self
            .heard
            .wait_timeout(queue, left)
            .unwrap_or_else(PoisonError::into_inner);
        queue.waiters -= 1;
        (queue, false)
    }

    /// Wakes those who wait.
    fn notify_heard(&self, queue: MutexGuard<'_, Queue>) {
        let has_waiters = queue.waiters > 0;
        drop(queue);
        if has_waiters {
            self.heard.notify_all();
        }
    }

    fn listen(&self, listener: &impl Listener) {
        // Set once, by the only thread that can.
        let _ = self.listener.set(thread::current().id());
        let mut batch = VecDeque::new();
        loop {
            let mut queue = self.lock();
            while queue.events.is_empty() {
                if queue.is_closed {
                    return;
                }
                queue.is_idle = true;
                queue = self
                    .told
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            std::mem::swap(&mut batch, &mut queue.events);
            drop(queue);
            for event in batch.drain(..) {
                let result = catch_unwind(AssertUnwindSafe(|| listener.hear(&event)));
                let mut queue = self.lock();
                if let Err(payload) = result {
                    queue.has_panicked = true;
                    queue.go_deaf();
                    self.notify_heard(queue);
                    tracing::warn!("a listener has panicked and hears no more");
                    // Its destructor could panic as well, and then that of the listener: two at once are an abort.
                    std::mem::forget(payload);
                    return;
                }
                queue.heard += 1;
                self.notify_heard(queue);
            }
            // A burst does not hold its memory for ever.
            batch.shrink_to(1024);
        }
    }
}

/// The end of the listener's thread, however it comes.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.go_deaf();
        queue.has_ended = true;
        self.0.notify_heard(queue);
    }
}

fn deadline(at_most: Duration) -> Instant {
    let now = crate::clock::now();
    // `Duration::MAX` is as good as a year.
    now.checked_add(at_most)
        .unwrap_or_else(|| now + Duration::from_secs(365 * 24 * 3600))
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.is_closed = true;
        self.shared.told.notify_all();
        // The last handle may be dropped by the listener itself, which must not wait for its own end.
        if self.shared.is_listener() {
            return;
        }
        let until = deadline(PATIENCE);
        let mut is_hopeless = queue.heard < queue.given_up;
        while !queue.has_ended && !is_hopeless {
            (queue, is_hopeless) = self.shared.wait_for_heard(queue, until);
        }
        let has_ended = queue.has_ended;
        drop(queue);
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if has_ended && let Some(thread) = thread {
            // It has nothing left to do. How it ended is told by `has_panicked`.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = self.shared.lock();
        f.debug_struct("Listening")
            .field("told", &queue.told)
            .field("heard", &queue.heard)
            .field("dropped", &queue.dropped)
            .field("waited_in_vain", &queue.in_vain)
            .field("has_panicked", &queue.has_panicked)
            .finish_non_exhaustive()
    }
}
