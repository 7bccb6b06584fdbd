//! Building a pipeline: names to edges, order, every check.

use std::collections::BTreeMap;

use hypernodes::{NodeRef, Pipeline};
use petgraph::graph::DiGraph;

use super::Case;
use super::run::links;
use crate::{Bar, BoxError, Group, Implementation, Unit, fixtures};

pub(super) const GROUPS: &[Case] = &[
    ("graph/build/chain=10000", chain),
    ("graph/build/nodes=4", four),
];

const NODES: usize = 10_000;

fn chain() -> Result<Group, BoxError> {
    let in_order = links(NODES);
    let mut reversed = in_order.clone();
    reversed.reverse();
    let mut shuffled = in_order.clone();
    fixtures::shuffle(&mut shuffled);
    let for_petgraph = shuffled.clone();
    let build = |name, nodes: Vec<NodeRef>| {
        Implementation::prepared(
            name,
            move || nodes.clone(),
            |nodes| Pipeline::new("long", nodes).map_or(0, |pipeline| pipeline.plan().len()),
        )
        .bar(Bar::AtMost(50.0))
    };
    Ok(
        Group::new("build a chain of 10,000 nodes", NODES as u64, Unit::Millis)
            .with(Implementation::new(
                "petgraph and a map of names, unchecked",
                move || by_petgraph(&for_petgraph),
            ))
            .with(build("in order", in_order))
            .with(build("in reverse order", reversed))
            .with(build("in random order", shuffled)),
    )
}

/// Names to edges to an order, without any check.
fn by_petgraph(nodes: &[NodeRef]) -> usize {
    let mut graph = DiGraph::<usize, ()>::new();
    let ids: Vec<_> = (0..nodes.len()).map(|at| graph.add_node(at)).collect();
    let outputs = |at: usize| {
        nodes[at]
            .signature()
            .outputs
            .iter()
            .map(move |output| (output.name.to_string(), at))
    };
    let producers: BTreeMap<String, usize> = (0..nodes.len()).flat_map(outputs).collect();
    for (at, node) in nodes.iter().enumerate() {
        for input in &node.signature().inputs {
            if let Some(&producer) = producers.get(&*input.name) {
                graph.add_edge(ids[producer], ids[at], ());
            }
        }
    }
    petgraph::algo::toposort(&graph, None).map_or(0, |order| order.len())
}

fn four() -> Result<Group, BoxError> {
    let nodes = links(4);
    Ok(
        Group::new("build a chain of 4 nodes", 4, Unit::Micros).with(Implementation::prepared(
            "pipeline",
            move || nodes.clone(),
            |nodes| Pipeline::new("short", nodes).map_or(0, |pipeline| pipeline.plan().len()),
        )),
    )
}
