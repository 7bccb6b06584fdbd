//! What one run obeys and tells besides its engine: policies, listeners, spans. There is none when nothing was asked
//! for, and then nothing of this costs anything.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::keys::SharedKeys;
use super::memory::MemoryGuard;
use crate::cache::CacheStore;
use crate::clock;
use crate::event::{Event, EventKind, Listening, RunId, RunOutcome, RunStart, SpanId};
use crate::policy::{CancelToken, Retry};
use crate::remote::events::Sink;

/// What was asked for of all runs of a pipeline.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    pub(crate) listeners: Vec<Arc<Listening>>,
    pub(crate) cancel: Vec<CancelToken>,
    pub(crate) retry: Option<Retry>,
    /// How long an item may take, all nodes together.
    pub(crate) item_timeout: Option<Duration>,
    pub(crate) cache: Option<Arc<dyn CacheStore>>,
    /// Failures keep the inputs of their node, so that they can be reproduced.
    pub(crate) snapshots: bool,
    pub(crate) memory: Option<crate::resource::MemoryLimits>,
    pub(crate) folder: Option<crate::pipeline::RunDir>,
}

impl Policies {
    /// Whether runs need no scope for them.
    pub(crate) fn is_empty(&self) -> bool {
        self.listeners.is_empty()
            && self.cancel.is_empty()
            && self.retry.is_none()
            && self.item_timeout.is_none()
            && self.cache.is_none()
            && !self.snapshots
            && self.memory.is_none()
            && self.folder.is_none()
    }
}

/// The span of a run itself.
pub(crate) const ROOT: SpanId = SpanId(1);

/// One run with policies or listeners.
pub(crate) struct RunScope {
    pub(crate) policies: Arc<Policies>,
    pub(crate) id: RunId,
    pub(crate) keys: SharedKeys,
    pub(crate) memory: Option<MemoryGuard>,
    began: Instant,
    next_span: AtomicU64,
    /// Hears the events instead of listeners, where the run is one of another process.
    sink: Option<Arc<Sink>>,
    /// Whether spans of the `tracing` crate are wanted.
    pub(crate) has_spans: bool,
    is_cancel_told: AtomicBool,
    /// Its beginning was told, and its end was not.
    is_open: AtomicBool,
}

impl RunScope {
    pub(crate) fn new(policies: Arc<Policies>) -> Arc<Self> {
        Arc::new(Self {
            id: next_run_id(),
            keys: SharedKeys::default(),
            sink: None,
            memory: policies.memory.map(MemoryGuard::new),
            policies,
            began: clock::now(),
            next_span: AtomicU64::new(ROOT.0 + 1),
            has_spans: tracing::enabled!(tracing::Level::DEBUG),
            is_cancel_told: AtomicBool::new(false),
            is_open: AtomicBool::new(false),
        })
    }

    /// The scope of one chunk in a worker of another process: its spans and events are its own.
    pub(crate) fn of_chunk(
        policies: Arc<Policies>,
        keys: &SharedKeys,
        sink: Option<Arc<Sink>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            // The parent tells which run it is.
            id: RunId(0),
            keys: Arc::clone(keys),
            sink,
            memory: None,
            policies,
            began: clock::now(),
            next_span: AtomicU64::new(ROOT.0 + 1),
            has_spans: tracing::enabled!(tracing::Level::DEBUG),
            is_cancel_told: AtomicBool::new(false),
            is_open: AtomicBool::new(false),
        })
    }

    /// Whether anybody hears events.
    #[inline]
    pub(crate) fn is_heard(&self) -> bool {
        !self.policies.listeners.is_empty() || self.sink.is_some()
    }

    pub(crate) fn new_span(&self) -> SpanId {
        SpanId(self.next_span.fetch_add(1, Ordering::Relaxed))
    }

    /// Tells every listener.
    pub(crate) fn tell(&self, span: SpanId, parent: Option<SpanId>, kind: EventKind) {
        if let Some(sink) = &self.sink {
            return sink.tell(span, parent, self.elapsed_ns(), kind);
        }
        if self.is_heard() {
            self.tell_as(worker(), self.elapsed_ns(), span, parent, kind);
        }
    }

    /// How long the run has been going on.
    pub(crate) fn elapsed_ns(&self) -> u64 {
        nanoseconds(self.began.elapsed())
    }

    /// Tells every listener what somebody else did, and when that was.
    pub(crate) fn tell_as(
        &self,
        worker: u32,
        at_ns: u64,
        span: SpanId,
        parent: Option<SpanId>,
        kind: EventKind,
    ) {
        let event = Event {
            run: self.id,
            span,
            parent,
            at_ns,
            worker,
            kind,
        };
        for listener in &self.policies.listeners {
            listener.tell(&event);
        }
    }

    /// Tells that the run begins.
    pub(crate) fn begin(&self, start: RunStart) {
        self.is_open.store(true, Ordering::Relaxed);
        self.tell(ROOT, None, EventKind::RunStarted(Box::new(start)));
    }

    /// Tells how the run ended, and waits a moment for its listeners.
    pub(crate) fn end(&self, outcome: RunOutcome, done: u64, failed: u64, error: Option<String>) {
        let ended = EventKind::RunEnded {
            outcome,
            done,
            failed,
            error,
        };
        self.is_open.store(false, Ordering::Relaxed);
        self.tell(ROOT, None, ended);
        Listening::settle_all(&self.policies.listeners);
    }

    /// Whether the run must end: somebody asked for it, or there is no memory left.
    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        let is_out = self
            .memory
            .as_ref()
            .is_some_and(|memory| memory.out().is_some());
        let is_cancelled = is_out || self.policies.cancel.iter().any(CancelToken::is_cancelled);
        if is_cancelled && self.is_heard() && !self.is_cancel_told.swap(true, Ordering::Relaxed) {
            self.tell(ROOT, None, EventKind::Cancelled);
        }
        is_cancelled
    }

    /// Sleeps, but not longer than until the run is cancelled. Says whether it is.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        match &self.policies.cancel[..] {
            [] => {
                std::thread::sleep(time);
                false
            }
            [token] => token.sleep(time),
            tokens => {
                // Several tokens: look at the others now and then.
                const TICK: Duration = Duration::from_millis(20);
                let until = clock::now().checked_add(time);
                loop {
                    let left =
                        until.map_or(TICK, |until| until.saturating_duration_since(clock::now()));
                    if left.is_zero() || tokens[0].sleep(left.min(TICK)) || self.is_cancelled() {
                        return self.is_cancelled();
                    }
                }
            }
        }
    }
}

impl Drop for RunScope {
    fn drop(&mut self) {
        if *self.is_open.get_mut() {
            let error = "a panic outside of the nodes has ended it".to_owned();
            self.end(RunOutcome::Failed, 0, 0, Some(error));
        }
    }
}

/// A text that somebody else's code makes, which may panic.
pub(crate) fn spoken(text: impl FnOnce() -> String) -> String {
    catch_unwind(AssertUnwindSafe(text)).unwrap_or_else(|payload| {
        // Its destructor may panic as well.
        std::mem::forget(payload);
        "(it panicked when it was to be shown)".to_owned()
    })
}

impl fmt::Debug for RunScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunScope")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A number per thread, from 1 on.
pub(crate) fn worker() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    thread_local! {
        static OWN: u32 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    OWN.with(|own| *own)
}

/// Ids grow with time and differ between processes: milliseconds since 1970, then the process, then a counter.
fn next_run_id() -> RunId {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let process = u64::from(std::process::id()) & 0xFF;
    let first_of = |ms: u64| ms << 20 | process << 12;
    let now = first_of(clock::unix_ms());
    let after = |last: u64| match last {
        _ if last < now => now,
        // The counter is used up: the ids of the next millisecond are lent.
        _ if last & 0xFFF == 0xFFF => first_of((last >> 20) + 1),
        _ => last + 1,
    };
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
        Some(after(last))
    });
    RunId(after(last.unwrap_or_default()))
}
