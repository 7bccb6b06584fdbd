//! The graph between nodes and its order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use petgraph::graph::{DiGraph, NodeIndex};

use crate::shape::{NodeShape, Using};
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
    /// value need not be copied, and most of all one whose value cannot be; then the one of lowest rank is first.
    pub(crate) fn order(&self, mut loans: Loans) -> Vec<usize> {
        let mut waiting_for = vec![0_usize; self.rank.len()];
        for edge in self.graph.raw_edges() {
            waiting_for[edge.target().index()] += 1;
        }
        // A node that stands back less than before is in several heaps; where it comes up again it is passed over.
        let mut heaps: [BinaryHeap<Reverse<(usize, usize)>>; 3] = Default::default();
        let ready = |heaps: &mut [BinaryHeap<_>; 3], back: usize, node: usize| {
            heaps[back].push(Reverse((self.rank[node], node)));
        };
        for node in (0..waiting_for.len()).filter(|&node| waiting_for[node] == 0) {
            ready(&mut heaps, loans.standing_back(node), node);
        }
        let mut is_placed = vec![false; waiting_for.len()];
        let mut order = Vec::with_capacity(waiting_for.len());
        while let Some(Reverse((_, node))) = heaps.iter_mut().find_map(BinaryHeap::pop) {
            if std::mem::replace(&mut is_placed[node], true) {
                continue;
            }
            order.push(node);
            for consumer in self.graph.neighbors(NodeIndex::new(node)) {
                let consumer = consumer.index();
                waiting_for[consumer] -= 1;
                if waiting_for[consumer] == 0 {
                    ready(&mut heaps, loans.standing_back(consumer), consumer);
                }
            }
            loans.read_by(node, |taker, back| {
                if waiting_for[taker] == 0 {
                    ready(&mut heaps, back, taker);
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
    /// For each node how many values it would take from readers: all, and those that cannot be cloned.
    held_up: Vec<[usize; 2]>,
}

#[derive(Default)]
struct Loan {
    readers_left: usize,
    /// The nodes that take the value, and whether it cannot be cloned for them.
    takers: Vec<(usize, bool)>,
}

impl Loans {
    pub(crate) fn new(nodes: &[NodeShape], sources: &[Vec<Source>]) -> Self {
        let mut loans = Self {
            values: Vec::new(),
            reads: vec![Vec::new(); nodes.len()],
            held_up: vec![[0; 2]; nodes.len()],
        };
        let mut of_value = BTreeMap::new();
        for (node, (shape, sources)) in nodes.iter().zip(sources).enumerate() {
            let ports = shape.inputs.iter().zip(sources);
            for (input, &source) in ports.filter(|(input, _)| input.using != Using::Reads) {
                let loan = *of_value.entry(source).or_insert_with(|| {
                    loans.values.push(Loan::default());
                    loans.values.len() - 1
                });
                let takers = &mut loans.values[loan].takers;
                if takers.last().is_none_or(|&(last, _)| last != node) {
                    takers.push((node, input.using == Using::TakesAway));
                }
            }
        }
        for (node, (shape, sources)) in nodes.iter().zip(sources).enumerate() {
            let ports = shape.inputs.iter().zip(sources);
            for (_, source) in ports.filter(|(input, _)| input.using == Using::Reads) {
                if let Some(&loan) = of_value.get(source)
                    // What a node both reads and takes is between its own parameters.
                    && loans.values[loan].takers.binary_search_by_key(&node, |&(taker, _)| taker).is_err()
                {
                    loans.values[loan].readers_left += 1;
                    loans.reads[node].push(loan);
                }
            }
        }
        for loan in loans.values.iter().filter(|loan| loan.readers_left > 0) {
            for &(taker, is_only) in &loan.takers {
                loans.held_up[taker][0] += 1;
                loans.held_up[taker][1] += usize::from(is_only);
            }
        }
        loans
    }

    /// How far a node stands back: not at all, behind those that need not, behind all.
    fn standing_back(&self, node: usize) -> usize {
        match self.held_up[node] {
            [0, _] => 0,
            [_, 0] => 1,
            _ => 2,
        }
    }

    /// A reader is through; `moved_up` is told the takers that stand back less than before, and how far.
    fn read_by(&mut self, node: usize, mut moved_up: impl FnMut(usize, usize)) {
        for loan in std::mem::take(&mut self.reads[node]) {
            self.values[loan].readers_left -= 1;
            if self.values[loan].readers_left > 0 {
                continue;
            }
            for (taker, is_only) in std::mem::take(&mut self.values[loan].takers) {
                let before = self.standing_back(taker);
                self.held_up[taker][0] -= 1;
                self.held_up[taker][1] -= usize::from(is_only);
                let now = self.standing_back(taker);
                if now < before {
                    moved_up(taker, now);
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
