//! A step under policies: looked up in the cache, tried again, limited in time, told to listeners. A run without any
//! of that never comes here.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::current::Within;
use super::keys::{call_key, keys_of, output_key};
use super::scope::{RunScope, nanoseconds, spoken};
use super::slot::{ABSENT, CachedSlot, Lost, Slot, codec_of};
use super::snapshot::Snapshot;
use crate::cache::{CacheStore, Key};
use crate::clock;
use crate::error::{Cause, FailureDetails};
use crate::event::EventKind;
use crate::node::{ArgList, Call, ColumnList, Passing, RowLimits};
use crate::plan::{Plan, Step};
use crate::policy::Retry;
use crate::run::RunContext;
use crate::value::{Accumulator, Arg, Column, index};

pub(super) type Slots = SmallVec<[Slot; 2]>;
pub(super) type Outs = SmallVec<[Slot; 1]>;

/// A row that failed in a step for good.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) row: usize,
    pub(super) cause: Cause,
    pub(super) details: Box<FailureDetails>,
}

/// What a step gave.
pub(super) struct Computed {
    /// Per output the rows that did not fail.
    pub(super) outs: Outs,
    pub(super) failures: Vec<Failed>,
}

/// Why a step gave nothing.
pub(super) enum Interrupted {
    /// The run was cancelled.
    Cancelled,
    /// A value that was found in the cache is not there any more: the chunk begins again.
    Lost,
}

impl From<Lost> for Interrupted {
    fn from(_: Lost) -> Self {
        Self::Lost
    }
}

/// A step that is about to be computed.
pub(super) struct Guarded<'a> {
    pub(super) plan: &'a Plan,
    pub(super) at: usize,
    pub(super) rows: usize,
    pub(super) context: &'a RunContext,
    pub(super) scope: &'a Arc<RunScope>,
    /// The item that a row belongs to, as far as it is known.
    pub(super) item: &'a dyn Fn(usize) -> usize,
    /// For each row its row in the chunk, where some are gone.
    pub(super) origin: Option<&'a [u32]>,
    /// What is found in the cache is loaded at once.
    pub(super) is_eager: bool,
}

impl Guarded<'_> {
    fn step(&self) -> &Step {
        &self.plan.steps[self.at]
    }

    /// Computes the step. `spent` is how long each row's nodes took so far, where an item's time is limited.
    pub(super) fn compute(
        self,
        slots: Slots,
        spent: Option<&mut Vec<Duration>>,
    ) -> Result<Computed, Interrupted> {
        let scope = self.scope;
        if scope.is_cancelled() {
            return Err(Interrupted::Cancelled);
        }
        let step = self.step();
        let parent = self.context.span();
        let node = self.context.path_of(&step.name);
        let span = scope.new_span();
        let rows = self.rows as u64;
        if scope.is_heard() {
            let node = Arc::clone(&node);
            scope.tell(span, Some(parent), EventKind::NodeStarted { node, rows });
        }
        let tracing_span = scope
            .has_spans
            .then(|| tracing::debug_span!("node", node = &*node, rows).entered());
        let began = clock::now();
        let told = self.context.at_step(&step.name, self.rows, self.origin);
        let call = NodeCall {
            guarded: &self,
            context: told.as_ref().unwrap_or(self.context).inside(span, &node),
            node: &node,
        };
        let is_cached = step.node.signature().options.cache;
        let mut cached = 0;
        let store = scope.policies.cache.as_deref().filter(|_| is_cached);
        // A value may panic when it is dropped; the span ends all the same.
        let computed = catch_unwind(AssertUnwindSafe(|| match store {
            Some(store) => call.cached(slots, store, spent, &mut cached),
            None => call.uncached(slots, spent),
        }))
        .unwrap_or_else(|payload| Ok(self.panicked(payload)));
        drop(tracing_span);
        if scope.is_heard() {
            let failed = computed.as_ref().map_or(0, |done| done.failures.len());
            let ended = EventKind::NodeEnded {
                node,
                rows,
                failed: failed as u64,
                cached,
                took_ns: nanoseconds(began.elapsed()),
            };
            scope.tell(span, Some(parent), ended);
        }
        computed
    }

    /// Every row failed, because of a panic outside of the rows.
    #[cold]
    fn panicked(&self, payload: Box<dyn Any + Send>) -> Computed {
        let ports = self.step().node.signature().outputs.iter();
        let ports: Vec<_> = ports.map(|output| output.port).collect();
        let mut call = Call::new(self.rows, ArgList::new(), self.context);
        call.panic_all(&ports, payload);
        let (columns, failures) = call.finish();
        let failures = failures.into_iter().map(|failure| Failed {
            row: failure.row,
            cause: failure.cause,
            details: Box::default(),
        });
        Computed {
            failures: failures.collect(),
            outs: columns
                .into_iter()
                .map(|column| Slot::Values(Arg::dense(column)))
                .collect(),
        }
    }
}

/// A step with the context that its calls see.
struct NodeCall<'a> {
    guarded: &'a Guarded<'a>,
    context: RunContext,
    node: &'a Arc<str>,
}

/// What calls of a node gave: columns of the rows that did not fail, and the others.
struct Called {
    columns: ColumnList,
    failures: Vec<Failed>,
}

impl NodeCall<'_> {
    fn uncached(
        &self,
        slots: Slots,
        spent: Option<&mut Vec<Duration>>,
    ) -> Result<Computed, Interrupted> {
        let store = self.guarded.scope.policies.cache.as_deref();
        let args = load(slots, store)?;
        let called = self.called(args, self.guarded.rows, &|row| row, spent)?;
        let outs = called
            .columns
            .into_iter()
            .map(|column| Slot::Values(Arg::dense(column)));
        Ok(Computed {
            outs: outs.collect(),
            failures: called.failures,
        })
    }

    /// Computes the rows that are not in the cache, and puts them there.
    fn cached(
        &self,
        slots: Slots,
        store: &dyn CacheStore,
        spent: Option<&mut Vec<Duration>>,
        cached: &mut u64,
    ) -> Result<Computed, Interrupted> {
        let (step, rows, scope) = (self.guarded.step(), self.guarded.rows, self.guarded.scope);
        let signature = step.node.signature();
        let keys = slots.iter().zip(&signature.inputs);
        let keys = keys.map(|(slot, input)| keys_of(slot, rows, input, &scope.keys));
        let keys: Vec<Vec<Key>> = match keys.collect() {
            Ok(keys) => keys,
            Err(error) => {
                tracing::warn!("node `{}` is not cached: {error}", self.node);
                return self.uncached(slots, spent);
            }
        };
        let identity = step.identity();
        let calls: Vec<Key> = (0..rows)
            .map(|row| call_key(identity, keys.iter().map(|arg| &arg[row])))
            .collect();
        let wanted: Vec<usize> = (0..signature.outputs.len())
            .filter(|&output| step.outs[output].is_some())
            .collect();
        let found = Found::look(self, &calls, &wanted, store);
        let missing: Vec<u32> = (0..rows)
            .filter(|&row| !found.is_hit[row])
            .map(index)
            .collect();
        *cached = (rows - missing.len()) as u64;
        self.tell_cache(*cached, missing.len() as u64);

        let mut failures = Vec::new();
        let mut fresh = Vec::new();
        if !missing.is_empty() {
            let mut slots = slots;
            if missing.len() < rows {
                slots.iter_mut().for_each(|slot| slot.select(&missing));
            }
            let args = load(slots, Some(store))?;
            let row_of = |row: usize| missing[row] as usize;
            let called = self.called(args, missing.len(), &row_of, spent)?;
            let mut failed = called.failures.iter().map(|failed| failed.row).peekable();
            let end = if self.context.fail_fast() {
                called
                    .failures
                    .first()
                    .map_or(missing.len(), |failed| failed.row)
            } else {
                missing.len()
            };
            let done = (0..end).filter(|row| failed.next_if_eq(row).is_none());
            fresh = done.map(|row| missing[row]).collect();
            failures = called.failures;
            failures
                .iter_mut()
                .for_each(|failed| failed.row = row_of(failed.row));
            self.keep(&called.columns, &fresh, &calls, &wanted, store);
            return Ok(self.joined(found, called.columns, &fresh, &calls, &wanted, failures));
        }
        let empty = signature.outputs.iter().map(|output| output.port.empty());
        Ok(self.joined(
            found,
            empty.collect(),
            &fresh,
            &calls,
            &wanted,
            std::mem::take(&mut failures),
        ))
    }

    fn tell_cache(&self, hits: u64, misses: u64) {
        let scope = self.guarded.scope;
        let span = self.context.span();
        let told = [
            (
                hits,
                EventKind::CacheHit {
                    node: Arc::clone(self.node),
                    rows: hits,
                },
            ),
            (
                misses,
                EventKind::CacheMiss {
                    node: Arc::clone(self.node),
                    rows: misses,
                },
            ),
        ];
        for (_, kind) in told.into_iter().filter(|(rows, _)| *rows > 0) {
            scope.tell(span, None, kind);
        }
    }

    /// Puts fresh values into the cache.
    fn keep(
        &self,
        columns: &ColumnList,
        fresh: &[u32],
        calls: &[Key],
        wanted: &[usize],
        store: &dyn CacheStore,
    ) {
        let signature = self.guarded.step().node.signature();
        for &output in wanted {
            let codec = codec_of(&signature.outputs[output]);
            let arg = Arg::dense(columns[output].clone());
            for (place, &row) in fresh.iter().enumerate() {
                let mut bytes = Vec::new();
                match codec.encode_row(&arg, place, &mut bytes) {
                    Ok(()) => {
                        store.put(&output_key(&calls[row as usize], output), self.node, &bytes);
                    }
                    Err(error) => tracing::warn!("node `{}` is not cached: {error}", self.node),
                }
            }
        }
    }

    /// Fresh and found rows together.
    fn joined(
        &self,
        mut found: Found,
        columns: ColumnList,
        fresh: &[u32],
        calls: &[Key],
        wanted: &[usize],
        failures: Vec<Failed>,
    ) -> Computed {
        let rows = self.guarded.rows;
        let signature = self.guarded.step().node.signature();
        let end = match failures.first() {
            Some(failed) if self.context.fail_fast() => failed.row,
            _ => rows,
        };
        let mut place_of = vec![None; rows];
        for (place, &row) in (0..).zip(fresh) {
            place_of[row as usize] = Some(place);
        }
        let is_hit = std::mem::take(&mut found.is_hit);
        let survives = |row: &usize| is_hit[*row] || place_of[*row].is_some();
        let left: Vec<usize> = (0..end).filter(&survives).collect();
        let columns = columns.into_iter().enumerate();
        let outs = columns.map(|(output, column)| {
            if !wanted.contains(&output) {
                return Slot::Values(Arg::dense(signature.outputs[output].port.empty()));
            }
            let codec = codec_of(&signature.outputs[output]);
            let keys = left
                .iter()
                .map(|&row| output_key(&calls[row], output))
                .collect();
            let loaded = found.loaded.get_mut(output).and_then(Option::take);
            let (column, places) = match loaded {
                None => (
                    column,
                    left.iter()
                        .map(|&row| place_of[row].unwrap_or(ABSENT))
                        .collect(),
                ),
                Some(loaded) => {
                    // Every value is here: what was found, and what is fresh.
                    let hits = (0..rows).filter(|&row| is_hit[row]).map(index).collect();
                    let pieces = vec![(loaded, hits), (column, fresh.to_vec())];
                    let whole = signature.outputs[output].port.merge(pieces);
                    let places = (0..rows).filter(&survives).map(index).zip(0..);
                    let places: Vec<(u32, u32)> = places.collect();
                    let at = |row: &usize| {
                        places
                            .binary_search_by_key(&index(*row), |(row, _)| *row)
                            .map_or(ABSENT, |i| places[i].1)
                    };
                    (whole, left.iter().map(at).collect())
                }
            };
            Slot::Cached(Box::new(CachedSlot::new(keys, column, places, codec)))
        });
        Computed {
            outs: outs.collect(),
            failures,
        }
    }

    /// Calls the node, again for rows that failed and may be tried again.
    fn called(
        &self,
        args: ArgList,
        rows: usize,
        row_of: &dyn Fn(usize) -> usize,
        mut spent: Option<&mut Vec<Duration>>,
    ) -> Result<Called, Interrupted> {
        let policies = &self.guarded.scope.policies;
        let options = &self.guarded.step().node.signature().options;
        let retry = options.retry.as_ref().or(policies.retry.as_ref());
        let retry = retry.filter(|retry| retry.attempts() > 1 && !self.is_nested());
        let kept = (retry.is_some() || policies.snapshots).then(|| args.clone());
        let mut called = match (retry, &kept) {
            (Some(retry), Some(kept)) => {
                drop(args);
                self.persistent(kept, rows, row_of, retry, spent.as_deref_mut())?
            }
            _ => self.once(args, rows, row_of, spent)?,
        };
        if policies.snapshots
            && let Some(kept) = &kept
            && !self.is_nested()
        {
            for failed in &mut called.failures {
                let node = &self.guarded.step().node;
                failed.details.snapshot = Some(Snapshot::taken(node, self.node, kept, failed.row));
            }
        }
        Ok(called)
    }

    fn is_nested(&self) -> bool {
        self.guarded.step().node.nested().is_some()
    }

    /// Tries failed rows again until they give a value, or there is no attempt left.
    fn persistent(
        &self,
        args: &ArgList,
        rows: usize,
        row_of: &dyn Fn(usize) -> usize,
        retry: &Retry,
        mut spent: Option<&mut Vec<Duration>>,
    ) -> Result<Called, Interrupted> {
        let mut pieces = Pieces::default();
        let mut failures = Vec::new();
        // With fail-fast a call ends at its first failing row; the rows behind it wait until that one is decided.
        let mut waiting: Vec<u32> = (0..rows).map(index).collect();
        while !waiting.is_empty() {
            let mut due = std::mem::take(&mut waiting);
            let mut attempt = 1;
            loop {
                let of_due = |row: usize| row_of(due[row] as usize);
                let called = self.once(
                    selected(args, &due, rows),
                    due.len(),
                    &of_due,
                    spent.as_deref_mut(),
                )?;
                let failed: Vec<usize> = called.failures.iter().map(|failed| failed.row).collect();
                let end = match failed.first() {
                    Some(&first) if self.context.fail_fast() => {
                        waiting.splice(0..0, due[first + 1..].iter().copied());
                        first
                    }
                    _ => due.len(),
                };
                let is_done = |row: &usize| failed.binary_search(row).is_err();
                let done = (0..end).filter(is_done).map(|row| due[row]).collect();
                pieces.push(called.columns, done);
                let mut again = Vec::new();
                let mut pause = Duration::ZERO;
                for mut failed in called.failures {
                    failed.row = due[failed.row] as usize;
                    let has_time = self.has_time(spent.as_deref(), row_of(failed.row));
                    if attempt < retry.attempts() && has_time && retry.covers(&failed.cause) {
                        let item = (self.guarded.item)(row_of(failed.row));
                        let wait = retry.pause(item, attempt);
                        self.tell_retry(item, attempt, wait, &failed.cause);
                        pause = pause.max(wait);
                        again.push(index(failed.row));
                    } else {
                        failures.push(failed);
                    }
                }
                if again.is_empty() {
                    break;
                }
                if self.guarded.scope.sleep(pause) {
                    return Err(Interrupted::Cancelled);
                }
                (due, attempt) = (again, attempt + 1);
            }
            if self.context.fail_fast() && !failures.is_empty() {
                break;
            }
        }
        failures.sort_by_key(|failed| failed.row);
        let outputs = &self.guarded.step().node.signature().outputs;
        let columns = pieces.merged(outputs.iter().map(|output| output.port));
        Ok(Called { columns, failures })
    }

    /// Whether a row's item may take any longer.
    fn has_time(&self, spent: Option<&Vec<Duration>>, row: usize) -> bool {
        let limit = self.guarded.scope.policies.item_timeout;
        let is_over = limit
            .zip(spent)
            .is_some_and(|(limit, spent)| spent[row] >= limit);
        let deadline = self.context.deadline();
        !is_over && deadline.is_none_or(|(deadline, _)| clock::now() < deadline)
    }

    fn tell_retry(&self, item: usize, attempt: u32, pause: Duration, cause: &Cause) {
        let retried = EventKind::Retried {
            node: Arc::clone(self.node),
            item: item as u64,
            attempt,
            pause_ns: nanoseconds(pause),
            message: spoken(|| cause.message()),
        };
        let span = self.context.span();
        self.guarded.scope.tell(span, None, retried);
    }

    /// One call of all rows; a call for each where their time is limited.
    fn once(
        &self,
        mut args: ArgList,
        rows: usize,
        row_of: &dyn Fn(usize) -> usize,
        mut spent: Option<&mut Vec<Duration>>,
    ) -> Result<Called, Interrupted> {
        let step = self.guarded.step();
        let options = &step.node.signature().options;
        let is_limited =
            options.timeout.is_some() || spent.is_some() || self.context.deadline().is_some();
        if !is_limited || rows <= 1 || options.is_async {
            return self.call(args, rows, row_of, spent);
        }
        let inputs = &step.node.signature().inputs;
        // What cannot be cloned is moved into the calls, row by row.
        let mut drains: Vec<_> = inputs
            .iter()
            .zip(&mut args)
            .map(|(input, arg)| {
                let moved = arg.take_if(|_| input.passing == Passing::Move);
                moved.map(|arg| input.port.drain(input.port.settle(arg, rows)))
            })
            .collect();
        let outputs = &step.node.signature().outputs;
        let mut columns: Vec<Box<dyn Accumulator>> = outputs
            .iter()
            .map(|output| output.port.accumulator(rows))
            .collect();
        let mut failures = Vec::new();
        for row in 0..rows {
            let of_row = args
                .iter()
                .zip(&mut drains)
                .map(|(arg, drain)| match (arg, drain) {
                    (Some(arg), _) => Some(Arg {
                        column: arg.column.clone(),
                        rows: arg.rows.select(&[index(row)]),
                    }),
                    (None, drain) => drain.as_mut().map(|drain| Arg::dense(drain.take(1))),
                });
            let called = self.call(of_row.collect(), 1, &|_| row_of(row), spent.as_deref_mut())?;
            let own = columns.iter_mut().zip(called.columns);
            own.for_each(|(all, one)| all.append(one));
            let has_failed = !called.failures.is_empty();
            failures.extend(
                called
                    .failures
                    .into_iter()
                    .map(|failed| Failed { row, ..failed }),
            );
            if has_failed && self.context.fail_fast() {
                break;
            }
        }
        Ok(Called {
            columns: columns.into_iter().map(Accumulator::finish).collect(),
            failures,
        })
    }

    /// One call of the node.
    fn call(
        &self,
        args: ArgList,
        rows: usize,
        row_of: &dyn Fn(usize) -> usize,
        spent: Option<&mut Vec<Duration>>,
    ) -> Result<Called, Interrupted> {
        let (step, scope) = (self.guarded.step(), self.guarded.scope);
        if scope.is_cancelled() {
            return Err(Interrupted::Cancelled);
        }
        let began = clock::now();
        let signature = step.node.signature();
        let is_async = signature.options.is_async;
        let limits: Vec<Option<(Duration, Duration)>> = (0..rows)
            .map(|row| self.limit(spent.as_deref().map(|spent| spent[row_of(row)])))
            .collect();
        let until = self.context.deadline();
        // The calls of sync nodes with a limit have one row.
        let limit = match limits[..] {
            [of_row] if !is_async => {
                let left = |(until, told): (Instant, Duration)| {
                    (until.saturating_duration_since(began), told)
                };
                of_row.into_iter().chain(until.map(left)).min()
            }
            _ => None,
        };
        let lent = limit.map(|_| lent(step, &args));
        let timed_out = |told: Duration| {
            let kept = lent.map(|lent| Call::new(1, lent, &self.context).take_args());
            Failed {
                row: 0,
                cause: Cause::TimedOut { limit: told },
                details: Box::new(details(step, kept.as_ref(), 0)),
            }
        };
        let empty = || signature.outputs.iter().map(|output| output.port.empty());
        if let Some((Duration::ZERO, told)) = limit {
            return Ok(Called {
                columns: empty().collect(),
                failures: vec![timed_out(told)],
            });
        }
        let deadline = limit.and_then(|(left, told)| Some((began.checked_add(left)?, told)));
        let inside = deadline.filter(|_| self.is_nested());
        let inside = inside.map(|deadline| self.context.until(deadline));
        let context = inside.as_ref().unwrap_or(&self.context);
        let at_rows = context.at_rows(rows, row_of);
        let context = at_rows.as_ref().unwrap_or(context);
        let mut call = Call::new(rows, args, context);
        if is_async && (until.is_some() || limits.iter().any(Option::is_some)) {
            call.set_limits(RowLimits {
                of_row: limits,
                until,
                took: vec![Duration::ZERO; rows],
            });
        }
        let was_told = {
            let within = Within::call(scope, deadline.map(|(deadline, _)| deadline));
            let _limited = context
                .track()
                .zip(limit)
                .map(|(track, limit)| track.limited(limit));
            step.compute(&mut call);
            within.was_told()
        };
        let took = began.elapsed();
        if let Some(spent) = spent {
            let of_rows = call.take_limits();
            for row in 0..rows {
                spent[row_of(row)] += of_rows.as_ref().map_or(took, |limits| limits.took[row]);
            }
        }
        let kept = call.take_kept();
        let (mut columns, row_failures) = call.finish();
        let mut failures: Vec<Failed> = row_failures
            .into_iter()
            .map(|failure| Failed {
                details: Box::new(details(step, kept.as_ref(), failure.row)),
                row: failure.row,
                cause: failure.cause,
            })
            .collect();
        // What panicked, or failed inside a nested pipeline, is told as that.
        let is_told = |failed: &Failed| matches!(failed.cause, Cause::Panic(_) | Cause::Nested(_));
        if let Some((left, told)) = limit
            && took >= left
            && !failures.iter().any(is_told)
        {
            columns = empty().collect();
            failures = vec![timed_out(told)];
        }
        if was_told || !failures.is_empty() && scope.is_cancelled() {
            // Told to stop, the node gave up: that is no failure of the item, and no value.
            return Err(Interrupted::Cancelled);
        }
        Ok(Called { columns, failures })
    }

    /// How long a row may take, and the limit that is told: the one that was set, whichever ends first.
    fn limit(&self, spent: Option<Duration>) -> Option<(Duration, Duration)> {
        let own = self.guarded.step().node.signature().options.timeout;
        let of_item = self.guarded.scope.policies.item_timeout.zip(spent);
        let of_item = of_item.map(|(limit, spent)| (limit.saturating_sub(spent), limit));
        own.map(|own| (own, own)).into_iter().chain(of_item).min()
    }
}

/// The arguments of a call that can be shown afterwards, whatever the node does with them.
fn lent(step: &Step, args: &ArgList) -> ArgList {
    let inputs = step.node.signature().inputs.iter();
    let one = |(input, arg): (&crate::InputPort, &Option<Arg>)| {
        arg.clone().filter(|_| input.passing != Passing::Move)
    };
    inputs.zip(args).map(one).collect()
}

/// What is told of a failing row's inputs.
#[cold]
pub(super) fn details(step: &Step, kept: Option<&crate::node::Args>, row: usize) -> FailureDetails {
    let shown = step
        .node
        .signature()
        .inputs
        .iter()
        .enumerate()
        .filter_map(|(i, input)| {
            let arg = kept?.get(i)?;
            let show = input.facts.show?;
            Some((input.name.to_string(), spoken(|| show.row(arg, row))))
        });
    FailureDetails {
        inputs: shown.collect(),
        ..FailureDetails::default()
    }
}

/// The values of slots.
fn load(slots: Slots, store: Option<&dyn CacheStore>) -> Result<ArgList, Lost> {
    slots
        .into_iter()
        .map(|slot| slot.into_arg(store).map(Some))
        .collect()
}

/// Arguments of some of their rows.
fn selected(args: &ArgList, rows: &[u32], all: usize) -> ArgList {
    let one = |arg: &Option<Arg>| {
        let arg = arg.as_ref()?;
        let rows = if rows.len() == all {
            arg.rows.clone()
        } else {
            arg.rows.select(rows)
        };
        Some(Arg {
            column: arg.column.clone(),
            rows,
        })
    };
    args.iter().map(one).collect()
}

/// Columns of some rows each, of every output.
#[derive(Default)]
struct Pieces(Vec<(ColumnList, Vec<u32>)>);

impl Pieces {
    fn push(&mut self, columns: ColumnList, rows: Vec<u32>) {
        if !rows.is_empty() {
            self.0.push((columns, rows));
        }
    }

    fn merged(self, ports: impl Iterator<Item = crate::PortType>) -> ColumnList {
        let mut per_output: Vec<Vec<(Column, Vec<u32>)>> = Vec::new();
        for (columns, rows) in self.0 {
            for (output, column) in columns.into_iter().enumerate() {
                if per_output.len() <= output {
                    per_output.push(Vec::new());
                }
                per_output[output].push((column, rows.clone()));
            }
        }
        let mut per_output = per_output.into_iter();
        ports
            .map(|port| match per_output.next() {
                Some(pieces) => port.merge(pieces),
                None => port.empty(),
            })
            .collect()
    }
}

/// What the cache has of the rows of a call.
struct Found {
    is_hit: Vec<bool>,
    /// Per output the values of the hits, where they are loaded at once.
    loaded: Vec<Option<Column>>,
}

impl Found {
    fn look(call: &NodeCall<'_>, calls: &[Key], wanted: &[usize], store: &dyn CacheStore) -> Self {
        let outputs = &call.guarded.step().node.signature().outputs;
        if !call.guarded.is_eager {
            let is_hit = |call: &Key| {
                !wanted.is_empty()
                    && wanted
                        .iter()
                        .all(|&output| store.contains(&output_key(call, output)))
            };
            return Self {
                is_hit: calls.iter().map(is_hit).collect(),
                loaded: Vec::new(),
            };
        }
        let mut columns: Vec<Option<Box<dyn Accumulator>>> = outputs
            .iter()
            .enumerate()
            .map(|(i, output)| wanted.contains(&i).then(|| output.port.accumulator(0)))
            .collect();
        let mut is_hit = vec![false; calls.len()];
        for (row, call) in calls.iter().enumerate() {
            let values = wanted.iter().map(|&output| {
                let key = output_key(call, output);
                let bytes = store.get(&key)?;
                let column = codec_of(&outputs[output]).decode(&bytes, 1);
                column.inspect_err(|_| store.remove(&key)).ok()
            });
            let values: Option<Vec<Column>> = values.collect();
            if let Some(values) = values.filter(|values| !values.is_empty()) {
                is_hit[row] = true;
                for (&output, value) in wanted.iter().zip(values) {
                    if let Some(all) = &mut columns[output] {
                        all.append(value);
                    }
                }
            }
        }
        let loaded = columns
            .into_iter()
            .map(|column| column.map(Accumulator::finish));
        Self {
            is_hit,
            loaded: loaded.collect(),
        }
    }
}
