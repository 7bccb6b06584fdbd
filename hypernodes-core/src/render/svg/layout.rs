//! Boxes and nets to places and routes. Knows sizes and connections, not what they mean.

use super::layers::Layers;
use super::{order, place};

/// More boxes than this are packed in rows; layers of them could not be read anyway.
const MOST_LAYERED: usize = 1_500;
/// More bends than this are not reserved room for; long edges then pass behind boxes.
pub(super) const MOST_BENDS: usize = 8_000;
/// More edges than this between packed boxes are left out.
const MOST_PACKED_EDGES: usize = 20_000;

/// A box to be placed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vertex {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) pin: Pin,
}

/// Whether a box has a layer of its own choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pin {
    Free,
    /// In the first layer, with no other boxes.
    Top,
    /// The first of the first layer.
    TopLeft,
    /// In the last layer, with no other boxes.
    Bottom,
}

/// One value on its way from its producer to everybody who takes it.
#[derive(Debug, Clone)]
pub(super) struct Net {
    pub(super) from: usize,
    /// Where it leaves, from the left side of the box.
    pub(super) from_x: f64,
    pub(super) to: Vec<Target>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) vertex: usize,
    /// Where it enters, from the left side of the box; anywhere along its top when `None`.
    pub(super) x: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A piece of a net: straight down, a curve, and straight down again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Segment {
    pub(super) start: Point,
    /// Where the curve begins, right below the start.
    pub(super) leave_y: f64,
    /// Where the curve ends, right above the end.
    pub(super) enter_y: f64,
    pub(super) end: Point,
    /// Whether a box is entered here, with an arrow.
    pub(super) arrives: bool,
}

#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The top left corner of each box.
    pub(super) at: Vec<Point>,
    /// The pieces of each net.
    pub(super) routes: Vec<Vec<Segment>>,
}

pub(super) fn layout(vertices: &[Vertex], nets: &[Net]) -> Layout {
    if vertices.len() > MOST_LAYERED {
        return packed(vertices, nets);
    }
    let mut layers = Layers::new(vertices, nets);
    order::untangle(&mut layers);
    place::place(&layers, vertices, nets)
}

/// Rows from left to right, in the order given.
fn packed(vertices: &[Vertex], nets: &[Net]) -> Layout {
    const GAP: f64 = 26.0;
    let area: f64 = vertices
        .iter()
        .map(|vertex| (vertex.width + GAP) * (vertex.height + GAP))
        .sum();
    let row_width = (area * 1.6).sqrt();
    let mut at = vec![Point::default(); vertices.len()];
    let (mut x, mut y, mut row_height, mut width) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    // Pinned boxes get rows of their own.
    for pins in [&[Pin::TopLeft, Pin::Top][..], &[Pin::Free], &[Pin::Bottom]] {
        for (index, vertex) in vertices
            .iter()
            .enumerate()
            .filter(|(_, vertex)| pins.contains(&vertex.pin))
        {
            if x > 0.0 && x + vertex.width > row_width {
                y += row_height + GAP;
                (x, row_height) = (0.0, 0.0);
            }
            at[index] = Point { x, y };
            x += vertex.width + GAP;
            width = width.max(x - GAP);
            row_height = row_height.max(vertex.height);
        }
        if x > 0.0 {
            y += row_height + GAP;
            (x, row_height) = (0.0, 0.0);
        }
    }
    let edges: usize = nets.iter().map(|net| net.to.len()).sum();
    let route = |net: &Net| -> Vec<Segment> {
        let start = Point {
            x: at[net.from].x + net.from_x,
            y: at[net.from].y + vertices[net.from].height,
        };
        let segment = |target: &Target| {
            let (corner, vertex) = (at[target.vertex], &vertices[target.vertex]);
            let end = Point {
                x: corner.x + target.x.unwrap_or(vertex.width / 2.0),
                y: corner.y,
            };
            Segment {
                start,
                leave_y: start.y,
                enter_y: end.y,
                end,
                arrives: true,
            }
        };
        net.to.iter().map(segment).collect()
    };
    let routes = if edges > MOST_PACKED_EDGES {
        vec![Vec::new(); nets.len()]
    } else {
        nets.iter().map(route).collect()
    };
    Layout {
        width,
        height: (y - GAP).max(0.0),
        at,
        routes,
    }
}
