//! The names of a graph, looked up and checked.

use std::collections::{BTreeMap, BTreeSet};

use crate::edges::{Edges, ranks};
use crate::name::{NameUse, label_fault, value_fault};
use crate::problem::{Names, WiringProblem};
use crate::shape::{Interface, NodeShape};
use crate::suggest::{Target, is_probable_slip};
use crate::warning::WiringWarning;
use crate::wiring::{ExternalInput, InputPort, OutputPort, Source, Wiring};

/// How many pairs of names one check compares in search of similar ones before it gives up, so that wiring stays fast
/// in graphs of many thousand names.
const PAIRS: usize = 200_000;

pub(crate) struct Table<'a> {
    nodes: &'a [NodeShape],
    interface: &'a Interface,
    /// Every output of every node, in order of name.
    pub(crate) produced: Vec<(&'a str, OutputPort)>,
    /// The values that are produced more than once.
    duplicated: BTreeSet<&'a str>,
    /// The declared inputs; `None` when the interface is open.
    declared: Option<BTreeSet<&'a str>>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(nodes: &'a [NodeShape], interface: &'a Interface) -> Self {
        let mut produced: Vec<_> = nodes
            .iter()
            .enumerate()
            .flat_map(|(node, shape)| {
                shape
                    .outputs
                    .iter()
                    .enumerate()
                    .map(move |(output, name)| (name.as_str(), OutputPort { node, output }))
            })
            .collect();
        produced.sort_unstable();
        let duplicated = produced
            .windows(2)
            .filter(|pair| pair[0].0 == pair[1].0)
            .map(|pair| pair[0].0)
            .collect();
        let declared = interface
            .inputs
            .as_ref()
            .map(|names| names.iter().map(String::as_str).collect());
        Self {
            nodes,
            interface,
            produced,
            duplicated,
            declared,
        }
    }

    /// Where `name` starts in the sorted outputs, if anybody produces it.
    fn find(&self, name: &str) -> Option<usize> {
        let at = self.produced.partition_point(|&(other, _)| other < name);
        self.produced
            .get(at)
            .is_some_and(|&(other, _)| other == name)
            .then_some(at)
    }

    fn producers(&self, name: &str) -> impl Iterator<Item = &'a NodeShape> {
        let from = self.find(name).unwrap_or(self.produced.len());
        let same = self.produced[from..]
            .iter()
            .take_while(move |&&(other, _)| other == name);
        same.map(|&(_, port)| &self.nodes[port.node])
    }

    fn is_declared(&self, name: &str) -> bool {
        self.declared
            .as_ref()
            .is_some_and(|names| names.contains(name))
    }

    /// Where every input takes its value from, and what must come from outside.
    pub(crate) fn sources(&self) -> (Vec<Vec<Source>>, Vec<ExternalInput>) {
        let mut outside: BTreeMap<&str, Vec<InputPort>> = BTreeMap::new();
        let mut sources: Vec<Vec<Source>> = Vec::with_capacity(self.nodes.len());
        for (node, shape) in self.nodes.iter().enumerate() {
            let source =
                |(input, taken): (usize, &'a crate::InputShape)| match self.find(&taken.name) {
                    Some(at) => {
                        let OutputPort { node, output } = self.produced[at].1;
                        Source::Node { node, output }
                    }
                    None => {
                        outside
                            .entry(&taken.name)
                            .or_default()
                            .push(InputPort { node, input });
                        Source::Input(usize::MAX) // its index is known when all names are, just below
                    }
                };
            sources.push(shape.inputs.iter().enumerate().map(source).collect());
        }
        let mut inputs = Vec::with_capacity(outside.len());
        for (index, (name, users)) in outside.into_iter().enumerate() {
            for &InputPort { node, input } in &users {
                sources[node][input] = Source::Input(index);
            }
            let optional = users
                .iter()
                .all(|user| self.nodes[user.node].inputs[user.input].optional);
            let declared = self.is_declared(name);
            inputs.push(ExternalInput {
                name: name.to_owned(),
                users,
                optional,
                declared,
            });
        }
        (sources, inputs)
    }

    /// The graph between the nodes, without the values whose producer is in doubt: cycles over these would only follow
    /// from another problem.
    pub(crate) fn edges(&self, sources: &[Vec<Source>]) -> Edges<'a> {
        let mut edges = Edges::new(self.nodes, ranks(self.nodes));
        for (consumer, (shape, sources)) in self.nodes.iter().zip(sources).enumerate() {
            for (input, source) in shape.inputs.iter().zip(sources) {
                if let Source::Node { node, .. } = *source
                    && !self.duplicated.contains(input.name.as_str())
                {
                    edges.connect(node, consumer, &input.name);
                }
            }
        }
        edges
    }

    pub(crate) fn invalid_names(&self) -> Vec<WiringProblem> {
        let mut problems = Vec::new();
        let mut check = |name: &str, fault: Option<_>, place: &dyn Fn() -> NameUse| {
            problems.extend(fault.map(|fault| WiringProblem::InvalidName {
                name: name.to_owned(),
                place: place(),
                fault,
            }));
        };
        for node in self.nodes {
            check(&node.name, label_fault(&node.name), &|| {
                NameUse::Node(node.outputs.clone())
            });
            for input in &node.inputs {
                check(&input.name, value_fault(&input.name), &|| {
                    NameUse::NodeInput(node.name.clone())
                });
            }
            for output in &node.outputs {
                check(output, value_fault(output), &|| {
                    NameUse::NodeOutput(node.name.clone())
                });
            }
        }
        for input in self.interface.inputs.iter().flatten() {
            check(input, value_fault(input), &|| NameUse::Input);
        }
        for output in self.interface.outputs.iter().flatten() {
            check(output, value_fault(output), &|| NameUse::Output);
        }
        problems
    }

    pub(crate) fn duplicate_outputs(&self) -> Vec<WiringProblem> {
        let problem = |&output: &&str| {
            let mut nodes: Vec<_> = self
                .producers(output)
                .map(|node| node.name.clone())
                .collect();
            nodes.sort_unstable();
            WiringProblem::DuplicateOutput {
                output: output.to_owned(),
                nodes,
            }
        };
        self.duplicated.iter().map(problem).collect()
    }

    /// What is wrong between the declared inputs and those that are taken from outside.
    pub(crate) fn input_problems(&self, inputs: &[ExternalInput]) -> Vec<WiringProblem> {
        let (Some(declared), Some(listed)) = (&self.declared, &self.interface.inputs) else {
            return Vec::new();
        };
        let mut problems: Vec<_> = repeated(listed)
            .map(|input| WiringProblem::DuplicateInput {
                input: input.to_owned(),
            })
            .collect();

        let undeclared: Vec<&str> = inputs
            .iter()
            .filter(|input| !input.declared)
            .map(|input| &*input.name)
            .collect();
        let mut budget = PAIRS;
        for &input in declared {
            problems.extend(
                self.producers(input)
                    .map(|node| WiringProblem::InputIsProduced {
                        input: input.to_owned(),
                        node: node.name.clone(),
                    }),
            );
            let is_taken = inputs
                .binary_search_by(|other| other.name.as_str().cmp(input))
                .is_ok();
            if !is_taken && self.find(input).is_none() {
                problems.push(WiringProblem::UnusedInput {
                    input: input.to_owned(),
                    taken: Names::new(inputs.len(), inputs.iter().map(|input| &*input.name)),
                    suggestion: nearest(input, &undeclared, &mut budget).map(str::to_owned),
                });
            }
        }

        let mut available: Vec<&str> = self
            .produced
            .iter()
            .map(|&(name, _)| name)
            .chain(declared.iter().copied())
            .collect();
        available.sort_unstable();
        available.dedup();
        let mut budget = PAIRS;
        for input in inputs
            .iter()
            .filter(|input| !input.declared && !input.optional)
        {
            let nearest = nearest(&input.name, &available, &mut budget);
            for user in &input.users {
                let node = &self.nodes[user.node];
                if node.inputs[user.input].optional {
                    continue;
                }
                // Its own outputs are no help to a node.
                let own: BTreeSet<&str> = node.outputs.iter().map(String::as_str).collect();
                let others = || available.iter().copied().filter(|name| !own.contains(name));
                let suggestion = match nearest {
                    Some(name) if own.contains(name) => Target::new(&input.name).nearest(others()),
                    nearest => nearest,
                };
                problems.push(WiringProblem::MissingInput {
                    node: node.name.clone(),
                    input: input.name.clone(),
                    available: Names::new(available.len() - own.len(), others()),
                    suggestion: suggestion.map(str::to_owned),
                });
            }
        }
        problems
    }

    /// What is wrong with the outputs asked for.
    pub(crate) fn output_problems(&self, inputs: &[ExternalInput]) -> Vec<WiringProblem> {
        let Some(asked) = &self.interface.outputs else {
            return Vec::new();
        };
        let mut problems: Vec<_> = repeated(asked)
            .map(|output| WiringProblem::RepeatedOutput {
                output: output.to_owned(),
            })
            .collect();
        let mut available: Vec<&str> = self.produced.iter().map(|&(name, _)| name).collect();
        available.dedup();
        let mut unknown: Vec<&str> = asked
            .iter()
            .map(String::as_str)
            .filter(|output| self.find(output).is_none())
            .collect();
        unknown.sort_unstable();
        let mut budget = PAIRS;
        problems.extend(unknown.into_iter().map(|output| {
            WiringProblem::UnknownOutput {
                output: output.to_owned(),
                is_input: self.is_declared(output)
                    || inputs
                        .binary_search_by(|input| input.name.as_str().cmp(output))
                        .is_ok(),
                available: Names::new(available.len(), available.iter().copied()),
                suggestion: nearest(output, &available, &mut budget).map(str::to_owned),
            }
        }));
        problems
    }

    /// Undeclared inputs that are one slip away from another name.
    pub(crate) fn similar_inputs(&self, inputs: &[ExternalInput]) -> Vec<WiringWarning> {
        if inputs
            .len()
            .saturating_mul(inputs.len() + self.produced.len())
            > PAIRS
        {
            return Vec::new();
        }
        let similar = |input: &ExternalInput| -> Option<String> {
            let of_nodes = self.produced.iter().filter(|(name, port)| {
                is_probable_slip(&input.name, name)
                    && input.users.iter().all(|user| user.node != port.node)
            });
            // Of two inputs the one that fewer nodes take is the slip.
            let weight = |input: &ExternalInput| (input.declared, input.users.len());
            let of_inputs = inputs.iter().filter(|other| {
                is_probable_slip(&input.name, &other.name)
                    && (weight(other), &input.name) > (weight(input), &other.name)
            });
            of_nodes
                .map(|&(name, _)| name)
                .chain(of_inputs.map(|other| &*other.name))
                .min()
                .map(str::to_owned)
        };
        let warning = |input: &ExternalInput| {
            Some(WiringWarning::SimilarInput {
                input: input.name.clone(),
                node: input
                    .users
                    .iter()
                    .map(|user| &self.nodes[user.node].name)
                    .min()?
                    .clone(),
                optional: input.optional,
                similar: similar(input)?,
            })
        };
        inputs
            .iter()
            .filter(|input| !input.declared)
            .filter_map(warning)
            .collect()
    }

    /// Nodes that no output asked for needs.
    pub(crate) fn unused_nodes(&self, wiring: &Wiring) -> Vec<WiringWarning> {
        let Some(asked) = &self.interface.outputs else {
            return Vec::new();
        };
        let needed = wiring.needed_for(asked.iter().map(String::as_str));
        let unused = self.nodes.iter().zip(needed).filter(|(_, needed)| !needed);
        unused
            .map(|(node, _)| WiringWarning::UnusedNode {
                node: node.name.clone(),
                outputs: node.outputs.clone(),
            })
            .collect()
    }
}

/// The nearest of `candidates`, as long as the budget lasts.
fn nearest<'c>(name: &str, candidates: &[&'c str], budget: &mut usize) -> Option<&'c str> {
    *budget = budget.checked_sub(candidates.len())?;
    Target::new(name).nearest(candidates.iter().copied())
}

/// The names that are in the list more than once.
fn repeated(names: &[String]) -> impl Iterator<Item = &str> {
    let mut seen = BTreeSet::new();
    names
        .iter()
        .map(String::as_str)
        .filter(move |name| !seen.insert(*name))
}
