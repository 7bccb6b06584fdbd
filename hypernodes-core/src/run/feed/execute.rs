//! Computing a chunk: piece by piece, as a span of the run where somebody listens.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Chunk, End, Feed, Outcome, Pieces};
use crate::clock;
use crate::event::EventKind;
use crate::run::RunContext;
use crate::run::chunk::{ChunkOutcome, ChunkRun};
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
        let mut pieces = std::mem::take(&mut chunk.pieces);
        let mut outcome = if pieces.len() == 1 {
            let (rows, args) = pieces.remove(0);
            self.execute_piece(context, chunk.start, chunk.start, rows, args)
        } else {
            self.execute_pieces(context, chunk, pieces)
        };
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

    /// Computes rows that stay in the cache together. It ends early when an item before the chunk has failed.
    fn execute_piece(
        &self,
        context: &RunContext,
        chunk: usize,
        start: usize,
        rows: usize,
        args: Vec<Arg>,
    ) -> Outcome {
        let at_piece = context.at_piece(start - chunk);
        let context = at_piece.as_ref().unwrap_or(context);
        let mut run = ChunkRun::new(&self.plan, context, args, rows, start);
        while run.advance() {
            if self.limit.load(Ordering::Relaxed) < chunk {
                return Outcome {
                    columns: Vec::new(),
                    failures: Vec::new(),
                    took: Duration::ZERO,
                    end: End::Unwanted,
                };
            }
        }
        run.settle();
        self.outcome(start, run.finish())
    }

    /// Computes one piece after the other, and puts them together.
    fn execute_pieces(&self, context: &RunContext, chunk: &Chunk, pieces: Pieces) -> Outcome {
        let mut columns: Vec<_> = self
            .plan
            .outputs
            .iter()
            .map(|output| output.port.accumulator(chunk.rows))
            .collect();
        let mut failures = Vec::new();
        let mut done = 0;
        let mut end = End::Done;
        for (rows, args) in pieces {
            let start = chunk.start + done;
            let outcome = self.execute_piece(context, chunk.start, start, rows, args);
            if outcome.end != End::Done {
                end = outcome.end;
                break;
            }
            columns
                .iter_mut()
                .zip(outcome.columns)
                .for_each(|(all, piece)| all.append(piece));
            failures.extend(outcome.failures);
            if self.context.fail_fast() && !failures.is_empty() {
                break;
            }
            done += rows;
        }
        let columns = columns.into_iter().map(Accumulator::finish).collect();
        Outcome {
            columns,
            failures,
            took: Duration::ZERO,
            end,
        }
    }

    fn outcome(&self, start: usize, chunk: ChunkOutcome) -> Outcome {
        let end = match chunk.is_interrupted {
            true => End::Cancelled,
            false => End::Done,
        };
        let failures = chunk.failures.into_iter().map(|failure| {
            let item = start + failure.row;
            (item, failure.at(&self.plan, (!self.single).then_some(item)))
        });
        Outcome {
            columns: chunk.columns,
            failures: failures.collect(),
            took: Duration::ZERO,
            end,
        }
    }
}
