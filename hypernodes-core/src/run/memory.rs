//! How much memory a run uses, and what follows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::scope::{ROOT, RunScope};
use crate::clock;
use crate::event::{EventKind, MemoryLevel};
use crate::resource::MemoryLimits;
#[cfg(not(all(test, shuttle)))]
use crate::resource::process_memory;
#[cfg(all(test, shuttle))]
use crate::sync::model::process_memory;

/// How often memory is looked at, at most.
const INTERVAL: Duration = Duration::from_millis(5);

/// Watches the memory of this process for one run.
#[derive(Debug)]
pub(crate) struct MemoryGuard {
    limits: MemoryLimits,
    last: Mutex<(Option<Instant>, MemoryLevel)>,
    /// What was in use when the run was told to end; 0 before.
    out: AtomicU64,
}

impl MemoryGuard {
    pub(crate) fn new(limits: MemoryLimits) -> Self {
        Self {
            limits,
            last: Mutex::new((None, MemoryLevel::Normal)),
            out: AtomicU64::new(0),
        }
    }

    /// The level that holds now.
    pub(crate) fn level(&self, scope: &RunScope) -> MemoryLevel {
        let now = clock::now();
        let (before, level, used) = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let is_fresh = |at: Instant| now.saturating_duration_since(at) < INTERVAL;
            if last.0.is_some_and(is_fresh) {
                return last.1;
            }
            // Where memory cannot be read it has no limit.
            let used = process_memory().unwrap_or(0);
            let before = last.1;
            let level = self.limits.level_after(before, used);
            *last = (Some(now), level);
            (before, level, used)
        };
        if level != before {
            let limit = self.limits.limit_bytes;
            scope.tell(ROOT, None, EventKind::Memory { level, used, limit });
        }
        if level == MemoryLevel::Terminate {
            let _ = self
                .out
                .compare_exchange(0, used, Ordering::Relaxed, Ordering::Relaxed);
        }
        level
    }

    /// The bytes in use and the limit, once the run was told to end.
    pub(crate) fn out(&self) -> Option<(u64, u64)> {
        let used = self.out.load(Ordering::Relaxed);
        (used > 0).then_some((used, self.limits.limit_bytes))
    }
}
