//! All chunks of a map: cut to size, handed out, taken back, put in order.
//!
//! An engine pulls chunks and puts outcomes; everything that must be the same on every engine is in here.

mod execute;
mod finish;
mod lost;
mod pressure;
mod remote;
mod single;
mod stream;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use smallvec::{SmallVec, smallvec};

use crate::run::checkpoint::Checkpoint;
use crate::run::pace::{Given, Pace};
use crate::run::scope::{ROOT, RunScope, spoken};
use crate::run::spill::Spill;
use crate::run::{RunContext, Source};

use crate::engine::Sizing;
use crate::error::{EngineError, Error, Failure};
use crate::event::EventKind;
use crate::plan::Plan;
use crate::sync::{AtomicUsize, Condvar, Mutex, MutexGuard};
use crate::value::{Accumulator, Arg, Column};
pub(crate) use execute::{Manner, run_pieces};
pub(crate) use finish::Finished;
pub use lost::Loss;
use lost::{Again, Trial};
pub use remote::{Sent, Unpackable};
pub(crate) use stream::Taken;

/// The chunks of one map, as an engine sees them.
///
/// ```text
/// while let Some(chunk) = feed.next() {
///     let outcome = feed.execute(&chunk);
///     feed.put(chunk, outcome);
/// }
/// ```
/// Any number of threads may do so at the same time.
pub struct Feed {
    plan: Arc<Plan>,
    context: RunContext,
    pace: Pace,
    nested: bool,
    /// It is a single run: its one item has no number.
    single: bool,
    state: Mutex<State>,
    changed: Condvar,
    /// The lowest item that failed, as in the state: chunks under way look at it without a lock.
    limit: AtomicUsize,
    checkpoint: Option<Arc<Checkpoint>>,
}

/// A run of items that is computed together.
#[derive(Debug)]
pub struct Chunk {
    start: usize,
    rows: usize,
    /// How many items are computed together, and their arguments. A chunk that leaves the cache comes in pieces that
    /// stay in it, one over long lists in a piece for each.
    pieces: Pieces,
    /// The keys of the items, where the run folder wants them.
    keys: Vec<u64>,
    /// What workers have died of it.
    trial: Trial,
}

type Pieces = SmallVec<[(usize, Vec<Arg>); 1]>;

impl Chunk {
    /// The first item.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// How many items there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}

/// What became of a chunk.
#[derive(Debug)]
pub struct Outcome {
    pub(crate) columns: Vec<Column>,
    pub(crate) failures: Vec<(usize, Failure)>,
    pub(crate) took: Duration,
    pub(crate) end: End,
}

/// How far a chunk came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Through all steps.
    Done,
    /// An item before it failed meanwhile: nobody wants it.
    Unwanted,
    /// The run was cancelled.
    Cancelled,
}

struct State {
    source: Source,
    /// Chunks that came back: they go before new ones.
    again: Again,
    /// Items known so far; with `open`, more may be pushed.
    items: usize,
    open: bool,
    next: usize,
    given: Given,
    in_flight: usize,
    /// The lowest item that failed (fail fast only): nothing after it is handed out.
    limit: usize,
    /// Finished chunks that wait for one before them.
    waiting: BTreeMap<usize, (usize, Vec<Column>)>,
    /// Items before this one are assembled.
    assembled: usize,
    columns: Vec<Box<dyn Accumulator>>,
    /// Whether a thread is putting finished chunks together; it has taken `columns` meanwhile.
    assembling: bool,
    failures: BTreeMap<usize, Failure>,
    /// Nothing is handed out any more.
    closed: bool,
    /// Why the map was given up.
    error: Option<Error>,
    woken: bool,
    /// The run was cancelled before all items were done.
    is_cancelled: bool,
    /// Finished columns that went to disk, before those in `columns`.
    spilled: Option<Spill>,
}

impl State {
    fn has_more(&self) -> bool {
        !self.closed && (self.again.has(self.limit) || self.has_new())
    }

    fn has_new(&self) -> bool {
        match &self.source {
            Source::Pieces(pieces) => pieces
                .front()
                .is_some_and(|piece| piece.start <= self.limit),
            _ => self.next < self.items && self.next <= self.limit,
        }
    }

    /// Steps over items that are finished already.
    fn pass_finished(&mut self) {
        while let Some((rows, _)) = self.waiting.get(&self.next) {
            let rows = *rows;
            if !matches!(self.source, Source::Pieces(_)) {
                self.source.skip(self.next, rows);
            }
            self.next += rows;
        }
    }

    /// Where the next items begin that are finished already, or all end.
    fn until_finished(&self) -> usize {
        let next = self.waiting.range(self.next..).next();
        next.map_or(self.items, |(start, _)| *start)
    }

    fn is_done(&self) -> bool {
        self.in_flight == 0 && !self.assembling && (self.open || !self.has_more())
    }
}

impl Feed {
    pub(crate) fn new(
        plan: Arc<Plan>,
        context: RunContext,
        sizing: Sizing,
        source: Source,
        items: usize,
    ) -> Self {
        let pace = Pace::new(sizing, &plan);
        let columns = plan
            .outputs
            .iter()
            .map(|output| output.port.accumulator(items))
            .collect();
        let open = matches!(source, Source::Pieces(_));
        let nested = matches!(source, Source::Nested(_));
        let state = State {
            source,
            again: Again::default(),
            items,
            open,
            next: 0,
            given: Given::default(),
            in_flight: 0,
            limit: usize::MAX,
            waiting: BTreeMap::new(),
            assembled: 0,
            columns,
            assembling: false,
            failures: BTreeMap::new(),
            closed: false,
            error: None,
            woken: false,
            is_cancelled: false,
            spilled: None,
        };
        Self {
            plan,
            context,
            pace,
            nested,
            single: false,
            state: Mutex::new(state),
            changed: Condvar::new(),
            limit: AtomicUsize::new(usize::MAX),
            checkpoint: None,
        }
    }

    /// The same with what the run folder has already.
    pub(crate) fn restored(mut self, checkpoint: Arc<Checkpoint>) -> Result<Self, Error> {
        let mut state = self.lock();
        if !state.open {
            for piece in checkpoint.take_all()? {
                state
                    .waiting
                    .insert(piece.start, (piece.rows, piece.columns));
            }
            state.pass_finished();
            state = self.assemble(state);
        }
        drop(state);
        self.checkpoint = Some(checkpoint);
        Ok(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The plan that the items run through.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What the run shares.
    #[must_use]
    pub fn context(&self) -> &RunContext {
        &self.context
    }

    /// Whether a chunk could be had now.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.lock().has_more()
    }

    /// Whether it is the map of a nested pipeline, which an outer item called directly. (A map that a user's node
    /// calls is not.)
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.nested
    }

    /// How many items were not handed out yet.
    #[must_use]
    pub fn items_left(&self) -> usize {
        let state = self.lock();
        state.items - state.next + state.again.items()
    }

    /// Measured time per item, once something was measured.
    #[must_use]
    pub fn time_per_item(&self) -> Option<Duration> {
        Some(self.plan.cost_hint())
            .filter(|&cost| cost > 0)
            .map(Duration::from_nanos)
    }

    /// The next chunk, or `None` when there is none (now, for a feed that is filled while it runs).
    #[must_use]
    pub fn next(&self) -> Option<Chunk> {
        self.next_chunk(true)
    }

    /// As [`next`](Self::next), for an engine that has a chunk under way on the same thread: while memory is short there is
    /// none, and nobody waits.
    #[must_use]
    pub fn next_at_once(&self) -> Option<Chunk> {
        self.next_chunk(false)
    }

    fn next_chunk(&self, waits: bool) -> Option<Chunk> {
        if let Some(scope) = self.context.scope()
            && !self.admits(scope, waits)
        {
            return None;
        }
        let mut state = self.lock();
        let state = &mut *state;
        if !state.has_more() {
            return None;
        }
        if let Some(chunk) = state.again.take(state.limit) {
            state.in_flight += 1;
            return Some(chunk);
        }
        if let Source::Pieces(pieces) = &mut state.source {
            let piece = pieces.pop_front()?;
            let (start, rows) = (piece.start, piece.rows);
            state.next = start + rows;
            state.in_flight += 1;
            return Some(Chunk {
                start,
                rows,
                pieces: smallvec![(rows, piece.args)],
                keys: piece.keys,
                trial: Trial::default(),
            });
        }
        let left = state.until_finished() - state.next;
        let cost = self.plan.cost_hint();
        let most = self.pace.rows_that_travel(self.plan.bytes_hint());
        let rows = self.pace.next_chunk(&state.given, state.items, left, cost);
        let rows = rows.min(most);
        let start = state.next;
        state.next += rows;
        state.given.parts += 1;
        state.given.largest = state.given.largest.max(rows);
        state.in_flight += 1;
        let mut pieces = Pieces::new();
        let mut cut = 0;
        while cut < rows {
            let most = self.pace.rows_in_cache().min(rows - cut);
            let piece = state.source.piece(start + cut, most);
            pieces.push((piece, state.source.args(start + cut, piece)));
            cut += piece;
        }
        state.pass_finished();
        Some(Chunk {
            start,
            rows,
            pieces,
            keys: Vec::new(),
            trial: Trial::default(),
        })
    }

    /// Takes the outcome of a chunk back.
    pub fn put(&self, chunk: Chunk, outcome: Outcome) {
        if outcome.end != End::Done {
            return self.put_unfinished(&outcome);
        }
        self.plan
            .learn_cost(self.pace.cost_per_item(outcome.took, chunk.rows));
        self.settle(&chunk, outcome);
    }

    /// Keeps what became of all items of a chunk.
    fn settle(&self, chunk: &Chunk, outcome: Outcome) {
        // Recorded before anybody can see it: what was delivered once is never computed again.
        let recorded = self.record(chunk, &outcome);
        if let Some(scope) = self.context.scope()
            && !self.nested
            && !self.single
            && !self.context.fail_fast()
        {
            for (_, failure) in &outcome.failures {
                tell_failure(scope, failure);
            }
        }
        let mut state = self.lock();
        if let Err(error) = recorded {
            state.closed = true;
            state.error.get_or_insert(error);
        }
        state.given.largest_done = state.given.largest_done.max(chunk.rows);
        if self.context.fail_fast()
            && let Some((item, _)) = outcome.failures.first()
        {
            state.limit = state.limit.min(*item);
            self.limit.fetch_min(*item, Ordering::Relaxed);
        }
        state.failures.extend(outcome.failures);
        if !state.closed || state.is_cancelled {
            state
                .waiting
                .insert(chunk.start, (chunk.rows, outcome.columns));
        }
        state.in_flight -= 1;
        if !state.open {
            state = self.assemble(state);
        }
        if state.open || state.is_done() {
            drop(state);
            self.changed.notify_all();
        }
    }

    /// A chunk that nobody wants any more, or that was cancelled.
    #[cold]
    fn put_unfinished(&self, outcome: &Outcome) {
        let mut state = self.lock();
        if outcome.end == End::Cancelled {
            state.closed = true;
            state.is_cancelled = true;
        }
        state.in_flight -= 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Writes a finished chunk into the run folder. With fail-fast only the items before the failing one are finished.
    fn record(&self, chunk: &Chunk, outcome: &Outcome) -> Result<(), Error> {
        let Some(checkpoint) = &self.checkpoint else {
            return Ok(());
        };
        let failed = outcome.failures.iter().map(|(item, _)| item - chunk.start);
        let failed: Vec<usize> = failed.collect();
        let rows = match failed.first() {
            Some(&first) if self.context.fail_fast() => first,
            _ => chunk.rows,
        };
        let scope = self.context.scope();
        checkpoint.record(
            chunk.start,
            rows,
            &outcome.columns,
            &failed,
            &chunk.keys,
            scope,
        )
    }

    /// Puts the finished chunks together that are next in order. One thread at a time does so, while the others go on.
    fn assemble<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        while !state.assembling {
            let mut next = Vec::new();
            while state.assembled <= state.limit {
                let at = state.assembled;
                let Some((rows, columns)) = state.waiting.remove(&at) else {
                    break;
                };
                state.assembled += rows;
                next.push(columns);
            }
            if state.assembled > state.limit {
                state.waiting.clear();
            }
            if next.is_empty() {
                break;
            }
            let mut all = std::mem::take(&mut state.columns);
            let mut spilled = state.spilled.take();
            state.assembling = true;
            drop(state);
            for columns in next {
                all.iter_mut()
                    .zip(columns)
                    .for_each(|(all, piece)| all.append(piece));
            }
            self.spill(&mut all, &mut spilled);
            state = self.lock();
            state.spilled = spilled;
            state.columns = all;
            state.assembling = false;
        }
        state
    }

    /// Gives up the whole map: a chunk could not be computed, and no node is to blame.
    pub fn lose(&self, chunk: Chunk, error: EngineError) {
        drop(chunk);
        let mut state = self.lock();
        state.closed = true;
        state.error.get_or_insert(error.into());
        state.in_flight -= 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Why an engine gave up, if it did.
    pub(crate) fn take_error(&self) -> Option<Error> {
        self.lock().error.take()
    }

    /// Whether no chunk is under way and none is left.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.lock().is_done()
    }

    /// Waits until no chunk is under way and none is left.
    pub fn wait(&self) {
        let mut state = self.lock();
        while !state.is_done() {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until no chunk is under way and none is left, but no longer than this and only until it is
    /// [woken](Self::wake). Says whether all is done.
    #[must_use]
    pub fn wait_for(&self, at_most: Duration) -> bool {
        let mut state = self.lock();
        if !state.is_done() && !state.woken {
            state = self
                .changed
                .wait_timeout(state, at_most)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.woken = false;
        state.is_done()
    }

    /// Ends the next or the current [`wait_for`](Self::wait_for).
    pub fn wake(&self) {
        self.lock().woken = true;
        self.changed.notify_all();
    }
}

/// Tells listeners of an item that failed for good.
pub(crate) fn tell_failure(scope: &RunScope, failure: &Failure) {
    if !scope.is_heard() {
        return;
    }
    let failed = EventKind::ItemFailed {
        items: failure.items.iter().map(|&item| item as u64).collect(),
        node: failure.node().into(),
        kind: failure.cause.kind(),
        message: spoken(|| failure.message()),
        inputs: failure.details.inputs.clone(),
    };
    scope.tell(ROOT, None, failed);
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("plan", &self.plan)
            .field("left", &self.items_left())
            .finish_non_exhaustive()
    }
}
