//! Step three: coordinates.

use super::layers::{Layers, Link};
use super::layout::{Layout, Net, Pin, Point, Segment, Vertex};

/// Between two boxes of a layer.
const BOX_GAP: f64 = 26.0;
/// Beside a bend.
const BEND_GAP: f64 = 13.0;
/// How often sites are moved towards their neighbours.
const ROUNDS: usize = 40;
/// The last of these rounds look up and down at once.
const LAST_ROUNDS: usize = 16;

pub(super) fn place(layers: &Layers, vertices: &[Vertex], nets: &[Net]) -> Layout {
    let middle = columns(layers);
    let left = sites(layers)
        .map(|site| middle[site] - layers.width[site] / 2.0)
        .fold(f64::INFINITY, f64::min);
    let right = sites(layers)
        .map(|site| middle[site] + layers.width[site] / 2.0)
        .fold(f64::NEG_INFINITY, f64::max);
    if layers.layer.is_empty() {
        return Layout {
            routes: vec![Vec::new(); nets.len()],
            ..Layout::default()
        };
    }
    let middle: Vec<f64> = middle.into_iter().map(|x| x - left).collect();
    let entries = entries(layers, &middle);
    let bands = bands(layers, vertices, &middle, &entries);

    let top_of = |site: usize| {
        let (top, bottom) = bands[layers.layer[site]];
        let room = bottom - top - vertices[site].height;
        // Sources sit near their consumers, ends near their producers.
        if layers.above[site].is_empty() && !layers.below[site].is_empty() {
            top + room
        } else if layers.below[site].is_empty() {
            top
        } else {
            top + room / 2.0
        }
    };
    let at: Vec<Point> = (0..layers.boxes)
        .map(|site| Point {
            x: middle[site] - layers.width[site] / 2.0,
            y: top_of(site),
        })
        .collect();
    let mut routes = vec![Vec::new(); nets.len()];
    for (link, &entry) in layers.links.iter().zip(&entries) {
        let (upper, lower) = (bands[layers.layer[link.from]], bands[layers.layer[link.to]]);
        let is_bend = |site: usize| site >= layers.boxes;
        let start_y = if is_bend(link.from) {
            upper.0
        } else {
            at[link.from].y + vertices[link.from].height
        };
        let end_y = if is_bend(link.to) {
            lower.0
        } else {
            at[link.to].y
        };
        routes[link.net].push(Segment {
            start: Point {
                x: middle[link.from] + link.from_x,
                y: start_y,
            },
            leave_y: upper.1,
            enter_y: lower.0,
            end: Point {
                x: middle[link.to] + entry,
                y: end_y,
            },
            arrives: !is_bend(link.to),
        });
    }
    let height = bands.last().map_or(0.0, |band| band.1);
    Layout {
        width: right - left,
        height,
        at,
        routes,
    }
}

fn sites(layers: &Layers) -> std::ops::Range<usize> {
    0..layers.layer.len()
}

/// The middle of each site: moved again and again to where its neighbours are, as far as its layer has room.
fn columns(layers: &Layers) -> Vec<f64> {
    let mut middle = vec![0.0; layers.layer.len()];
    for row in &layers.rows {
        let mut x = 0.0;
        for (index, &site) in row.iter().enumerate() {
            x += if index > 0 {
                gap(layers, row[index - 1], site)
            } else {
                0.0
            };
            middle[site] = x;
        }
        let half = x / 2.0;
        for &site in row {
            middle[site] -= half;
        }
    }
    for round in 0..ROUNDS {
        for step in 0..layers.rows.len() {
            let row = &layers.rows[if round % 2 == 0 {
                step
            } else {
                layers.rows.len() - 1 - step
            }];
            let (above, below) = (
                round % 2 == 0 || round + LAST_ROUNDS >= ROUNDS,
                round % 2 == 1 || round + LAST_ROUNDS >= ROUNDS,
            );
            settle(layers, row, &mut middle, above, below);
        }
    }
    middle
}

/// The distance between the middles of two neighbours in a layer.
fn gap(layers: &Layers, left: usize, right: usize) -> f64 {
    let between = if left < layers.boxes && right < layers.boxes {
        BOX_GAP
    } else {
        BEND_GAP
    };
    (layers.width[left] + layers.width[right]) / 2.0 + between
}

/// Moves the sites of a layer as near as possible to where their links pull them, keeping order and gaps.
fn settle(layers: &Layers, row: &[usize], middle: &mut [f64], above: bool, below: bool) {
    let wishes: Vec<_> = row
        .iter()
        .map(|&site| pull(layers, middle, site, above, below))
        .collect();
    let gaps = row.windows(2).map(|pair| gap(layers, pair[0], pair[1]));
    for (&site, x) in row.iter().zip(apart(&wishes, gaps)) {
        middle[site] = x;
    }
}

/// The places nearest to these wishes (place and weight) that keep their order and these gaps: the weighted least
/// squares, by pooling neighbours that are in each other's way.
fn apart(wishes: &[(f64, f64)], gaps: impl Iterator<Item = f64>) -> Vec<f64> {
    // Blocks of neighbours that touch: weight, weighted sum of their wishes, how many.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(wishes.len());
    let mut offset = 0.0;
    let mut places = Vec::with_capacity(wishes.len());
    for (&(wish, weight), gap) in wishes.iter().zip(std::iter::once(0.0).chain(gaps)) {
        offset += gap;
        places.push(offset);
        blocks.push((weight, weight * (wish - offset), 1));
        while let [.., before, last] = blocks[..]
            && before.1 / before.0 > last.1 / last.0
        {
            blocks.pop();
            let end = blocks.len() - 1;
            blocks[end] = (before.0 + last.0, before.1 + last.1, before.2 + last.2);
        }
    }
    let mut rest = places.iter_mut();
    for (weight, sum, count) in blocks {
        rest.by_ref()
            .take(count)
            .for_each(|place| *place += sum / weight);
    }
    places
}

/// Where the links of a site pull it, and how strongly; bends pull hard, because a straight long edge reads best.
fn pull(layers: &Layers, middle: &[f64], site: usize, above: bool, below: bool) -> (f64, f64) {
    let (mut sum, mut weights) = (0.0, 0.0);
    let mut add = |link: &Link, wish: f64| {
        let bends = [link.from, link.to]
            .iter()
            .filter(|&&end| end >= layers.boxes)
            .count();
        // A value that many take pulls each of them little.
        let weight = [1.0, 2.0, 8.0][bends]
            / if link.to < layers.boxes {
                layers.fan_out[link.net]
            } else {
                1.0
            };
        sum += weight * wish;
        weights += weight;
    };
    if above {
        for link in layers.above[site].iter().map(|&link| &layers.links[link]) {
            add(
                link,
                middle[link.from] + link.from_x - link.to_x.unwrap_or(0.0),
            );
        }
    }
    if below {
        for link in layers.below[site].iter().map(|&link| &layers.links[link]) {
            add(
                link,
                middle[link.to] + link.to_x.unwrap_or(0.0) - link.from_x,
            );
        }
    }
    if weights > 0.0 {
        (sum / weights, weights)
    } else if layers.pin[site] == Pin::TopLeft {
        // A legend keeps to the left side of everything else.
        let others = sites(layers).filter(|&other| other != site);
        let left = others
            .map(|other| middle[other] - layers.width[other] / 2.0)
            .fold(f64::INFINITY, f64::min);
        (
            if left.is_finite() {
                left + layers.width[site] / 2.0
            } else {
                middle[site]
            },
            0.01,
        )
    } else {
        (middle[site], 0.1)
    }
}

/// For each link where it enters its target, from the middle; free ends are apart, and near the middle on the side they
/// come from, so that an edge from right above is straight.
fn entries(layers: &Layers, middle: &[f64]) -> Vec<f64> {
    let mut entries: Vec<f64> = layers
        .links
        .iter()
        .map(|link| link.to_x.unwrap_or(0.0))
        .collect();
    for (site, above) in layers.above.iter().enumerate() {
        let from = |link: usize| {
            middle[layers.links[link].from] + layers.links[link].from_x - middle[site]
        };
        let free = above
            .iter()
            .copied()
            .filter(|&link| layers.links[link].to_x.is_none());
        let mut free: Vec<(f64, usize)> = free.map(|link| (from(link), link)).collect();
        free.sort_by(|a, b| a.0.total_cmp(&b.0));
        let spaces = u32::try_from(free.len().saturating_sub(1)).map_or(f64::MAX, f64::from);
        let room = (layers.width[site] / 2.0 - 10.0).max(0.0);
        let step = (2.0 * room / spaces.max(1.0)).min(16.0);
        let wishes: Vec<_> = free
            .iter()
            .map(|&(from, _)| (from.clamp(-room.min(16.0), room.min(16.0)), 1.0))
            .collect();
        let places = apart(
            &wishes,
            std::iter::repeat_n(step, free.len().saturating_sub(1)),
        );
        // What went over the edge goes back as one.
        let (first, last) = (
            places.first().copied().unwrap_or(0.0),
            places.last().copied().unwrap_or(0.0),
        );
        let back = (-room - first).max(0.0) - (last - room).max(0.0);
        for ((_, link), place) in free.into_iter().zip(places) {
            entries[link] = place + back;
        }
    }
    entries
}

/// Top and bottom of each layer; layers whose edges go far to the side are further apart.
fn bands(layers: &Layers, vertices: &[Vertex], middle: &[f64], entries: &[f64]) -> Vec<(f64, f64)> {
    let mut reach = vec![0.0_f64; layers.rows.len()];
    for (link, entry) in layers.links.iter().zip(entries) {
        let aside = (middle[link.from] + link.from_x - middle[link.to] - entry).abs();
        let layer = layers.layer[link.from];
        reach[layer] = reach[layer].max(aside);
    }
    let mut y = 0.0;
    let mut bands = Vec::with_capacity(layers.rows.len());
    for (row, reach) in layers.rows.iter().zip(reach) {
        let boxes = row.iter().filter(|&&site| site < layers.boxes);
        let height = boxes.map(|&site| vertices[site].height).fold(0.0, f64::max);
        bands.push((y, y + height));
        y += height + (30.0 + reach * 0.07).min(110.0);
    }
    bands
}
