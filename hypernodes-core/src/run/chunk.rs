//! One chunk of rows on its way through the plan: a step machine that any driver can turn.

use crate::error::{Cause, Failure};
use crate::node::Call;
use crate::plan::Plan;
use crate::run::RunContext;
use crate::value::{Arg, Column};

/// One chunk of rows on its way through a plan.
///
/// A driver asks for the call of a step with [`prepare`](Self::prepare), computes it, and gives it back with
/// [`complete`](Self::complete); any order that respects the dependencies will do.
#[derive(Debug)]
pub struct ChunkRun<'p> {
    plan: &'p Plan,
    context: &'p RunContext,
    slots: Vec<Option<Arg>>,
    rows: usize,
    /// For each row that is left its row in the chunk; `None` while no row in between is gone.
    origin: Option<Vec<u32>>,
    failures: Vec<StepFailure>,
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
    pub(crate) fn new(plan: &'p Plan, context: &'p RunContext, args: Vec<Arg>, rows: usize) -> Self {
        let mut slots = Vec::with_capacity(plan.slots);
        slots.resize_with(plan.slots, || None);
        for (input, arg) in plan.inputs.iter().zip(args) {
            slots[input.slot] = Some(arg);
        }
        Self { plan, context, slots, rows, origin: None, failures: Vec::new() }
    }

    /// The call of a step, with its arguments.
    ///
    /// # Panics
    /// When a step before it is not complete.
    #[must_use]
    pub fn prepare(&mut self, step: usize) -> Call<'p> {
        let args = self.plan.steps[step].args.iter().map(|arg| {
            let slot = &mut self.slots[arg.slot];
            let arg = if arg.last { slot.take() } else { slot.clone() };
            Some(arg.expect("a slot is filled before it is read"))
        });
        let args = args.collect();
        Call::new(self.rows, args, self.context)
    }

    /// Takes a computed call back.
    pub fn complete(&mut self, step: usize, call: Call<'p>) {
        let (columns, failures) = call.finish();
        if !failures.is_empty() {
            self.drop_rows(step, failures);
        }
        for (slot, column) in self.plan.steps[step].outs.iter().zip(columns) {
            if let Some(slot) = *slot {
                self.slots[slot] = Some(Arg::dense(column));
            }
        }
    }

    /// Runs every step in order on this thread.
    pub fn run(&mut self) {
        for step in 0..self.plan.steps.len() {
            if self.rows == 0 && !self.failures.is_empty() {
                break;
            }
            let mut call = self.prepare(step);
            let node = &self.plan.steps[step].node;
            #[cfg(feature = "async")]
            match node.signature().options.is_async {
                true => self.context.host().block_on(async {
                    if let Some(future) = node.call_async(&mut call) {
                        future.await;
                    }
                }),
                false => node.call(&mut call),
            }
            #[cfg(not(feature = "async"))]
            node.call(&mut call);
            self.complete(step, call);
        }
    }

    /// Whether some row failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    #[cold]
    fn drop_rows(&mut self, step: usize, failures: Vec<crate::node::RowFailure>) {
        let original = |row: usize| self.origin.as_ref().map_or(row, |origin| origin[row] as usize);
        if self.context.fail_fast() {
            // The rows before the failing one go on: one of them may fail in a later step, and then that is the
            // error that is told, whatever the size of the chunk.
            if let Some(first) = failures.into_iter().next() {
                self.rows = self.rows.min(first.row);
                self.failures = vec![StepFailure { row: first.row, step, cause: first.cause }];
            }
            return;
        }
        let mut failed = failures.iter().map(|failure| failure.row).peekable();
        let kept: Vec<u32> =
            (0..self.rows).filter(|row| failed.next_if_eq(row).is_none()).map(crate::value::index).collect();
        for slot in self.slots.iter_mut().flatten() {
            slot.rows = slot.rows.select(&kept);
        }
        let origin = kept.iter().map(|&row| crate::value::index(original(row as usize))).collect();
        let failures = failures.into_iter().map(|f| StepFailure { row: original(f.row), step, cause: f.cause });
        self.failures.extend(failures.collect::<Vec<_>>());
        self.rows = kept.len();
        self.origin = Some(origin);
    }

    /// The columns of the rows that are left, and the failures in the order of rows.
    pub(crate) fn finish(mut self) -> ChunkOutcome {
        let rows = self.rows;
        let mut columns = Vec::with_capacity(self.plan.outputs.len());
        let outputs = &self.plan.outputs;
        for (i, output) in outputs.iter().enumerate() {
            let again = outputs[i + 1..].iter().any(|later| later.slot == output.slot);
            debug_assert!(!again, "an output is wanted once, checked when the plan was asked for");
            columns.push(match self.slots[output.slot].take() {
                Some(arg) => output.port.settle(arg, rows),
                None => output.port.empty(),
            });
        }
        self.failures.sort_by_key(|failure| failure.row);
        ChunkOutcome { columns, failures: self.failures }
    }
}

impl StepFailure {
    /// The failure of an item of a map, or of a single run.
    pub(crate) fn at(self, plan: &Plan, item: Option<usize>) -> Failure {
        Failure::new(item, &plan.steps[self.step].name, self.cause)
    }
}
