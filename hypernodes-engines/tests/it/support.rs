//! What the tests share: meetings of threads, counters, watchdogs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// Nobody waits longer than this for what must happen.
const PATIENCE: Duration = Duration::from_secs(100);

/// A place where threads meet in groups: nobody leaves before the group is complete.
pub(crate) struct Meeting {
    arrived: Mutex<usize>,
    changed: Condvar,
}

impl Meeting {
    pub(crate) fn new() -> Self {
        Self {
            arrived: Mutex::new(0),
            changed: Condvar::new(),
        }
    }

    /// Waits until as many have come as fill the caller's group of `size`, the last of which ends at `all`.
    ///
    /// An item that meets others is a slow one, so that no two of them come into one chunk.
    pub(crate) fn meet(&self, size: usize, all: usize) {
        std::thread::sleep(Duration::from_millis(2));
        let mut arrived = self.arrived.lock().unwrap();
        let group = *arrived / size;
        *arrived += 1;
        self.changed.notify_all();
        let complete = ((group + 1) * size).min(all);
        let waited = self
            .changed
            .wait_timeout_while(arrived, PATIENCE, |arrived| *arrived < complete);
        let (arrived, timeout) = waited.unwrap();
        assert!(!timeout.timed_out(), "{} came, not {complete}", *arrived);
    }
}

/// How many do something at the same time.
#[derive(Default)]
pub(crate) struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl AtOnce {
    pub(crate) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let result = work();
        self.now.fetch_sub(1, Ordering::SeqCst);
        result
    }

    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// Waits until something is so.
pub(crate) fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let polls = PATIENCE.as_millis() / 2;
    for _ in 0..polls {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("never: {what}");
}

/// The system's number of this thread.
#[cfg(target_os = "linux")]
pub(crate) fn thread_number() -> String {
    let link = std::fs::read_link("/proc/thread-self").unwrap();
    link.file_name().unwrap().to_str().unwrap().to_owned()
}
