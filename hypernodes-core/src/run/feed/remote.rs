//! A chunk that is computed by another process: packed, under way, unpacked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Chunk, End, Feed, Outcome, Pieces};
use crate::clock;
use crate::error::{Cause, EngineError, Failure, FailureDetails};
use crate::event::EventKind;
use crate::remote::chunk::{self, Unsent};
use crate::remote::events::{Retelling, WireEvent};
use crate::remote::outcome::{self, OutcomeHead, WireEnd, computed};
use crate::remote::terms::Terms;
use crate::remote::{Blobs, Known, Parcel, RemoteError, link, wire};
use crate::run::scope::{nanoseconds, worker};
use crate::value::{Arg, Column, Packed, index};

/// A chunk that is under way in a worker, with all that is needed to queue it again.
#[derive(Debug)]
#[must_use = "its chunk has to be put, given back or lost"]
pub struct Sent {
    pub(crate) chunk: Chunk,
    /// The rows that travelled; `None`: all.
    travelled: Option<Vec<u32>>,
    /// Items that could not travel.
    failed: Vec<(usize, Failure)>,
    /// Where somebody listens.
    retelling: Option<Retelling>,
}

impl Sent {
    /// The chunk.
    #[must_use]
    pub fn chunk(&self) -> &Chunk {
        &self.chunk
    }

    fn rows(&self) -> usize {
        self.travelled.as_ref().map_or(self.chunk.rows, Vec::len)
    }

    /// The place of an item among those that travelled.
    fn place(&self, item: usize) -> Option<usize> {
        let row = item.checked_sub(self.chunk.start)?;
        match &self.travelled {
            None => (row < self.chunk.rows).then_some(row),
            Some(rows) => rows.binary_search(&u32::try_from(row).ok()?).ok(),
        }
    }
}

/// A chunk that cannot be packed at all, and why.
#[derive(Debug)]
pub struct Unpackable {
    /// The chunk, to be [lost](Feed::lose).
    pub chunk: Chunk,
    /// Why.
    pub error: EngineError,
}

/// For workers that are other processes; see [`remote`](crate::remote).
impl Feed {
    /// What the run asks of its workers, for [`WorkerPlan::begin`](crate::remote::WorkerPlan::begin).
    ///
    /// # Errors
    /// The run tries again after some errors only: another process cannot look at them.
    pub fn terms(&self) -> Result<Vec<u8>, EngineError> {
        let policies = self.context.scope().map(|scope| &scope.policies);
        let retry = policies.and_then(|policies| policies.retry.as_ref());
        let retry = retry.map(|retry| {
            retry.plain().ok_or_else(|| EngineError::Unsupported {
                engine: self.context.engine().name().to_owned(),
                capability: "a retry of chosen errors for a whole pipeline: give each node a `retry` of its own"
                    .to_owned(),
                node: None,
            })
        });
        let terms = Terms {
            fails_fast: self.context.fail_fast(),
            has_scope: policies.is_some(),
            retry: retry.transpose()?,
            item_timeout: policies.and_then(|policies| policies.item_timeout),
            snapshots: policies.is_some_and(|policies| policies.snapshots),
            has_cache: policies.is_some_and(|policies| policies.cache.is_some()),
            is_heard: self.context.scope().is_some_and(|scope| scope.is_heard()),
            rows_in_cache: u32::try_from(self.pace.rows_in_cache()).unwrap_or(u32::MAX),
            path: self.context.path().map(ToString::to_string),
        };
        Ok(wire::written(&terms))
    }

    /// Packs a chunk for a worker. Values that are the same in many chunks go there once: `known` says which it has.
    ///
    /// An item with a value that cannot be written fails alone; the others travel. The parcel shares the columns of the
    /// chunk: drop it before [`unpack`](Self::unpack), or outputs that are handed through have to be copied.
    ///
    /// # Errors
    /// No value of some input can be written. The chunk comes back, to be [lost](Self::lose).
    pub fn pack(&self, chunk: Chunk, known: &mut Known) -> Result<(Sent, Parcel), Box<Unpackable>> {
        let deadline = self.context.deadline();
        let until = deadline.map(|(at, told)| (at.saturating_duration_since(clock::now()), told));
        let mut sent = Sent {
            retelling: self.begin_told(&chunk),
            chunk,
            travelled: None,
            failed: Vec::new(),
        };
        let start = wire::wide(sent.chunk.start);
        let all = vec![(start, wire::wide(sent.chunk.rows))];
        let mut blobs = Vec::new();
        let mut head = chunk::pack(
            &self.plan,
            &sent.chunk.pieces,
            (start, all),
            until,
            known,
            &mut blobs,
        );
        if head.is_none() {
            let unsent = chunk::unsent(&self.plan, &sent.chunk.pieces);
            if !unsent.is_empty() {
                let kept = self.leave_out(&mut sent, unsent);
                let pieces = selected(&sent.chunk.pieces, &kept);
                let items = (start, runs(sent.chunk.start, &kept));
                sent.travelled = Some(kept);
                head = chunk::pack(&self.plan, &pieces, items, until, known, &mut blobs);
            }
        }
        match head {
            Some(head) => {
                let head = wire::written(&head);
                let parcel = Parcel { head, blobs };
                let bytes = parcel.head.len() + parcel.blob_bytes();
                self.plan.learn_bytes_there(bytes / sent.chunk.rows);
                Ok((sent, parcel))
            }
            None => Err(Box::new(Unpackable {
                chunk: self.take_back(sent),
                error: EngineError::Unsupported {
                    engine: self.context.engine().name().to_owned(),
                    capability: "inputs that cannot be written as bytes".to_owned(),
                    node: None,
                },
            })),
        }
    }

    /// Fails the items that cannot travel; gives the rows that can.
    #[cold]
    fn leave_out(&self, sent: &mut Sent, mut unsent: Vec<Unsent>) -> Vec<u32> {
        let mut rows = sent.chunk.rows;
        if self.context.fail_fast() {
            unsent.truncate(1);
            rows = unsent.first().map_or(rows, |unsent| unsent.row);
        }
        let mut refused = unsent.iter().map(|unsent| unsent.row).peekable();
        let kept = (0..rows).filter(|row| refused.next_if_eq(row).is_none());
        let kept = kept.map(index).collect();
        for unsent in unsent {
            let item = sent.chunk.start + unsent.row;
            let failure = self.unsent(item, unsent.input, unsent.cause);
            sent.failed.push((item, failure));
        }
        kept
    }

    /// The first node that reads the input is told as the one that failed.
    fn unsent(&self, item: usize, input: usize, cause: Cause) -> Failure {
        let slot = self.plan.inputs[input].slot;
        let reads = |arg: &crate::plan::StepArg| arg.slot == slot;
        let mut steps = self.plan.steps.iter();
        let step = steps.position(|step| step.args.iter().any(reads));
        let name = step.map_or("", |step| &self.plan.steps[step].name);
        let details = FailureDetails {
            skipped: step
                .map(|step| self.plan.steps_behind(step))
                .unwrap_or_default(),
            ..FailureDetails::default()
        };
        Failure::new(Some(item), name, cause, Box::new(details))
    }

    /// Reads what a worker gave. When that is an outcome, the chunk is [taken back](Self::take_back) and put with it.
    ///
    /// # Errors
    /// What came is damaged, or the worker has panicked outside of the nodes, or has refused the chunk. Nothing is lost
    /// then: the chunk may be taken back and computed again.
    pub fn unpack(
        &self,
        sent: &mut Sent,
        head: &[u8],
        blobs: &dyn Blobs,
    ) -> Result<Outcome, RemoteError> {
        // Values are read by somebody else's code.
        let unpacked = catch_unwind(AssertUnwindSafe(|| {
            self.unpack_unguarded(sent, head, blobs)
        }));
        unpacked.unwrap_or_else(|payload| {
            Err(RemoteError::Panicked {
                message: Cause::from_panic(payload).message(),
            })
        })
    }

    fn unpack_unguarded(
        &self,
        sent: &mut Sent,
        head: &[u8],
        blobs: &dyn Blobs,
    ) -> Result<Outcome, RemoteError> {
        let bytes = (0..blobs.count())
            .map(|blob| blobs.len(blob))
            .sum::<usize>()
            + head.len();
        self.plan.learn_bytes_back(bytes / sent.chunk.rows);
        let head: OutcomeHead = wire::read(outcome::HEAD, head)?;
        self.retell(sent, head.events);
        let took = Duration::from_nanos(head.took_ns);
        let outcome = match head.end {
            WireEnd::Panicked(message) => return Err(RemoteError::Panicked { message }),
            WireEnd::Refused(reason) => return Err(RemoteError::Refused { reason }),
            WireEnd::Cancelled if self.context.is_cancelled() => {
                Outcome::unfinished(End::Cancelled)
            }
            WireEnd::Unwanted | WireEnd::Cancelled if self.wants(sent) => {
                let problem = "it gave a chunk up that is wanted";
                return Err(RemoteError::damaged(outcome::HEAD, problem));
            }
            WireEnd::Unwanted | WireEnd::Cancelled => Outcome::unfinished(End::Unwanted),
            WireEnd::Done { columns, failures } => {
                let path = self.context.path().map(|path| &**path);
                let failures = failures.into_failures(&self.plan, path)?;
                self.done(sent, &columns, failures, blobs, took)?
            }
        };
        self.end_told(sent, outcome.failures.len(), Some(took));
        Ok(outcome)
    }

    fn done(
        &self,
        sent: &mut Sent,
        packed: &[Packed],
        mut failures: Vec<(usize, Failure)>,
        blobs: &dyn Blobs,
        took: Duration,
    ) -> Result<Outcome, RemoteError> {
        let damaged = |problem: &str| RemoteError::damaged(outcome::HEAD, problem);
        let places = failures.iter().map(|(item, _)| sent.place(*item));
        let failed: Option<Vec<usize>> = places.collect();
        let failed = failed.ok_or_else(|| damaged("an item failed that is not in the chunk"))?;
        if !failed.is_sorted_by(|a, b| a < b) {
            return Err(damaged("its failures are not in order"));
        }
        // The places, among those that travelled, of the rows that are left.
        let all = sent.rows();
        let fail_fast = self.context.fail_fast();
        let (end, gone): (usize, &[usize]) = match failed[..] {
            [first] if fail_fast => (first, &[]),
            [_, _, ..] if fail_fast => return Err(damaged("more than one item failed")),
            _ => (all, &failed),
        };
        let rows = end - gone.len();
        if packed.len() != computed(&self.plan).count() {
            return Err(damaged("it has not as many columns as there are outputs"));
        }
        let mut columns: Vec<Option<Column>> = vec![None; self.plan.outputs.len()];
        for ((at, output), packed) in computed(&self.plan).zip(packed) {
            let codec = output.facts.codec;
            let codec = codec.ok_or_else(|| damaged("an output has no codec"))?;
            if packed.rows() != rows {
                return Err(damaged("a column is not as long as there are items left"));
            }
            let column = codec
                .unpack(packed, blobs)
                .map_err(|source| RemoteError::Values {
                    what: format!("output `{}`", output.name),
                    source,
                })?;
            if column.len() != rows {
                return Err(damaged("a column is not as long as there are items left"));
            }
            columns[at] = Some(column);
        }
        if columns.iter().any(Option::is_none) {
            let mut gone = gone.iter().copied().peekable();
            let left = (0..end).filter(|place| gone.next_if_eq(place).is_none());
            let left: Vec<u32> = match &sent.travelled {
                None => left.map(index).collect(),
                Some(rows) => left.map(|place| rows[place]).collect(),
            };
            self.hand_through(sent, &left, &mut columns)?;
        }
        if !fail_fast || failures.is_empty() {
            failures.append(&mut sent.failed);
            failures.sort_by_key(|(item, _)| *item);
        }
        self.number(&mut failures);
        Ok(Outcome {
            columns: columns.into_iter().flatten().collect(),
            failures,
            took,
            end: End::Done,
        })
    }

    /// Takes the outputs that are inputs handed through out of the chunk: these rows of them.
    fn hand_through(
        &self,
        sent: &mut Sent,
        left: &[u32],
        columns: &mut [Option<Column>],
    ) -> Result<(), RemoteError> {
        let is_whole = left.len() == sent.chunk.rows;
        for (output, column) in self.plan.outputs.iter().zip(columns) {
            let mut inputs = self.plan.inputs.iter();
            let Some(input) = inputs.position(|input| input.slot == output.slot) else {
                continue;
            };
            let mut all = output.port.accumulator(left.len());
            let mut rest = left;
            let mut first = 0;
            for (rows, args) in &mut sent.chunk.pieces {
                let empty = Arg::dense(output.port.empty());
                let mut arg = std::mem::replace(&mut args[input], empty);
                let own = rest.partition_point(|&row| (row as usize) < first + *rows);
                let own = rest.split_off(..own).unwrap_or_default();
                if !is_whole {
                    let own: Vec<u32> = own.iter().map(|row| row - index(first)).collect();
                    arg.rows = arg.rows.select(&own);
                }
                first += *rows;
                let values = match arg.column.is_shared() {
                    false => output.port.settle(arg, own.len()),
                    true => copied(output.facts.codec, &arg, own.len())?,
                };
                all.append(values);
            }
            *column = Some(all.finish());
        }
        Ok(())
    }

    /// Whether anybody wants the chunk: no item before it has failed, and the run goes on. If not, it may be
    /// [abandoned](crate::remote::WorkerRun::abandon).
    #[must_use]
    pub fn wants(&self, sent: &Sent) -> bool {
        self.limit.load(Ordering::Relaxed) >= sent.chunk.start && !self.lock().closed
    }

    /// The chunk of one that was under way. What was told of it ends here.
    #[must_use = "it has to be put, given back or lost"]
    pub fn take_back(&self, mut sent: Sent) -> Chunk {
        self.end_told(&mut sent, 0, None);
        sent.chunk
    }

    /// Answers a question that a worker [asked](crate::remote::WorkerLink::ask).
    #[must_use]
    pub fn answer(&self, question: &[u8]) -> Vec<u8> {
        let policies = self.context.scope().map(|scope| &scope.policies);
        let store = policies.and_then(|policies| policies.cache.as_deref());
        link::answer(store, question)
    }

    /// Hears what a worker [told](crate::remote::WorkerLink::tell) of a chunk under way. What is damaged is left out.
    pub fn hear(&self, sent: &mut Sent, events: &[u8]) {
        match wire::read("list of events", events) {
            Ok(events) => self.retell(sent, events),
            Err(error) => tracing::warn!("{error}"),
        }
    }

    fn retell(&self, sent: &mut Sent, events: Vec<WireEvent>) {
        if let (Some(scope), Some(retelling)) = (self.context.scope(), &mut sent.retelling) {
            retelling.tell(scope, events);
        }
    }

    fn begin_told(&self, chunk: &Chunk) -> Option<Retelling> {
        let scope = self.context.scope().filter(|scope| scope.is_heard())?;
        if self.single {
            return Some(Retelling::new(scope, self.context.span(), worker()));
        }
        let retelling = Retelling::new(scope, scope.new_span(), worker());
        let started = EventKind::ChunkStarted {
            start: chunk.start as u64,
            rows: chunk.rows as u64,
        };
        retelling.edge(scope, self.context.span(), started);
        Some(retelling)
    }

    fn end_told(&self, sent: &mut Sent, failed: usize, took: Option<Duration>) {
        let retelling = sent.retelling.take();
        let Some((mut retelling, scope)) = retelling.zip(self.context.scope()) else {
            return;
        };
        retelling.end(scope);
        if self.single {
            return;
        }
        let most = retelling.age_ns(scope);
        let ended = EventKind::ChunkEnded {
            start: sent.chunk.start as u64,
            rows: sent.chunk.rows as u64,
            failed: failed as u64,
            took_ns: took.map_or(most, nanoseconds).min(most),
        };
        retelling.edge(scope, self.context.span(), ended);
    }
}

/// Values that somebody else holds too, by way of their bytes.
#[cold]
fn copied(codec: Option<crate::Codec>, arg: &Arg, rows: usize) -> Result<Column, RemoteError> {
    let codec = codec.ok_or_else(|| RemoteError::damaged("value", "it has no codec"))?;
    let mut blobs = Vec::new();
    let packed = codec.pack(&[(arg, rows)], &mut blobs);
    let copied = packed.and_then(|packed| codec.unpack(&packed, &blobs));
    copied.map_err(|source| RemoteError::Values {
        what: "an output that is handed through".to_owned(),
        source,
    })
}

/// The rows of pieces that are left.
fn selected(pieces: &Pieces, kept: &[u32]) -> Vec<chunk::Piece> {
    let mut rest = kept;
    let mut first = 0;
    let mut selected = Vec::with_capacity(pieces.len());
    for (rows, args) in pieces {
        let own = rest.partition_point(|&row| (row as usize) < first + rows);
        let own = rest.split_off(..own).unwrap_or_default();
        let own: Vec<u32> = own.iter().map(|row| row - index(first)).collect();
        first += rows;
        let args = args.iter().map(|arg| Arg {
            column: arg.column.clone(),
            rows: arg.rows.select(&own),
        });
        selected.push((own.len(), args.collect()));
    }
    selected
}

/// Rows as runs of items.
fn runs(start: usize, rows: &[u32]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for row in rows {
        let item = wire::wide(start) + u64::from(*row);
        match runs.last_mut() {
            Some((first, rows)) if *first + *rows == item => *rows += 1,
            _ => runs.push((item, 1)),
        }
    }
    runs
}
