//! A single run that is computed elsewhere, as a map of one item.

use std::sync::Arc;

use super::{ChunkRun, Progress, StepFailure};
use crate::engine::Sizing;
use crate::error::{Cause, EngineError, Error, Failure};
use crate::plan::Plan;
use crate::run::Feed;
use crate::value::Arg;

impl ChunkRun<'_> {
    /// The run as a map of one item, for an engine that computes chunks in other processes: it drives the feed and hands
    /// it [back](Self::take_from).
    ///
    /// Failures have no item then, and no chunk is told to listeners, as in any single run.
    ///
    /// # Panics
    /// When a step was computed already.
    #[must_use]
    pub fn as_feed(&mut self, sizing: Sizing) -> Arc<Feed> {
        assert!(self.next == 0, "a run goes elsewhere before its first step");
        self.again = None;
        let slots = &mut self.progress.slots;
        let inputs = self.plan.inputs.iter();
        let args = inputs.map(|input| {
            let arg: Option<Arg> = slots[input.slot].take();
            arg.expect("the slots of inputs are filled until a step takes them")
        });
        let args = args.collect();
        let plan = Arc::clone(self.plan);
        Arc::new(Feed::single(plan, self.context.clone(), sizing, args))
    }

    /// Takes over what was computed of the run as a [feed](Self::as_feed).
    ///
    /// # Errors
    /// Why the engine gave up, or that it did not compute the run.
    pub fn take_from(&mut self, feed: &Feed) -> Result<(), EngineError> {
        let finished = match feed.take_error() {
            Some(error) => Err(error),
            None => feed.finish(),
        };
        let engine = || self.context.engine().name().to_owned();
        let finished = finished.map_err(|error| match error {
            Error::Engine(error) => error,
            other => EngineError::Panicked {
                engine: engine(),
                message: other.to_string(),
            },
        })?;
        if finished.missing > 0 && !finished.is_cancelled {
            return Err(EngineError::Incomplete {
                engine: engine(),
                missing: finished.missing,
                items: 1,
            });
        }
        let mut progress = Progress::new(self.plan, None, Vec::new(), 1);
        let failures = finished.failures.into_values();
        let failures = failures.map(|failure| step_failure(self.plan, failure));
        progress.failures = failures.collect();
        if progress.failures.is_empty() {
            for (output, column) in self.plan.outputs.iter().zip(finished.columns) {
                progress.slots[output.slot] = Some(Arg::dense(column));
            }
        } else {
            progress.rows = 0;
        }
        self.progress = progress;
        self.is_interrupted = finished.is_cancelled;
        self.next = self.plan.steps.len();
        Ok(())
    }
}

/// The failure of a step that becomes the given one again when it is told.
fn step_failure(plan: &Plan, failure: Failure) -> StepFailure {
    let outer = failure.path.first().cloned().unwrap_or_default();
    let step = plan.steps.iter().position(|step| step.name == outer);
    let (cause, details) = match failure.path.len() {
        0 | 1 => (failure.cause, failure.details),
        _ => {
            let mut inner = failure;
            inner.path.remove(0);
            let around = format!("{outer}/");
            let inside = inner.details.skipped.iter();
            let inside = inside.filter_map(|name| name.strip_prefix(&around));
            inner.details.skipped = inside.map(str::to_owned).collect();
            (Cause::Nested(Box::new(inner)), Box::default())
        }
    };
    StepFailure {
        row: 0,
        step: step.unwrap_or_default(),
        cause,
        details,
    }
}
