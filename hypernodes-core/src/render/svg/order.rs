//! Step two: the order within each layer, so that few edges cross.

use super::layers::Layers;
use super::layout::Pin;

/// How often the layers are gone through, down and up.
const SWEEPS: usize = 12;
/// With more links than this no order helps, and each sweep takes long.
const TANGLED: usize = 30_000;

/// Sorts each layer by the mean place of its neighbours, down and up again, and keeps the best order seen.
pub(super) fn untangle(layers: &mut Layers) {
    let mut place = vec![0.0; layers.layer.len()];
    for row in &mut layers.rows {
        row.sort_by_key(|&site| layers.pin[site] != Pin::TopLeft);
        number_row(row, &mut place);
    }
    let mut best = layers.rows.clone();
    let mut fewest = crossings(layers, &place);
    let sweeps = if layers.links.len() > TANGLED {
        2
    } else {
        SWEEPS
    };
    for sweep in 0..sweeps {
        if fewest == 0 {
            break;
        }
        let down = sweep % 2 == 0;
        for step in 0..layers.rows.len() {
            let index = if down {
                step
            } else {
                layers.rows.len() - 1 - step
            };
            let mut row = std::mem::take(&mut layers.rows[index]);
            let mut keyed: Vec<(bool, f64, usize)> = row
                .iter()
                .map(|&site| {
                    (
                        layers.pin[site] != Pin::TopLeft,
                        barycentre(layers, &place, site, down),
                        site,
                    )
                })
                .collect();
            // Stable: equal ones keep their order.
            keyed.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            row.clear();
            row.extend(keyed.into_iter().map(|(.., site)| site));
            number_row(&row, &mut place);
            layers.rows[index] = row;
        }
        let now = crossings(layers, &place);
        if now < fewest {
            fewest = now;
            best.clone_from(&layers.rows);
        }
    }
    layers.rows = best;
}

/// Places are spread over 0..1, so that layers of different sizes compare.
fn number_row(row: &[usize], place: &mut [f64]) {
    let count = as_f64(row.len());
    for (index, &site) in row.iter().enumerate() {
        place[site] = (as_f64(index) + 0.5) / count;
    }
}

fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// The mean place of the neighbours above (or below); its own place when there are none.
fn barycentre(layers: &Layers, place: &[f64], site: usize, down: bool) -> f64 {
    let links = if down {
        &layers.above[site]
    } else {
        &layers.below[site]
    };
    if links.is_empty() {
        return place[site];
    }
    let other = |&link: &usize| {
        let link = &layers.links[link];
        if down {
            port(layers, place, link.from, link.from_x)
        } else {
            port(layers, place, link.to, link.to_x.unwrap_or(0.0))
        }
    };
    links.iter().map(other).sum::<f64>() / as_f64(links.len())
}

/// A place within the share of its site, so that the chips of one box are told apart.
fn port(layers: &Layers, place: &[f64], site: usize, x: f64) -> f64 {
    let share = 1.0 / as_f64(layers.rows[layers.layer[site]].len().max(1));
    let part = if layers.width[site] > 0.0 {
        x / layers.width[site]
    } else {
        0.0
    };
    place[site] + part * share
}

/// How many pairs of links cross, over all pairs of neighbouring layers.
fn crossings(layers: &Layers, place: &[f64]) -> usize {
    let mut total = 0;
    for row in &layers.rows {
        let mut ends: Vec<(f64, f64)> = Vec::new();
        for &site in row {
            for &link in &layers.below[site] {
                let link = &layers.links[link];
                let to_x = link.to_x.unwrap_or(0.0);
                ends.push((
                    port(layers, place, site, link.from_x),
                    port(layers, place, link.to, to_x),
                ));
            }
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        total += inversions(ends.into_iter().map(|(_, lower)| lower).collect());
    }
    total
}

/// How many pairs are in falling order: a merge sort from the bottom up that counts.
fn inversions(mut values: Vec<f64>) -> usize {
    let mut count = 0;
    let mut merged = Vec::with_capacity(values.len());
    let mut run = 1;
    while run < values.len() {
        merged.clear();
        for chunk in values.chunks(2 * run) {
            let (left, right) = chunk.split_at(run.min(chunk.len()));
            let (mut l, mut r) = (0, 0);
            while l < left.len() && r < right.len() {
                if left[l] <= right[r] {
                    merged.push(left[l]);
                    l += 1;
                } else {
                    count += left.len() - l;
                    merged.push(right[r]);
                    r += 1;
                }
            }
            merged.extend_from_slice(&left[l..]);
            merged.extend_from_slice(&right[r..]);
        }
        std::mem::swap(&mut values, &mut merged);
        run *= 2;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inversions_are_counted() {
        assert_eq!(inversions(vec![]), 0);
        assert_eq!(inversions(vec![1.0, 2.0, 2.0, 3.0]), 0);
        assert_eq!(inversions(vec![3.0, 1.0, 2.0]), 2);
        assert_eq!(inversions(vec![5.0, 4.0, 3.0, 2.0, 1.0]), 10);
    }
}
