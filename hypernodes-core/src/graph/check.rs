//! The checks that need more than names: types, defaults, and values that can be used only once.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::GraphInput;
use crate::error::{BuildError, MoveConflict};
use crate::node::{InputPort, NodeRef, Passing};

type Port = (usize, usize);

/// Where each value comes from; names with several producers are left out, the wiring reports those.
fn producers(nodes: &[NodeRef]) -> IndexMap<&str, Port> {
    let mut found = IndexMap::<&str, Option<Port>>::new();
    for (n, node) in nodes.iter().enumerate() {
        for (o, output) in node.signature.outputs.iter().enumerate() {
            found
                .entry(&output.name)
                .and_modify(|port| *port = None)
                .or_insert(Some((n, o)));
        }
    }
    found
        .into_iter()
        .filter_map(|(name, port)| port.map(|port| (name, port)))
        .collect()
}

/// Node indices in the order of their labels, so that problems are told in the same order however nodes were declared.
fn by_label(labels: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&a, &b| labels[a].cmp(&labels[b]));
    order
}

/// What the options of nodes ask for can be done with their ports.
pub(super) fn policies(nodes: &[NodeRef], labels: &[String]) -> Vec<BuildError> {
    let mut problems = Vec::new();
    for n in by_label(labels) {
        let signature = nodes[n].node.signature();
        let mut refuse = |asked: &'static str, reason: String| {
            let node = labels[n].clone();
            problems.push(BuildError::Policy {
                node,
                asked,
                reason,
            });
        };
        let moved = |input: &&InputPort| input.passing == Passing::Move;
        let moved = signature.inputs.iter().find(moved).map(|input| {
            format!(
                "it takes `{}` by value, and `{}` cannot be cloned; take it by reference, or derive `Clone`",
                input.name, input.port
            )
        });
        let options = &signature.options;
        let retries = options
            .retry
            .as_ref()
            .is_some_and(|retry| retry.attempts() > 1);
        if let Some(reason) = moved.clone().filter(|_| retries) {
            refuse("retried", reason);
        }
        if !options.cache {
            continue;
        }
        if let Some(reason) = moved {
            refuse("cached", reason);
        }
        if options.captures {
            let reason = "its closure captures values, which no key can see; pass them as inputs, or use a function";
            refuse("cached", reason.to_owned());
        }
        if options.path.is_empty() {
            refuse(
                "cached",
                "it has no identity; make it with `#[node]` or `node_fn!`".to_owned(),
            );
        }
        let inputs = signature
            .inputs
            .iter()
            .map(|input| ("input", &input.name, input.port, input.facts));
        let outputs = signature
            .outputs
            .iter()
            .map(|output| ("output", &output.name, output.port, output.facts));
        for (what, name, port, facts) in inputs.chain(outputs) {
            if facts.codec.is_none() {
                let reason = format!(
                    "{what} `{name}` is `{port}`, which has no codec; derive serde's `Serialize` and `Deserialize` for it"
                );
                refuse("cached", reason);
            }
        }
    }
    problems
}

/// Both ends of each edge have the same type.
pub(super) fn edge_types(nodes: &[NodeRef], labels: &[String]) -> Vec<BuildError> {
    let producers = producers(nodes);
    let mut problems = Vec::new();
    for n in by_label(labels) {
        for input in &nodes[n].signature.inputs {
            let Some(&(p, o)) = producers.get(&*input.name) else {
                continue;
            };
            let output = &nodes[p].signature.outputs[o];
            if output.port != input.port {
                problems.push(BuildError::EdgeType {
                    node: labels[n].clone(),
                    input: input.name.to_string(),
                    expected: input.port,
                    producer: labels[p].clone(),
                    output: output.name.to_string(),
                    found: output.port,
                });
            }
        }
    }
    problems
}

/// The values from outside, with what their users agree on.
pub(super) fn inputs(
    nodes: &[NodeRef],
    labels: &[String],
) -> (BTreeMap<String, GraphInput>, Vec<BuildError>) {
    let produced: IndexMap<&str, ()> = nodes
        .iter()
        .flat_map(|node| {
            node.signature
                .outputs
                .iter()
                .map(|output| (&*output.name, ()))
        })
        .collect();
    let mut inputs = BTreeMap::<String, (usize, GraphInput)>::new();
    let mut defaulted_by = BTreeMap::<String, usize>::new();
    let mut problems = Vec::new();
    for n in by_label(labels) {
        for (i, input) in nodes[n].signature.inputs.iter().enumerate() {
            if produced.contains_key(&*input.name) {
                continue;
            }
            let moved_by = (input.passing == Passing::Move).then_some((n, i));
            let name = input.name.to_string();
            let Some((first, known)) = inputs.get_mut(&name) else {
                if input.default.is_some() {
                    defaulted_by.insert(name.clone(), n);
                }
                let known = GraphInput {
                    name: name.clone(),
                    port: input.port,
                    default: input.default.clone(),
                    moved_by,
                };
                inputs.insert(name, (n, known));
                continue;
            };
            if known.port != input.port {
                problems.push(BuildError::InputType {
                    input: name,
                    first_node: labels[*first].clone(),
                    first: known.port,
                    second_node: labels[n].clone(),
                    second: input.port,
                });
                continue;
            }
            known.moved_by = known.moved_by.or(moved_by);
            match (&known.default, &input.default) {
                (Some(one), Some(other)) if one.text != other.text => {
                    problems.push(BuildError::ConflictingDefaults {
                        first_node: labels[defaulted_by[&name]].clone(),
                        first: one.text.to_string(),
                        second_node: labels[n].clone(),
                        second: other.text.to_string(),
                        input: name,
                    });
                }
                (None, Some(default)) => {
                    known.default = Some(default.clone());
                    defaulted_by.insert(name, n);
                }
                _ => {}
            }
        }
    }
    (
        inputs
            .into_iter()
            .map(|(name, (_, input))| (name, input))
            .collect(),
        problems,
    )
}

/// A value that cannot be cloned is taken by one node only, and that one runs after all who read it. (Without an order,
/// as the names do not fit yet, nothing is said about readers.)
pub(super) fn moves(nodes: &[NodeRef], labels: &[String], order: &[usize]) -> Vec<BuildError> {
    let mut uses = IndexMap::<&str, Vec<Port>>::new();
    for n in by_label(labels) {
        for (i, input) in nodes[n].signature.inputs.iter().enumerate() {
            uses.entry(&input.name).or_default().push((n, i));
        }
    }
    let mut place = vec![0; nodes.len()];
    for (at, &n) in order.iter().enumerate() {
        place[n] = at;
    }
    let input = |(n, i): Port| &nodes[n].signature.inputs[i];
    let is_moved = |port: Port| input(port).passing == Passing::Move;
    let mut problems = Vec::new();
    for users in uses.values().filter(|users| users.len() > 1) {
        let Some(&taker) = users.iter().find(|&&port| is_moved(port)) else {
            continue;
        };
        let is_too_late = |&port: &Port| {
            port != taker
                && (is_moved(port) || !order.is_empty() && place[port.0] >= place[taker.0])
        };
        let Some(&other) = users.iter().find(|port| is_too_late(port)) else {
            continue;
        };
        problems.push(BuildError::Moved {
            node: labels[taker.0].clone(),
            input: input(taker).name.to_string(),
            port: input(taker).port,
            conflict: MoveConflict::AlsoUsedBy {
                node: labels[other.0].clone(),
                input: input(other).name.to_string(),
            },
        });
    }
    problems
}
