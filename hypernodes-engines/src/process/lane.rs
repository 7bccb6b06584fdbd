//! One thread of the parent with one worker: it takes chunks of a feed, has them computed, and puts outcomes back.
//!
//! ```text
//! feed.next -> pack -> slot of shared memory -> worker -> slot -> unpack -> feed.put
//! ```
//! A lane has as many chunks under way as there are slots, so its worker never waits for the next one, and memory stays
//! bounded. When the worker dies, the lane says what is known and goes on with another; what becomes of the items is the
//! feed's business.

use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hypernodes_core::remote::{Known, PlanImage, RemoteError, Sent};
use hypernodes_core::{Chunk, Crash, EngineError, Feed, Loss, Position, Progress};

use super::child::{Child, Surroundings};
use super::link::LinkError;
use super::message::{ToParent, ToWorker};
use super::parcels::{Received, lay_out};
use super::pool::{Permit, Pool};
use super::{MOST_BARREN, MOST_PLANS, NAME};
use crate::clock;

/// How often a waiting lane looks after its worker and its run.
const TICK: Duration = Duration::from_millis(10);

/// Half a frame from a worker that believes to have sent a whole one is not waited for longer.
const STALL: Duration = Duration::from_secs(1);

/// One thread with one worker.
pub(super) struct Lane<'a> {
    pool: &'a Pool,
    feed: &'a Feed,
    surroundings: Arc<Surroundings>,
    plan: Arc<PlanImage>,
    terms: Vec<u8>,
    permit: Option<Permit<'a>>,
    child: Option<Child>,
    known: Known,
    /// Per slot the chunk that is under way.
    flying: Vec<Option<Flying>>,
    /// A chunk that needs a fresh worker for itself.
    suspect: Option<Chunk>,
    /// What is under way is a suspect.
    is_trial: bool,
    next_id: u64,
    barren: u32,
    is_cancel_told: bool,
    /// When half a frame was seen that did not grow.
    stalled_since: Option<Instant>,
    watch: BTreeMap<usize, (Position, Instant)>,
}

/// A chunk that a worker has.
struct Flying {
    id: u64,
    sent: Sent,
    rows: u64,
    is_abandoned: bool,
}

/// Why a lane ends its worker.
enum End {
    /// It is gone, or its socket is.
    Closed,
    /// What it sends makes no sense.
    Garbled(String),
    /// One of its threads computes for longer than it may.
    TimedOut { chunk: u64, limit: Duration },
}

impl<'a> Lane<'a> {
    pub(super) fn new(
        pool: &'a Pool,
        feed: &'a Feed,
        surroundings: &Arc<Surroundings>,
    ) -> Result<Self, EngineError> {
        let slots = pool.config.resolved_threads() + 1;
        Ok(Self {
            pool,
            feed,
            surroundings: Arc::clone(surroundings),
            plan: Arc::clone(feed.plan().image(NAME)?),
            terms: feed.terms()?,
            permit: None,
            child: None,
            known: Known::default(),
            flying: std::iter::repeat_with(|| None).take(slots).collect(),
            suspect: None,
            is_trial: false,
            next_id: 1,
            barren: 0,
            is_cancel_told: false,
            stalled_since: None,
            watch: BTreeMap::new(),
        })
    }

    /// Has chunks computed until the feed has none for this lane.
    pub(super) fn run(&mut self) -> Result<(), EngineError> {
        let result = self.compute();
        if let Err(error) = &result {
            self.give_up(error);
        }
        self.let_go();
        result
    }

    fn compute(&mut self) -> Result<(), EngineError> {
        loop {
            self.fill()?;
            if self.is_idle() {
                return Ok(());
            }
            self.hear()?;
        }
    }

    fn is_idle(&self) -> bool {
        self.flying.iter().all(Option::is_none)
    }

    /// Gives the worker as many chunks as it may have.
    fn fill(&mut self) -> Result<(), EngineError> {
        loop {
            let Some(slot) = self.flying.iter().position(Option::is_none) else {
                return Ok(());
            };
            let is_idle = self.is_idle();
            if !is_idle && self.is_trial {
                // A suspect has its worker for itself.
                return Ok(());
            }
            if self.suspect.is_some() {
                return if is_idle { self.send_suspect() } else { Ok(()) };
            }
            if self.child.as_ref().is_some_and(|child| child.is_tired) {
                if !is_idle {
                    return Ok(());
                }
                self.let_go();
            }
            if self.child.is_none() {
                if !self.feed.has_more() {
                    return Ok(());
                }
                self.hire()?;
            }
            // With a chunk under way, waiting for memory would be waiting for this very lane.
            let chunk = if is_idle {
                self.feed.next()
            } else {
                self.feed.next_at_once()
            };
            let Some(chunk) = chunk else {
                return Ok(());
            };
            if chunk.is_suspect() {
                self.suspect = Some(chunk);
                continue;
            }
            self.is_trial = false;
            self.send(slot, chunk)?;
        }
    }

    /// A chunk that may kill its worker runs alone in a fresh one.
    fn send_suspect(&mut self) -> Result<(), EngineError> {
        if !self
            .child
            .as_ref()
            .is_some_and(|child| child.sent == 0 && child.is_heard())
        {
            self.let_go();
            self.permit = Some(self.pool.permit());
            let fresh = self.pool.fresh(&self.surroundings)?;
            self.employ(fresh)?;
        }
        self.is_trial = true;
        match self.suspect.take() {
            Some(chunk) => self.send(0, chunk),
            None => Ok(()),
        }
    }

    /// Takes a worker of the pool.
    fn hire(&mut self) -> Result<(), EngineError> {
        if self.permit.is_none() {
            self.permit = Some(self.pool.permit());
        }
        loop {
            let child = self.pool.worker(&self.surroundings)?;
            let was_new = child.sent == 0;
            self.employ(child)?;
            // One that died while it waited is no loss; a new one that does is counted.
            if self.child.is_some() || was_new {
                return Ok(());
            }
        }
    }

    /// Tells a worker which plan it works on. It is given up when it is gone already.
    fn employ(&mut self, mut child: Child) -> Result<(), EngineError> {
        self.known = Known::default();
        self.watch.clear();
        self.stalled_since = None;
        self.is_cancel_told = false;
        let id = self.plan.id;
        if !child.plans.contains(&id) {
            let slot = Some((0, child.slots, &child.arena));
            let (parcel, file) =
                lay_out(&self.plan.parcel, slot).map_err(|error| no_memory(&error))?;
            let file: Vec<_> = file.iter().map(AsFd::as_fd).collect();
            match child.sender.send(&ToWorker::Plan { id, parcel }, &file) {
                Ok(()) => {}
                Err(LinkError::Garbled(error)) => return Err(broken(&error.to_string())),
                Err(_) => return self.was_barren(child),
            }
            if child.plans.len() == MOST_PLANS {
                child.plans.pop_front();
            }
            child.plans.push_back(id);
        }
        let begin = ToWorker::Begin {
            plan: id,
            terms: self.terms.clone(),
        };
        match child.sender.send(&begin, &[]) {
            Ok(()) => self.child = Some(child),
            Err(LinkError::Garbled(error)) => return Err(broken(&error.to_string())),
            Err(_) => return self.was_barren(child),
        }
        Ok(())
    }

    /// A worker has died before it computed anything.
    fn was_barren(&mut self, mut child: Child) -> Result<(), EngineError> {
        self.barren += 1;
        let (crash, said) = child.crash(self.pool.config.worker_memory);
        if self.barren < MOST_BARREN {
            return Ok(());
        }
        let said = said
            .map(|said| format!("; the last one said: {said}"))
            .unwrap_or_default();
        Err(EngineError::Unavailable {
            engine: NAME.to_owned(),
            reason: format!(
                "{} workers in a row have ended before they computed anything ({crash}){said}",
                self.barren
            ),
        })
    }

    fn send(&mut self, slot: usize, chunk: Chunk) -> Result<(), EngineError> {
        let Some(child) = &mut self.child else {
            self.feed.give_back(chunk);
            return Ok(());
        };
        let rows = chunk.rows() as u64;
        let (sent, parcel) = match self.feed.pack(chunk, &mut self.known) {
            Ok(packed) => packed,
            Err(unpackable) => {
                self.feed.lose(unpackable.chunk, unpackable.error);
                return Ok(());
            }
        };
        let number = u32::try_from(slot).unwrap_or(u32::MAX);
        let laid = lay_out(&parcel, Some((number, child.slots, &child.arena)));
        drop(parcel);
        let (parcel, file) = match laid {
            Ok(laid) => laid,
            Err(error) => {
                let error = no_memory(&error);
                self.feed.lose(self.feed.take_back(sent), error);
                return Ok(());
            }
        };
        let file: Vec<_> = file.iter().map(AsFd::as_fd).collect();
        let id = self.next_id;
        self.next_id += 1;
        let message = ToWorker::Chunk {
            id,
            slot: number,
            parcel,
        };
        match child.sender.send(&message, &file) {
            Ok(()) => {
                child.sent += 1;
                self.flying[slot] = Some(Flying {
                    id,
                    sent,
                    rows,
                    is_abandoned: false,
                });
                Ok(())
            }
            Err(LinkError::Garbled(error)) => {
                self.feed
                    .lose(self.feed.take_back(sent), broken(&error.to_string()));
                Ok(())
            }
            Err(_) => {
                self.feed.give_back(self.feed.take_back(sent));
                self.bury(End::Closed)
            }
        }
    }

    /// Takes the worker's next message, or looks after it when none comes.
    fn hear(&mut self) -> Result<(), EngineError> {
        let Some(child) = &mut self.child else {
            return Ok(());
        };
        match child.receiver.receive::<ToParent>(Some(TICK)) {
            Ok(Some((message, files))) => {
                self.stalled_since = None;
                self.take(message, files.into_iter().next())
            }
            Ok(None) => self.look(),
            Err(LinkError::Garbled(error)) => self.bury(End::Garbled(error.to_string())),
            Err(LinkError::Closed | LinkError::Io(_)) => self.bury(End::Closed),
        }
    }

    fn slot_of(&self, chunk: u64) -> Option<usize> {
        let is = |flying: &Option<Flying>| flying.as_ref().is_some_and(|flying| flying.id == chunk);
        self.flying.iter().position(is)
    }

    fn take(
        &mut self,
        message: ToParent,
        file: Option<std::os::fd::OwnedFd>,
    ) -> Result<(), EngineError> {
        let Some(child) = &mut self.child else {
            return Ok(());
        };
        match message {
            ToParent::Done {
                chunk,
                parcel,
                resident,
            } => {
                let Some(slot) = self.slot_of(chunk) else {
                    return self.bury(End::Garbled(format!(
                        "an outcome of chunk {chunk}, which it does not have"
                    )));
                };
                self.done(slot, parcel, file, resident)
            }
            ToParent::Failed { chunk, reason } => {
                let flying = self
                    .slot_of(chunk)
                    .and_then(|slot| self.flying[slot].take());
                match flying {
                    Some(flying) => self
                        .feed
                        .lose(self.feed.take_back(flying.sent), broken(&reason)),
                    None => return self.bury(End::Garbled("a failure of no chunk".to_owned())),
                }
                Ok(())
            }
            ToParent::Ask { id, bytes } => {
                let bytes = Some(self.feed.answer(&bytes));
                match child.sender.send(&ToWorker::Answer { id, bytes }, &[]) {
                    Ok(()) => Ok(()),
                    // What is too large for a message is computed again.
                    Err(LinkError::Garbled(_)) => match child
                        .sender
                        .send(&ToWorker::Answer { id, bytes: None }, &[])
                    {
                        Ok(()) => Ok(()),
                        Err(_) => self.bury(End::Closed),
                    },
                    Err(_) => self.bury(End::Closed),
                }
            }
            ToParent::Events { chunk, bytes } => {
                if let Some(slot) = self.slot_of(chunk)
                    && let Some(flying) = &mut self.flying[slot]
                {
                    self.feed.hear(&mut flying.sent, &bytes);
                }
                Ok(())
            }
            ToParent::Broken { reason } => Err(broken(&reason)),
            ToParent::Ready { .. } | ToParent::Refused { .. } => {
                self.bury(End::Garbled("a second greeting".to_owned()))
            }
        }
    }

    fn done(
        &mut self,
        slot: usize,
        parcel: super::message::Layout,
        file: Option<std::os::fd::OwnedFd>,
        resident: u64,
    ) -> Result<(), EngineError> {
        let (Some(child), Some(flying)) = (&mut self.child, &mut self.flying[slot]) else {
            return Ok(());
        };
        let outcome = match Received::open(parcel, file, child.slots, &child.view) {
            Err(what) => return self.bury(End::Garbled(what)),
            Ok(received) => self
                .feed
                .unpack(&mut flying.sent, &received.head(), &received),
        };
        match outcome {
            Err(error @ (RemoteError::Panicked { .. } | RemoteError::Refused { .. })) => {
                if let Some(flying) = self.flying[slot].take() {
                    let chunk = self.feed.take_back(flying.sent);
                    self.feed.lose(chunk, error.into_engine_error(NAME));
                }
                Ok(())
            }
            Err(error) => self.bury(End::Garbled(error.to_string())),
            Ok(outcome) => {
                self.barren = 0;
                child.served += flying.rows;
                let config = &self.pool.config;
                child.is_tired |= config
                    .recycle_after
                    .is_some_and(|most| child.served >= most);
                child.is_tired |= config.recycle_above.is_some_and(|most| resident > most);
                if let Some(flying) = self.flying[slot].take() {
                    let chunk = self.feed.take_back(flying.sent);
                    self.feed.put(chunk, outcome);
                }
                Ok(())
            }
        }
    }

    /// Looks after a worker that is silent.
    fn look(&mut self) -> Result<(), EngineError> {
        let Some(child) = &mut self.child else {
            return Ok(());
        };
        let now = clock::now();
        if !self.is_cancel_told && self.feed.context().is_cancelled() {
            self.is_cancel_told = true;
            if child.sender.send(&ToWorker::Cancel, &[]).is_err() {
                return self.bury(End::Closed);
            }
        }
        for flying in self.flying.iter_mut().flatten() {
            if !flying.is_abandoned && !self.feed.wants(&flying.sent) {
                flying.is_abandoned = true;
                // When it cannot be told, its end is noticed next.
                let _ = child
                    .sender
                    .send(&ToWorker::Abandon { chunk: flying.id }, &[]);
            }
        }
        let positions: Vec<Position> = child
            .words
            .get()
            .chunks_exact(Progress::WORDS)
            .map(Progress::read)
            .collect();
        if child.receiver.is_inside() && positions.iter().all(|position| position.chunk == 0) {
            let since = *self.stalled_since.get_or_insert(now);
            if now.saturating_duration_since(since) > STALL {
                return self.bury(End::Garbled("half a frame".to_owned()));
            }
        }
        for (thread, position) in positions.into_iter().enumerate() {
            let Some(left) = position.left.filter(|_| position.chunk != 0) else {
                self.watch.remove(&thread);
                continue;
            };
            match self.watch.get(&thread) {
                Some((seen, since)) if *seen == position => {
                    // The worker itself notices a node that ends too late; only one that does not end is killed.
                    let grace = (left / 4).max(Duration::from_millis(100));
                    if now.saturating_duration_since(*since) > left.saturating_add(grace) {
                        let (chunk, limit) = (position.chunk, position.limit.unwrap_or(left));
                        return self.bury(End::TimedOut { chunk, limit });
                    }
                }
                _ => drop(self.watch.insert(thread, (position, now))),
            }
        }
        Ok(())
    }

    /// The worker is gone, or has to go: says which chunk it died on, and gives the others back.
    fn bury(&mut self, end: End) -> Result<(), EngineError> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        let has_answered = child.served > 0;
        let is_garbled = matches!(end, End::Garbled(_));
        let (crash, said, guilty) = match end {
            End::Closed => {
                let (crash, said) = child.crash(self.pool.config.worker_memory);
                (crash, said, None)
            }
            End::Garbled(what) => {
                let (_, said) = child.end(Duration::ZERO);
                (Crash::Garbled { what }, said, None)
            }
            End::TimedOut { chunk, limit } => {
                let (_, said) = child.end(Duration::ZERO);
                (Crash::TimedOut { limit }, said, Some(chunk))
            }
        };
        let words = child.words.get().chunks_exact(Progress::WORDS);
        let positions: Vec<Position> = words
            .map(Progress::read)
            .filter(|position| position.chunk != 0)
            .collect();
        let alone = child.sent == 1 && self.flying.iter().flatten().count() == 1;
        tracing::debug!(pid = child.id(), %crash, "a worker is lost");
        let is_computing =
            |flying: &Flying| positions.iter().any(|position| position.chunk == flying.id);
        let guilty = guilty.or_else(|| {
            // One that was computed, and whose outcome never came: the first of them.
            let unseen =
                !self.flying.iter().flatten().any(is_computing) && (is_garbled || has_answered);
            unseen
                .then(|| self.flying.iter().flatten().map(|flying| flying.id).min())
                .flatten()
        });
        let mut was_computing = false;
        for flying in self.flying.iter_mut().filter_map(Option::take) {
            let at = positions
                .iter()
                .find(|position| position.chunk == flying.id);
            let is_lost = guilty.map_or(at.is_some(), |guilty| guilty == flying.id);
            let chunk = self.feed.take_back(flying.sent);
            if !is_lost {
                self.feed.give_back(chunk);
                continue;
            }
            was_computing = true;
            let loss = Loss {
                said: said.clone(),
                alone,
                ..Loss::new(crash.clone())
            };
            let at = at.cloned().unwrap_or_default();
            self.feed.lost(chunk, loss.at(at));
        }
        if was_computing {
            self.barren = 0;
            return Ok(());
        }
        self.was_barren(child)
    }

    /// The map is given up: what is under way has no outcome.
    fn give_up(&mut self, error: &EngineError) {
        let flying = self.flying.iter_mut().filter_map(Option::take);
        let chunks: Vec<Chunk> = flying
            .map(|flying| self.feed.take_back(flying.sent))
            .chain(self.suspect.take())
            .collect();
        if !chunks.is_empty() {
            // A worker that still computes them is of no use to anybody.
            drop(self.child.take());
        }
        for chunk in chunks {
            let reason = error.to_string();
            self.feed.lose(
                chunk,
                EngineError::Unavailable {
                    engine: NAME.to_owned(),
                    reason,
                },
            );
        }
    }

    /// Gives the worker back to the pool.
    fn let_go(&mut self) {
        if let Some(child) = self.child.take()
            && child.sender.send(&ToWorker::End, &[]).is_ok()
        {
            self.pool.keep(child);
        }
        self.permit = None;
    }
}

impl Drop for Lane<'_> {
    /// A panic (of a value that is dropped, say) ends the lane: what is under way must not be waited for.
    fn drop(&mut self) {
        let reason = "a lane of the engine has panicked".to_owned();
        self.give_up(&EngineError::Panicked {
            engine: NAME.to_owned(),
            message: reason,
        });
    }
}

fn no_memory(error: &std::io::Error) -> EngineError {
    EngineError::Unavailable {
        engine: NAME.to_owned(),
        reason: format!("values cannot be handed to a worker: {error}"),
    }
}

fn broken(reason: &str) -> EngineError {
    EngineError::Unavailable {
        engine: NAME.to_owned(),
        reason: reason.to_owned(),
    }
}
