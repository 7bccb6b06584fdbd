//! Computing a chunk: piece by piece, as a span of the run where somebody listens.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Chunk, End, Feed, Outcome};
use crate::clock;
use crate::event::EventKind;
use crate::plan::Plan;
use crate::run::RunContext;
use crate::run::chunk::ChunkRun;
use crate::run::scope::{RunScope, nanoseconds};
use crate::value::{Accumulator, Arg};

impl Feed {
    /// Computes a chunk on this thread.
    #[must_use]
    pub fn execute(&self, chunk: &mut Chunk) -> Outcome {
        match self.context.scope() {
            None => self.execute_in(&self.context, chunk),
            Some(scope) => self.execute_told(scope, chunk),
        }
    }

    fn execute_in(&self, context: &RunContext, chunk: &mut Chunk) -> Outcome {
        let began = clock::now();
        let mut next = chunk.start;
        let pieces = std::mem::take(&mut chunk.pieces).into_iter();
        let pieces = pieces.map(|(rows, args)| {
            next += rows;
            (next - rows, rows, args)
        });
        let is_unwanted = || self.limit.load(Ordering::Relaxed) < chunk.start;
        let mut outcome = run_pieces(
            &self.plan,
            context,
            chunk.rows,
            pieces,
            Wanted::All,
            &is_unwanted,
        );
        outcome.took = began.elapsed();
        outcome
    }

    /// As a span of the run.
    fn execute_told(&self, scope: &Arc<RunScope>, chunk: &mut Chunk) -> Outcome {
        let (start, rows) = (chunk.start as u64, chunk.rows as u64);
        let tracing_span = scope
            .has_spans
            .then(|| tracing::debug_span!("chunk", plan = self.plan.name(), start, rows).entered());
        let (span, parent) = (scope.new_span(), self.context.span());
        scope.tell(span, Some(parent), EventKind::ChunkStarted { start, rows });
        let context = self.context.in_span(span);
        // A value may panic when it is dropped; the span ends all the same.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.execute_in(&context, chunk)));
        let (failed, took) = match &outcome {
            Ok(outcome) => (outcome.failures.len() as u64, outcome.took),
            Err(_) => (rows, Duration::ZERO),
        };
        let ended = EventKind::ChunkEnded {
            start,
            rows,
            failed,
            took_ns: nanoseconds(took),
        };
        scope.tell(span, Some(parent), ended);
        drop(tracing_span);
        outcome.unwrap_or_else(|payload| resume_unwind(payload))
    }
}

/// Which outputs a chunk gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    /// Those that are inputs handed through are left empty.
    Computed,
}

/// Computes the pieces of a chunk one after the other, each with its first item, and puts them together. It ends early when
/// nobody wants the chunk any more.
pub(crate) fn run_pieces(
    plan: &Arc<Plan>,
    context: &RunContext,
    rows: usize,
    mut pieces: impl ExactSizeIterator<Item = (usize, usize, Vec<Arg>)>,
    wanted: Wanted,
    is_unwanted: &dyn Fn() -> bool,
) -> Outcome {
    if pieces.len() == 1
        && let Some((start, rows, args)) = pieces.next()
    {
        return run_piece(plan, context, (start, rows, args), wanted, is_unwanted);
    }
    let mut columns: Vec<_> = plan
        .outputs
        .iter()
        .map(|output| output.port.accumulator(rows))
        .collect();
    let mut failures = Vec::new();
    let mut end = End::Done;
    for piece in pieces {
        let outcome = run_piece(plan, context, piece, wanted, is_unwanted);
        if outcome.end != End::Done {
            end = outcome.end;
            break;
        }
        columns
            .iter_mut()
            .zip(outcome.columns)
            .for_each(|(all, piece)| all.append(piece));
        failures.extend(outcome.failures);
        if context.fail_fast() && !failures.is_empty() {
            break;
        }
    }
    let columns = columns.into_iter().map(Accumulator::finish).collect();
    Outcome {
        columns,
        failures,
        took: Duration::ZERO,
        end,
    }
}

/// Computes rows that stay in the cache together.
fn run_piece(
    plan: &Arc<Plan>,
    context: &RunContext,
    (start, rows, args): (usize, usize, Vec<Arg>),
    wanted: Wanted,
    is_unwanted: &dyn Fn() -> bool,
) -> Outcome {
    let mut run = ChunkRun::new(plan, context, args, rows, start);
    while run.advance() {
        if is_unwanted() {
            return Outcome::unfinished(End::Unwanted);
        }
    }
    run.settle();
    if wanted == Wanted::Computed {
        run.drop_handed_through();
    }
    let chunk = run.finish();
    let end = match chunk.is_interrupted {
        true => End::Cancelled,
        false => End::Done,
    };
    let failures = chunk.failures.into_iter().map(|failure| {
        let item = start + failure.row;
        (item, failure.at(plan, Some(item)))
    });
    Outcome {
        failures: failures.collect(),
        columns: chunk.columns,
        took: Duration::ZERO,
        end,
    }
}

impl Outcome {
    /// A chunk that gave nothing.
    pub(super) fn unfinished(end: End) -> Self {
        Self {
            columns: Vec::new(),
            failures: Vec::new(),
            took: Duration::ZERO,
            end,
        }
    }
}
