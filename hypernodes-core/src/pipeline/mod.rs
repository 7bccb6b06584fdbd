//! The user's object: a checked graph with what was bound, asked for and set; immutable and cheap to clone. How it is
//! run is in `execute.rs`.

mod builder;
mod checkpoint;
mod describe;
mod execute;
mod inputs;
mod iter;
mod map;
mod nested;
mod outputs;
mod policies;
mod received;
mod resolve;
mod runs;
mod stored;
mod told;

pub use builder::PipelineBuilder;
pub use inputs::{Inputs, probe as input_probe};
pub use iter::{IterRow, MapIter};
pub use map::{MapMode, MapOver};
pub use nested::PipelineNode;
pub(crate) use nested::{NestedNode, received as received_node};
pub use outputs::Outputs;
pub use policies::RunDir;
pub(crate) use received::Received;
pub use runs::{Row, Runs};

use std::fmt;
use std::sync::Arc;

use hypernodes_wiring::{Interface, WiringWarning};
use indexmap::IndexMap;

use crate::config::ErrorPolicy;
use crate::engine::{Engine, Sequential};
use crate::error::{BuildError, BuildErrors, MoveConflict};
use crate::graph::Graph;
use crate::node::{Name, NodeRef};
use crate::plan::{Fill, Plan, PlanRequest};
use crate::run::Policies;
use crate::value::{Column, PortValue};

/// Functions wired by name, checked, ready to run.
///
/// Immutable: [`bind`](Self::bind), [`select`](Self::select), [`with_engine`](Self::with_engine) and the others return
/// a new pipeline and share everything else. Values come, in this order, from a node that computes them, from the
/// inputs of the run, from `bind`, from a default.
///
/// # Example
/// ```standalone_crate
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
    policies: Arc<Policies>,
    pub(crate) plan: Arc<Plan>,
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
            policies: Arc::default(),
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
    ///
    /// An engine that it was given stays its own. Its policies (what is done on an error, retries, limits, the cache, the run
    /// folder, listeners) are those of the pipeline that is run, not its own; options of its nodes hold everywhere.
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
    /// ```standalone_crate
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

    /// The node of a path like `inner/clean`.
    pub(crate) fn find_node(&self, path: &str) -> Option<Arc<dyn crate::Node>> {
        let (first, rest) = path
            .split_once('/')
            .map_or((path, None), |(first, rest)| (first, Some(rest)));
        let at = self.graph.labels.iter().position(|label| label == first)?;
        let node = &self.graph.nodes[at].node;
        match rest {
            None => Some(Arc::clone(node)),
            Some(rest) => node.nested()?.pipeline.find_node(rest),
        }
    }

    /// What is allowed but probably not meant: inputs whose names are close to others'.
    #[must_use]
    pub fn warnings(&self) -> &[WiringWarning] {
        self.graph.warnings()
    }
}

/// Stands in while a pipeline is put together.
fn empty_plan(graph: &Arc<Graph>) -> Plan {
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
