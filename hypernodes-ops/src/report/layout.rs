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
/// How much room a line takes that passes a level.
const PASSING: f64 = 8.0;
/// With more nodes than this in a scope, lines run behind boxes: to lead them around would take too much room.
const LED: usize = 60;

/// A drawing of boxes and the lines between them.
pub(crate) struct Layout {
    /// The box of each shown node, in their order.
    pub(crate) boxes: Vec<Place>,
    pub(crate) edges: Vec<Edge>,
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
    /// Where its level ends, along the flow: lines may bend behind it.
    pub(crate) end: f64,
}

/// A line from one box to another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Edge {
    /// A place in the list of shown nodes.
    pub(crate) from: usize,
    /// A place in the list of shown nodes.
    pub(crate) to: usize,
    /// The straight parts beside the levels that it passes: where each begins and ends.
    pub(crate) passes: Vec<[(f64, f64); 2]>,
}

/// What takes room in a level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Node(usize),
    /// The line between these two passes.
    Passing(usize, usize),
}

type Passes = Vec<((usize, usize), [(f64, f64); 2])>;

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
    passes: Passes,
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
        let mut passes: BTreeMap<(usize, usize), Vec<_>> = BTreeMap::new();
        for (edge, pass) in arranged.passes {
            passes.entry(edge).or_default().push(pass);
        }
        let edges = (graph.before.iter().enumerate())
            .flat_map(|(to, before)| before.iter().map(move |&from| (from, to)))
            .filter(|(from, to)| from != to)
            .map(|(from, to)| Edge {
                from,
                to,
                passes: passes.remove(&(from, to)).unwrap_or_default(),
            })
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
        let size = |item: Item| match item {
            Item::Passing(..) => self.turned((0.0, PASSING)),
            Item::Node(child) => inner.get(&child).map_or((WIDTH, HEIGHT), |inside| {
                let width = (inside.width + 2.0 * PADDING).max(WIDTH + 2.0 * PADDING);
                (width, inside.height + TITLE + PADDING)
            }),
        };
        let levels = self.levels(scope, children);
        let across = |level: &Vec<Item>| {
            let sum: f64 = level.iter().map(|&item| self.turned(size(item)).1).sum();
            sum + BESIDE * float(level.len().saturating_sub(1) as u64)
        };
        let broadest = levels.iter().map(across).fold(0.0, f64::max);
        let (mut boxes, mut passes) = (Vec::new(), Vec::new());
        let mut along = 0.0;
        for level in &levels {
            let thickest = (level.iter())
                .map(|&item| self.turned(size(item)).0)
                .fold(0.0, f64::max);
            let end = along + thickest;
            let mut side = (broadest - across(level)) / 2.0;
            for &item in level {
                let (width, height) = size(item);
                let breadth = self.turned((width, height)).1;
                let (x, y) = self.turned((along, side));
                match item {
                    Item::Passing(from, to) => {
                        let middle = side + breadth / 2.0;
                        let ends = [along, end].map(|at| self.turned((at, middle)));
                        passes.push(((from, to), ends));
                    }
                    Item::Node(child) => {
                        let place = Place {
                            x,
                            y,
                            width,
                            height,
                            end,
                        };
                        boxes.push((child, place));
                        if let Some(inside) = inner.get(&child) {
                            let by = (x + (width - inside.width) / 2.0, y + TITLE);
                            self.embed(inside, by, &mut boxes, &mut passes);
                        }
                    }
                }
                side += breadth + BESIDE;
            }
            along = end + BETWEEN;
        }
        let (width, height) = self.turned(((along - BETWEEN).max(0.0), broadest));
        Arranged {
            boxes,
            passes,
            width,
            height,
        }
    }

    /// From x and y to along the flow and across it, or back.
    fn turned(&self, (x, y): (f64, f64)) -> (f64, f64) {
        if self.flows_down { (y, x) } else { (x, y) }
    }

    fn embed(
        &self,
        inside: &Arranged,
        by: (f64, f64),
        boxes: &mut Vec<(usize, Place)>,
        passes: &mut Passes,
    ) {
        let along = self.turned(by).0;
        boxes.extend(inside.boxes.iter().map(|&(at, place)| {
            let moved = Place {
                x: place.x + by.0,
                y: place.y + by.1,
                end: place.end + along,
                ..place
            };
            (at, moved)
        }));
        passes.extend(inside.passes.iter().map(|&(edge, ends)| {
            let moved = ends.map(|(x, y)| (x + by.0, y + by.1));
            (edge, moved)
        }));
    }

    /// The nodes of a scope: each stands behind all that it reads, near the middle of them.
    fn levels(&self, scope: Option<usize>, children: &[usize]) -> Vec<Vec<Item>> {
        let mut level_of: BTreeMap<usize, usize> = BTreeMap::new();
        let mut levels: Vec<Vec<Item>> = Vec::new();
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
            levels[level].push(Item::Node(child));
        }
        let are_led = children.len() <= LED && levels.iter().all(|level| level.len() <= LEVEL / 2);
        if are_led {
            for &child in children {
                for &before in &self.before[child] {
                    let from = self.lifted(before, scope).and_then(|at| level_of.get(&at));
                    let Some(from) = from else { continue };
                    let between = (levels.iter_mut()).take(level_of[&child]).skip(from + 1);
                    between.for_each(|level| level.push(Item::Passing(before, child)));
                }
            }
        }
        let mut middle: BTreeMap<Item, f64> = BTreeMap::new();
        let mut broken = Vec::new();
        for mut level in levels {
            let place = |item: Item| {
                let known: Vec<f64> = match item {
                    Item::Passing(from, to) => self
                        .middle_of(&middle, scope, from, to)
                        .into_iter()
                        .collect(),
                    Item::Node(child) => (self.before[child].iter())
                        .filter_map(|&before| self.middle_of(&middle, scope, before, child))
                        .collect(),
                };
                match known.len() {
                    0 => 0.0,
                    n => known.iter().sum::<f64>() / float(n as u64),
                }
            };
            let places: BTreeMap<Item, f64> =
                level.iter().map(|&item| (item, place(item))).collect();
            level.sort_by(|a, b| places[a].total_cmp(&places[b]));
            let last = float(level.len().saturating_sub(1) as u64);
            for (at, &item) in level.iter().enumerate() {
                middle.insert(item, float(at as u64) - last / 2.0);
            }
            // Nearly square: 200 nodes that read nothing become 13 lines.
            let at_most = LEVEL.max(level.len().isqrt() + 2);
            let at_most = match (are_led, self.flows_down) {
                (true, _) => usize::MAX,
                (false, true) => at_most / 2,
                (false, false) => at_most,
            };
            broken.extend(level.chunks(at_most).map(<[Item]>::to_vec));
        }
        broken
    }

    /// Where the line between two nodes came from, across the flow.
    fn middle_of(
        &self,
        middle: &BTreeMap<Item, f64>,
        scope: Option<usize>,
        from: usize,
        to: usize,
    ) -> Option<f64> {
        let passing = middle.get(&Item::Passing(from, to));
        let start = || middle.get(&Item::Node(self.lifted(from, scope)?));
        passing.or_else(start).copied()
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
        for edge in &layout.edges {
            let (from, to) = (layout.boxes[edge.from], layout.boxes[edge.to]);
            if layout.flows_down {
                assert!(from.y + from.height < to.y);
            } else {
                assert!(from.x + from.width < to.x);
            }
        }
    }

    #[test]
    fn a_line_passes_beside_the_boxes_between_its_ends() {
        let record = record(realistic_nodes());
        let shown = Shown::new(&record);
        let layout = Layout::new(&shown);
        let last = shown.nodes.len() - 1;
        let long = layout.edges.iter().find(|e| (e.from, e.to) == (0, last));
        let passes = &long.expect("fetch is read by summary").passes;
        assert_eq!(passes.len(), 3);
        for &[(x1, y1), (x2, y2)] in passes {
            let line = Place {
                x: x1.min(x2),
                y: y1.min(y2),
                width: (x1 - x2).abs(),
                height: (y1 - y2).abs(),
                end: 0.0,
            };
            for (node, &place) in shown.nodes.iter().zip(&layout.boxes) {
                assert!(!overlap(line, place), "{}", node.name);
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
        let edges: Vec<_> = layout.edges.iter().map(|e| (e.from, e.to)).collect();
        assert_eq!(edges, [(1, 0), (0, 1)]);
    }
}
