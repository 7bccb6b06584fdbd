//! One thread of the parent with one worker: it takes chunks of a feed, has them computed, and puts outcomes back.
//!
//! ```text
//! feed.next -> pack -> slot of shared memory -> worker -> slot -> unpack -> feed.put
//! ```
//! A lane has as many chunks under way as there are slots, so its worker never waits for the next one, and memory stays
//! bounded. When the worker dies, the lane says what is known and goes on with another; what becomes of the items is the
//! feed's business.

mod loss;
mod watch;

use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hypernodes_core::remote::{Known, Parcel, PlanImage, RemoteError, Sent};
use hypernodes_core::{Chunk, EngineError, Feed, Position};

use super::child::{Child, Surroundings};
use super::link::LinkError;
use super::message::{Begin, ToParent, ToWorker};
use super::parcels::{Received, lay_out};
use super::pool::{Permit, Pool};
use super::{MOST_PLANS, NAME};

/// How often a waiting lane looks after its worker and its run.
const TICK: Duration = Duration::from_millis(10);

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
    /// The worker has a run of this plan, and more chunks of it may come.
    has_begun: bool,
    /// How many workers in a row have died before they computed anything.
    barren: u32,
    is_cancel_told: bool,
    /// When half a frame was seen that did not grow.
    stalled_since: Option<Instant>,
    /// What each thread of the worker is doing, and since when nothing else was seen.
    watch: BTreeMap<usize, (Position, Instant)>,
}

/// A chunk that a worker has.
struct Flying {
    id: u64,
    sent: Sent,
    rows: u64,
    is_abandoned: bool,
}

/// Why a worker did not get a chunk.
enum Unsent {
    /// It is gone.
    Gone,
    /// It cannot be sent to any worker.
    Failed(EngineError),
}

impl From<LinkError> for Unsent {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Garbled(error) => Self::Failed(failed(error.to_string())),
            LinkError::Closed | LinkError::Io(_) => Self::Gone,
        }
    }
}

impl From<io::Error> for Unsent {
    fn from(error: io::Error) -> Self {
        let reason = format!("values cannot be handed to a worker: {error}");
        Self::Failed(failed(reason))
    }
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
            has_begun: false,
            barren: 0,
            is_cancel_told: false,
            stalled_since: None,
            watch: BTreeMap::new(),
        })
    }

    /// Has chunks computed until the feed has none for this lane.
    pub(super) fn run(&mut self) -> Result<(), EngineError> {
        let result = self.compute();
        if result.is_err() {
            self.retreat();
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
            if !is_idle && (self.is_trial || !self.has_begun) {
                // A suspect has its worker for itself, and so has a chunk that was said to be the last one.
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
            self.employ(fresh);
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
        let child = self.pool.worker(&self.surroundings)?;
        self.employ(child);
        Ok(())
    }

    fn employ(&mut self, child: Child) {
        self.has_begun = false;
        self.watch.clear();
        self.stalled_since = None;
        self.is_cancel_told = false;
        self.child = Some(child);
    }

    /// Sends a chunk to the worker.
    fn send(&mut self, slot: usize, chunk: Chunk) -> Result<(), EngineError> {
        let is_last = self.is_idle() && !self.feed.has_more();
        if !self.has_begun {
            self.known = Known::default();
        }
        let rows = chunk.rows() as u64;
        let (sent, parcel) = match self.feed.pack(chunk, &mut self.known) {
            Ok(packed) => packed,
            Err(unpackable) => {
                self.feed.lose(unpackable.chunk, unpackable.error);
                return Ok(());
            }
        };
        let handed = self.hand_over(slot, &parcel, is_last);
        drop(parcel);
        match handed {
            Ok(id) => {
                self.has_begun = !is_last;
                self.flying[slot] = Some(Flying {
                    id,
                    sent,
                    rows,
                    is_abandoned: false,
                });
                Ok(())
            }
            Err(unsent) => {
                self.feed.give_back(self.feed.take_back(sent));
                match unsent {
                    Unsent::Gone => self.bury(End::Closed),
                    Unsent::Failed(error) => Err(error),
                }
            }
        }
    }

    /// Sends a parcel, with all that the worker has to know of its run. Gives the number of the chunk.
    fn hand_over(&mut self, slot: usize, parcel: &Parcel, is_last: bool) -> Result<u64, Unsent> {
        let Some(child) = &mut self.child else {
            return Err(Unsent::Gone);
        };
        let plan = self.plan.id;
        if !child.plans.contains(&plan) {
            // Not in a slot: the worker reads it there while the chunk is written.
            let (parcel, file) = lay_out(&self.plan.parcel, None)?;
            let file: Vec<_> = file.iter().map(AsFd::as_fd).collect();
            let message = ToWorker::Plan { id: plan, parcel };
            child.sender.send(&message, &file)?;
            if child.plans.len() == MOST_PLANS {
                child.plans.pop_front();
            }
            child.plans.push_back(plan);
        }
        let number = u32::try_from(slot).unwrap_or(u32::MAX);
        let (parcel, file) = lay_out(parcel, Some((number, child.slots, &child.arena)))?;
        let file: Vec<_> = file.iter().map(AsFd::as_fd).collect();
        let begin = (!self.has_begun).then(|| Begin {
            plan,
            terms: self.terms.clone(),
        });
        let id = self.next_id;
        let message = ToWorker::Chunk {
            id,
            slot: number,
            begin,
            is_last,
            parcel,
        };
        child.sender.send(&message, &file)?;
        self.next_id += 1;
        child.sent += 1;
        Ok(id)
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
                        .lose(self.feed.take_back(flying.sent), failed(reason)),
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
            ToParent::Broken { reason } => Err(failed(reason)),
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

    /// Gives the worker back to the pool.
    fn let_go(&mut self) {
        let has_begun = std::mem::take(&mut self.has_begun);
        if let Some(child) = self.child.take()
            // One that is gone is noticed by whoever takes it next.
            && (!has_begun || child.sender.send(&ToWorker::End, &[]).is_ok())
        {
            self.pool.keep(child);
        }
        self.permit = None;
    }

    /// The lane ends before its work does: another one may compute what is under way.
    fn retreat(&mut self) {
        let flying: Vec<Flying> = self.flying.iter_mut().filter_map(Option::take).collect();
        if !flying.is_empty() {
            // A worker that still computes them is of no use to anybody.
            drop(self.child.take());
        }
        for flying in flying {
            self.feed.give_back(self.feed.take_back(flying.sent));
        }
        if let Some(suspect) = self.suspect.take() {
            self.feed.give_back(suspect);
        }
    }
}

impl Drop for Lane<'_> {
    /// After a panic (of a value that is dropped, say) nobody must wait for what is under way.
    fn drop(&mut self) {
        self.retreat();
    }
}

fn failed(reason: String) -> EngineError {
    EngineError::Failed {
        engine: NAME.to_owned(),
        reason,
    }
}
