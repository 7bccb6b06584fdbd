//! Where the boxes of a graph stand: in levels by dependency, nested pipelines around their nodes.

use std::collections::BTreeMap;

use super::format::float;
use super::select::Shown;

/// The box of a node.
pub(crate) const WIDTH: f64 = 184.0;
/// The box of a node.
pub(crate) const HEIGHT: f64 = 62.0;
/// The title of a nested pipeline.
pub(crate) const TITLE: f64 = 30.0;
const PADDING: f64 = 14.0;
const BESIDE: f64 = 20.0;
const BETWEEN: f64 = 34.0;
/// What is wider than this flows down.
const WIDE: f64 = 860.0;
/// A level with more boxes than this is broken.
const LEVEL: usize = 8;

/// A drawing of boxes and the lines between them.
pub(crate) struct Layout {
    /// The box of each shown node, in their order.
    pub(crate) boxes: Vec<Place>,
    /// From and to, as places in the list of shown nodes.
    pub(crate) edges: Vec<(usize, usize)>,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) flows_down: bool,
}

/// Where a box stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Place {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

struct Graph<'a> {
    shown: &'a Shown<'a>,
    children: BTreeMap<Option<usize>, Vec<usize>>,
    /// The nodes in front of each.
    before: Vec<Vec<usize>>,
    flows_down: bool,
}

/// Boxes inside a scope, and how much room they take.
struct Arranged {
    boxes: Vec<(usize, Place)>,
    width: f64,
    height: f64,
}

impl Layout {
    pub(crate) fn new(shown: &Shown<'_>) -> Self {
        let names: BTreeMap<&str, usize> = (shown.nodes.iter().enumerate())
            .map(|(at, node)| (node.name, at))
            .collect();
        let before: Vec<Vec<usize>> = (shown.nodes.iter())
            .map(|node| {
                let after = node.record.after.iter();
                after
                    .filter_map(|name| names.get(&**name).copied())
                    .collect()
            })
            .collect();
        let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (at, node) in shown.nodes.iter().enumerate() {
            children.entry(node.parent).or_default().push(at);
        }
        let mut graph = Graph {
            shown,
            children,
            before,
            flows_down: false,
        };
        let mut arranged = graph.arrange(None);
        if arranged.width > WIDE {
            graph.flows_down = true;
            arranged = graph.arrange(None);
        }
        let mut boxes = vec![Place::default(); shown.nodes.len()];
        for (at, place) in arranged.boxes {
            boxes[at] = place;
        }
        let edges = (graph.before.iter().enumerate())
            .flat_map(|(to, before)| before.iter().map(move |&from| (from, to)))
            .filter(|(from, to)| from != to)
            .collect();
        Self {
            boxes,
            edges,
            width: arranged.width,
            height: arranged.height,
            flows_down: graph.flows_down,
        }
    }
}

impl Graph<'_> {
    fn arrange(&self, scope: Option<usize>) -> Arranged {
        let children = self.children.get(&scope).map_or(&[][..], Vec::as_slice);
        let inner: BTreeMap<usize, Arranged> = (children.iter())
            .filter(|&&child| self.shown.nodes[child].is_group)
            .map(|&child| (child, self.arrange(Some(child))))
            .collect();
        let size = |child: usize| {
            inner.get(&child).map_or((WIDTH, HEIGHT), |inside| {
                let width = (inside.width + 2.0 * PADDING).max(WIDTH + 2.0 * PADDING);
                (width, inside.height + TITLE + PADDING)
            })
        };
        // Along the flow and across it.
        let turned = |(width, height)| {
            if self.flows_down {
                (height, width)
            } else {
                (width, height)
            }
        };
        let levels = self.levels(scope, children);
        let across = |level: &Vec<usize>| {
            let sum: f64 = level.iter().map(|&child| turned(size(child)).1).sum();
            sum + BESIDE * float(level.len().saturating_sub(1) as u64)
        };
        let broadest = levels.iter().map(across).fold(0.0, f64::max);
        let mut boxes = Vec::new();
        let mut along = 0.0;
        for level in &levels {
            let thickest = (level.iter())
                .map(|&child| turned(size(child)).0)
                .fold(0.0, f64::max);
            let mut side = (broadest - across(level)) / 2.0;
            for &child in level {
                let (width, height) = size(child);
                let (length, breadth) = turned((width, height));
                let (x, y) = turned((along + (thickest - length) / 2.0, side));
                boxes.push((
                    child,
                    Place {
                        x,
                        y,
                        width,
                        height,
                    },
                ));
                if let Some(inside) = inner.get(&child) {
                    let left = x + (width - inside.width) / 2.0;
                    boxes.extend(inside.boxes.iter().map(|&(at, place)| {
                        let (x, y) = (left + place.x, y + TITLE + place.y);
                        (at, Place { x, y, ..place })
                    }));
                }
                side += breadth + BESIDE;
            }
            along += thickest + BETWEEN;
        }
        let (width, height) = turned(((along - BETWEEN).max(0.0), broadest));
        Arranged {
            boxes,
            width,
            height,
        }
    }

    /// The nodes of a scope: each stands behind all that it reads, near the middle of them.
    fn levels(&self, scope: Option<usize>, children: &[usize]) -> Vec<Vec<usize>> {
        let mut level_of: BTreeMap<usize, usize> = BTreeMap::new();
        let mut levels: Vec<Vec<usize>> = Vec::new();
        for &child in children {
            // Nodes stand behind what they read; should that be otherwise, it does not count.
            let level = (self.before[child].iter())
                .filter_map(|&before| level_of.get(&self.lifted(before, scope)?))
                .map(|level| level + 1)
                .max()
                .unwrap_or(0);
            level_of.insert(child, level);
            if levels.len() <= level {
                levels.resize_with(level + 1, Vec::new);
            }
            levels[level].push(child);
        }
        let mut middle: BTreeMap<usize, f64> = BTreeMap::new();
        let mut broken = Vec::new();
        for mut level in levels {
            let place = |child: usize| {
                let before = self.before[child].iter();
                let known: Vec<f64> = before
                    .filter_map(|&before| middle.get(&self.lifted(before, scope)?).copied())
                    .collect();
                match known.len() {
                    0 => 0.0,
                    n => known.iter().sum::<f64>() / float(n as u64),
                }
            };
            let places: BTreeMap<usize, f64> =
                level.iter().map(|&child| (child, place(child))).collect();
            level.sort_by(|a, b| places[a].total_cmp(&places[b]));
            let last = float(level.len().saturating_sub(1) as u64);
            for (at, &child) in level.iter().enumerate() {
                middle.insert(child, float(at as u64) - last / 2.0);
            }
            // Nearly square: 200 nodes that read nothing become 13 lines.
            let at_most = LEVEL.max(level.len().isqrt() + 2);
            let at_most = if self.flows_down {
                at_most / 2
            } else {
                at_most
            };
            broken.extend(level.chunks(at_most).map(<[usize]>::to_vec));
        }
        broken
    }

    /// The node of this scope in which a node stands.
    fn lifted(&self, node: usize, scope: Option<usize>) -> Option<usize> {
        let mut at = node;
        while self.shown.nodes[at].parent != scope {
            at = self.shown.nodes[at].parent?;
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunRecord;
    use crate::fake::{FakeRun, node, realistic_nodes};
    use hypernodes_core::NodeInfo;

    fn record(nodes: Vec<NodeInfo>) -> RunRecord {
        let mut fake = FakeRun::new(1);
        fake.start("p", None, nodes);
        let mut record = RunRecord::new(fake.run);
        fake.events.iter().for_each(|event| record.hear(event));
        record
    }

    fn overlap(a: Place, b: Place) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    #[test]
    fn boxes_do_not_overlap_and_nested_ones_stand_inside() {
        let record = record(realistic_nodes());
        let shown = Shown::new(&record);
        let layout = Layout::new(&shown);
        for (a, first) in shown.nodes.iter().enumerate() {
            let place = layout.boxes[a];
            assert!(
                place.x >= 0.0 && place.x + place.width <= layout.width,
                "{}",
                first.name
            );
            assert!(
                place.y >= 0.0 && place.y + place.height <= layout.height,
                "{}",
                first.name
            );
            if let Some(parent) = first.parent {
                let around = layout.boxes[parent];
                assert!(place.x >= around.x && place.x + place.width <= around.x + around.width);
                assert!(
                    place.y >= around.y + TITLE
                        && place.y + place.height <= around.y + around.height
                );
            }
            for (b, second) in shown.nodes.iter().enumerate().skip(a + 1) {
                if first.parent == second.parent {
                    assert!(
                        !overlap(place, layout.boxes[b]),
                        "{} {}",
                        first.name,
                        second.name
                    );
                }
            }
        }
    }

    #[test]
    fn a_node_stands_behind_what_it_reads() {
        let record = record(realistic_nodes());
        let shown = Shown::new(&record);
        let layout = Layout::new(&shown);
        assert_eq!(layout.edges.len(), 11);
        for &(from, to) in &layout.edges {
            let (from, to) = (layout.boxes[from], layout.boxes[to]);
            if layout.flows_down {
                assert!(from.y + from.height < to.y);
            } else {
                assert!(from.x + from.width < to.x);
            }
        }
    }

    #[test]
    fn many_nodes_in_one_level_are_nearly_square() {
        let names: Vec<String> = (0..200).map(|n| format!("n{n}")).collect();
        let record = record(names.iter().map(|name| node(name, &[], &[])).collect());
        let layout = Layout::new(&Shown::new(&record));
        assert!(
            layout.width < 4_000.0 && layout.height < 4_000.0,
            "{} x {}",
            layout.width,
            layout.height
        );
    }

    #[test]
    fn a_graph_that_cannot_be_does_no_harm() {
        let record = record(vec![
            node("a", &["b", "a", "gone"], &[]),
            node("b", &["a"], &[]),
        ]);
        let layout = Layout::new(&Shown::new(&record));
        assert_eq!(layout.edges, [(1, 0), (0, 1)]);
    }
}
