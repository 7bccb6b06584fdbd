//! Which nodes are shown, and what each has to do with the others.

use std::collections::{BTreeMap, BTreeSet};

use super::format::share;
use crate::{NodeRecord, RunRecord};

/// How many nodes are shown, not counting the nested pipelines around them.
const NODES: usize = 200;

/// The nodes that are shown, in the order of the pipeline.
pub(crate) struct Shown<'a> {
    pub(crate) nodes: Vec<ShownNode<'a>>,
    /// How many nodes there are in all.
    pub(crate) of: usize,
    /// How long all nodes took, without the nested pipelines around them.
    pub(crate) total_ns: u64,
}

/// A node that is shown.
pub(crate) struct ShownNode<'a> {
    pub(crate) name: &'a str,
    pub(crate) record: &'a NodeRecord,
    /// The nested pipeline around it: a place in the list.
    pub(crate) parent: Option<usize>,
    /// Whether nodes stand inside it.
    pub(crate) is_group: bool,
}

impl<'a> Shown<'a> {
    pub(crate) fn new(record: &'a RunRecord) -> Self {
        let parents: Vec<Option<usize>> = record
            .nodes
            .keys()
            .map(|name| parent_of(record, name))
            .collect();
        let groups: BTreeSet<usize> = parents.iter().flatten().copied().collect();
        let time = |at: usize| record.nodes[at].time_ns();
        let mut leaves: Vec<usize> = (0..record.nodes.len())
            .filter(|at| !groups.contains(at))
            .collect();
        let total_ns = leaves
            .iter()
            .fold(0_u64, |sum, &at| sum.saturating_add(time(at)));
        leaves.sort_by_key(|&at| std::cmp::Reverse(time(at)));
        leaves.truncate(NODES);
        let mut kept: BTreeSet<usize> = BTreeSet::new();
        for leaf in leaves {
            let mut at = Some(leaf);
            while let Some(node) = at
                && kept.insert(node)
            {
                at = parents[node];
            }
        }
        let places: BTreeMap<usize, usize> = kept
            .iter()
            .enumerate()
            .map(|(place, &at)| (at, place))
            .collect();
        let nodes = kept
            .iter()
            .filter_map(|&at| {
                let (name, node) = record.nodes.get_index(at)?;
                Some(ShownNode {
                    name,
                    record: node,
                    parent: parents[at].and_then(|parent| places.get(&parent).copied()),
                    is_group: groups.contains(&at),
                })
            })
            .collect();
        Self {
            nodes,
            of: record.nodes.len(),
            total_ns,
        }
    }

    /// A sentence about what is left out; empty if nothing is.
    pub(crate) fn note(&self) -> String {
        if self.nodes.len() == self.of {
            String::new()
        } else {
            format!(
                "The {} slowest of {} nodes are shown.",
                super::format::count(self.nodes.len() as u64),
                super::format::count(self.of as u64)
            )
        }
    }
}

impl ShownNode<'_> {
    /// The part of the time of all nodes that it took.
    pub(crate) fn share(&self, shown: &Shown<'_>) -> f64 {
        share(self.record.time_ns(), shown.total_ns)
    }

    /// Its name inside the nested pipeline around it.
    pub(crate) fn short_name(&self, shown: &Shown<'_>) -> &str {
        self.parent
            .and_then(|parent| self.name.strip_prefix(shown.nodes[parent].name))
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(self.name)
    }
}

/// The nested pipeline around a node: the longest part of its name, up to a slash, that is a node too.
fn parent_of(record: &RunRecord, name: &str) -> Option<usize> {
    let slashes = name.rmatch_indices('/');
    slashes
        .map(|(at, _)| &name[..at])
        .find_map(|outer| record.nodes.get_index_of(outer))
}
