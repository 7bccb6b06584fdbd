//! HMA, WMA and LSMA of all lengths from one running pair of sums.
//!
//! With `S_k` the sum of the newest k prices, `W_n = S_1 + ... + S_n` is the numerator of the
//! linearly weighted mean of n prices. Walking k from 1 to the longest length once gives `S` and
//! `W` of every length on the way, each window summed afresh, so nothing drifts. The rest is
//! linear: `WMA = W / (n (n + 1) / 2)`, `LSMA = 3 WMA - 2 SMA`.

use super::history::History;
use super::plan::Plan;
use super::{BLOCK, Row, STRIP};
use crate::atc::{HmaFlavour, MaKind, SLOTS};
use crate::kernels::hull_lengths;

/// One length's averages over a block.
type Line = [f64; BLOCK];

/// The window sums of a block and what is made of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Windows {
    /// `S` of each stop, a line each.
    sums: Vec<Line>,
    /// `W` of each stop.
    ramps: Vec<Line>,
    /// The inner values of the Hull averages: per slot the last few of the block before, then
    /// the block's.
    raw: Vec<Vec<f64>>,
    /// HMA, WMA, LSMA: nine lines each.
    lines: Vec<Line>,
    /// Inner Hull values in the reference's order, for a line that is done again.
    scratch: Vec<f64>,
}

const KINDS: [MaKind; 3] = [MaKind::Hma, MaKind::Wma, MaKind::Lsma];

impl Windows {
    /// Starts over for a series.
    pub(super) fn reset(&mut self, plan: &Plan) {
        self.sums.resize(plan.stops.len(), [0.0; BLOCK]);
        self.ramps.resize(plan.stops.len(), [0.0; BLOCK]);
        self.lines.resize(KINDS.len() * SLOTS, [f64::NAN; BLOCK]);
        self.raw.resize_with(SLOTS, Vec::new);
        for raw in &mut self.raw {
            raw.clear();
            raw.resize(plan.hull_look + BLOCK, 0.0);
        }
        self.scratch.clear();
        self.scratch.resize(plan.hull_look + BLOCK, 0.0);
    }

    /// Writes HMA, WMA and LSMA of the block that starts at bar `first` into `rows`; `close` is
    /// what they will be compared with.
    #[inline(always)]
    pub(super) fn block(
        &mut self,
        plan: &Plan,
        history: &History,
        first: usize,
        close: &[f64],
        rows: &mut [Row],
    ) {
        self.sum(plan, history);
        let longest = plan.stops.last().copied().unwrap_or(0) as f64;
        let tolerance = 64.0 * (longest + 8.0) * f64::EPSILON * history.largest;
        for (group, kind) in KINDS.into_iter().enumerate() {
            for slot in 0..SLOTS {
                let n = plan.of(kind)[slot];
                let line = &mut self.lines[group * SLOTS + slot];
                if !plan.is_live(n) {
                    line.fill(f64::NAN);
                    continue;
                }
                let at = plan.stop(n);
                let (sums, ramps) = (&self.sums[at], &self.ramps[at]);
                let warm_up = match (kind, plan.rules.hma) {
                    (MaKind::Hma, HmaFlavour::Hull) => {
                        let (half, root) = hull_lengths(n);
                        let half_ramps = &self.ramps[plan.stop(half)];
                        let look = plan.hull_look;
                        let raw = &mut self.raw[slot];
                        hull_raw(half_ramps, half, ramps, n, &mut raw[look..]);
                        hull_line(&raw[look + 1 - root..], root, line);
                        raw.copy_within(BLOCK.., 0);
                        n - 1 + root - 1
                    }
                    (MaKind::Hma, HmaFlavour::Simple) => {
                        scale(line, sums, 1.0 / n as f64);
                        n - 1
                    }
                    (MaKind::Wma, _) => {
                        scale(line, ramps, 1.0 / triangle(n));
                        n - 1
                    }
                    _ => {
                        let (up, down) = (3.0 / triangle(n), 2.0 / n as f64);
                        for i in 0..BLOCK {
                            line[i] = ramps[i] * up - sums[i] * down;
                        }
                        n - 1
                    }
                };
                if is_near(close, line, tolerance) {
                    match (kind, plan.rules.hma) {
                        (MaKind::Hma, HmaFlavour::Hull) => {
                            exact_hull(history, plan.hull_look, n, &mut self.scratch, line);
                        }
                        (MaKind::Hma, HmaFlavour::Simple) => exact_sma(history, n, line),
                        (MaKind::Wma, _) => {
                            exact_wma(&history.x[history.origin() + 1 - n..], n, line);
                        }
                        _ => exact_lsma(history, n, line),
                    }
                }
                line[..warm_up.saturating_sub(first).min(BLOCK)].fill(f64::NAN);
            }
        }
        for (i, row) in rows.iter_mut().enumerate() {
            for (slot, kinds) in row.iter_mut().enumerate() {
                kinds[MaKind::Hma as usize] = self.lines[slot][i];
                kinds[MaKind::Wma as usize] = self.lines[SLOTS + slot][i];
                kinds[MaKind::Lsma as usize] = self.lines[2 * SLOTS + slot][i];
            }
        }
    }

    /// Fills `sums` and `ramps`.
    #[inline(always)]
    fn sum(&mut self, plan: &Plan, history: &History) {
        for strip in (0..BLOCK).step_by(STRIP) {
            let newest = history.origin() + strip;
            let (mut sum, mut ramp) = ([0.0; STRIP], [0.0; STRIP]);
            let mut taken = 0;
            for (stop, &n) in plan.stops.iter().enumerate() {
                while taken < n {
                    let Some(x) = history.x[newest - taken..].first_chunk::<STRIP>() else {
                        break;
                    };
                    for i in 0..STRIP {
                        sum[i] += x[i];
                        ramp[i] += sum[i];
                    }
                    taken += 1;
                }
                self.sums[stop][strip..strip + STRIP].copy_from_slice(&sum);
                self.ramps[stop][strip..strip + STRIP].copy_from_slice(&ramp);
            }
        }
    }
}

/// `n (n + 1) / 2`.
#[inline(always)]
fn triangle(n: usize) -> f64 {
    let n = n as f64;
    n * (n + 1.0) / 2.0
}

#[inline(always)]
fn scale(line: &mut Line, values: &Line, factor: f64) {
    for i in 0..BLOCK {
        line[i] = values[i] * factor;
    }
}

/// `2 WMA_half - WMA_n`.
#[inline(always)]
fn hull_raw(half_ramps: &Line, half: usize, ramps: &Line, n: usize, out: &mut [f64]) {
    let (up, down) = (2.0 / triangle(half), 1.0 / triangle(n));
    for ((out, h), f) in out.iter_mut().zip(half_ramps).zip(ramps) {
        *out = h * up - f * down;
    }
}

/// The weighted mean of `root` inner values; `raw` starts `root - 1` values before the block.
#[inline(always)]
fn hull_line(raw: &[f64], root: usize, line: &mut Line) {
    let factor = 1.0 / triangle(root);
    for strip in (0..BLOCK).step_by(STRIP) {
        let (mut sum, mut ramp) = ([0.0; STRIP], [0.0; STRIP]);
        for k in 0..root {
            let Some(x) = raw[strip + root - 1 - k..].first_chunk::<STRIP>() else {
                break;
            };
            for i in 0..STRIP {
                sum[i] += x[i];
                ramp[i] += sum[i];
            }
        }
        for i in 0..STRIP {
            line[strip + i] = ramp[i] * factor;
        }
    }
}

/// Whether close and average come within `tolerance` of each other anywhere.
#[inline(always)]
fn is_near(close: &[f64], line: &Line, tolerance: f64) -> bool {
    let mut near = 0_u64;
    for (c, m) in close.iter().zip(line) {
        near += u64::from((c - m).abs() <= tolerance);
    }
    near > 0
}

/// WMA in the reference's order, newest first; `x` starts `n - 1` values before `line`.
#[inline(always)]
fn exact_wma(x: &[f64], n: usize, line: &mut [f64]) {
    let denominator = triangle(n);
    let mut strips = line.chunks_exact_mut(STRIP);
    for (strip, out) in strips.by_ref().enumerate() {
        let newest = strip * STRIP + n - 1;
        let mut sum = [0.0; STRIP];
        for k in 0..n {
            let Some(x) = x[newest - k..].first_chunk::<STRIP>() else {
                break;
            };
            let weight = (n - k) as f64;
            for i in 0..STRIP {
                sum[i] += x[i] * weight;
            }
        }
        for i in 0..STRIP {
            out[i] = sum[i] / denominator;
        }
    }
    let rest = strips.into_remainder();
    let newest = x.len() - rest.len();
    for (i, out) in rest.iter_mut().enumerate() {
        let mut sum = 0.0;
        for k in 0..n {
            sum += x[newest + i - k] * (n - k) as f64;
        }
        *out = sum / denominator;
    }
}

/// SMA in the reference's order, oldest first.
#[inline(always)]
fn exact_sma(history: &History, n: usize, line: &mut Line) {
    let x = &history.x[history.origin() + 1 - n..];
    for strip in (0..BLOCK).step_by(STRIP) {
        let mut sum = [0.0; STRIP];
        for k in 0..n {
            let Some(x) = x[strip + k..].first_chunk::<STRIP>() else {
                break;
            };
            for i in 0..STRIP {
                sum[i] += x[i];
            }
        }
        for i in 0..STRIP {
            line[strip + i] = sum[i] / n as f64;
        }
    }
}

/// LSMA in the reference's order, oldest first.
#[inline(always)]
fn exact_lsma(history: &History, length: usize, line: &mut Line) {
    let x = &history.x[history.origin() + 1 - length..];
    if length == 1 {
        line.copy_from_slice(&x[..BLOCK]);
        return;
    }
    let n = length as f64;
    let sx = n * (n - 1.0) / 2.0;
    let sxx = n * (n - 1.0) * (2.0 * n - 1.0) / 6.0;
    let d = n * sxx - sx * sx;
    for strip in (0..BLOCK).step_by(STRIP) {
        let (mut sy, mut sxy) = ([0.0; STRIP], [0.0; STRIP]);
        let mut j = 0.0;
        for k in 0..length {
            let Some(y) = x[strip + k..].first_chunk::<STRIP>() else {
                break;
            };
            for i in 0..STRIP {
                sy[i] += y[i];
                sxy[i] += j * y[i];
            }
            j += 1.0;
        }
        for i in 0..STRIP {
            let m = (n * sxy[i] - sx * sy[i]) / d;
            let c = (sy[i] - m * sx) / n;
            line[strip + i] = m * (n - 1.0) + c;
        }
    }
}

/// Hull in the reference's order; `look` inner values before the block are in reach.
#[inline(always)]
fn exact_hull(history: &History, look: usize, n: usize, scratch: &mut [f64], line: &mut Line) {
    let (half, root) = hull_lengths(n);
    let origin = history.origin();
    let before = root - 1;
    let raw = &mut scratch[look - before..];
    exact_wma(&history.x[origin - before + 1 - half..], half, raw);
    let mut full = [0.0; BLOCK];
    // In pieces of a block, since the history before it may be longer than one.
    for start in (0..raw.len()).step_by(BLOCK) {
        let bars = BLOCK.min(raw.len() - start);
        let from = origin - before + start;
        exact_wma(&history.x[from + 1 - n..from + bars], n, &mut full[..bars]);
        for (raw, full) in raw[start..].iter_mut().zip(&full[..bars]) {
            *raw = 2.0 * *raw - full;
        }
    }
    exact_wma(raw, root, line);
}
