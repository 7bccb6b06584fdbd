//! What listeners are told of the beginning and the end of a run, and what the caller is told of an end before its time.

use std::sync::Arc;

use super::Runs;
use crate::clock;
use crate::error::{Error, RunError};
use crate::event::{EventKind, NodeInfo, RunMode, RunOutcome, RunStart};
use crate::folder::RunPhase;
use crate::plan::Plan;
use crate::run::{Checkpoint, Finished, ROOT, RunContext, RunScope, tell_failure};

/// Tells that a run begins.
pub(super) fn start(
    scope: &RunScope,
    plan: &Plan,
    context: &RunContext,
    mode: RunMode,
    items: Option<usize>,
) {
    if !scope.is_heard() {
        return;
    }
    let engine = context.engine();
    let sizing = engine.sizing(plan, items.unwrap_or(usize::MAX));
    let (partitions, workers) = match mode {
        RunMode::Single => (1, 1),
        RunMode::Map => (sizing.partitions, sizing.workers),
        RunMode::Iterate => (0, sizing.workers),
    };
    let why = match (mode, sizing.fixed) {
        (RunMode::Single, _) => "a single run is not cut up".to_owned(),
        (_, Some(parts)) => format!("exactly {parts} chunks were asked for"),
        (_, None) => format!(
            "chunks of about {:?} that stay in {} KiB, measured while it runs",
            sizing.target,
            sizing.cache_bytes / 1024
        ),
    };
    let mut nodes = Vec::new();
    list(plan, "", &mut nodes);
    let start = RunStart {
        pipeline: plan.name().to_owned(),
        mode,
        items: items.map(|items| items as u64),
        engine: engine.name().to_owned(),
        workers: workers as u64,
        partitions: partitions as u64,
        why,
        nodes,
        unix_ms: clock::unix_ms(),
        process: std::process::id(),
    };
    scope.begin(start);
}

/// The steps of a plan, those of nested pipelines behind the node that they are in.
fn list(plan: &Plan, around: &str, nodes: &mut Vec<NodeInfo>) {
    let paths: Vec<Arc<str>> = plan
        .steps
        .iter()
        .map(|step| format!("{around}{}", step.name).into())
        .collect();
    let before = plan.dependencies();
    for ((step, path), before) in plan.steps.iter().zip(&paths).zip(before) {
        let outer = step.args.iter().filter_map(|arg| {
            let input = plan.inputs.iter().find(|input| input.slot == arg.slot)?;
            Some(input.name.to_string())
        });
        let nested = step.node.nested();
        let outputs = &step.node.signature().outputs;
        nodes.push(NodeInfo {
            node: Arc::clone(path),
            after: before
                .into_iter()
                .map(|at| Arc::clone(&paths[at]))
                .collect(),
            inputs: outer.collect(),
            outputs: outputs
                .iter()
                .map(|output| output.name.to_string())
                .collect(),
            is_nested: nested.is_some(),
        });
        if let Some(nested) = nested {
            list(nested.pipeline.plan(), &format!("{path}/"), nodes);
        }
    }
}

/// Tells how much an earlier run has finished.
pub(super) fn restored(scope: &RunScope, checkpoint: Option<&Arc<Checkpoint>>) {
    let items = checkpoint.map_or(0, |checkpoint| checkpoint.count_restored());
    if items > 0 {
        scope.tell(ROOT, None, EventKind::Restored { items });
    }
}

/// Writes into the run folder how the run ended.
pub(super) fn close(
    checkpoint: Option<&Arc<Checkpoint>>,
    outcome: RunOutcome,
    error: Option<&Error>,
    scope: &Arc<RunScope>,
) {
    if let Some(checkpoint) = checkpoint {
        let error = error.map(ToString::to_string);
        checkpoint.close(RunPhase::from(outcome), error, Some(scope));
    }
}

/// Tells that an error ended a run, with the items that gave a result and those that failed.
pub(super) fn end_with(
    scope: &Arc<RunScope>,
    checkpoint: Option<&Arc<Checkpoint>>,
    error: &Error,
    (done, failed): (u64, u64),
) {
    let outcome = match error {
        Error::Run(RunError::Cancelled { .. } | RunError::OutOfMemory { .. }) => {
            RunOutcome::Cancelled
        }
        _ => RunOutcome::Failed,
    };
    close(checkpoint, outcome, Some(error), scope);
    scope.end(outcome, done, failed, Some(error.to_string()));
}

/// How many items gave a result, and how many failed, when an error ended the run.
pub(super) fn counts(error: &Error) -> (u64, u64) {
    let Error::Run(error) = error else {
        return (0, 0);
    };
    let (done, failed) = match error {
        RunError::Cancelled { done, finished } => {
            let failed = finished.as_ref().map_or(0, |runs| runs.failures().len());
            (done - failed, failed)
        }
        RunError::OutOfMemory { done, .. } => (*done, 0),
        error => (
            error.item().unwrap_or(0),
            usize::from(error.is_node_failure()),
        ),
    };
    (done as u64, failed as u64)
}

/// What a map gives that has run under policies.
pub(super) fn ended(
    scope: &RunScope,
    plan: Arc<Plan>,
    finished: Finished,
    fail_fast: bool,
) -> Result<Runs, Error> {
    if fail_fast && let Some(failure) = finished.failures.values().next() {
        tell_failure(scope, failure);
    }
    let (is_cancelled, done) = (finished.is_cancelled, finished.items);
    let runs = Runs::new(plan, finished, fail_fast)?;
    match is_cancelled {
        true => Err(interruption(scope, done, Some(runs))),
        false => Ok(runs),
    }
}

/// Why a run ended before its time.
pub(super) fn interruption(scope: &RunScope, done: usize, finished: Option<Runs>) -> Error {
    let error = match scope.memory.as_ref().and_then(crate::run::MemoryGuard::out) {
        Some((used, limit)) => RunError::OutOfMemory {
            used,
            limit,
            done,
            is_resumable: scope.policies.folder.is_some(),
        },
        None => RunError::Cancelled {
            done,
            finished: finished.map(Box::new),
        },
    };
    error.into()
}
