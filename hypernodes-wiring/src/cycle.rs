//! Cycles between nodes: which there are, and a short way round each.

use std::collections::VecDeque;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use crate::edges::Edges;
use crate::problem::{CycleStep, WiringProblem};
use crate::shape::NodeShape;

/// Every node that takes its own output, and for each further group of nodes that wait for each other the shortest way
/// round through its first node.
///
/// # Complexity
/// Linear in nodes and edges, up to the sorting of neighbours; without recursion.
pub(crate) fn cycles(nodes: &[NodeShape], edges: &Edges<'_>) -> Vec<WiringProblem> {
    let step = |from: usize, value: &str| CycleStep {
        node: nodes[from].name.clone(),
        value: value.to_owned(),
    };
    let mut problems = Vec::new();

    let mut own: Vec<(usize, &str)> = edges
        .graph
        .edge_references()
        .filter(|edge| edge.source() == edge.target())
        .map(|edge| (edge.source().index(), *edge.weight()))
        .collect();
    own.sort_unstable();
    own.dedup();
    problems.extend(own.into_iter().map(|(node, value)| WiringProblem::Cycle {
        path: vec![step(node, value)],
    }));

    let mut group_of = vec![usize::MAX; nodes.len()];
    let groups = kosaraju_scc(&edges.graph);
    for (group, members) in groups.iter().enumerate() {
        for member in members {
            group_of[member.index()] = group;
        }
    }
    // How the search came to a node: from where, by which value. One table for all groups, because groups are disjoint.
    let mut reached_by: Vec<Option<(usize, &str)>> = vec![None; nodes.len()];
    for members in groups.iter().filter(|members| members.len() > 1) {
        let start = members
            .iter()
            .map(|member| member.index())
            .min_by_key(|&member| edges.rank[member]);
        let start = start.expect("the group has at least two members");
        let mut queue = VecDeque::from([start]);
        while reached_by[start].is_none() {
            let from = queue
                .pop_front()
                .expect("every member of the group leads back to the start");
            let mut next: Vec<(usize, &str)> = edges
                .graph
                .edges(NodeIndex::new(from))
                .map(|edge| (edge.target().index(), *edge.weight()))
                .filter(|&(to, _)| group_of[to] == group_of[start] && to != from)
                .collect();
            next.sort_unstable_by_key(|&(to, value)| (edges.rank[to], value));
            for (to, value) in next {
                if reached_by[to].is_none() {
                    reached_by[to] = Some((from, value));
                    queue.push_back(to);
                }
            }
        }
        let mut path = Vec::new();
        let mut at = start;
        while let Some((from, value)) = reached_by[at] {
            path.push(step(from, value));
            at = from;
            if at == start {
                break;
            }
        }
        path.reverse();
        problems.push(WiringProblem::Cycle { path });
    }
    problems
}
