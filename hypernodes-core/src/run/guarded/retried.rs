//! Rows that failed, tried again.

use std::sync::Arc;
use std::time::Duration;

use super::{Called, Interrupted, NodeCall};
use crate::clock;
use crate::error::Cause;
use crate::event::EventKind;
use crate::node::{ArgList, ColumnList};
use crate::policy::Retry;
use crate::run::scope::{nanoseconds, spoken};
use crate::value::{Arg, Column, index};

impl NodeCall<'_> {
    /// Tries failed rows again until they give a value, or there is no attempt left.
    pub(super) fn persistent(
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
