//! A world in which a test decides about threads, time and memory: what `sync`, `clock` and the memory guard give under
//! `--cfg shuttle`.
//!
//! Shuttle's own `Condvar` never times out, so this one is made of its other parts. A time-out may come at any moment,
//! as threads may be as slow as they like; where [time stands still](World::still) it never comes, and who waits for a
//! notification that is lost waits for ever, which shuttle tells as a deadlock.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;
use std::sync::{Arc, LockResult, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use shuttle::rand::{RngCore, thread_rng};
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicUsize};
pub(crate) use shuttle::thread;

/// What model threads cannot decide themselves.
#[derive(Clone, Copy)]
pub(crate) struct World {
    time_passes: bool,
    passed: Duration,
    /// What memory may be in use, each time that somebody looks.
    memory: [u64; 2],
}

impl World {
    /// No time passes, and no memory is used.
    pub(crate) const fn still() -> Self {
        Self {
            time_passes: false,
            passed: Duration::ZERO,
            memory: [0; 2],
        }
    }

    /// Any wait with a limit may end at any moment.
    pub(crate) const fn moving() -> Self {
        Self {
            time_passes: true,
            ..Self::still()
        }
    }

    /// Memory in use is the one or the other.
    pub(crate) const fn with_memory(self, memory: [u64; 2]) -> Self {
        Self { memory, ..self }
    }

    /// Begins in this world.
    pub(crate) fn begin(self) {
        WORLD.set(self);
    }
}

thread_local! {
    /// All model threads run on the thread of their test.
    static WORLD: Cell<World> = const { Cell::new(World::still()) };
}

/// A number below this, which a schedule repeats.
pub(crate) fn random(below: usize) -> usize {
    let number = thread_rng().next_u64() % below as u64;
    usize::try_from(number).expect("it is below a usize")
}

/// Time as the world has it. It lies so far ahead that `elapsed` is always nothing.
pub(crate) fn now() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "this stands in for the clock that the lint points to"
    )]
    fn start() -> Instant {
        Instant::now() + Duration::from_secs(365 * 24 * 3600)
    }
    static START: OnceLock<Instant> = OnceLock::new();
    let mut world = WORLD.get();
    if world.time_passes && random(4) == 0 {
        world.passed += Duration::from_millis(5);
        WORLD.set(world);
    }
    *START.get_or_init(start) + world.passed
}

pub(crate) fn process_memory() -> Option<u64> {
    Some(WORLD.get().memory[random(2)])
}

/// Whether a wait ends here that began a while ago and may take this long.
fn is_over(until: Instant) -> bool {
    let is_over = random(4) == 0;
    if is_over {
        let left = until.saturating_duration_since(now());
        let mut world = WORLD.get();
        world.passed += left;
        WORLD.set(world);
    }
    is_over
}

#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

/// It knows its lock, which shuttle's does not tell.
pub(crate) struct MutexGuard<'a, T> {
    lock: &'a Mutex<T>,
    held: shuttle::sync::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let guard = |held| MutexGuard { lock: self, held };
        match self.0.lock() {
            Ok(held) => Ok(guard(held)),
            Err(poisoned) => Err(PoisonError::new(guard(poisoned.into_inner()))),
        }
    }

    pub(crate) fn get_mut(&mut self) -> LockResult<&mut T> {
        self.0.get_mut()
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.held
    }
}

#[derive(Default)]
pub(crate) struct Condvar {
    /// A model thread that is looked at here is never interrupted.
    waiters: std::sync::Mutex<Vec<Waiter>>,
    /// Only touched so that another thread may come first.
    point: AtomicBool,
}

struct Waiter {
    thread: thread::Thread,
    is_notified: Arc<std::sync::atomic::AtomicBool>,
}

#[derive(Clone, Copy)]
pub(crate) struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    pub(crate) fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn waiters(&self) -> std::sync::MutexGuard<'_, Vec<Waiter>> {
        self.waiters.lock().expect("nothing panics under this lock")
    }

    fn wait_until<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        until: Option<Instant>,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let lock = guard.lock;
        let is_notified = Arc::new(std::sync::atomic::AtomicBool::new(false));
        // Others may run before the lock is free, and not again before the thread waits.
        drop(guard);
        self.waiters().push(Waiter {
            thread: thread::current(),
            is_notified: Arc::clone(&is_notified),
        });
        let until = until.filter(|_| WORLD.get().time_passes);
        let mut is_late = false;
        while !is_late && !is_notified.load(Ordering::Relaxed) {
            match until {
                None => thread::park(),
                Some(until) if is_over(until) => {
                    self.waiters()
                        .retain(|waiter| !Arc::ptr_eq(&waiter.is_notified, &is_notified));
                    is_late = true;
                }
                Some(_) => thread::yield_now(),
            }
        }
        let late = WaitTimeoutResult(is_late);
        match lock.lock() {
            Ok(guard) => Ok((guard, late)),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), late))),
        }
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        match self.wait_until(guard, None) {
            Ok((guard, _)) => Ok(guard),
            Err(poisoned) => Err(PoisonError::new(poisoned.into_inner().0)),
        }
    }

    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        at_most: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        self.wait_until(guard, now().checked_add(at_most))
    }

    pub(crate) fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        at_most: Duration,
        mut is_waiting: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let mut late = WaitTimeoutResult(false);
        while !late.0 && is_waiting(&mut guard) {
            (guard, late) = self.wait_timeout(guard, at_most)?;
        }
        Ok((guard, late))
    }

    pub(crate) fn notify_one(&self) {
        self.point.store(true, Ordering::SeqCst);
        let mut waiters = self.waiters();
        if waiters.is_empty() {
            return;
        }
        let at = random(waiters.len());
        let waiter = waiters.swap_remove(at);
        drop(waiters);
        waiter.is_notified.store(true, Ordering::Relaxed);
        waiter.thread.unpark();
    }

    pub(crate) fn notify_all(&self) {
        self.point.store(true, Ordering::SeqCst);
        let waiters = std::mem::take(&mut *self.waiters());
        for waiter in &waiters {
            waiter.is_notified.store(true, Ordering::Relaxed);
        }
        waiters.iter().for_each(|waiter| waiter.thread.unpark());
    }
}
