//! A run as a worker sees it: chunks come, are computed, and go back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::chunk::{ChunkHead, Unpacked};
use super::events::Sink;
use super::known::Remembered;
use super::link::WorkerLink;
use super::outcome::{self, OutcomeHead, WireEnd};
use super::terms::Terms;
use super::{Blobs, Parcel, RemoteError, WorkerPlan, wire};
use crate::clock;
use crate::engine::Engine;
use crate::error::Cause;
use crate::plan::Plan;
use crate::policy::CancelToken;
use crate::run::{
    ChunkEnd, Manner, Policies, Progress, RunContext, RunScope, SharedKeys, nanoseconds, run_pieces,
};

/// A run in a worker. Several threads may compute chunks of it.
pub struct WorkerRun {
    plan: Arc<Plan>,
    terms: Terms,
    /// Without a scope; each chunk has its own, for its events.
    context: RunContext,
    policies: Arc<Policies>,
    keys: SharedKeys,
    cancel: CancelToken,
    link: Arc<dyn WorkerLink>,
    remembered: Remembered,
    chunks: Mutex<Chunks>,
}

/// The chunks that are here.
#[derive(Default)]
struct Chunks {
    running: BTreeMap<u64, Arc<AtomicBool>>,
    /// Those that nobody wants, although they did not come yet.
    unwanted: BTreeSet<u64>,
}

/// More chunks than these are not remembered as unwanted.
const MOST_UNWANTED: usize = 1024;

/// A chunk that has arrived, with its arguments.
#[must_use = "it has to be computed"]
pub struct Arrived {
    chunk: u64,
    took: std::time::Duration,
    arrived: Result<Box<(Unpacked, ChunkTerms)>, WireEnd>,
}

/// What is asked of one chunk.
struct ChunkTerms {
    /// The first item.
    start: usize,
    until: Option<(std::time::Duration, std::time::Duration)>,
}

impl fmt::Debug for Arrived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrived")
            .field("chunk", &self.chunk)
            .finish_non_exhaustive()
    }
}

impl WorkerPlan {
    /// Begins a run: what the parent asks for (its [`Feed::terms`](crate::Feed::terms)), the engine that does nested work,
    /// and the way to the parent.
    ///
    /// # Errors
    /// The terms are damaged.
    pub fn begin(
        &self,
        terms: &[u8],
        engine: Arc<dyn Engine>,
        link: Arc<dyn WorkerLink>,
    ) -> Result<WorkerRun, RemoteError> {
        let terms: Terms = wire::read("run", terms)?;
        let cancel = CancelToken::new();
        let mut context = RunContext::new(engine, terms.policy(), None);
        if let Some(path) = &terms.path {
            context = context.at_path(path);
        }
        Ok(WorkerRun {
            plan: Arc::clone(self.plan()),
            policies: Arc::new(terms.policies(&cancel, &link)),
            context,
            terms,
            keys: SharedKeys::default(),
            cancel,
            link,
            remembered: Remembered::default(),
            chunks: Mutex::default(),
        })
    }
}

impl WorkerRun {
    /// Takes a chunk in and computes it: [`arrive`](Self::arrive) and [`compute`](Self::compute) in one.
    #[must_use]
    pub fn execute(
        &self,
        chunk: u64,
        head: &[u8],
        blobs: &dyn Blobs,
        progress: Option<Progress>,
    ) -> Parcel {
        self.compute(self.arrive(chunk, head, blobs), progress)
    }

    /// Takes a chunk in: its arguments are copied, and the blobs are not needed any more. Chunks of one worker are taken in
    /// in the order in which they were packed, because later ones name values that came with earlier ones; they may be
    /// computed in any.
    pub fn arrive(&self, chunk: u64, head: &[u8], blobs: &dyn Blobs) -> Arrived {
        let began = clock::now();
        let arrived = catch_unwind(AssertUnwindSafe(|| {
            let head: ChunkHead = wire::read("chunk", head)?;
            let terms = ChunkTerms {
                start: wire::narrow(head.start),
                until: head.until,
            };
            let unpacked = head.unpack(&self.plan, blobs, &self.remembered)?;
            Ok(Box::new((unpacked, terms)))
        }));
        let arrived = match arrived {
            Ok(arrived) => arrived.map_err(|error: RemoteError| WireEnd::Refused(error.in_full())),
            Err(payload) => Err(panicked(payload)),
        };
        Arrived {
            chunk,
            took: began.elapsed(),
            arrived,
        }
    }

    /// Computes a chunk. What goes wrong is in the parcel, and nothing ever panics. With `progress` its steps and rows are
    /// written there; the chunk is begun and ended in it by the engine.
    #[must_use]
    pub fn compute(&self, arrived: Arrived, progress: Option<Progress>) -> Parcel {
        let began = clock::now();
        let chunk = arrived.chunk;
        let is_unwanted = self.begin(chunk);
        let sink = self.terms.is_heard.then(|| {
            let link = Arc::clone(&self.link);
            Arc::new(Sink::new(chunk, link))
        });
        let mut blobs = Vec::new();
        let end = match arrived.arrived {
            Err(end) => end,
            Ok(unpacked) => catch_unwind(AssertUnwindSafe(|| {
                self.run(*unpacked, sink.as_ref(), &is_unwanted, progress, &mut blobs)
            }))
            .unwrap_or_else(panicked),
        };
        self.end(chunk);
        if !matches!(end, WireEnd::Done { .. }) {
            blobs.clear();
        }
        let head = OutcomeHead {
            end,
            took_ns: nanoseconds(arrived.took + began.elapsed()),
            events: sink.map_or_else(Vec::new, |sink| sink.take()),
        };
        head.into_parcel(blobs)
    }

    fn run(
        &self,
        (unpacked, terms): (Unpacked, ChunkTerms),
        sink: Option<&Arc<Sink>>,
        is_unwanted: &AtomicBool,
        progress: Option<Progress>,
        blobs: &mut Vec<super::Blob>,
    ) -> WireEnd {
        let mut context = match progress {
            Some(progress) => self.context.tracked(progress),
            None => self.context.clone(),
        };
        if self.terms.has_scope {
            let policies = Arc::clone(&self.policies);
            let scope = RunScope::of_chunk(policies, &self.keys, sink.cloned());
            context = context.with_scope(scope);
        }
        if let Some((left, limit)) = terms.until
            && let Some(deadline) = clock::now().checked_add(left)
        {
            context = context.until((deadline, limit));
        }
        let rows = unpacked.rows;
        let items = unpacked.items.clone();
        let most = (self.terms.rows_in_cache as usize).max(1);
        let is_unwanted = || is_unwanted.load(Ordering::Relaxed);
        let pieces = unpacked.pieces(most).into_iter();
        let manner = Manner {
            is_unwanted: &is_unwanted,
            first: terms.start,
        };
        let outcome = run_pieces(&self.plan, &context, rows, pieces, manner);
        match outcome.end {
            ChunkEnd::Unwanted => WireEnd::Unwanted,
            ChunkEnd::Cancelled => WireEnd::Cancelled,
            ChunkEnd::Done => {
                let items = items.into_iter();
                let items = items.flat_map(|(first, rows)| first..first + rows);
                outcome::pack(&self.plan, outcome, items, self.terms.fails_fast, blobs)
            }
        }
    }

    /// Ends all chunks as soon as that can be: the run was cancelled.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Ends a chunk between two steps: nobody wants it any more. One that has not come yet ends when it comes.
    pub fn abandon(&self, chunk: u64) {
        let mut chunks = self.lock();
        match chunks.running.get(&chunk) {
            Some(is_unwanted) => is_unwanted.store(true, Ordering::Relaxed),
            None if chunks.unwanted.len() < MOST_UNWANTED => {
                chunks.unwanted.insert(chunk);
            }
            None => {}
        }
    }

    fn begin(&self, chunk: u64) -> Arc<AtomicBool> {
        let mut chunks = self.lock();
        let is_unwanted = Arc::new(AtomicBool::new(chunks.unwanted.remove(&chunk)));
        chunks.running.insert(chunk, Arc::clone(&is_unwanted));
        is_unwanted
    }

    fn end(&self, chunk: u64) {
        self.lock().running.remove(&chunk);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Chunks> {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn panicked(payload: Box<dyn std::any::Any + Send>) -> WireEnd {
    match Cause::from_panic(payload) {
        Cause::Panic(message) => WireEnd::Panicked(message),
        _ => WireEnd::Panicked(String::new()),
    }
}

impl fmt::Debug for WorkerRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerRun")
            .field("plan", &self.plan)
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}
