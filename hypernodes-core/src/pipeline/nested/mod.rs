//! A pipeline as a node of another, run once per row or mapped over lists.

mod lists;
mod node;

use std::sync::Arc;

use super::Pipeline;
use super::map::MapOver;
use crate::error::{BuildError, MoveConflict};
use crate::node::{
    InputPort, IntoNode, Name, NodeOptions, NodeRef, OutputPort, Passing, Signature,
};
use crate::plan::Fill;
use crate::value::PortType;
pub(crate) use node::NestedNode;

/// A pipeline on its way into another: [`Pipeline::as_node`] makes it.
///
/// The order of the calls does not matter: renames go from the names inside, and `map_over` takes those outside, after
/// the renames. Wrong names are reported when the outer pipeline is built.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// let inner = Pipeline::new("clean", nodes![{ node_fn!("clean", |doc: &str| doc.trim().to_owned()) }])?;
/// let outer = Pipeline::new("corpus", nodes![
///     inner.as_node().map_over(["docs"]).rename_input("doc", "docs").rename_output("clean", "cleaned"),
///     { node_fn!("total", |cleaned: &[String]| cleaned.iter().map(String::len).sum::<usize>()) },
/// ])?;
/// let out = outer.run(inputs! { docs: [" a", "bc "] })?;
/// assert_eq!(*out.get::<usize>("total")?, 3);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PipelineNode {
    pipeline: Pipeline,
    name: Option<Name>,
    over: Option<MapOver>,
    inputs: Vec<(String, Name)>,
    outputs: Vec<(String, Name)>,
}

impl PipelineNode {
    pub(super) fn new(pipeline: Pipeline) -> Self {
        Self {
            pipeline,
            name: None,
            over: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Gives the node a name other than the pipeline's.
    #[must_use]
    pub fn named(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Runs the pipeline once per item of these inputs, which become lists, as do all outputs. Lengths are known only
    /// when it runs, and may be zero.
    #[must_use]
    pub fn map_over(mut self, over: impl Into<MapOver>) -> Self {
        self.over = Some(over.into());
        self
    }

    /// Reads the pipeline's input `from` under the name `to`.
    #[must_use]
    pub fn rename_input(mut self, from: &str, to: impl Into<Name>) -> Self {
        self.inputs.push((from.to_owned(), to.into()));
        self
    }

    /// Gives the pipeline's output `from` under the name `to`.
    #[must_use]
    pub fn rename_output(mut self, from: &str, to: impl Into<Name>) -> Self {
        self.outputs.push((from.to_owned(), to.into()));
        self
    }
}

impl IntoNode for PipelineNode {
    fn into_node(self) -> NodeRef {
        let Self {
            pipeline,
            name,
            over,
            inputs: input_renames,
            outputs: output_renames,
        } = self;
        let name = name.unwrap_or_else(|| pipeline.name.clone());
        let mut node = bare(&pipeline, name);
        for (from, to) in input_renames {
            node = node.rename_input(&from, to);
        }
        for (from, to) in output_renames {
            node = node.rename_output(&from, to);
        }
        match over {
            None => node,
            Some(over) => mapped(node, pipeline, over),
        }
    }
}

/// A nested pipeline that runs once per row, with the names that its ports have inside.
fn bare(pipeline: &Pipeline, name: Name) -> NodeRef {
    let plan = &pipeline.plan;
    let inputs = plan.inputs.iter().filter_map(|input| {
        let default = match &input.fill {
            Fill::Bound(_) => return None,
            Fill::Required => None,
            Fill::Default(make) => Some(crate::node::DefaultValue {
                text: pipeline.default_text(&input.name).into(),
                make: Arc::clone(make),
            }),
        };
        Some(InputPort {
            name: input.name.clone(),
            port: input.port,
            facts: input.facts,
            passing: input.passing,
            default,
        })
    });
    let outputs = plan.outputs.iter().map(|output| OutputPort {
        name: output.name.clone(),
        port: output.port,
        facts: output.facts,
    });
    let signature = Signature {
        name,
        doc: pipeline.doc,
        inputs: inputs.collect(),
        outputs: outputs.collect(),
        options: NodeOptions::default(),
    };
    NodeRef {
        node: Arc::new(NestedNode::new(signature.clone(), pipeline.clone(), None)),
        signature,
        problems: Vec::new(),
    }
}

/// A nested pipeline as another process described it: its ports have the names that they have inside.
///
/// What it is mapped over is told by the place of the axis that feeds each input. `None` when those are no places.
pub(crate) fn received(
    pipeline: Pipeline,
    name: String,
    over: Option<(MapOver, Vec<Option<usize>>)>,
) -> Option<NodeRef> {
    let node = bare(&pipeline, name.into());
    let Some((over, axis_of)) = over else {
        return Some(node);
    };
    let mut places: Vec<usize> = axis_of.iter().flatten().copied().collect();
    places.sort_unstable();
    let is_each_once = places.iter().copied().eq(0..over.axes().len());
    let fits = axis_of.len() == node.signature.inputs.len();
    (fits && is_each_once && !places.is_empty()).then(|| walked(node, pipeline, over, axis_of))
}

/// Turns the walked inputs and all outputs of a nested pipeline into lists.
fn mapped(mut node: NodeRef, pipeline: Pipeline, over: MapOver) -> NodeRef {
    let name = node.signature.name.to_string();
    let repeated = over
        .axes()
        .iter()
        .enumerate()
        .any(|(i, axis)| over.axes()[..i].contains(axis));
    if over.axes().is_empty() || repeated {
        let axes = crate::error::list_names(over.axes());
        node.problems.push(BuildError::BadAxes {
            node: name.clone(),
            axes,
        });
    }
    for axis in over.axes() {
        if !node
            .signature
            .inputs
            .iter()
            .any(|input| input.name == *axis)
        {
            let available = node
                .signature
                .inputs
                .iter()
                .map(|input| input.name.to_string())
                .collect();
            let axis = axis.to_string();
            node.problems.push(BuildError::UnknownAxis {
                node: name.clone(),
                axis,
                available,
            });
        }
    }
    let inputs = node.signature.inputs.iter();
    let axis = |input: &InputPort| over.axes().iter().position(|axis| *axis == input.name);
    let axis_of = inputs.map(axis).collect();
    walked(node, pipeline, over, axis_of)
}

/// As [`mapped`], where it is known which axis each input is.
fn walked(
    mut node: NodeRef,
    pipeline: Pipeline,
    over: MapOver,
    axis_of: Vec<Option<usize>>,
) -> NodeRef {
    let name = node.signature.name.to_string();
    let mut axes = Vec::new();
    for ((index, input), &axis) in node.signature.inputs.iter_mut().enumerate().zip(&axis_of) {
        if input.passing == Passing::Move {
            node.problems.push(BuildError::Moved {
                node: name.clone(),
                input: input.name.to_string(),
                port: input.port,
                conflict: if axis.is_some() {
                    MoveConflict::IsNestedAxis
                } else {
                    MoveConflict::IsBroadcast
                },
            });
        }
        input.passing = Passing::Ref;
        if let Some(number) = axis {
            axes.push(Walked {
                axis: number,
                index,
                items: input.port,
            });
            // One value for each item of a list that is not there would have to be a list.
            input.default = None;
            input.facts = input.facts.list();
            match input.port.list() {
                Some(list) => input.port = list,
                None => node.problems.push(BuildError::TooDeep {
                    node: name.clone(),
                    port: input.port,
                }),
            }
        }
    }
    for output in &mut node.signature.outputs {
        output.facts = output.facts.list();
        match output.port.list() {
            Some(list) => output.port = list,
            None => node.problems.push(BuildError::TooDeep {
                node: name.clone(),
                port: output.port,
            }),
        }
    }
    // Inside, the ports keep the names that they have in the nested pipeline.
    let mut inner = node.signature.clone();
    let bare = node.node.signature();
    inner
        .inputs
        .iter_mut()
        .zip(&bare.inputs)
        .for_each(|(port, own)| port.name = own.name.clone());
    inner
        .outputs
        .iter_mut()
        .zip(&bare.outputs)
        .for_each(|(port, own)| port.name = own.name.clone());
    let nested = NestedNode::new(
        inner,
        pipeline,
        Some(Walk {
            over,
            axis_of,
            axes,
        }),
    );
    node.node = Arc::new(nested);
    node
}

/// What a nested pipeline walks over, and which of its arguments that is.
#[derive(Clone)]
struct Walk {
    over: MapOver,
    /// Per argument its place among the axes.
    axis_of: Vec<Option<usize>>,
    /// All arguments that are walked. What the wanted outputs do not need of them counts too: it has a length.
    axes: Vec<Walked>,
}

#[derive(Clone, Copy)]
struct Walked {
    axis: usize,
    /// Which argument.
    index: usize,
    /// The type of its lists' items.
    items: PortType,
}
