//! One chunk of rows on its way through the plan.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Steps;
use crate::error::{Cause, Failure};
use crate::node::{ArgList, Call, ColumnList, RowFailure};
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
}

/// What was computed of a chunk so far.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) slots: Vec<Option<Arg>>,
    pub(super) rows: usize,
    /// For each row that is left its row in the chunk; `None` while no row in between is gone.
    origin: Option<Vec<u32>>,
    pub(super) failures: Vec<StepFailure>,
}

/// A row of the chunk that failed in a step.
#[derive(Debug)]
pub(crate) struct StepFailure {
    pub(crate) row: usize,
    pub(crate) step: usize,
    pub(crate) cause: Cause,
}

/// What a chunk gave: the columns of the rows that are left, and what became of the others.
#[derive(Debug)]
pub(crate) struct ChunkOutcome {
    pub(crate) columns: Vec<Column>,
    pub(crate) failures: Vec<StepFailure>,
}

impl<'p> ChunkRun<'p> {
    /// A chunk of `rows` rows; `args` are the plan's inputs, in its order.
    pub(crate) fn new(
        plan: &'p Arc<Plan>,
        context: &'p RunContext,
        args: Vec<Arg>,
        rows: usize,
    ) -> Self {
        let mut slots = Vec::with_capacity(plan.slots);
        slots.resize_with(plan.slots, || None);
        for (input, arg) in plan.inputs.iter().zip(args) {
            slots[input.slot] = Some(arg);
        }
        let progress = Progress {
            slots,
            rows,
            origin: None,
            failures: Vec::new(),
        };
        Self {
            plan,
            context,
            progress,
            next: 0,
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
    }

    /// Runs the next step on this thread. `false` when there is none, or no row is left to compute.
    pub fn advance(&mut self) -> bool {
        let Some(step) = self.plan.steps.get(self.next) else {
            return false;
        };
        if self.progress.rows == 0 && self.has_failed() {
            return false;
        }
        let mut call = self.progress.prepare(step, self.context, |arg| arg.last);
        step.compute(&mut call);
        self.progress.complete(self.plan, self.next, call);
        self.next += 1;
        true
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
        self.progress = steps.finish();
        self.next = self.plan.steps.len();
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
            plan, mut progress, ..
        } = self;
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
        }
    }
}

impl Progress {
    pub(super) fn take(&mut self) -> Self {
        let empty = Self {
            slots: Vec::new(),
            rows: 0,
            origin: None,
            failures: Vec::new(),
        };
        std::mem::replace(self, empty)
    }

    /// The call of a step, with its arguments; `is_last` says whether nothing reads an argument's slot afterwards.
    #[inline]
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

    /// Takes a computed call back.
    #[inline]
    fn complete(&mut self, plan: &Plan, step: usize, call: Call<'_>) {
        let fail_fast = call.stops_at_first_failure();
        let (columns, failures) = call.finish();
        if !failures.is_empty() {
            self.drop_rows(step, failures, fail_fast);
        }
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

    #[cold]
    fn drop_rows(&mut self, step: usize, failures: Vec<RowFailure>, fail_fast: bool) {
        let original = |row: usize| {
            self.origin
                .as_ref()
                .map_or(row, |origin| origin[row] as usize)
        };
        if fail_fast {
            // The rows before the failing one go on: one of them may fail in a later step, and then that is the
            // error that is told, whatever the size of the chunk.
            if let Some(first) = failures.into_iter().next() {
                self.rows = self.rows.min(first.row);
                self.failures = vec![StepFailure {
                    row: first.row,
                    step,
                    cause: first.cause,
                }];
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
        let origin = kept
            .iter()
            .map(|&row| index(original(row as usize)))
            .collect();
        let failures = failures.into_iter().map(|f| StepFailure {
            row: original(f.row),
            step,
            cause: f.cause,
        });
        self.failures.extend(failures.collect::<Vec<_>>());
        self.rows = kept.len();
        self.origin = Some(origin);
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
        Failure::new(
            item,
            &plan.steps[self.step].name,
            self.cause,
            Box::default(),
        )
    }
}
