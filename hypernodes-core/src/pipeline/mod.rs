//! The user's object: a checked graph with what was bound, asked for and set; immutable and cheap to clone.

mod builder;
mod describe;
mod inputs;
mod iter;
mod map;
mod nested;
mod outputs;
mod resolve;
mod runs;

pub use builder::PipelineBuilder;
use inputs::Given;
pub use inputs::{Inputs, probe as input_probe};
pub use iter::{IterRow, MapIter};
pub use map::{MapMode, MapOver};
pub use nested::PipelineNode;
pub use outputs::Outputs;
pub use runs::{Row, Runs};

use std::fmt;
use std::sync::Arc;

use hypernodes_wiring::{Interface, WiringWarning};
use indexmap::IndexMap;

use crate::config::ErrorPolicy;
use crate::engine::{Engine, Sequential};
use crate::error::{BuildError, BuildErrors, Error, MoveConflict, RunError};
use crate::graph::Graph;
use crate::node::{Name, NodeRef};
use crate::plan::{Fill, Plan, PlanRequest};
use crate::run::{ChunkRun, RunContext};
use crate::value::{Column, PortValue};

/// Functions wired by name, checked, ready to run.
///
/// Immutable: [`bind`](Self::bind), [`select`](Self::select), [`with_engine`](Self::with_engine) and the others return
/// a new pipeline and share everything else. Values come, in this order, from a node that computes them, from the
/// inputs of the run, from `bind`, from a default.
///
/// # Example
/// ```
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// #[node(output = "words")]
/// fn split(text: &str) -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() }
///
/// #[node(output = "count")]
/// fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
///     words.iter().filter(|w| w.len() >= min_len).count()
/// }
///
/// let p = Pipeline::new("word_count", nodes![split, count])?.bind("min_len", 4_usize)?;
/// let out = p.run(inputs! { text: "plain functions wired by name" })?;
/// assert_eq!(*out.get::<usize>("count")?, 4);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[derive(Clone)]
pub struct Pipeline {
    name: Name,
    doc: &'static str,
    graph: Arc<Graph>,
    bound: IndexMap<String, Column>,
    defaults: IndexMap<String, NamedDefault>,
    /// `None`: every output that is not moved away.
    selected: Option<Vec<String>>,
    /// What runs it; `is_own` when it was chosen for this pipeline, and so is not its parent's.
    engine: Arc<dyn Engine>,
    is_own: bool,
    policy: ErrorPolicy,
    plan: Arc<Plan>,
}

/// A default that was given to the pipeline rather than to a node.
#[derive(Clone)]
struct NamedDefault {
    text: String,
    make: Arc<dyn Fn() -> Column + Send + Sync>,
}

impl Pipeline {
    /// Joins nodes by the names of their inputs and outputs, and checks everything.
    ///
    /// An input that no node computes becomes an input of the pipeline; declare them with
    /// [`builder`](Self::builder) to have a misspelt one reported here.
    ///
    /// # Errors
    /// All problems at once: duplicate outputs, cycles, types that do not fit, conflicting defaults, bad renames, bad
    /// axes of nested maps, values that cannot be cloned and have several uses.
    pub fn new(name: impl Into<Name>, nodes: Vec<NodeRef>) -> Result<Self, BuildErrors> {
        Self::builder(name).nodes(nodes).build()
    }

    /// Begins a pipeline whose inputs or outputs are declared.
    #[must_use]
    pub fn builder(name: impl Into<Name>) -> PipelineBuilder {
        PipelineBuilder::new(name.into())
    }

    fn from_parts(
        name: Name,
        doc: &'static str,
        nodes: Vec<NodeRef>,
        interface: &Interface,
        defaults: IndexMap<String, NamedDefault>,
    ) -> Result<Self, BuildErrors> {
        let failed = |problems| BuildErrors {
            pipeline: name.to_string(),
            problems,
        };
        let graph = Arc::new(Graph::new(nodes, interface).map_err(failed)?);
        let plan = Arc::new(empty_plan(&graph));
        let mut pipeline = Self {
            name: name.clone(),
            doc,
            graph,
            bound: IndexMap::new(),
            defaults: IndexMap::new(),
            selected: None,
            engine: Arc::new(Sequential::default()),
            is_own: false,
            policy: ErrorPolicy::default(),
            plan,
        };
        let mut problems = Vec::new();
        for (input, default) in defaults {
            problems.extend(pipeline.check_value(
                &input,
                (default.make)().port(),
                "give a default",
            ));
            pipeline.defaults.insert(input, default);
        }
        if let Some(outputs) = &interface.outputs {
            problems.extend(pipeline.check_outputs(outputs));
            pipeline.selected = Some(outputs.clone());
        }
        if !problems.is_empty() {
            return Err(failed(problems));
        }
        Ok(pipeline.replanned())
    }

    fn replanned(mut self) -> Self {
        self.plan = Arc::new(self.plan_with(&self.output_names(), &[]));
        self
    }

    fn plan_with(&self, outputs: &[String], supplied: &[&str]) -> Plan {
        let fill = |name: &str| self.fill(name);
        Plan::build(
            &self.graph,
            &PlanRequest {
                name: &self.name,
                outputs,
                supplied,
                fill: &fill,
            },
        )
    }

    fn fill(&self, name: &str) -> Fill {
        if let Some(column) = self.bound.get(name) {
            return Fill::Bound(column.clone());
        }
        if let Some(default) = self.defaults.get(name) {
            return Fill::Default(Arc::clone(&default.make));
        }
        match self
            .graph
            .input(name)
            .and_then(|(_, input)| input.default.as_ref())
        {
            Some(default) => Fill::Default(Arc::clone(&default.make)),
            None => Fill::Required,
        }
    }

    /// How the default of an input was written.
    fn default_text(&self, name: &str) -> String {
        let own = self.defaults.get(name).map(|default| default.text.clone());
        let of_node = || {
            self.graph
                .input(name)
                .and_then(|(_, input)| input.default.as_ref())
        };
        own.or_else(|| of_node().map(|default| default.text.to_string()))
            .unwrap_or_default()
    }

    /// The outputs that a run gives, in order.
    fn output_names(&self) -> Vec<String> {
        if let Some(selected) = &self.selected {
            return selected.clone();
        }
        let is_kept = |name: &&str| {
            let port = &self.graph.wiring.producers[*name];
            self.graph.output_moved_by(port.node, port.output).is_none()
        };
        self.graph
            .outputs()
            .filter(is_kept)
            .map(str::to_owned)
            .collect()
    }

    fn check_outputs(&self, outputs: &[String]) -> Vec<BuildError> {
        let moved = outputs.iter().filter_map(|name| {
            let port = self.graph.wiring.producers.get(name)?;
            let (node, input) = self.graph.output_moved_by(port.node, port.output)?;
            let input = &self.graph.nodes[node].signature().inputs[input];
            Some(BuildError::Moved {
                node: self.graph.labels[node].clone(),
                input: input.name.to_string(),
                port: input.port,
                conflict: MoveConflict::IsOutput,
            })
        });
        moved.collect()
    }

    /// Whether `name` is an input that takes values of this type.
    fn check_value(
        &self,
        name: &str,
        found: crate::PortType,
        verb: &'static str,
    ) -> Option<BuildError> {
        match self.graph.input(name) {
            Some((_, input)) if input.port == found => None,
            Some((_, input)) => Some(BuildError::ValueType {
                name: name.to_owned(),
                expected: input.port,
                found,
            }),
            None => Some(match self.graph.wiring.producers.get(name) {
                Some(port) => BuildError::BoundOutput {
                    name: name.to_owned(),
                    node: self.graph.labels[port.node].clone(),
                },
                None => BuildError::UnknownInput {
                    pipeline: self.name.to_string(),
                    name: name.to_owned(),
                    verb,
                    available: self
                        .graph
                        .inputs
                        .iter()
                        .map(|input| input.name.clone())
                        .collect(),
                },
            }),
        }
    }

    fn fails(&self, problem: BuildError) -> BuildErrors {
        BuildErrors {
            pipeline: self.name.to_string(),
            problems: vec![problem],
        }
    }

    /// Fixes the value of an input. A later `bind` and the inputs of a run go before it.
    ///
    /// # Errors
    /// An unknown input, a value of the wrong type, a value that a node computes, or one that cannot be cloned and is
    /// taken by value.
    pub fn bind<T: PortValue>(&self, name: &str, value: T) -> Result<Self, BuildErrors> {
        let expected = self.graph.input(name).map(|(_, input)| input.port);
        let column = inputs::coerce(Column::one(value), expected);
        if let Some(problem) = self.check_value(name, column.port(), "bind") {
            return Err(self.fails(problem));
        }
        if let Some((_, input)) = self.graph.input(name)
            && let Some((node, port)) = input.moved_by
        {
            let input = &self.graph.nodes[node].signature().inputs[port];
            return Err(self.fails(BuildError::Moved {
                node: self.graph.labels[node].clone(),
                input: name.to_owned(),
                port: input.port,
                conflict: MoveConflict::IsBound,
            }));
        }
        let mut bound = self.bound.clone();
        bound.insert(name.to_owned(), column);
        Ok(Self {
            bound,
            ..self.clone()
        }
        .replanned())
    }

    /// Takes a bound value away again.
    ///
    /// # Errors
    /// An input that is not bound.
    pub fn unbind(&self, name: &str) -> Result<Self, BuildErrors> {
        let mut bound = self.bound.clone();
        if bound.shift_remove(name).is_none() {
            return Err(self.fails(BuildError::UnknownInput {
                pipeline: self.name.to_string(),
                name: name.to_owned(),
                verb: "unbind",
                available: self.bound.keys().cloned().collect(),
            }));
        }
        Ok(Self {
            bound,
            ..self.clone()
        }
        .replanned())
    }

    /// Gives an input a value for when a run brings none.
    ///
    /// # Errors
    /// An unknown input or a value of the wrong type.
    pub fn with_default<T: PortValue + Clone + fmt::Debug>(
        &self,
        name: &str,
        value: T,
    ) -> Result<Self, BuildErrors> {
        let expected = self.graph.input(name).map(|(_, input)| input.port);
        let text = format!("{value:?}");
        let make = move || inputs::coerce(Column::one(value.clone()), expected);
        if let Some(problem) = self.check_value(name, make().port(), "give a default") {
            return Err(self.fails(problem));
        }
        let mut defaults = self.defaults.clone();
        defaults.insert(
            name.to_owned(),
            NamedDefault {
                text,
                make: Arc::new(make),
            },
        );
        Ok(Self {
            defaults,
            ..self.clone()
        }
        .replanned())
    }

    /// Asks for these outputs only, in this order; what they do not need is not computed.
    ///
    /// # Errors
    /// An unknown output, one named twice, or one whose values are moved into a node.
    pub fn select<S: Into<String>>(
        &self,
        outputs: impl IntoIterator<Item = S>,
    ) -> Result<Self, BuildErrors> {
        let outputs: Vec<String> = outputs.into_iter().map(Into::into).collect();
        let mut problems: Vec<BuildError> = self
            .graph
            .check_selection(&outputs)
            .into_iter()
            .map(BuildError::from)
            .collect();
        problems.extend(self.check_outputs(&outputs));
        if !problems.is_empty() {
            return Err(BuildErrors {
                pipeline: self.name.to_string(),
                problems,
            });
        }
        Ok(Self {
            selected: Some(outputs),
            ..self.clone()
        }
        .replanned())
    }

    /// Runs on this engine.
    #[must_use]
    pub fn with_engine(&self, engine: impl Engine + 'static) -> Self {
        self.with_shared_engine(Arc::new(engine))
    }

    /// Runs on an engine that others use too.
    #[must_use]
    pub fn with_shared_engine(&self, engine: Arc<dyn Engine>) -> Self {
        Self {
            engine,
            is_own: true,
            ..self.clone()
        }
    }

    /// What a map does when an item fails; the default is to fail fast.
    #[must_use]
    pub fn on_error(&self, policy: ErrorPolicy) -> Self {
        Self {
            policy,
            ..self.clone()
        }
    }

    /// Gives the pipeline another name.
    #[must_use]
    pub fn named(&self, name: impl Into<Name>) -> Self {
        Self {
            name: name.into(),
            ..self.clone()
        }
        .replanned()
    }

    /// This pipeline as a node of another.
    #[must_use]
    pub fn as_node(&self) -> PipelineNode {
        PipelineNode::new(self.clone())
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a run does, step by step.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The names of the values that a run takes from outside for the wanted outputs, sorted; those with a default and
    /// those that are bound too. Their types are in [`describe`](Self::describe).
    ///
    /// # Example
    /// ```
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::prelude::*;
    /// let p = Pipeline::new("p", nodes![{ node_fn!("c", |b: f64, a: f64| a - b) }])?;
    /// assert_eq!(p.inputs().collect::<Vec<_>>(), ["a", "b"]);
    /// assert_eq!(p.outputs().collect::<Vec<_>>(), ["c"]);
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.plan.input_names()
    }

    /// The names of the outputs that a run gives, in its order.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.plan.output_names()
    }

    /// The engine that was chosen for this pipeline; `None` takes the parent's, or Sequential.
    #[must_use]
    pub fn engine(&self) -> Option<&Arc<dyn Engine>> {
        self.is_own.then_some(&self.engine)
    }

    /// What is allowed but probably not meant: inputs whose names are close to others'.
    #[must_use]
    pub fn warnings(&self) -> &[WiringWarning] {
        self.graph.warnings()
    }

    fn context(&self) -> RunContext {
        RunContext::new(Arc::clone(&self.engine), self.policy)
    }

    /// The plan for inputs that may supply outputs. A supplied output is handed through; in a map only where it is an
    /// axis of a zip: one value for all items is no column.
    fn plan_for(&self, inputs: &Inputs, over: Option<&MapOver>) -> Arc<Plan> {
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
        let mut run = ChunkRun::new(&plan, context, args, 1);
        context.engine().run_one(&mut run)?;
        let mut outcome = run.finish();
        if let Some(failure) =
            (!outcome.failures.is_empty()).then(|| outcome.failures.swap_remove(0))
        {
            return Err(RunError::from(failure.at(&plan, None)).into());
        }
        Ok(Outputs::new(plan, outcome.columns))
    }

    fn check_capabilities(&self, plan: &Plan, context: &RunContext) -> Result<(), Error> {
        let engine = context.engine();
        if !engine.capabilities().async_nodes
            && let Some(step) = plan
                .steps
                .iter()
                .find(|step| step.node.signature().options.is_async)
        {
            return Err(Error::Engine(crate::error::EngineError::Unsupported {
                engine: engine.name().to_owned(),
                capability: "async nodes".to_owned(),
                node: Some(step.name.clone()),
            }));
        }
        Ok(())
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
        let (axes, items) = resolve::mapped(self, &plan, inputs, over)?;
        self.check_capabilities(&plan, &context)?;
        let finished = map::drive(&plan, context, crate::run::Source::Axes(axes), items)?;
        Runs::new(plan, finished, self.policy == ErrorPolicy::FailFast)
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
    /// ```
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

/// Whether a supplied output is given back: by a run always, by a map where each item has a value of its own that can
/// be moved out.
fn is_handed_through(given: &Given, over: Option<&MapOver>) -> bool {
    over.is_none_or(|over| over.zips(&given.name) && !given.is_shared())
}

/// Stands in while a pipeline is put together.
fn empty_plan(graph: &Graph) -> Plan {
    Plan::build(
        graph,
        &PlanRequest {
            name: "",
            outputs: &[],
            supplied: &[],
            fill: &|_| Fill::Required,
        },
    )
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs: Vec<&str> = self
            .graph
            .inputs
            .iter()
            .map(|input| input.name.as_str())
            .collect();
        f.debug_struct("Pipeline")
            .field("name", &self.name)
            .field("inputs", &inputs)
            .field("outputs", &self.output_names())
            .field("bound", &self.bound.keys().collect::<Vec<_>>())
            .field(
                "engine",
                &self.engine().map(|engine| engine.name().to_owned()),
            )
            .finish_non_exhaustive()
    }
}
