//! Running a pipeline: once, mapped, over an iterator, and from async code.

use std::sync::Arc;

use super::inputs::Given;
use super::{Inputs, MapIter, MapOver, Outputs, Pipeline, Runs, checkpoint, map, resolve, told};
use crate::config::ErrorPolicy;
use crate::engine::Engine;
use crate::error::{EngineError, Error, RunError};
use crate::event::{RunMode, RunOutcome};
use crate::plan::Plan;
use crate::run::{Checkpoint, ChunkRun, RunContext, RunScope, Source, StepFailure, tell_failure};
use crate::value::{Arg, PortValue};

impl Pipeline {
    pub(super) fn context(&self) -> RunContext {
        let asks = !self.policies.is_empty()
            || self.plan.has_policies()
            || tracing::enabled!(tracing::Level::DEBUG);
        let scope = asks.then(|| RunScope::new(Arc::clone(&self.policies)));
        RunContext::new(Arc::clone(&self.engine), self.policy, scope)
    }

    /// The plan for inputs that may supply outputs. A supplied output is handed through; in a map only where it is an
    /// axis of a zip: one value for all items is no column.
    pub(crate) fn plan_for(&self, inputs: &Inputs, over: Option<&MapOver>) -> Arc<Plan> {
        let is_output = |given: &&Given| self.graph.wiring.producers.contains_key(&*given.name);
        let supplied: Vec<&Given> = inputs.supplied().filter(is_output).collect();
        if supplied.is_empty() {
            return Arc::clone(&self.plan);
        }
        let mut outputs = self.output_names();
        outputs.retain(|name| {
            let given = supplied.iter().find(|given| given.name == *name);
            given.is_none_or(|given| is_handed_through(given, over))
        });
        let supplied: Vec<&str> = supplied.iter().map(|given| &*given.name).collect();
        Arc::new(self.plan_with(&outputs, &supplied))
    }

    fn refuse_blocking(&self, instead: &'static str) -> Result<(), Error> {
        #[cfg(feature = "async")]
        if self.plan.has_async() && crate::async_host::is_inside_runtime() {
            return Err(RunError::InsideRuntime {
                pipeline: self.name.to_string(),
                instead,
            }
            .into());
        }
        let _ = instead;
        Ok(())
    }

    /// Runs once.
    ///
    /// # Errors
    /// Everything that is wrong with the inputs, at once; or the failure of a node, with its error as the source.
    pub fn run(&self, inputs: Inputs) -> Result<Outputs, Error> {
        self.refuse_blocking("run_async")?;
        self.run_in(inputs, &self.context())
    }

    fn run_in(&self, inputs: Inputs, context: &RunContext) -> Result<Outputs, Error> {
        let plan = self.plan_for(&inputs, None);
        let span = tracing::debug_span!("run", pipeline = plan.name());
        let _entered = span.enter();
        let args = resolve::single(self, &plan, inputs)?;
        self.check_capabilities(&plan, context)?;
        let Some(scope) = context.scope() else {
            return run_once(&plan, context, args);
        };
        self.check_policies(&plan)?;
        told::start(scope, &plan, context, RunMode::Single, Some(1));
        let result = run_once(&plan, context, args);
        match &result {
            Ok(_) => scope.end(RunOutcome::Done, 1, 0, None),
            Err(error) => told::end_with(scope, None, error, told::counts(error)),
        }
        result
    }

    pub(super) fn check_capabilities(
        &self,
        plan: &Plan,
        context: &RunContext,
    ) -> Result<(), Error> {
        let engine = context.engine();
        if !engine.capabilities().async_nodes
            && let Some(step) = plan
                .steps
                .iter()
                .find(|step| step.node.signature().options.is_async)
        {
            return Err(Error::Engine(EngineError::Unsupported {
                engine: engine.name().to_owned(),
                capability: "async nodes".to_owned(),
                node: Some(step.name.clone()),
            }));
        }
        check_leaving(plan, &**engine).map_err(Error::Engine)
    }

    /// Runs once, from async code: nodes that are `async fn` run on the caller's runtime, the others on its blocking
    /// threads.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    #[cfg(feature = "async")]
    pub async fn run_async(&self, inputs: Inputs) -> Result<Outputs, Error> {
        let this = self.clone();
        crate::async_host::off_the_runtime(move |host| {
            let context = this.context().hosted_by(host);
            this.run_in(inputs, &context)
        })
        .await
    }

    /// Maps from async code, as [`run_async`](Self::run_async) runs.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    #[cfg(feature = "async")]
    pub async fn map_async(&self, inputs: Inputs, over: impl Into<MapOver>) -> Result<Runs, Error> {
        let (this, over) = (self.clone(), over.into());
        crate::async_host::off_the_runtime(move |host| {
            let context = this.context().hosted_by(host);
            this.map_in(inputs, &over, context)
        })
        .await
    }

    /// Runs once per item: `zip` walks the axes side by side, `product` takes every combination (the last axis
    /// fastest). Anything that can be iterated is an axis; the other inputs are the same for every item.
    ///
    /// Results are in input order on every engine. Select the outputs that are wanted: the others are kept too.
    ///
    /// # Errors
    /// Everything that is wrong with the inputs and axes, at once; with `FailFast` the failure of the lowest item.
    pub fn map(&self, inputs: Inputs, over: impl Into<MapOver>) -> Result<Runs, Error> {
        self.refuse_blocking("map_async")?;
        self.map_in(inputs, &over.into(), self.context())
    }

    fn map_in(&self, inputs: Inputs, over: &MapOver, context: RunContext) -> Result<Runs, Error> {
        let plan = self.plan_for(&inputs, Some(over));
        let span = tracing::debug_span!(
            "map",
            pipeline = plan.name(),
            engine = context.engine().name()
        );
        let _entered = span.enter();
        let scope = context.scope().cloned();
        let mut seen = checkpoint::Inputs::default();
        let has_folder = self.policies.folder.is_some();
        let (axes, items) =
            resolve::mapped(self, &plan, inputs, over, &mut |input, axis, column| {
                if has_folder {
                    seen.see(input, axis, column);
                }
            })?;
        self.check_capabilities(&plan, &context)?;
        let fail_fast = self.policy == ErrorPolicy::FailFast;
        let Some(scope) = scope else {
            let finished = map::drive(&plan, context, Source::Axes(axes), items, None)?;
            return Runs::new(plan, finished, fail_fast);
        };
        self.check_policies(&plan)?;
        let checkpoint = self.open_folder(&plan, over, Some(items), seen, &scope)?;
        told::start(&scope, &plan, &context, RunMode::Map, Some(items));
        told::restored(&scope, checkpoint.as_ref());
        let result = map::drive(
            &plan,
            context,
            Source::Axes(axes),
            items,
            checkpoint.clone(),
        )
        .and_then(|finished| told::ended(&scope, plan, finished, fail_fast));
        match &result {
            Ok(runs) => {
                let failed = runs.failures().len() as u64;
                let outcome = match failed {
                    0 => RunOutcome::Done,
                    _ => RunOutcome::Partial,
                };
                told::close(checkpoint.as_ref(), outcome, None, &scope);
                scope.end(outcome, runs.len() as u64 - failed, failed, None);
            }
            Err(error) => told::end_with(&scope, checkpoint.as_ref(), error, told::counts(error)),
        }
        result
    }

    /// The run folder of a map, if it is to have one.
    pub(super) fn open_folder(
        &self,
        plan: &Plan,
        over: &MapOver,
        items: Option<usize>,
        seen: checkpoint::Inputs,
        scope: &RunScope,
    ) -> Result<Option<Arc<Checkpoint>>, Error> {
        let Some(folder) = &self.policies.folder else {
            return Ok(None);
        };
        let run = checkpoint::Mapped {
            plan,
            over,
            items,
            engine: self.engine.name(),
            policy: self.policy,
            id: scope.id,
        };
        run.open(folder, seen).map(Some)
    }

    /// Runs over an iterator of rows and gives results in order while it goes, holding a bounded number of items
    /// whatever the length.
    ///
    /// Each item of `rows` is the value of the input `axis` (or of an output, whose node then does not run), owned:
    /// `text.lines().map(str::to_owned)`. The `inputs` are the same for all. Failing items end the iteration (`FailFast`)
    /// or are given as errors in their place (`Collect`). A panic of `rows` itself goes through `next`, after the results
    /// of the items before it.
    ///
    /// Items are taken ahead of the results: a few chunks per worker, each of as many items as were seen to fill the
    /// engine's target time (one item at first). So `rows` must not wait for a result of an item before; a `run` per
    /// request does that.
    ///
    /// # Errors
    /// Everything that is wrong with the inputs.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::prelude::*;
    /// let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: u64| x * 2) }])?;
    /// let mut sum = 0;
    /// for row in p.map_iter(inputs! {}, "x", 0..1000_u64)? {
    ///     sum += *row?.get::<u64>("y")?;
    /// }
    /// assert_eq!(sum, 999_000);
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    pub fn map_iter<I>(
        &self,
        inputs: Inputs,
        axis: &str,
        rows: I,
    ) -> Result<MapIter<I::IntoIter>, Error>
    where
        I: IntoIterator,
        I::Item: PortValue,
    {
        self.refuse_blocking("map_async")?;
        MapIter::new(self, inputs, axis, rows.into_iter())
    }
}

/// Whether all can go where engines take it that leave the process. Engines that nested pipelines were given count where
/// they are asked: not in another process.
fn check_leaving(plan: &Plan, engine: &dyn Engine) -> Result<(), EngineError> {
    if engine.capabilities().leaves_process {
        return plan.image(engine.name()).map(|_| ());
    }
    if !plan.has_own_engines() {
        return Ok(());
    }
    let mut nested = plan.steps.iter().filter_map(|step| step.node.nested());
    nested.try_for_each(|nested| {
        let inner = nested.pipeline;
        check_leaving(inner.plan(), inner.engine().map_or(engine, |own| &**own))
    })
}

#[inline]
fn run_once(plan: &Arc<Plan>, context: &RunContext, args: Vec<Arg>) -> Result<Outputs, Error> {
    let mut run = ChunkRun::new(plan, context, args, 1, 0);
    context.engine().run_one(&mut run)?;
    let outcome = run.finish();
    if outcome.is_interrupted || !outcome.failures.is_empty() {
        return Err(failed_once(plan, context, outcome.failures));
    }
    Ok(Outputs::new(Arc::clone(plan), outcome.columns))
}

/// Why a single run gave nothing.
#[cold]
fn failed_once(plan: &Plan, context: &RunContext, failures: Vec<StepFailure>) -> Error {
    match (failures.into_iter().next(), context.scope()) {
        (None, Some(scope)) => told::interruption(scope, 0, None),
        (None, None) => unreachable!("only a run with policies is interrupted"),
        (Some(failure), scope) => {
            let failure = failure.at(plan, None);
            if let Some(scope) = scope {
                tell_failure(scope, &failure);
            }
            RunError::from(failure).into()
        }
    }
}

/// Whether a supplied output is given back: by a run always, by a map where each item has a value of its own that can
/// be moved out.
pub(super) fn is_handed_through(given: &Given, over: Option<&MapOver>) -> bool {
    over.is_none_or(|over| over.zips(&given.name) && !given.is_shared())
}
