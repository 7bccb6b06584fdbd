//! What became of a chunk as a parcel.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use super::chunk::{cannot_return, refused};
use super::events::WireEvent;
use super::failure::WireFailures;
use super::{Blob, Parcel, wire};
use crate::error::{Failure, FailureDetails};
use crate::plan::{Plan, PlanOutput};
use crate::run::Outcome;
use crate::value::{Arg, CodecError, Packed, Rows, index};

/// The head of an outcome.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OutcomeHead {
    pub(crate) end: WireEnd,
    /// How long it took in the worker, reading and writing included.
    pub(crate) took_ns: u64,
    /// Those that were not told before.
    pub(crate) events: Vec<WireEvent>,
}

/// How a chunk ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum WireEnd {
    Done {
        /// Per output that is computed.
        columns: Vec<Packed>,
        failures: WireFailures,
    },
    Unwanted,
    Cancelled,
    /// Something panicked outside of the nodes.
    Panicked(String),
    /// The worker could not use what it got.
    Refused(String),
}

pub(crate) const HEAD: &str = "outcome";

/// The outputs that nodes give: the others are handed through, and the parent has them.
pub(crate) fn computed(plan: &Plan) -> impl Iterator<Item = (usize, &PlanOutput)> {
    let outputs = plan.outputs.iter().enumerate();
    outputs.filter(|(_, output)| !is_handed_through(plan, output))
}

pub(crate) fn is_handed_through(plan: &Plan, output: &PlanOutput) -> bool {
    plan.inputs.iter().any(|input| input.slot == output.slot)
}

impl OutcomeHead {
    pub(crate) fn into_parcel(self, blobs: Vec<Blob>) -> Parcel {
        Parcel {
            head: wire::written(&self),
            blobs,
        }
    }
}

/// Packs what was computed. A value that cannot travel costs its own item. `items` are those of the chunk, in order.
pub(super) fn pack(
    plan: &Plan,
    mut outcome: Outcome,
    items: impl Iterator<Item = usize>,
    fails_fast: bool,
    blobs: &mut Vec<Blob>,
) -> WireEnd {
    let mut args: Vec<Arg> = std::mem::take(&mut outcome.columns)
        .into_iter()
        .map(Arg::dense)
        .collect();
    let mut rows = computed(plan)
        .next()
        .map_or(0, |(at, _)| args[at].column.len());
    let columns = match pack_columns(plan, &args, rows, blobs) {
        Some(columns) => columns,
        None => {
            blobs.clear();
            let kept = drop_refused(plan, &mut outcome, &args, rows, items, fails_fast);
            for arg in &mut args {
                arg.rows = Rows::Select(kept.as_slice().into());
            }
            rows = kept.len();
            // What is left was just written, row by row. If it cannot be written together, nothing can be told.
            match pack_columns(plan, &args, rows, blobs) {
                Some(columns) => columns,
                None => return WireEnd::Refused("an output cannot be written".to_owned()),
            }
        }
    };
    WireEnd::Done {
        columns,
        failures: WireFailures::of(&outcome.failures, plan),
    }
}

fn pack_columns(
    plan: &Plan,
    args: &[Arg],
    rows: usize,
    blobs: &mut Vec<Blob>,
) -> Option<Vec<Packed>> {
    let columns = computed(plan).map(|(at, output)| {
        let codec = output.facts.codec?;
        let packed = catch_unwind(AssertUnwindSafe(|| codec.pack(&[(&args[at], rows)], blobs)));
        let packed: Result<Packed, CodecError> = packed.ok()?;
        packed.ok()
    });
    columns.collect()
}

/// Fails the items whose outputs cannot be written; gives the rows that are left.
#[cold]
fn drop_refused(
    plan: &Plan,
    outcome: &mut Outcome,
    args: &[Arg],
    rows: usize,
    items: impl Iterator<Item = usize>,
    fails_fast: bool,
) -> Vec<u32> {
    let is_failed = |item: &usize| {
        let failures = &outcome.failures;
        failures
            .binary_search_by_key(item, |(item, _)| *item)
            .is_ok()
    };
    // The items of the rows.
    let items: Vec<usize> = items.filter(|item| !is_failed(item)).take(rows).collect();
    let mut is_lost = vec![false; rows];
    for (at, output) in computed(plan) {
        for (row, error) in refused(output.facts.codec, output.port, &args[at], rows) {
            if std::mem::replace(&mut is_lost[row], true) {
                continue;
            }
            let step = plan
                .steps
                .iter()
                .position(|step| step.outs.contains(&Some(output.slot)));
            let name = step.map_or("", |step| &plan.steps[step].name);
            let details = FailureDetails {
                skipped: step.map(|step| plan.steps_behind(step)).unwrap_or_default(),
                ..FailureDetails::default()
            };
            let cause = cannot_return(&output.name, error);
            let failure = Failure::new(items.get(row).copied(), name, cause, Box::new(details));
            if let Some(&item) = items.get(row) {
                outcome.failures.push((item, failure));
            }
        }
    }
    outcome.failures.sort_by_key(|(item, _)| *item);
    let mut left = rows;
    if fails_fast {
        left = is_lost.iter().position(|is_lost| *is_lost).unwrap_or(rows);
        outcome.failures.truncate(1);
    }
    let kept = (0..left).filter(|&row| !is_lost[row]);
    kept.map(index).collect()
}
