//! The graph: nodes joined by the names of what they take and give.
//!
//! Names are joined in `hypernodes-wiring`; here the joined ports are checked for their types, defaults and moves. What
//! a run does with the graph does not belong here.

mod check;

use std::collections::BTreeMap;
use std::fmt;

use hypernodes_wiring::{
    InputShape, Interface, NodeShape, Source, Using, Wiring, WiringProblem, WiringWarning, wire,
};

use crate::error::BuildError;
use crate::node::{DefaultValue, InputPort, NodeRef, Passing};
use crate::pipeline::{MapOver, Pipeline};
use crate::value::PortType;

/// A nested pipeline, as a node shows it.
#[derive(Clone, Copy, Debug)]
pub struct NestedInfo<'a> {
    /// The pipeline inside.
    pub pipeline: &'a Pipeline,
    /// What it is mapped over, in the names of the outer pipeline.
    pub map_over: Option<&'a MapOver>,
}

/// Checked nodes and wires; nothing of a run.
pub(crate) struct Graph {
    pub(crate) nodes: Vec<NodeRef>,
    pub(crate) wiring: Wiring,
    /// Names for messages: the node's name, with its outputs where two nodes share a name.
    pub(crate) labels: Vec<String>,
    pub(crate) inputs: Vec<GraphInput>,
    /// Outputs whose values are moved into a node, and that node's input.
    moved: BTreeMap<(usize, usize), (usize, usize)>,
}

/// A value that comes from outside.
#[derive(Clone, Debug)]
pub(crate) struct GraphInput {
    pub(crate) name: String,
    pub(crate) port: PortType,
    pub(crate) default: Option<DefaultValue>,
    /// The node and input that move the value, where its type cannot be cloned.
    pub(crate) moved_by: Option<(usize, usize)>,
}

impl Graph {
    pub(crate) fn new(
        mut nodes: Vec<NodeRef>,
        interface: &Interface,
    ) -> Result<Self, Vec<BuildError>> {
        let mut problems: Vec<BuildError> = nodes
            .iter_mut()
            .flat_map(|node| node.problems.drain(..))
            .collect();
        let labels = labels(&nodes);
        let wiring = wire(&shapes(&nodes), interface);
        problems.extend(check::edge_types(&nodes, &labels));
        let (inputs, input_problems) = check::inputs(&nodes, &labels);
        problems.extend(input_problems);
        let order = wiring.as_ref().map_or(&[][..], |wiring| &wiring.order);
        problems.extend(check::moves(&nodes, &labels, order));
        problems.extend(check::policies(&nodes, &labels));
        match wiring {
            Err(wrong) => {
                let mut all: Vec<BuildError> = wrong.into_iter().map(BuildError::from).collect();
                all.append(&mut problems);
                Err(all)
            }
            Ok(_) if !problems.is_empty() => Err(problems),
            Ok(wiring) => {
                let by_name = |name: &str| inputs.get(name).cloned();
                let inputs = wiring
                    .inputs
                    .iter()
                    .filter_map(|input| by_name(&input.name))
                    .collect();
                let moved = moved(&nodes, &wiring);
                Ok(Self {
                    nodes,
                    wiring,
                    labels,
                    inputs,
                    moved,
                })
            }
        }
    }

    /// The graph that another process described: its nodes in the order in which they run there, with the names that they
    /// have in messages there.
    ///
    /// A part of a graph, wired anew, might be ordered and labelled otherwise than the whole.
    pub(crate) fn received(
        nodes: Vec<NodeRef>,
        labels: Vec<String>,
        supplied: &[String],
    ) -> Result<Self, Vec<BuildError>> {
        let mut graph = Self::new(nodes, &Interface::open())?;
        let order: Vec<usize> = (0..graph.nodes.len()).collect();
        let mut problems = check::moves(&graph.nodes, &labels, &order);
        for (consumer, sources) in graph.wiring.sources.iter().enumerate() {
            let inputs = &graph.nodes[consumer].signature.inputs;
            for (source, input) in sources.iter().zip(inputs) {
                if let Source::Node { node, .. } = *source
                    && node >= consumer
                    && !supplied.iter().any(|name| *name == input.name)
                {
                    problems.push(BuildError::Order {
                        node: labels[consumer].clone(),
                        input: input.name.to_string(),
                        producer: labels[node].clone(),
                    });
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        graph.wiring.order = order;
        graph.labels = labels;
        Ok(graph)
    }

    /// All output names, sorted.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = &str> {
        self.wiring.producers.keys().map(String::as_str)
    }

    pub(crate) fn input(&self, name: &str) -> Option<(usize, &GraphInput)> {
        let at = self
            .inputs
            .binary_search_by(|input| input.name.as_str().cmp(name))
            .ok()?;
        Some((at, &self.inputs[at]))
    }

    /// What is wrong with a choice of outputs.
    pub(crate) fn check_selection(&self, outputs: &[String]) -> Vec<WiringProblem> {
        let interface = Interface {
            inputs: None,
            outputs: Some(outputs.to_vec()),
        };
        wire(&shapes(&self.nodes), &interface)
            .err()
            .unwrap_or_default()
    }

    pub(crate) fn warnings(&self) -> &[WiringWarning] {
        &self.wiring.warnings
    }

    /// The consumer that moves a node's output, where its type cannot be cloned.
    pub(crate) fn output_moved_by(&self, node: usize, output: usize) -> Option<(usize, usize)> {
        self.moved.get(&(node, output)).copied()
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("nodes", &self.labels)
            .finish_non_exhaustive()
    }
}

fn moved(nodes: &[NodeRef], wiring: &Wiring) -> BTreeMap<(usize, usize), (usize, usize)> {
    let mut moved = BTreeMap::new();
    for (consumer, sources) in wiring.sources.iter().enumerate() {
        for (input, source) in sources.iter().enumerate() {
            if let Source::Node { node, output } = *source
                && nodes[consumer].signature.inputs[input].passing == Passing::Move
            {
                moved.insert((node, output), (consumer, input));
            }
        }
    }
    moved
}

/// What the wiring must know: names, and who takes a value.
fn shapes(nodes: &[NodeRef]) -> Vec<NodeShape> {
    let shape = |node: &NodeRef| {
        let signature = node.signature();
        let input = |input: &InputPort| InputShape {
            name: input.name.to_string(),
            optional: input.default.is_some(),
            using: match input.passing {
                Passing::Ref => Using::Reads,
                Passing::Clone => Using::Takes,
                Passing::Move => Using::TakesAway,
            },
        };
        NodeShape {
            name: signature.name.to_string(),
            inputs: signature.inputs.iter().map(input).collect(),
            outputs: signature
                .outputs
                .iter()
                .map(|output| output.name.to_string())
                .collect(),
        }
    };
    nodes.iter().map(shape).collect()
}

/// Node names; where several nodes share one, their outputs tell them apart.
fn labels(nodes: &[NodeRef]) -> Vec<String> {
    let mut count = BTreeMap::<&str, usize>::new();
    for node in nodes {
        *count.entry(&node.signature.name).or_default() += 1;
    }
    nodes
        .iter()
        .map(|node| {
            let signature = &node.signature;
            if count[&*signature.name] == 1 {
                return signature.name.to_string();
            }
            let outputs: Vec<&str> = signature
                .outputs
                .iter()
                .map(|output| &*output.name)
                .collect();
            format!("{}[{}]", signature.name, outputs.join(","))
        })
        .collect()
}
