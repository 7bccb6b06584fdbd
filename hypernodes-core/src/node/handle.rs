//! A node as it is put into a pipeline: shared, and perhaps renamed.

use std::fmt;
use std::sync::Arc;

use super::signature::{Name, Signature};
use super::{FnNode, Node};
use crate::error::BuildError;

/// A node as it is put into a pipeline: a shared node with a name, and names for its inputs and outputs.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// #[node(output = "half")]
/// fn halve(x: f64) -> f64 { x / 2.0 }
///
/// let quarter = halve::node().named("quarter").rename_input("x", "half").rename_output("half", "quarter");
/// let p = Pipeline::new("quarters", nodes![halve, { quarter }])?;
/// assert_eq!(*p.run(inputs! { x: 10.0 })?.get::<f64>("quarter")?, 2.5);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[derive(Clone)]
pub struct NodeRef {
    pub(crate) node: Arc<dyn Node>,
    pub(crate) signature: Signature,
    pub(crate) problems: Vec<BuildError>,
}

impl NodeRef {
    /// Wraps a node.
    #[must_use]
    pub fn new(node: impl Node) -> Self {
        let signature = node.signature().clone();
        Self {
            node: Arc::new(node),
            signature,
            problems: Vec::new(),
        }
    }

    /// Names, types and options as this pipeline sees them.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Gives the node another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<Name>) -> Self {
        self.signature.name = name.into();
        self
    }

    /// Reads the input `from` under the name `to`. `from` is the name that the node itself gives, so several renames do
    /// not get in each other's way: two inputs can swap names. A wrong name is reported when the pipeline is built.
    #[must_use]
    pub fn rename_input(mut self, from: &str, to: impl Into<Name>) -> Self {
        let own = &self.node.signature().inputs;
        match own.iter().position(|input| input.name == from) {
            Some(at) => self.signature.inputs[at].name = to.into(),
            None => {
                let available = own.iter().map(|input| input.name.to_string()).collect();
                let name = &self.signature.name;
                let problem = BuildError::unknown_rename(name, "input", from, available);
                self.problems.push(problem);
            }
        }
        self
    }

    /// Gives the output `from` (the node's own name for it) under the name `to`. A wrong name is reported when the
    /// pipeline is built.
    #[must_use]
    pub fn rename_output(mut self, from: &str, to: impl Into<Name>) -> Self {
        let own = &self.node.signature().outputs;
        match own.iter().position(|output| output.name == from) {
            Some(at) => self.signature.outputs[at].name = to.into(),
            None => {
                let available = own.iter().map(|output| output.name.to_string()).collect();
                let name = &self.signature.name;
                let problem = BuildError::unknown_rename(name, "output", from, available);
                self.problems.push(problem);
            }
        }
        self
    }
}

impl fmt::Debug for NodeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeRef")
            .field("signature", &self.signature)
            .finish_non_exhaustive()
    }
}

/// What can be put into a pipeline: a [`NodeRef`], or a pipeline as a node.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a node",
    label = "not a node",
    note = "a node is a function with `#[node]`, a closure in `node_fn!`, or a pipeline with `as_node()`"
)]
pub trait IntoNode {
    /// The node.
    fn into_node(self) -> NodeRef;
}

impl IntoNode for NodeRef {
    fn into_node(self) -> NodeRef {
        self
    }
}

impl IntoNode for FnNode {
    fn into_node(self) -> NodeRef {
        NodeRef::new(self)
    }
}

/// The type that `#[node]` puts beside a function, under the function's name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a node",
    label = "not a node",
    note = "put `#[node(output = \"..\")]` on the function; other expressions go into braces: `nodes![{{ expression }}]`"
)]
pub trait NodeType {
    /// A new node of this type.
    fn node() -> NodeRef;
}
