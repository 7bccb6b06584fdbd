//! From names to wires.

use std::collections::BTreeMap;

use crate::cycle::cycles;
use crate::edges::Loans;
use crate::problem::WiringProblem;
use crate::shape::{Interface, NodeShape};
use crate::table::Table;
use crate::warning::WiringWarning;

/// How the values flow. Nodes are given by their index in the list that was wired.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wiring {
    /// The nodes, producers first. Of nodes that could run at once the one whose (name, first output) comes first, so
    /// the order does not depend on the order of declaration.
    pub order: Vec<usize>,
    /// For each node and each of its inputs, in the order of declaration: where the value comes from.
    pub sources: Vec<Vec<Source>>,
    /// What comes from outside, in order of name.
    pub inputs: Vec<ExternalInput>,
    /// The node and output that produce each value.
    pub producers: BTreeMap<String, OutputPort>,
    /// What is allowed but probably not meant.
    pub warnings: Vec<WiringWarning>,
}

/// Where an input of a node takes its value from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// An output of a node.
    Node {
        /// The index of the node.
        node: usize,
        /// The index of its output.
        output: usize,
    },
    /// An input of the pipeline: the index in [`Wiring::inputs`].
    Input(usize),
}

/// One output of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutputPort {
    /// The index of the node.
    pub node: usize,
    /// The index of the output in the node.
    pub output: usize,
}

/// One input of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InputPort {
    /// The index of the node.
    pub node: usize,
    /// The index of the input in the node.
    pub input: usize,
}

/// A value that comes from outside the pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExternalInput {
    /// Its name.
    pub name: String,
    /// Who takes it, in order of node and input.
    pub users: Vec<InputPort>,
    /// Whether every user can do without it.
    pub optional: bool,
    /// Whether the interface declares it; an undeclared input of a declared interface is optional and takes its default.
    pub declared: bool,
}

impl Wiring {
    /// For each node whether it contributes to one of these outputs; names that no node produces are passed over.
    ///
    /// ```
    /// use hypernodes_wiring::{InputShape, Interface, NodeShape, wire};
    /// let a = NodeShape::new("a", [InputShape::required("x")], ["y"]);
    /// let b = NodeShape::new("b", [InputShape::required("y")], ["z"]);
    /// let wiring = wire(&[a, b], &Interface::open()).expect("the names fit");
    /// assert_eq!(wiring.needed_for(["y"]), [true, false]);
    /// ```
    pub fn needed_for<'a>(&self, outputs: impl IntoIterator<Item = &'a str>) -> Vec<bool> {
        let mut needed = vec![false; self.order.len()];
        for port in outputs
            .into_iter()
            .filter_map(|output| self.producers.get(output))
        {
            needed[port.node] = true;
        }
        for &node in self.order.iter().rev() {
            if needed[node] {
                for source in &self.sources[node] {
                    if let Source::Node { node: producer, .. } = *source {
                        needed[producer] = true;
                    }
                }
            }
        }
        needed
    }
}

/// Wires nodes by name: each input takes the output of the same name, or comes from outside.
///
/// The result is the same whatever the order in which the nodes are declared (their indices apart), and so are the
/// problems and their order.
///
/// # Errors
/// Every problem there is, at once, in the order of [`WiringProblem`]. What only follows from another problem is left
/// out: a value with two producers makes no cycles.
///
/// # Complexity
/// O((nodes + inputs + outputs) log) time, without recursion. Suggestions and warnings about similar names are looked
/// for within a fixed budget.
///
/// # Example
/// ```
/// use hypernodes_wiring::{InputShape, Interface, NodeShape, wire};
///
/// let a = NodeShape::new("a", [InputShape::required("y")], ["x"]);
/// let b = NodeShape::new("b", [InputShape::required("x")], ["y"]);
/// let problems = wire(&[b, a], &Interface::open()).unwrap_err();
/// assert_eq!(
///     problems[0].to_string(),
///     "cycle: `a` -(`x`)-> `b` -(`y`)-> `a`; rename one of these values so that one of the nodes can run first",
/// );
/// ```
pub fn wire(nodes: &[NodeShape], interface: &Interface) -> Result<Wiring, Vec<WiringProblem>> {
    let table = Table::new(nodes, interface);
    let (sources, inputs) = table.sources();
    let edges = table.edges(&sources);
    let order = edges.order(Loans::new(nodes, &sources));

    let mut problems = table.invalid_names();
    if order.len() < nodes.len() {
        problems.extend(cycles(nodes, &edges));
    }
    problems.extend(table.duplicate_outputs());
    problems.extend(table.input_problems(&inputs));
    problems.extend(table.output_problems(&inputs));
    if !problems.is_empty() {
        problems.sort_unstable();
        problems.dedup();
        return Err(problems);
    }

    let producers = table
        .produced
        .iter()
        .map(|&(name, port)| (name.to_owned(), port))
        .collect();
    let mut warnings = table.similar_inputs(&inputs);
    let mut wiring = Wiring {
        order,
        sources,
        inputs,
        producers,
        warnings: Vec::new(),
    };
    warnings.extend(table.unused_nodes(&wiring));
    warnings.sort_unstable();
    warnings.dedup();
    wiring.warnings = warnings;
    Ok(wiring)
}
