//! All chunks of a map: cut to size, handed out, taken back, put in order.
//!
//! An engine pulls chunks and puts outcomes; everything that must be the same on every engine is in here.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smallvec::{SmallVec, smallvec};

use super::chunk::{ChunkOutcome, ChunkRun};
use super::pace::{Given, Pace};
use super::{RunContext, Source};
use crate::clock;
use crate::engine::Sizing;
use crate::error::{EngineError, Failure};
use crate::plan::Plan;
use crate::value::{Accumulator, Arg, Column};

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
    state: Mutex<State>,
    changed: Condvar,
}

/// A run of items that is computed together.
#[derive(Debug)]
pub struct Chunk {
    start: usize,
    rows: usize,
    /// How many items are computed together, and their arguments. A chunk that leaves the cache comes in pieces that
    /// stay in it, one over long lists in a piece for each.
    pieces: Pieces,
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
    columns: Vec<Column>,
    failures: Vec<(usize, Failure)>,
    took: Duration,
}

struct State {
    source: Source,
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
    /// Why an engine gave up.
    error: Option<EngineError>,
    woken: bool,
}

impl State {
    fn has_more(&self) -> bool {
        !self.closed
            && match &self.source {
                Source::Pieces(pieces) => pieces
                    .front()
                    .is_some_and(|(start, ..)| *start <= self.limit),
                _ => self.next < self.items && self.next <= self.limit,
            }
    }

    fn is_done(&self) -> bool {
        self.in_flight == 0 && !self.assembling && (self.open || !self.has_more())
    }
}

/// What a feed gave in the end.
pub(crate) struct Finished {
    pub(crate) items: usize,
    pub(crate) columns: Vec<Column>,
    pub(crate) failures: BTreeMap<usize, Failure>,
    /// Items that were never delivered.
    pub(crate) missing: usize,
}

/// The next finished piece of a feed that is consumed while it runs.
pub(crate) enum Taken {
    /// The columns and failures of the next items.
    Piece {
        start: usize,
        rows: usize,
        columns: Vec<Column>,
        failures: BTreeMap<usize, Failure>,
    },
    /// It waits for an engine, or is being computed.
    Pending,
    /// There is none.
    Empty,
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
        };
        Self {
            plan,
            context,
            pace,
            nested,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
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
        state.items - state.next
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
        let mut state = self.lock();
        let state = &mut *state;
        if !state.has_more() {
            return None;
        }
        if let Source::Pieces(pieces) = &mut state.source {
            let (start, rows, args) = pieces.pop_front()?;
            state.next = start + rows;
            state.in_flight += 1;
            return Some(Chunk {
                start,
                rows,
                pieces: smallvec![(rows, args)],
            });
        }
        let left = state.items - state.next;
        let cost = self.plan.cost_hint();
        let rows = self.pace.next_chunk(&state.given, state.items, left, cost);
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
        Some(Chunk {
            start,
            rows,
            pieces,
        })
    }

    /// Computes a chunk on this thread.
    #[must_use]
    pub fn execute(&self, chunk: &mut Chunk) -> Outcome {
        let began = clock::now();
        let mut pieces = std::mem::take(&mut chunk.pieces);
        let mut outcome = if pieces.len() == 1 {
            let (rows, args) = pieces.remove(0);
            let mut run = ChunkRun::new(&self.plan, &self.context, args, rows);
            run.run();
            self.outcome(chunk.start, run.finish())
        } else {
            self.execute_pieces(chunk, pieces)
        };
        outcome.took = began.elapsed();
        outcome
    }

    /// Computes one piece after the other, and puts them together.
    fn execute_pieces(&self, chunk: &Chunk, pieces: Pieces) -> Outcome {
        let mut columns: Vec<_> = self
            .plan
            .outputs
            .iter()
            .map(|output| output.port.accumulator(chunk.rows))
            .collect();
        let mut failures = Vec::new();
        let mut done = 0;
        for (rows, args) in pieces {
            let mut run = ChunkRun::new(&self.plan, &self.context, args, rows);
            run.run();
            let outcome = self.outcome(chunk.start + done, run.finish());
            columns
                .iter_mut()
                .zip(outcome.columns)
                .for_each(|(all, piece)| all.append(piece));
            failures.extend(outcome.failures);
            if self.context.fail_fast() && !failures.is_empty() {
                break;
            }
            done += rows;
        }
        let columns = columns.into_iter().map(Accumulator::finish).collect();
        Outcome {
            columns,
            failures,
            took: Duration::ZERO,
        }
    }

    fn outcome(&self, start: usize, chunk: ChunkOutcome) -> Outcome {
        let failures = chunk.failures.into_iter().map(|failure| {
            let item = start + failure.row;
            (item, failure.at(&self.plan, Some(item)))
        });
        Outcome {
            columns: chunk.columns,
            failures: failures.collect(),
            took: Duration::ZERO,
        }
    }

    /// Takes the outcome of a chunk back.
    pub fn put(&self, chunk: Chunk, outcome: Outcome) {
        self.plan
            .learn_cost(self.pace.cost_per_item(outcome.took, chunk.rows));
        let mut state = self.lock();
        state.given.largest_done = state.given.largest_done.max(chunk.rows);
        if self.context.fail_fast()
            && let Some((item, _)) = outcome.failures.first()
        {
            state.limit = state.limit.min(*item);
        }
        state.failures.extend(outcome.failures);
        if !state.closed {
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
            state.assembling = true;
            drop(state);
            for columns in next {
                all.iter_mut()
                    .zip(columns)
                    .for_each(|(all, piece)| all.append(piece));
            }
            state = self.lock();
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
        state.error.get_or_insert(error);
        state.in_flight -= 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Why an engine gave up, if it did.
    pub(crate) fn take_error(&self) -> Option<EngineError> {
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

    /// Adds a piece to a feed that is filled while it runs.
    pub(crate) fn push(&self, rows: usize, args: Vec<Arg>) {
        let mut state = self.lock();
        let start = state.items;
        state.items += rows;
        if let Source::Pieces(pieces) = &mut state.source {
            pieces.push_back((start, rows, args));
        }
    }

    /// How many items the next pushed piece should have.
    pub(crate) fn rows_of_next_piece(&self) -> usize {
        let done = self.lock().given.largest_done;
        self.pace.next_piece(done, self.plan.cost_hint())
    }

    /// Nobody wants the rest: no further chunk is handed out.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.source = Source::Pieces(VecDeque::new());
        state.waiting.clear();
    }

    /// How many items were pushed and not taken yet.
    pub(crate) fn held(&self) -> usize {
        let state = self.lock();
        state.items - state.assembled
    }

    /// Takes the next finished piece, in order; waits for it, but no longer than this.
    pub(crate) fn take(&self, at_most: Duration) -> Taken {
        let mut state = self.lock();
        let mut has_waited = at_most.is_zero();
        loop {
            let at = state.assembled;
            if let Some((rows, columns)) = state.waiting.remove(&at) {
                state.assembled += rows;
                let later = state.failures.split_off(&(at + rows));
                let failures = std::mem::replace(&mut state.failures, later);
                return Taken::Piece {
                    start: at,
                    rows,
                    columns,
                    failures,
                };
            }
            if state.in_flight == 0 && !state.has_more() {
                return Taken::Empty;
            }
            if has_waited {
                return Taken::Pending;
            }
            let (next, timeout) = self
                .changed
                .wait_timeout(state, at_most)
                .unwrap_or_else(PoisonError::into_inner);
            (state, has_waited) = (next, timeout.timed_out());
        }
    }

    /// What the feed gave, when the engine is done with it.
    pub(crate) fn finish(&self) -> Finished {
        let mut state = self.lock();
        let columns = std::mem::take(&mut state.columns)
            .into_iter()
            .map(Accumulator::finish)
            .collect();
        let failures = std::mem::take(&mut state.failures);
        // An engine may hold on to the feed a little longer; the arguments are the caller's again from here on.
        state.source = Source::Pieces(VecDeque::new());
        state.waiting.clear();
        state.closed = true;
        let delivered = if state.limit == usize::MAX {
            state.assembled
        } else {
            state.items
        };
        let missing = if state.in_flight > 0 {
            state.in_flight
        } else {
            state.items - delivered
        };
        // Failing fast tells one error: the lowest item's.
        let failures = match self.context.fail_fast() {
            true => failures.into_iter().take(1).collect(),
            false => failures,
        };
        Finished {
            items: state.items,
            columns,
            failures,
            missing,
        }
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("plan", &self.plan)
            .field("left", &self.items_left())
            .finish_non_exhaustive()
    }
}
