//! The graph between nodes and its order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use petgraph::graph::{DiGraph, NodeIndex};

use crate::shape::NodeShape;
use crate::wiring::Source;

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

    /// The nodes, producers first; shorter than the graph when there is a cycle.
    ///
    /// Of those that could run at once, one that takes a value others still have to read stands back, so that the
    /// value need not be copied; then the one of lowest rank is first.
    pub(crate) fn order(&self, mut loans: Loans) -> Vec<usize> {
        let mut waiting_for = vec![0_usize; self.rank.len()];
        for edge in self.graph.raw_edges() {
            waiting_for[edge.target().index()] += 1;
        }
        let entry = |node: usize| Reverse((self.rank[node], node));
        let (mut ready, mut standing_back) = (BinaryHeap::new(), BinaryHeap::new());
        for node in (0..waiting_for.len()).filter(|&node| waiting_for[node] == 0) {
            match loans.is_free(node) {
                true => ready.push(entry(node)),
                false => standing_back.push(entry(node)),
            }
        }
        let mut is_placed = vec![false; waiting_for.len()];
        let mut order = Vec::with_capacity(waiting_for.len());
        while let Some(Reverse((_, node))) = ready.pop().or_else(|| standing_back.pop()) {
            if std::mem::replace(&mut is_placed[node], true) {
                continue;
            }
            order.push(node);
            for consumer in self.graph.neighbors(NodeIndex::new(node)) {
                let consumer = consumer.index();
                waiting_for[consumer] -= 1;
                if waiting_for[consumer] == 0 {
                    match loans.is_free(consumer) {
                        true => ready.push(entry(consumer)),
                        false => standing_back.push(entry(consumer)),
                    }
                }
            }
            // One that stood back stays in its heap too; there it is passed over.
            loans.read_by(node, |freed| {
                if waiting_for[freed] == 0 {
                    ready.push(entry(freed));
                }
            });
        }
        order
    }
}

/// The values that some nodes read and others take: a loan is over when the last reader is through.
pub(crate) struct Loans {
    values: Vec<Loan>,
    /// For each node the loans that it reads, once for each input.
    reads: Vec<Vec<usize>>,
    /// For each node how many values it would take from readers.
    held_up: Vec<usize>,
}

#[derive(Default)]
struct Loan {
    readers_left: usize,
    takers: Vec<usize>,
}

impl Loans {
    pub(crate) fn new(nodes: &[NodeShape], sources: &[Vec<Source>]) -> Self {
        let mut loans = Self {
            values: Vec::new(),
            reads: vec![Vec::new(); nodes.len()],
            held_up: vec![0; nodes.len()],
        };
        let mut of_value = BTreeMap::new();
        for (node, (shape, sources)) in nodes.iter().zip(sources).enumerate() {
            let ports = shape.inputs.iter().zip(sources);
            for (_, &source) in ports.filter(|(input, _)| input.taken) {
                let loan = *of_value.entry(source).or_insert_with(|| {
                    loans.values.push(Loan::default());
                    loans.values.len() - 1
                });
                let takers = &mut loans.values[loan].takers;
                if takers.last() != Some(&node) {
                    takers.push(node);
                }
            }
        }
        for (node, (shape, sources)) in nodes.iter().zip(sources).enumerate() {
            let ports = shape.inputs.iter().zip(sources);
            for (_, source) in ports.filter(|(input, _)| !input.taken) {
                if let Some(&loan) = of_value.get(source)
                    // What a node both reads and takes is between its own parameters.
                    && loans.values[loan].takers.binary_search(&node).is_err()
                {
                    loans.values[loan].readers_left += 1;
                    loans.reads[node].push(loan);
                }
            }
        }
        for loan in loans.values.iter().filter(|loan| loan.readers_left > 0) {
            loan.takers
                .iter()
                .for_each(|&taker| loans.held_up[taker] += 1);
        }
        loans
    }

    fn is_free(&self, node: usize) -> bool {
        self.held_up[node] == 0
    }

    /// A reader is through; `freed` is told the takers that nobody holds up any more.
    fn read_by(&mut self, node: usize, mut freed: impl FnMut(usize)) {
        for &loan in &self.reads[node] {
            let Loan {
                readers_left,
                takers,
            } = &mut self.values[loan];
            *readers_left -= 1;
            if *readers_left > 0 {
                continue;
            }
            for &taker in &*takers {
                self.held_up[taker] -= 1;
                if self.held_up[taker] == 0 {
                    freed(taker);
                }
            }
        }
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
