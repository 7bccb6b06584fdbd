//! The graph between nodes and its order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::shape::NodeShape;

/// Who hands what to whom, and the order of names that settles every tie.
pub(crate) struct Edges<'a> {
    /// One edge for each input that a node produces; its weight is the name of the value.
    pub(crate) graph: DiGraph<(), &'a str>,
    /// For each node its place in the order of (name, outputs, inputs).
    pub(crate) rank: Vec<usize>,
}

impl<'a> Edges<'a> {
    pub(crate) fn new(nodes: &'a [NodeShape], rank: Vec<usize>) -> Self {
        let inputs = nodes.iter().map(|node| node.inputs.len()).sum();
        let mut graph = DiGraph::with_capacity(nodes.len(), inputs);
        for _ in nodes {
            graph.add_node(());
        }
        Self { graph, rank }
    }

    pub(crate) fn connect(&mut self, from: usize, to: usize, value: &'a str) {
        self.graph
            .add_edge(NodeIndex::new(from), NodeIndex::new(to), value);
    }

    /// The nodes, producers first, and of those that could run at once the one of lowest rank first; shorter than the
    /// graph when there is a cycle.
    pub(crate) fn order(&self) -> Vec<usize> {
        let mut waiting_for = vec![0_usize; self.rank.len()];
        for edge in self.graph.raw_edges() {
            waiting_for[edge.target().index()] += 1;
        }
        let mut ready: BinaryHeap<_> = (0..waiting_for.len())
            .filter(|&node| waiting_for[node] == 0)
            .map(|node| Reverse((self.rank[node], node)))
            .collect();
        let mut order = Vec::with_capacity(waiting_for.len());
        while let Some(Reverse((_, node))) = ready.pop() {
            order.push(node);
            for consumer in self.graph.neighbors(NodeIndex::new(node)) {
                waiting_for[consumer.index()] -= 1;
                if waiting_for[consumer.index()] == 0 {
                    ready.push(Reverse((self.rank[consumer.index()], consumer.index())));
                }
            }
        }
        order
    }
}

/// For each node its place in the order of (name, outputs, inputs).
///
/// Only nodes that are alike in all names, and so produce nothing, are told apart by the order of declaration.
pub(crate) fn ranks(nodes: &[NodeShape]) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..nodes.len()).collect();
    sorted.sort_by(|&a, &b| {
        let (a, b) = (&nodes[a], &nodes[b]);
        let by_names = a.name.cmp(&b.name).then_with(|| a.outputs.cmp(&b.outputs));
        by_names.then_with(|| input_names(a).cmp(input_names(b)))
    });
    let mut rank = vec![0; nodes.len()];
    for (place, node) in sorted.into_iter().enumerate() {
        rank[node] = place;
    }
    rank
}

fn input_names(node: &NodeShape) -> impl Iterator<Item = &String> {
    node.inputs.iter().map(|input| &input.name)
}
