//! Computing a chunk: piece by piece, as a span of the run where somebody listens.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Chunk, End, Feed, Outcome};
use crate::clock;
use crate::error::Failure;
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
            Some(scope) if !self.single => self.execute_told(scope, chunk),
            _ => self.execute_in(&self.context, chunk),
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
        let manner = Manner {
            is_unwanted: &is_unwanted,
            first: chunk.start,
        };
        let mut outcome = run_pieces(&self.plan, context, chunk.rows, pieces, manner);
        outcome.took = began.elapsed();
        self.number(&mut outcome.failures);
        outcome
    }

    /// The item of a single run has no number.
    pub(super) fn number(&self, failures: &mut [(usize, Failure)]) {
        if self.single {
            for (_, failure) in failures {
                failure.items.remove(0);
            }
        }
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

/// How the pieces of a chunk are computed.
#[derive(Clone, Copy)]
pub(crate) struct Manner<'a> {
    /// Whether nobody wants the chunk any more.
    pub(crate) is_unwanted: &'a dyn Fn() -> bool,
    /// The first item of the chunk.
    pub(crate) first: usize,
}

/// Computes the pieces of a chunk one after the other, each with its first item, and puts them together. It ends early when
/// nobody wants the chunk any more.
pub(crate) fn run_pieces(
    plan: &Arc<Plan>,
    context: &RunContext,
    rows: usize,
    mut pieces: impl ExactSizeIterator<Item = (usize, usize, Vec<Arg>)>,
    manner: Manner<'_>,
) -> Outcome {
    if pieces.len() == 1
        && let Some((start, rows, args)) = pieces.next()
    {
        return run_piece(plan, context, (start, rows, args), manner);
    }
    let mut columns: Vec<_> = plan
        .outputs
        .iter()
        .map(|output| output.port.accumulator(rows))
        .collect();
    let mut failures = Vec::new();
    let mut end = End::Done;
    for piece in pieces {
        let outcome = run_piece(plan, context, piece, manner);
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
    manner: Manner<'_>,
) -> Outcome {
    let at_piece = context.at_piece(start.saturating_sub(manner.first));
    let context = at_piece.as_ref().unwrap_or(context);
    let mut run = ChunkRun::new(plan, context, args, rows, start);
    while run.advance() {
        if (manner.is_unwanted)() {
            return Outcome::unfinished(End::Unwanted);
        }
    }
    run.settle();
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
