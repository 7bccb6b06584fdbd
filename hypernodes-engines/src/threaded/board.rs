//! The board: what there is to compute, and the threads of the pools that compute it.
//!
//! Jobs in the pools are anonymous invitations: a thread that answers one looks at the board, works until the board
//! has nothing for it, and leaves.
//!
//! # No work is stranded
//! A function of the user that waits inside rayon (a `join` in a node, say) steals other jobs of the pool, and so may
//! steal an invitation. It must not answer: the function may hold a lock that the node of another item needs, and
//! nested on one stack neither could go on. So an invitation is answered at the bottom of a stack only ([`place`]),
//! and none may be lost with work still on the board:
//!
//! 1. Work is put on the board before anyone is invited, and a thread leaves its work loop only while it holds the
//!    lock of the board and sees nothing on it. So each thread that counts as working will see the work.
//! 2. As many others are invited as are neither working nor invited. An invitation that was stolen is sent again, to
//!    every thread of the pool at once (`spawn_broadcast`): a stolen one of these is lost for the stealing thread alone.
//! 3. That thread is either in its work loop further down the stack, and looks again after its chunk; or it runs a
//!    piece of a user's function on behalf of such a thread, and then the board is marked (`missed`), and whoever ends
//!    a chunk next invites everybody again.
//! 4. Whoever waits for the work looks after a while too, and computes it itself where nobody else can: all threads
//!    wait themselves, or none has come for a second (`Entry::is_starving`).

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;
use hypernodes_core::{EngineError, Feed, Steps};
use rayon::ThreadPool;

use super::NAME;
use super::place::{self, Computing, InLoop};
use super::pool::{Kind, Pools};
use crate::clock;

/// How long a thread stays with one map while others wait.
const SLICE: Duration = Duration::from_millis(1);

/// Everybody is not invited more often than this: who runs a long function of the user cannot come sooner.
const BETWEEN_CALLS: Duration = Duration::from_millis(1);

/// After this time without anybody's help whoever waits for work computes it itself.
const STARVED: Duration = Duration::from_secs(1);

/// What one engine has to compute, and the threads that do.
pub(super) struct Board {
    pub(super) pools: Pools,
    workers: usize,
    state: Mutex<State>,
    /// Per pool: an invitation was lost to a function that waits inside rayon.
    missed: [CachePadded<AtomicBool>; 2],
    /// Whether more than one map is on the board that has no other above it.
    crowded: CachePadded<AtomicBool>,
}

#[derive(Default)]
struct State {
    entries: Vec<Arc<Entry>>,
    crews: [Crew; 2],
    /// When everybody was invited last, per pool.
    called: [Option<Instant>; 2],
}

/// The threads of one pool.
#[derive(Clone, Copy, Default)]
struct Crew {
    /// In the work loop.
    working: usize,
    /// Invited, and not there yet.
    invited: usize,
    /// Waiting inside the work loop, for others.
    blocked: usize,
}

/// How a thread was invited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Invitation {
    /// Any one thread.
    One,
    /// This thread, as all others.
    All,
}

/// A map or a run that threads may join.
pub(super) struct Entry {
    work: Work,
    kind: Kind,
    /// What this is nested in.
    parent: Option<Arc<Entry>>,
    /// How many threads of the pools are on it and on everything nested in it; shared by the whole family.
    family: Arc<AtomicUsize>,
    /// How many threads of the pools may join at the same time.
    places: usize,
    joined: AtomicUsize,
    /// Whether a thread waits for it, and would rather help with what is nested in it.
    is_awaited: AtomicBool,
    turns: AtomicU64,
    /// How many turns there were when, for `is_starving`.
    noted: Mutex<(u64, Instant)>,
}

/// What there is to compute.
pub(super) enum Work {
    /// The chunks of a map.
    Map(Arc<Feed>),
    /// The steps of a run.
    Run(Arc<Steps>),
}

impl Work {
    pub(super) fn has_more(&self) -> bool {
        match self {
            Self::Map(feed) => feed.has_more(),
            Self::Run(steps) => steps.ready() > 0,
        }
    }

    fn wake(&self) {
        match self {
            Self::Map(feed) => feed.wake(),
            Self::Run(steps) => steps.wake(),
        }
    }
}

impl Entry {
    /// Work for the threads of a pool, of which `places` may join; nested in `parent`.
    pub(super) fn new(
        work: Work,
        kind: Kind,
        places: usize,
        parent: Option<Arc<Self>>,
    ) -> Arc<Self> {
        let family = parent
            .as_ref()
            .map_or_else(Arc::default, |parent| Arc::clone(&parent.family));
        Arc::new(Self {
            work,
            kind,
            parent,
            family,
            places,
            joined: AtomicUsize::new(0),
            is_awaited: AtomicBool::new(false),
            turns: AtomicU64::new(0),
            noted: Mutex::new((0, clock::now())),
        })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it could be computed further now.
    pub(super) fn has_more(&self) -> bool {
        self.work.has_more()
    }

    /// Whether a thread of the pools is on it.
    pub(super) fn is_joined(&self) -> bool {
        self.joined.load(Ordering::Relaxed) > 0
    }

    /// Says that a thread of the pools is on it from the beginning: the one that drives it.
    pub(super) fn count_driver(&self) {
        if self.parent.is_none() {
            self.family.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Says that a thread begins or ceases to wait for it.
    pub(super) fn set_awaited(&self, awaited: bool) {
        self.is_awaited.store(awaited, Ordering::SeqCst);
    }

    fn is_for(&self, feed: &Arc<Feed>) -> bool {
        matches!(&self.work, Work::Map(own) if Arc::ptr_eq(own, feed))
    }

    fn ancestors(&self) -> impl Iterator<Item = &Arc<Self>> {
        std::iter::successors(self.parent.as_ref(), |entry| entry.parent.as_ref())
    }

    /// Computes one chunk or step on this thread. `false` when there is none now.
    pub(super) fn turn(self: &Arc<Self>) -> bool {
        let _computing = Computing::begin(self);
        self.turns.fetch_add(1, Ordering::Relaxed);
        match &self.work {
            Work::Run(steps) => steps.turn(),
            Work::Map(feed) => compute_chunk(feed),
        }
    }

    /// Whether nobody has computed anything of it for a second, and nobody is about to.
    pub(super) fn is_starving(&self) -> bool {
        let turns = self.turns.load(Ordering::Relaxed);
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.0 != turns || self.is_joined() {
            *noted = (turns, clock::now());
        }
        noted.1.elapsed() > STARVED
    }
}

/// Computes one chunk of a map on this thread. `false` when there is none now.
pub(super) fn compute_chunk(feed: &Feed) -> bool {
    let Some(mut chunk) = feed.next() else {
        return false;
    };
    match catch_unwind(AssertUnwindSafe(|| feed.execute(&mut chunk))) {
        Ok(outcome) => feed.put(chunk, outcome),
        Err(payload) => feed.lose(chunk, panicked(&*payload)),
    }
    true
}

fn panicked(payload: &(dyn std::any::Any + Send)) -> EngineError {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    let message = text.unwrap_or("a value that is no text").to_owned();
    EngineError::Panicked {
        engine: NAME.to_owned(),
        message,
    }
}

impl Board {
    pub(super) fn new(workers: usize) -> Arc<Self> {
        Arc::new(Self {
            pools: Pools::default(),
            workers,
            state: Mutex::default(),
            missed: Default::default(),
            crowded: Default::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many threads a pool has.
    pub(super) fn threads(&self, kind: Kind) -> usize {
        kind.threads(self.workers)
    }

    /// Puts work on the board, if it is not there, and invites up to `wanted` threads to it.
    pub(super) fn post(
        self: &Arc<Self>,
        entry: &Arc<Entry>,
        wanted: usize,
    ) -> Result<(), EngineError> {
        let kind = entry.kind;
        let pool = self.pools.need(self, kind)?;
        let mut state = self.lock();
        if !state.entries.iter().any(|known| Arc::ptr_eq(known, entry)) {
            state.entries.push(Arc::clone(entry));
            self.count_roots(&state);
        }
        let crew = &mut state.crews[kind as usize];
        let idle = self
            .threads(kind)
            .saturating_sub(crew.working + crew.invited);
        let invitations = wanted.min(entry.places).min(idle);
        crew.invited += invitations;
        drop(state);
        for above in entry
            .ancestors()
            .filter(|above| above.is_awaited.load(Ordering::SeqCst))
        {
            above.work.wake();
        }
        for _ in 0..invitations {
            let this = Arc::clone(self);
            pool.spawn(move || this.answer(kind, Invitation::One));
        }
        Ok(())
    }

    /// What is on the board for a feed, if it is there.
    pub(super) fn find(&self, feed: &Arc<Feed>) -> Option<Arc<Entry>> {
        self.lock()
            .entries
            .iter()
            .find(|entry| entry.is_for(feed))
            .cloned()
    }

    /// Takes work off the board.
    pub(super) fn remove(&self, entry: &Arc<Entry>) {
        let mut state = self.lock();
        state.entries.retain(|known| !Arc::ptr_eq(known, entry));
        self.count_roots(&state);
    }

    fn count_roots(&self, state: &State) {
        let roots = state
            .entries
            .iter()
            .filter(|entry| entry.parent.is_none())
            .count();
        self.crowded.store(roots > 1, Ordering::Relaxed);
    }

    /// Invites every thread of a pool.
    pub(super) fn call_all(self: &Arc<Self>, kind: Kind, pool: &ThreadPool) {
        let mut state = self.lock();
        state.crews[kind as usize].invited += self.threads(kind);
        state.called[kind as usize] = Some(clock::now());
        drop(state);
        let this = Arc::clone(self);
        pool.spawn_broadcast(move |_| this.answer(kind, Invitation::All));
    }

    /// Invites every thread of a pool if there is work and threads that do nothing.
    pub(super) fn call_idle(self: &Arc<Self>, kind: Kind) {
        let Some(pool) = self.pools.get(kind) else {
            return;
        };
        let state = self.lock();
        let crew = state.crews[kind as usize];
        let has_idle = crew.working + crew.invited < self.threads(kind);
        let has_work = state
            .entries
            .iter()
            .any(|entry| entry.kind == kind && entry.has_more());
        let was_just_called =
            state.called[kind as usize].is_some_and(|called| called.elapsed() < BETWEEN_CALLS);
        drop(state);
        if has_idle && has_work && was_just_called {
            self.missed[kind as usize].store(true, Ordering::Release);
        } else if has_idle && has_work {
            self.call_all(kind, pool);
        }
    }

    /// What a thread does that was invited.
    fn answer(self: &Arc<Self>, kind: Kind, invitation: Invitation) {
        let is_free = place::is_free();
        let mut state = self.lock();
        state.crews[kind as usize].invited -= 1;
        if is_free {
            drop(state);
            return self.work(kind);
        }
        let has_work = state
            .entries
            .iter()
            .any(|entry| entry.kind == kind && entry.has_more());
        drop(state);
        if !has_work {
            return;
        }
        if !place::is_in_loop() {
            self.missed[kind as usize].store(true, Ordering::Release);
        }
        if invitation == Invitation::One
            && let Some(pool) = self.pools.get(kind)
        {
            self.call_all(kind, pool);
        }
    }

    /// Computes what is on the board, until there is nothing for this thread.
    fn work(self: &Arc<Self>, kind: Kind) {
        let _in_loop = InLoop::enter();
        self.lock().crews[kind as usize].working += 1;
        let mut leaving = Leave {
            board: self,
            kind,
            on: None,
        };
        while let Some(entry) = leaving.pick() {
            let began = clock::now();
            while entry.turn() {
                self.answer_missed(kind);
                if self.crowded.load(Ordering::Relaxed) && began.elapsed() > SLICE {
                    break;
                }
                if let Work::Run(_) = entry.work {
                    self.share_run(&entry);
                }
            }
        }
    }

    /// Invites everybody again when an invitation was lost.
    pub(super) fn answer_missed(self: &Arc<Self>, kind: Kind) {
        let missed = &self.missed[kind as usize];
        if missed.load(Ordering::Relaxed) && missed.swap(false, Ordering::AcqRel) {
            self.call_idle(kind);
        }
    }

    /// Invites others to a run when more than one step is ready.
    pub(super) fn share_run(self: &Arc<Self>, entry: &Arc<Entry>) {
        if let Work::Run(steps) = &entry.work
            && let others @ 1.. = steps.ready().saturating_sub(1)
            && let Err(error) = self.post(entry, others)
        {
            tracing::warn!(%error, "a run goes on without help");
        }
    }

    /// Takes up something that is nested in `above`, for a thread that waits for it.
    ///
    /// Its items are part of the item that waits, so on any engine they may run on this stack.
    pub(super) fn pick_below(&self, above: &Arc<Entry>) -> Option<Arc<Entry>> {
        let state = self.lock();
        let below = |entry: &&Arc<Entry>| {
            entry
                .ancestors()
                .any(|ancestor| Arc::ptr_eq(ancestor, above))
        };
        state
            .entries
            .iter()
            .filter(below)
            .find(|entry| entry.has_more())
            .cloned()
    }

    /// Whether every thread of the pool waits for others, so that nobody would come.
    pub(super) fn is_stuck(&self, kind: Kind) -> bool {
        let crew = self.lock().crews[kind as usize];
        crew.blocked >= self.threads(kind)
    }

    fn add_blocked(&self, kind: Kind, more: bool) {
        let blocked = &mut self.lock().crews[kind as usize].blocked;
        *blocked = if more {
            *blocked + 1
        } else {
            blocked.saturating_sub(1)
        };
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board")
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

/// A thread in its work loop; it leaves even if something panics.
struct Leave<'a> {
    board: &'a Arc<Board>,
    kind: Kind,
    on: Option<Arc<Entry>>,
}

impl Leave<'_> {
    /// Ends the work on what the thread was on, and takes up the next: of the family with the fewest threads that
    /// which was put up first, so that outer items come before the work inside those under way. With nothing left, the
    /// thread no longer counts as working.
    fn pick(&mut self) -> Option<Arc<Entry>> {
        // What leaves the board may be the last handle on a user's values: it is dropped after the lock is given back.
        let _before = self.put_down();
        let _gone: Vec<Arc<Entry>>;
        let mut state = self.board.lock();
        _gone = state
            .entries
            .extract_if(.., |entry| !entry.has_more())
            .collect();
        self.board.count_roots(&state);
        let open = state.entries.iter().filter(|entry| {
            entry.kind == self.kind && entry.joined.load(Ordering::Relaxed) < entry.places
        });
        let next = open
            .min_by_key(|entry| entry.family.load(Ordering::Relaxed))
            .cloned();
        match &next {
            None => state.crews[self.kind as usize].working -= 1,
            Some(entry) => {
                entry.joined.fetch_add(1, Ordering::Relaxed);
                entry.family.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.on.clone_from(&next);
        next
    }

    fn put_down(&mut self) -> Option<Arc<Entry>> {
        let entry = self.on.take()?;
        entry.joined.fetch_sub(1, Ordering::Relaxed);
        entry.family.fetch_sub(1, Ordering::Relaxed);
        Some(entry)
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        // Still on something: the loop ended by a panic.
        if self.put_down().is_some() {
            self.board.lock().crews[self.kind as usize].working -= 1;
        }
    }
}

/// Marks that this thread waits for others while it lives, wherever it belongs.
pub(super) struct Blocked(Option<(Arc<Board>, Kind)>);

impl Blocked {
    pub(super) fn begin() -> Self {
        let home = place::home();
        if let Some((board, kind)) = &home {
            board.add_blocked(*kind, true);
        }
        Self(home)
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        if let Some((board, kind)) = &self.0 {
            board.add_blocked(*kind, false);
        }
    }
}
