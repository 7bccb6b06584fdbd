//! A pipeline whose interface is declared, step by step.

use std::sync::Arc;

use hypernodes_wiring::Interface;
use indexmap::IndexMap;

use super::{NamedDefault, Pipeline};
use crate::error::BuildErrors;
use crate::node::{Name, NodeRef};
use crate::value::{Column, PortValue};

/// Puts a pipeline together whose inputs or outputs are declared, so that a misspelt one is an error.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// let wrong = Pipeline::builder("ema")
///     .nodes(nodes![{ node_fn!("ema", |clsoe: f64| clsoe) }])
///     .inputs(["close"])
///     .build();
/// assert!(wrong.unwrap_err().to_string().contains("did you mean `close`?"));
/// ```
#[derive(Debug)]
pub struct PipelineBuilder {
    name: Name,
    doc: &'static str,
    nodes: Vec<NodeRef>,
    interface: Interface,
    defaults: IndexMap<String, NamedDefault>,
}

impl PipelineBuilder {
    pub(super) fn new(name: Name) -> Self {
        Self {
            name,
            doc: "",
            nodes: Vec::new(),
            interface: Interface::open(),
            defaults: IndexMap::new(),
        }
    }

    /// What the pipeline is for.
    #[must_use]
    pub fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// Adds nodes.
    #[must_use]
    pub fn nodes(mut self, nodes: Vec<NodeRef>) -> Self {
        self.nodes.extend(nodes);
        self
    }

    /// Declares the inputs: every value that no node computes must be one of them.
    #[must_use]
    pub fn inputs<S: Into<String>>(mut self, inputs: impl IntoIterator<Item = S>) -> Self {
        self.interface.inputs = Some(inputs.into_iter().map(Into::into).collect());
        self
    }

    /// Declares the outputs: these are given, in this order, and nothing else.
    #[must_use]
    pub fn outputs<S: Into<String>>(mut self, outputs: impl IntoIterator<Item = S>) -> Self {
        self.interface.outputs = Some(outputs.into_iter().map(Into::into).collect());
        self
    }

    /// Gives an input a value for when a run brings none; it goes before the defaults of nodes.
    #[must_use]
    pub fn default_value<T: PortValue>(
        mut self,
        name: &str,
        value: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        let make = Arc::new(move || Column::one(value()));
        self.defaults.insert(
            name.to_owned(),
            NamedDefault {
                text: String::new(),
                make,
            },
        );
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// All problems at once; see [`Pipeline::new`].
    pub fn build(self) -> Result<Pipeline, BuildErrors> {
        Pipeline::from_parts(
            self.name,
            self.doc,
            self.nodes,
            &self.interface,
            self.defaults,
        )
    }
}

impl std::fmt::Debug for NamedDefault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
