//! One chunk of rows on its way through the plan.

mod elsewhere;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Steps;
use super::guarded::{Failed, Guarded, Interrupted, Outs, Slots, details};
use super::scope::RunScope;
use super::slot::{CachedSlot, Lost, Slot};
use crate::cache::CacheStore;
use crate::error::{Cause, Failure, FailureDetails};
use crate::node::{ArgList, Call, ColumnList};
use crate::plan::{Plan, Step, StepArg};
use crate::run::RunContext;
use crate::value::{Arg, Column, index};

/// One chunk of rows on its way through a plan.
///
/// [`run`](Self::run) computes its steps in order on this thread. An engine that overlaps the steps of a single run
/// [`share`](Self::share)s them instead.
#[derive(Debug)]
pub struct ChunkRun<'p> {
    plan: &'p Arc<Plan>,
    context: &'p RunContext,
    progress: Progress,
    /// The first step that was not computed yet.
    next: usize,
    /// The item of the first row.
    first_item: usize,
    /// The run was cancelled before all steps were computed.
    is_interrupted: bool,
    /// The arguments, kept while values lie in the cache that may get lost.
    again: Option<Vec<Arg>>,
}

/// What was computed of a chunk so far.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) slots: Vec<Option<Arg>>,
    /// Per slot what lies in the cache; empty while nothing does.
    cached: Vec<Option<Box<CachedSlot>>>,
    pub(super) rows: usize,
    /// How many rows there were in the beginning.
    all_rows: usize,
    /// For each row that is left its row in the chunk; `None` while no row in between is gone.
    origin: Option<Vec<u32>>,
    pub(super) failures: Vec<StepFailure>,
    /// How long the nodes of each row took that is left, where an item's time is limited.
    pub(super) spent: Option<Vec<Duration>>,
}

/// A row of the chunk that failed in a step.
#[derive(Debug)]
pub(crate) struct StepFailure {
    pub(crate) row: usize,
    pub(crate) step: usize,
    pub(crate) cause: Cause,
    pub(crate) details: Box<FailureDetails>,
}

/// What a chunk gave: the columns of the rows that are left, and what became of the others.
#[derive(Debug)]
pub(crate) struct ChunkOutcome {
    pub(crate) columns: Vec<Column>,
    pub(crate) failures: Vec<StepFailure>,
    /// The run was cancelled before the chunk was done: there are no columns.
    pub(crate) is_interrupted: bool,
}

impl<'p> ChunkRun<'p> {
    /// A chunk of `rows` rows; `args` are the plan's inputs, in its order.
    pub(crate) fn new(
        plan: &'p Arc<Plan>,
        context: &'p RunContext,
        args: Vec<Arg>,
        rows: usize,
        first_item: usize,
    ) -> Self {
        let scope = context.scope();
        let again = scope.filter(|scope| scope.policies.cache.is_some() && plan.may_begin_again());
        Self {
            again: again.map(|_| args.clone()),
            progress: Progress::new(plan, scope, args, rows),
            plan,
            context,
            next: 0,
            first_item,
            is_interrupted: false,
        }
    }

    /// The plan that is run.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        self.plan
    }

    /// What the run shares.
    #[must_use]
    pub fn context(&self) -> &RunContext {
        self.context
    }

    /// Runs every step that is left, in order, on this thread.
    pub fn run(&mut self) {
        while self.advance() {}
        self.settle();
    }

    /// Loads the outputs that lie in the cache. What got lost meanwhile is computed again, with the whole chunk.
    #[inline]
    pub(super) fn settle(&mut self) {
        if let Some(scope) = self.context.scope() {
            self.settle_under(scope);
        }
    }

    #[inline(never)]
    fn settle_under(&mut self, scope: &RunScope) {
        let store = scope.policies.cache.as_deref();
        while !self.is_interrupted && self.progress.load_outputs(self.plan, store).is_err() {
            self.begin_again();
            while self.advance() {}
        }
        self.again = None;
    }

    /// Begins the chunk again, with everything that is found in the cache loaded at once.
    #[cold]
    fn begin_again(&mut self) {
        let args = self.again.take();
        let args = args.expect("values lie in the cache only while the arguments are kept");
        let rows = self.progress.all_rows;
        self.progress = Progress::new(self.plan, self.context.scope(), args, rows);
        self.next = 0;
    }

    /// Runs the next step on this thread. `false` when there is none, or no row is left to compute.
    pub fn advance(&mut self) -> bool {
        let Some(step) = self.plan.steps.get(self.next) else {
            return false;
        };
        if (self.progress.rows == 0 && self.has_failed()) || self.is_interrupted {
            return false;
        }
        if let Some(scope) = self.context.scope() {
            self.advance_guarded(step, scope);
            return true;
        }
        if self.context.track().is_some() {
            self.advance_tracked(step);
            return true;
        }
        let mut call = self.progress.prepare(step, self.context, |arg| arg.last);
        step.compute(&mut call);
        self.progress.complete(self.plan, self.next, call);
        self.next += 1;
        true
    }

    /// The next step of a run that tells where it is.
    #[cold]
    fn advance_tracked(&mut self, step: &Step) {
        let (rows, origin) = (self.progress.rows, self.progress.origin.as_deref());
        let context = self.context.at_step(&step.name, rows, origin);
        let context = context.as_ref().unwrap_or(self.context);
        let mut call = self.progress.prepare(step, context, |arg| arg.last);
        step.compute(&mut call);
        self.progress.complete(self.plan, self.next, call);
        self.next += 1;
    }

    /// The next step under the policies of the run.
    #[inline(never)]
    fn advance_guarded(&mut self, step: &Step, scope: &Arc<RunScope>) {
        let slots = self.progress.take_slots(step, |arg| arg.last);
        let Progress {
            rows,
            origin,
            spent,
            ..
        } = &mut self.progress;
        let first = self.first_item;
        let item = |row: usize| first + origin.as_ref().map_or(row, |origin| origin[row] as usize);
        let guarded = Guarded {
            plan: self.plan,
            at: self.next,
            rows: *rows,
            context: self.context,
            scope,
            item: &item,
            origin: origin.as_deref(),
            is_eager: self.again.is_none(),
        };
        match guarded.compute(slots, spent.as_mut()) {
            Ok(done) => {
                let fail_fast = self.context.fail_fast();
                self.progress
                    .drop_failed(self.next, done.failures, fail_fast);
                self.progress.keep_outs(step, done.outs);
                self.next += 1;
            }
            Err(Interrupted::Cancelled) => self.is_interrupted = true,
            Err(Interrupted::Lost) => self.begin_again(),
        }
    }

    /// How many steps are left to compute.
    #[must_use]
    pub fn left(&self) -> usize {
        self.plan.steps.len() - self.next
    }

    /// Hands out the steps that are left, so that several threads can compute those that do not wait for each other.
    ///
    /// For single runs only. When all are done, they are [taken back](Self::take_back).
    #[must_use]
    pub fn share(&mut self) -> Arc<Steps> {
        // What several threads compute is not begun again, so that everything found in the cache is loaded at once.
        if let Some(scope) = self.context.scope() {
            let store = scope.policies.cache.as_deref();
            while self.progress.load_found(store).is_err() {
                self.begin_again();
            }
        }
        self.again = None;
        let progress = self.progress.take();
        Arc::new(Steps::new(
            Arc::clone(self.plan),
            self.context.clone(),
            progress,
            self.next,
        ))
    }

    /// Takes back what was computed of the steps that were handed out; waits for those under way.
    pub fn take_back(&mut self, steps: &Steps) {
        (self.progress, self.is_interrupted) = steps.finish();
        self.next = self.plan.steps.len();
        self.settle();
    }

    /// Whether some row failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.progress.failures.is_empty()
    }

    /// How long a single run took the last time; `None` before the first one was [measured](Self::measured).
    #[must_use]
    pub fn last_time(&self) -> Option<Duration> {
        self.plan.run_time()
    }

    /// Notes how long a single run took. A hint for later ones, never part of a result.
    pub fn measured(&self, time: Duration) {
        self.plan.learn_run_time(time);
    }

    /// The columns of the rows that are left, and the failures in the order of rows.
    pub(crate) fn finish(self) -> ChunkOutcome {
        let Self {
            plan,
            mut progress,
            is_interrupted,
            ..
        } = self;
        if is_interrupted {
            return ChunkOutcome {
                columns: Vec::new(),
                failures: progress.failures,
                is_interrupted,
            };
        }
        let rows = progress.rows;
        let mut columns = Vec::with_capacity(plan.outputs.len());
        let outputs = &plan.outputs;
        for (i, output) in outputs.iter().enumerate() {
            let again = outputs[i + 1..]
                .iter()
                .any(|later| later.slot == output.slot);
            debug_assert!(
                !again,
                "an output is wanted once, checked when the plan was asked for"
            );
            columns.push(match progress.slots[output.slot].take() {
                Some(arg) => output.port.settle(arg, rows),
                None => output.port.empty(),
            });
        }
        progress.failures.sort_by_key(|failure| failure.row);
        ChunkOutcome {
            columns,
            failures: progress.failures,
            is_interrupted,
        }
    }
}

impl Progress {
    #[inline]
    fn new(plan: &Plan, scope: Option<&Arc<RunScope>>, args: Vec<Arg>, rows: usize) -> Self {
        let mut slots = Vec::with_capacity(plan.slots);
        slots.resize_with(plan.slots, || None);
        for (input, arg) in plan.inputs.iter().zip(args) {
            slots[input.slot] = Some(arg);
        }
        let is_limited = scope.is_some_and(|scope| scope.policies.item_timeout.is_some());
        Self {
            slots,
            cached: Vec::new(),
            rows,
            all_rows: rows,
            origin: None,
            failures: Vec::new(),
            spent: is_limited.then(|| vec![Duration::ZERO; rows]),
        }
    }

    pub(super) fn take(&mut self) -> Self {
        let empty = Self {
            slots: Vec::new(),
            cached: Vec::new(),
            rows: 0,
            all_rows: 0,
            origin: None,
            failures: Vec::new(),
            spent: None,
        };
        std::mem::replace(self, empty)
    }

    /// The call of a step, with its arguments; `is_last` says whether nothing reads an argument's slot afterwards.
    #[inline(always)]
    pub(super) fn prepare<'c>(
        &mut self,
        step: &Step,
        context: &'c RunContext,
        mut is_last: impl FnMut(&StepArg) -> bool,
    ) -> Call<'c> {
        let mut args = ArgList::new();
        for arg in &step.args {
            let slot = &mut self.slots[arg.slot];
            let arg = if is_last(arg) {
                slot.take()
            } else {
                slot.clone()
            };
            args.push(Some(arg.expect("a slot is filled before it is read")));
        }
        Call::new(self.rows, args, context)
    }

    /// As [`prepare`](Self::prepare), of a step under policies.
    pub(super) fn take_slots(
        &mut self,
        step: &Step,
        mut is_last: impl FnMut(&StepArg) -> bool,
    ) -> Slots {
        let mut slots = Slots::new();
        for arg in &step.args {
            let is_last = is_last(arg);
            if let Some(cached) = self.cached.get_mut(arg.slot)
                && cached.is_some()
            {
                let cached = if is_last {
                    cached.take()
                } else {
                    cached.clone()
                };
                slots.extend(cached.map(Slot::Cached));
                continue;
            }
            let slot = &mut self.slots[arg.slot];
            let slot = if is_last { slot.take() } else { slot.clone() };
            slots.push(Slot::Values(
                slot.expect("a slot is filled before it is read"),
            ));
        }
        slots
    }

    /// Loads what lies in the cache.
    fn load_found(&mut self, store: Option<&dyn CacheStore>) -> Result<(), Lost> {
        let mut cached = self.cached.iter_mut().flatten();
        cached.try_for_each(|slot| slot.load_found(store))
    }

    pub(super) fn load_outputs(
        &mut self,
        plan: &Plan,
        store: Option<&dyn CacheStore>,
    ) -> Result<(), Lost> {
        for output in &plan.outputs {
            let cached = self.cached.get_mut(output.slot).and_then(Option::take);
            if let Some(cached) = cached {
                self.slots[output.slot] = Some(Slot::Cached(cached).into_arg(store)?);
            }
        }
        Ok(())
    }

    /// Takes a computed call back.
    #[inline(always)]
    fn complete(&mut self, plan: &Plan, step: usize, call: Call<'_>) {
        if call.has_failed() {
            return self.complete_failed(plan, step, call);
        }
        let (columns, _) = call.finish();
        self.keep(&plan.steps[step], columns);
    }

    #[cold]
    fn complete_failed(&mut self, plan: &Plan, step: usize, mut call: Call<'_>) {
        let fail_fast = call.stops_at_first_failure();
        let kept = call.take_kept();
        let (columns, failures) = call.finish();
        let failures = failures.into_iter().map(|failure| Failed {
            row: failure.row,
            cause: failure.cause,
            details: Box::new(details(&plan.steps[step], kept.as_ref(), failure.row)),
        });
        self.drop_failed(step, failures.collect(), fail_fast);
        self.keep(&plan.steps[step], columns);
    }

    #[inline]
    pub(super) fn keep(&mut self, step: &Step, mut columns: ColumnList) {
        // Most steps have one output, and somebody wants it.
        if let [Some(slot)] = step.outs[..]
            && columns.len() == 1
        {
            self.slots[slot] = columns.pop().map(Arg::dense);
            return;
        }
        for (slot, column) in step.outs.iter().zip(columns) {
            if let Some(slot) = *slot {
                self.slots[slot] = Some(Arg::dense(column));
            }
        }
    }

    pub(super) fn keep_outs(&mut self, step: &Step, outs: Outs) {
        for (slot, out) in step.outs.iter().zip(outs) {
            match (*slot, out) {
                (None, _) => {}
                (Some(slot), Slot::Values(arg)) => self.slots[slot] = Some(arg),
                (Some(slot), Slot::Cached(cached)) => {
                    self.cached.resize(self.slots.len(), None);
                    self.cached[slot] = Some(cached);
                }
            }
        }
    }

    #[cold]
    fn drop_failed(&mut self, step: usize, failures: Vec<Failed>, fail_fast: bool) {
        let original = |row: usize| {
            self.origin
                .as_ref()
                .map_or(row, |origin| origin[row] as usize)
        };
        if failures.is_empty() {
            return;
        }
        if fail_fast {
            // The rows before the failing one go on: one of them may fail in a later step, and then that is the
            // error that is told, whatever the size of the chunk.
            if let Some(first) = failures.into_iter().next() {
                self.rows = self.rows.min(first.row);
                self.failures = vec![first.in_step(step, |row| row)];
            }
            return;
        }
        let mut failed = failures.iter().map(|failure| failure.row).peekable();
        let kept: Vec<u32> = (0..self.rows)
            .filter(|row| failed.next_if_eq(row).is_none())
            .map(index)
            .collect();
        for slot in self.slots.iter_mut().flatten() {
            slot.rows = slot.rows.select(&kept);
        }
        for cached in self.cached.iter_mut().flatten() {
            **cached = cached.select(&kept);
        }
        let origin = kept
            .iter()
            .map(|&row| index(original(row as usize)))
            .collect();
        let failures: Vec<StepFailure> = failures
            .into_iter()
            .map(|failed| failed.in_step(step, original))
            .collect();
        self.failures.extend(failures);
        if let Some(spent) = &mut self.spent {
            *spent = kept.iter().map(|&row| spent[row as usize]).collect();
        }
        self.rows = kept.len();
        self.origin = Some(origin);
    }
}

impl Failed {
    pub(super) fn in_step(self, step: usize, original: impl Fn(usize) -> usize) -> StepFailure {
        StepFailure {
            row: original(self.row),
            step,
            cause: self.cause,
            details: self.details,
        }
    }
}

impl Step {
    /// Computes a call on this thread. A panic that the node did not catch itself fails every row.
    pub(crate) fn compute(&self, call: &mut Call<'_>) {
        let outputs = &self.node.signature().outputs;
        let result = catch_unwind(AssertUnwindSafe(|| {
            self.compute_unguarded(call);
            let given = call.given();
            if given == outputs.len() {
                self.drop_unwanted(call);
            }
            given
        }));
        let payload = match result {
            Ok(given) if given == outputs.len() => return,
            Ok(given) => Box::new(format!("it gave {given} of its {} outputs", outputs.len())),
            Err(payload) => payload,
        };
        let ports: Vec<_> = outputs.iter().map(|output| output.port).collect();
        call.panic_all(&ports, payload);
    }

    /// What nobody reads is dropped where a destructor that panics is caught, and blamed on the node.
    fn drop_unwanted(&self, call: &mut Call<'_>) {
        let outputs = &self.node.signature().outputs;
        for (i, (slot, output)) in self.outs.iter().zip(outputs).enumerate() {
            if slot.is_none() {
                call.replace_column(i, output.port.empty());
            }
        }
    }

    fn compute_unguarded(&self, call: &mut Call<'_>) {
        #[cfg(feature = "async")]
        if self.node.signature().options.is_async {
            return call.context().host().block_on(async {
                if let Some(future) = self.node.call_async(call) {
                    future.await;
                }
            });
        }
        self.node.call(call);
    }
}

impl StepFailure {
    /// The failure of an item of a map, or of a single run.
    pub(crate) fn at(self, plan: &Plan, item: Option<usize>) -> Failure {
        let step = &plan.steps[self.step];
        let mut details = self.details;
        details.skipped = plan.steps_behind(self.step);
        Failure::new(item, &step.name, self.cause, details)
    }
}
