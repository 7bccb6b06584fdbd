//! Calls of a node, and how long they may take.

use std::time::{Duration, Instant};

use super::{Called, Failed, Interrupted, NodeCall, details};
use crate::clock;
use crate::error::Cause;
use crate::node::{ArgList, Call, Passing, RowLimits};
use crate::plan::Step;
use crate::run::current::Within;
use crate::value::{Accumulator, Arg, index};

impl NodeCall<'_> {
    /// One call of all rows; a call for each where their time is limited.
    pub(super) fn once(
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
