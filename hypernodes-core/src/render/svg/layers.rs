//! Step one: a layer for each box, and bends where a net crosses layers.

use std::collections::{BTreeMap, VecDeque};

use super::layout::{MOST_BENDS, Net, Pin, Vertex};

/// How many boxes one layer holds at most, unless there are so many that a square is the better shape.
const WIDEST: usize = 16;

/// Boxes and bends in layers. A site below `boxes` is the box of that index, any other a bend.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) boxes: usize,
    /// The sites of each layer from left to right.
    pub(super) rows: Vec<Vec<usize>>,
    /// The layer of each site.
    pub(super) layer: Vec<usize>,
    pub(super) width: Vec<f64>,
    pub(super) pin: Vec<Pin>,
    pub(super) links: Vec<Link>,
    /// How many targets each net has.
    pub(super) fan_out: Vec<f64>,
    /// For each site the links that come in from above.
    pub(super) above: Vec<Vec<usize>>,
    /// For each site the links that go out below.
    pub(super) below: Vec<Vec<usize>>,
}

/// A piece of a net between two sites.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) net: usize,
    pub(super) from: usize,
    /// Where it leaves, from the middle of the site.
    pub(super) from_x: f64,
    pub(super) to: usize,
    /// Where it enters, from the middle of the site; `None`: still free.
    pub(super) to_x: Option<f64>,
}

impl Layers {
    pub(super) fn new(vertices: &[Vertex], nets: &[Net]) -> Self {
        let layer = assign(vertices, nets);
        let mut this = Self {
            boxes: vertices.len(),
            rows: vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)],
            layer,
            width: vertices.iter().map(|vertex| vertex.width).collect(),
            pin: vertices.iter().map(|vertex| vertex.pin).collect(),
            links: Vec::new(),
            fan_out: nets
                .iter()
                .map(|net| u32::try_from(net.to.len()).map_or(f64::MAX, f64::from))
                .collect(),
            above: Vec::new(),
            below: Vec::new(),
        };
        let bends: usize = nets
            .iter()
            .map(|net| {
                this.last_layer(net)
                    .saturating_sub(this.layer[net.from] + 1)
            })
            .sum();
        for (index, net) in nets.iter().enumerate() {
            this.link(index, net, bends <= MOST_BENDS);
        }
        for (site, &layer) in this.layer.iter().enumerate() {
            this.rows[layer].push(site);
        }
        this.above = vec![Vec::new(); this.layer.len()];
        this.below = vec![Vec::new(); this.layer.len()];
        for (index, link) in this.links.iter().enumerate() {
            this.above[link.to].push(index);
            this.below[link.from].push(index);
        }
        this
    }

    fn last_layer(&self, net: &Net) -> usize {
        net.to
            .iter()
            .map(|target| self.layer[target.vertex])
            .max()
            .unwrap_or(0)
    }

    /// Links a net: one trunk of bends down to the layer before its last target, and from there to each target.
    fn link(&mut self, index: usize, net: &Net, with_bends: bool) {
        let first = self.layer[net.from];
        let mut trunk = vec![(net.from, net.from_x - self.width[net.from] / 2.0)];
        if with_bends {
            for layer in first + 1..self.last_layer(net) {
                let bend = self.layer.len();
                self.layer.push(layer);
                self.width.push(0.0);
                self.pin.push(Pin::Free);
                let (from, from_x) = trunk[trunk.len() - 1];
                self.links.push(Link {
                    net: index,
                    from,
                    from_x,
                    to: bend,
                    to_x: Some(0.0),
                });
                trunk.push((bend, 0.0));
            }
        }
        for target in &net.to {
            let branch = self.layer[target.vertex]
                .saturating_sub(first + 1)
                .min(trunk.len() - 1);
            let (from, from_x) = trunk[branch];
            let to_x = target.x.map(|x| x - self.width[target.vertex] / 2.0);
            self.links.push(Link {
                net: index,
                from,
                from_x,
                to: target.vertex,
                to_x,
            });
        }
    }
}

/// Longest path from the top; what nothing leads to moves down to just above its first consumer.
fn assign(vertices: &[Vertex], nets: &[Net]) -> Vec<usize> {
    let mut waiting_for = vec![0_usize; vertices.len()];
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); vertices.len()];
    for net in nets {
        for target in net.to.iter().filter(|target| target.vertex != net.from) {
            next[net.from].push(target.vertex);
            waiting_for[target.vertex] += 1;
        }
    }
    let leads_in: Vec<bool> = waiting_for.iter().map(|&count| count > 0).collect();
    let top = |vertex: usize| matches!(vertices[vertex].pin, Pin::Top | Pin::TopLeft);
    let base = usize::from((0..vertices.len()).any(top));
    let mut layer: Vec<usize> = (0..vertices.len())
        .map(|vertex| if top(vertex) { 0 } else { base })
        .collect();
    let mut done = vec![false; vertices.len()];
    let mut ready: VecDeque<usize> = (0..vertices.len())
        .filter(|&vertex| waiting_for[vertex] == 0)
        .collect();
    let mut first_undone = 0;
    loop {
        // A description with a cycle is drawn too: somewhere the cycle is cut.
        let vertex = ready
            .pop_front()
            .or_else(|| (first_undone..done.len()).find(|&vertex| !done[vertex]));
        let Some(vertex) = vertex else { break };
        if ready.is_empty() {
            first_undone = done.iter().position(|done| !done).unwrap_or(done.len());
        }
        if std::mem::replace(&mut done[vertex], true) {
            continue;
        }
        for &to in &next[vertex] {
            if !done[to] {
                layer[to] = layer[to].max(layer[vertex] + 1);
                waiting_for[to] -= 1;
                if waiting_for[to] == 0 {
                    ready.push_back(to);
                }
            }
        }
    }
    for vertex in (0..vertices.len()).filter(|&vertex| !leads_in[vertex] && !top(vertex)) {
        if let Some(first) = next[vertex].iter().map(|&to| layer[to]).min() {
            layer[vertex] = first.saturating_sub(1).max(base);
        }
    }
    let free = (0..vertices.len()).filter(|&vertex| vertices[vertex].pin != Pin::Bottom);
    let last = free.map(|vertex| layer[vertex] + 1).max().unwrap_or(0);
    for vertex in (0..vertices.len()).filter(|&vertex| vertices[vertex].pin == Pin::Bottom) {
        layer[vertex] = last;
    }
    wrap(&mut layer, vertices);
    layer
}

/// Folds layers of very many boxes into several, and closes the gaps of layers that have become empty.
fn wrap(layer: &mut [usize], vertices: &[Vertex]) {
    let mut by_layer: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (vertex, &layer) in layer.iter().enumerate() {
        by_layer.entry(layer).or_default().push(vertex);
    }
    let mut next = 0;
    for members in by_layer.values() {
        let may_fold = members
            .iter()
            .all(|&vertex| vertices[vertex].pin == Pin::Free);
        let rows = if may_fold {
            members.len().div_ceil(WIDEST)
        } else {
            1
        };
        for row in members.chunks(members.len().div_ceil(rows)) {
            for &vertex in row {
                layer[vertex] = next;
            }
            next += 1;
        }
    }
}
