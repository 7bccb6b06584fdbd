//! A map over an iterator: results come in order while it goes, in bounded memory.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::outputs::find;
use super::{Inputs, MapOver, Pipeline, checkpoint, resolve, told};
use crate::clock;
use crate::engine::{Assist, Engine};
use crate::error::{EngineError, Error, Failure, RunError};
use crate::event::{EventKind, MemoryLevel, RunMode, RunOutcome};
use crate::plan::Plan;
use crate::run::{Feed, Next, ROOT, Restored, RunScope, Source, Taken, short, tell_failure};
use crate::value::{Arg, Codec, Column, PortValue};

/// A piece is sent off unfilled when its items take longer than this to come.
const PATIENCE: Duration = Duration::from_millis(20);

/// The results of [`Pipeline::map_iter`], in the order of the rows.
pub struct MapIter<I: Iterator> {
    rows: Option<I>,
    feed: Arc<Feed>,
    plan: Arc<Plan>,
    engine: Arc<dyn Engine>,
    /// The arguments of a piece; `None` is the walked one.
    template: Vec<Option<Column>>,
    /// Most pieces that are under way or finished and not given yet.
    window: usize,
    workers: usize,
    /// What is finished of an earlier run is known by the keys of its items.
    key: Option<Codec>,
    /// `None`: nobody asked for more than an engine and an error policy.
    scope: Option<Arc<RunScope>>,
    /// Items that gave a result, and those that failed.
    counts: (u64, u64),
    /// `rows` panicked; it is told in its place.
    panicked: Option<Box<dyn Any + Send>>,
    fail_fast: bool,
    /// An error has ended the iteration.
    ended: bool,
    ready: Ready,
}

/// A finished piece, of which rows are given one by one.
#[derive(Default)]
struct Ready {
    columns: Arc<[Column]>,
    failures: BTreeMap<usize, Failure>,
    next: usize,
    end: usize,
    at: usize,
}

impl<I: Iterator> MapIter<I>
where
    I::Item: PortValue,
{
    pub(super) fn new(
        pipeline: &Pipeline,
        inputs: Inputs,
        axis: &str,
        rows: I,
    ) -> Result<Self, Error> {
        let is_computed = pipeline.graph.wiring.producers.contains_key(axis);
        let none = Column::one(Vec::<I::Item>::new());
        let inputs = inputs.push(axis.to_owned().into(), none, None, is_computed);
        let over = MapOver::zip([axis.to_owned()]);
        let plan = pipeline.plan_for(&inputs, Some(&over));
        let context = pipeline.context();
        let mut seen = checkpoint::Inputs::coming(axis);
        let has_folder = pipeline.policies.folder.is_some();
        let (axes, _) = resolve::mapped(
            pipeline,
            &plan,
            inputs,
            &over,
            &mut |input, axis, column| {
                if has_folder {
                    seen.see(input, axis, column);
                }
            },
        )?;
        pipeline.check_capabilities(&plan, &context)?;
        pipeline.check_policies(&plan)?;
        let scope = context.scope().cloned();
        let checkpoint = match &scope {
            Some(scope) => pipeline.open_folder(&plan, &over, None, seen, scope)?,
            None => None,
        };
        let walked = plan.inputs.iter().find(|input| input.name == axis);
        let key = walked
            .filter(|_| checkpoint.is_some())
            .and_then(|input| input.facts.codec);
        if let Some(scope) = &scope {
            told::start(scope, &plan, &context, RunMode::Iterate, None);
        }
        let engine = Arc::clone(context.engine());
        let sizing = engine.sizing(&plan, usize::MAX);
        let workers = sizing.workers.max(1);
        let template = axes.into_iter().map(|axis| match axis {
            crate::run::Axis::Broadcast(column) => Some(column),
            _ => None,
        });
        let fail_fast = context.policy() == crate::config::ErrorPolicy::FailFast;
        let feed = Feed::new(
            Arc::clone(&plan),
            context,
            sizing,
            Source::Pieces(Default::default()),
            0,
        );
        let feed = match checkpoint {
            Some(checkpoint) => feed.restored(checkpoint)?,
            None => feed,
        };
        Ok(Self {
            rows: Some(rows),
            key,
            scope,
            counts: (0, 0),
            template: template.collect(),
            window: workers,
            workers,
            panicked: None,
            fail_fast,
            feed: Arc::new(feed),
            plan,
            engine,
            ended: false,
            ready: Ready::default(),
        })
    }

    /// Fills the feed up to the window. Gives up waiting for a slow iterator once something is under way.
    fn fill(&mut self) -> Result<(), Error> {
        let began = clock::now();
        while self.rows.is_some() {
            // First: what was under way is given up, and is never less than it is now.
            if let Some(scope) = &self.scope
                && scope.is_cancelled()
            {
                self.rows = None;
                break;
            }
            let mut wanted = self.feed.rows_of_next_piece();
            if self.feed.held() >= self.allowed().saturating_mul(wanted) {
                break;
            }
            if let Some(checkpoint) = self.feed.checkpoint() {
                match checkpoint.next_at(self.feed.items())? {
                    Next::Finished(piece) => {
                        self.restore(piece)?;
                        continue;
                    }
                    Next::Gap(most) => wanted = wanted.min(most),
                }
            }
            let mut values = Vec::with_capacity(wanted);
            let mut is_late = false;
            while values.len() < wanted && !is_late {
                let Some(value) = self.next_value() else {
                    break;
                };
                values.push(value);
                is_late =
                    (values.len() < 16 || values.len() % 64 == 0) && began.elapsed() > PATIENCE;
            }
            if !values.is_empty() {
                let rows = values.len();
                let walked = Arg::dense(Column::from_vec(values));
                let keys = self.keys_of(&walked, rows)?;
                let mut walked = Some(walked);
                let args = self.template.iter().map(|broadcast| match broadcast {
                    Some(column) => Arg::broadcast(column.clone()),
                    None => walked.take().expect("one input is walked"),
                });
                self.feed.push(rows, args.collect(), keys);
            }
            if is_late {
                break;
            }
        }
        Ok(())
    }

    /// How many pieces may be held now.
    fn allowed(&self) -> usize {
        let is_short = self.scope.as_ref().is_some_and(|scope| {
            let memory = scope.memory.as_ref();
            memory.is_some_and(|memory| memory.level(scope) >= MemoryLevel::Target)
        });
        if is_short { 1 } else { self.window }
    }

    /// What an item is known by in the run folder.
    fn keys_of(&self, items: &Arg, rows: usize) -> Result<Vec<u64>, Error> {
        let Some(codec) = self.key else {
            return Ok(Vec::new());
        };
        let keys = codec.keys(items, rows).map_err(|error| RunError::Policy {
            node: self.plan.name().to_owned(),
            asked: "kept in a run folder",
            reason: error.to_string(),
        })?;
        Ok(keys.iter().map(short).collect())
    }

    /// Takes items that an earlier run has finished from the iterator, and their results from the run folder.
    fn restore(&mut self, piece: Restored) -> Result<(), Error> {
        let mut values = Vec::with_capacity(piece.rows);
        while values.len() < piece.rows {
            let Some(value) = self.next_value() else {
                break;
            };
            values.push(value);
        }
        let (came, start) = (values.len(), piece.start);
        let keys = self.keys_of(&Arg::dense(Column::from_vec(values)), came)?;
        let differs = keys
            .iter()
            .zip(&piece.keys)
            .position(|(now, then)| now != then);
        let differs =
            differs.or_else(|| (came < piece.rows && self.panicked.is_none()).then_some(came));
        if let Some(at) = differs {
            let what = match at < came {
                true => format!(
                    "item {} of the iterator is another than in the run folder",
                    start + at
                ),
                false => format!(
                    "the iterator ends before item {}, which the run folder has",
                    start + at
                ),
            };
            let checkpoint = self.feed.checkpoint();
            return checkpoint.map_or(Ok(()), |checkpoint| Err(checkpoint.changed(what)));
        }
        if came == piece.rows {
            self.feed.push_finished(piece.rows, piece.columns);
            if let Some(scope) = &self.scope {
                let items = came as u64;
                scope.tell(ROOT, None, EventKind::Restored { items });
            }
        }
        Ok(())
    }

    /// The next value of the iterator, which is gone when it has none or panics.
    fn next_value(&mut self) -> Option<I::Item> {
        let rows = self.rows.as_mut()?;
        let value = catch_unwind(AssertUnwindSafe(|| rows.next())).unwrap_or_else(|panic| {
            self.panicked = Some(panic);
            None
        });
        if value.is_none() {
            self.rows = None;
        }
        value
    }

    /// Waits for the next finished piece. `false` when there is none any more.
    fn advance(&mut self) -> Result<bool, Error> {
        loop {
            self.fill()?;
            let assist = self.engine.assist(&self.feed);
            if assist != Assist::None {
                // While the consumer is busy, nobody should run dry; an engine that is driven has no use for that.
                self.window = 2 * self.workers + 2;
            }
            let taken = match assist {
                Assist::Background => self.feed.take(PATIENCE),
                Assist::Shared => match self.feed.take(Duration::ZERO) {
                    Taken::Pending | Taken::Empty if self.compute_one() => continue,
                    Taken::Pending => self.feed.take(PATIENCE),
                    taken => taken,
                },
                Assist::None => match self.feed.take(Duration::ZERO) {
                    Taken::Pending => {
                        self.engine.drive(&self.feed)?;
                        self.driven()?
                    }
                    taken => taken,
                },
            };
            if let Some(error) = self.feed.take_error() {
                return Err(error);
            }
            match taken {
                Taken::Piece {
                    start,
                    rows,
                    columns,
                    failures,
                } => {
                    self.ready = Ready {
                        columns: columns.into(),
                        failures,
                        next: start,
                        end: start + rows,
                        at: 0,
                    };
                    return Ok(true);
                }
                Taken::Empty if self.rows.is_none() => return self.finished(),
                Taken::Empty | Taken::Pending => {}
            }
        }
    }

    /// Nothing is left to wait for: all was given, or the run was cancelled.
    fn finished(&mut self) -> Result<bool, Error> {
        if let Some(checkpoint) = self.feed.checkpoint() {
            checkpoint.flush(self.scope.as_ref())?;
        }
        match &self.scope {
            Some(scope) if scope.is_cancelled() => {
                let done = usize::try_from(self.counts.0).unwrap_or(usize::MAX);
                Err(told::interruption(scope, done, None))
            }
            _ => Ok(false),
        }
    }

    /// Tells listeners how the iteration ended, once.
    fn tell_end(&mut self, error: Option<&Error>) {
        let Some(scope) = self.scope.take() else {
            return;
        };
        let (done, failed) = self.counts;
        let checkpoint = self.feed.checkpoint();
        let outcome = match error {
            Some(error) => return told::end_with(&scope, checkpoint, error, done, failed),
            None if failed > 0 => RunOutcome::Partial,
            None => RunOutcome::Done,
        };
        told::close(checkpoint, outcome, None, &scope);
        scope.end(outcome, done, failed, None);
    }

    /// What an engine has driven that does not help in the background.
    fn driven(&self) -> Result<Taken, Error> {
        let taken = self.feed.take(Duration::ZERO);
        match taken {
            Taken::Pending => {
                let (engine, missing) = (self.engine.name().to_owned(), self.feed.held());
                Err(EngineError::Incomplete {
                    engine,
                    missing,
                    items: missing,
                }
                .into())
            }
            taken => Ok(taken),
        }
    }

    fn compute_one(&self) -> bool {
        let Some(mut chunk) = self.feed.next() else {
            return false;
        };
        let outcome = self.feed.execute(&mut chunk);
        self.feed.put(chunk, outcome);
        true
    }

    fn end(&mut self) {
        self.rows = None;
        self.ended = true;
        self.feed.abandon();
        self.ready = Ready::default();
    }
}

impl<I: Iterator> Iterator for MapIter<I>
where
    I::Item: PortValue,
{
    type Item = Result<IterRow, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if self.ready.next == self.ready.end {
            match self.advance() {
                Ok(true) => {}
                Ok(false) => {
                    self.ended = true;
                    self.tell_end(None);
                    if let Some(panic) = self.panicked.take() {
                        resume_unwind(panic);
                    }
                    return None;
                }
                Err(error) => {
                    self.end();
                    self.tell_end(Some(&error));
                    return Some(Err(error));
                }
            }
        }
        let item = self.ready.next;
        self.ready.next += 1;
        if !self.ready.failures.is_empty()
            && let Some(failure) = self.ready.failures.remove(&item)
        {
            self.counts.1 += 1;
            if let Some(scope) = &self.scope
                && self.fail_fast
            {
                tell_failure(scope, &failure);
            }
            let error = Error::from(RunError::from(failure));
            if self.fail_fast {
                self.end();
                self.tell_end(Some(&error));
            }
            return Some(Err(error));
        }
        let at = self.ready.at;
        self.ready.at += 1;
        self.counts.0 += 1;
        Some(Ok(IterRow {
            plan: Arc::clone(&self.plan),
            columns: Arc::clone(&self.ready.columns),
            at,
        }))
    }
}

impl<I: Iterator> Drop for MapIter<I> {
    fn drop(&mut self) {
        self.feed.abandon();
        if let Some(scope) = self.scope.take() {
            // Dropped before its end: what was given was all that was wanted.
            told::close(self.feed.checkpoint(), RunOutcome::Cancelled, None, &scope);
            scope.end(RunOutcome::Cancelled, self.counts.0, self.counts.1, None);
        }
    }
}

impl<I: Iterator> fmt::Debug for MapIter<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapIter")
            .field("plan", &self.plan)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

/// The outputs of one item of [`Pipeline::map_iter`].
#[derive(Clone)]
pub struct IterRow {
    plan: Arc<Plan>,
    columns: Arc<[Column]>,
    at: usize,
}

impl IterRow {
    /// The value of an output.
    ///
    /// # Errors
    /// An output that is not there, or of another type.
    pub fn get<T: PortValue>(&self, name: &str) -> Result<&T, Error> {
        let at = find::<T>(&self.plan, name)?;
        Ok(&self.columns[at].typed::<T>()[self.at])
    }
}

impl fmt::Debug for IterRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterRow")
            .field("at", &self.at)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}
