//! A pipeline as another process described it.

use std::sync::Arc;

use indexmap::IndexMap;

use super::Pipeline;
use crate::config::ErrorPolicy;
use crate::engine::Sequential;
use crate::error::BuildError;
use crate::graph::Graph;
use crate::node::NodeRef;
use crate::plan::Plan;
use crate::value::Column;

/// What another process told of a pipeline.
pub(crate) struct Received {
    pub(crate) name: String,
    /// The nodes that the wanted outputs need, in the order in which they run.
    pub(crate) nodes: Vec<NodeRef>,
    /// Their names in messages.
    pub(crate) labels: Vec<String>,
    /// The outputs whose values come from outside.
    pub(crate) supplied: Vec<String>,
    /// The wanted outputs.
    pub(crate) outputs: Vec<String>,
}

impl Pipeline {
    /// The pipeline, run by the one around it. It is checked as one that is built here: what was told may be damaged.
    pub(crate) fn received(told: Received) -> Result<Self, Vec<BuildError>> {
        let Received {
            name,
            mut nodes,
            labels,
            supplied,
            outputs,
        } = told;
        // The process that resolved the inputs has filled in the defaults.
        for node in &mut nodes {
            for input in &mut node.signature.inputs {
                input.default = None;
            }
        }
        let graph = Arc::new(Graph::received(nodes, labels, &supplied)?);
        let problems = graph.check_selection(&outputs);
        if !problems.is_empty() {
            return Err(problems.into_iter().map(BuildError::from).collect());
        }
        let plan = Arc::new(super::empty_plan(&graph));
        let mut pipeline = Self {
            name: name.into(),
            doc: "",
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
        let problems = pipeline.check_outputs(&outputs);
        if !problems.is_empty() {
            return Err(problems);
        }
        let supplied: Vec<&str> = supplied.iter().map(String::as_str).collect();
        pipeline.plan = Arc::new(pipeline.plan_with(&outputs, &supplied));
        pipeline.selected = Some(outputs);
        Ok(pipeline)
    }

    /// Fixes the values of inputs as columns of one value, whose types are known to be right.
    pub(crate) fn with_received(mut self, bound: IndexMap<String, Column>) -> Self {
        self.bound = bound;
        self.replanned()
    }

    /// The plan, for those who keep it.
    pub(crate) fn shared_plan(&self) -> &Arc<Plan> {
        &self.plan
    }
}
