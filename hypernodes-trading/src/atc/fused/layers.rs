//! Crossings, the 54 equities, Layer 1 and Layer 2; the six kinds are the lanes.

use super::{BLOCK, LANES, Row};
use crate::atc::{MaKind, Rules, SLOTS};
use crate::kernels::{FLOOR, NeutralRule, hundredths_half_away, hundredths_half_even};

/// One value per kind, padded to a full vector.
pub(super) type Lanes = [f64; LANES];

/// Where both layers are, and their values over the last block.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    signal: [Lanes; SLOTS],
    equity: [Lanes; SLOTS],
    /// Layer 1 signal of the bar before, in hundredths.
    layer1: Lanes,
    layer2: Lanes,
    /// What Layer 2 earned on the bar before.
    earned: Lanes,
    /// Layer 1 signals of the block in hundredths.
    pub(super) signals: [Lanes; BLOCK],
    /// Layer 2 equities of the block.
    pub(super) equities: [Lanes; BLOCK],
}

/// What the layers need to know of the settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerRules {
    keep: f64,
    cutout: usize,
    weights: Lanes,
    hold: bool,
    half_even: bool,
}

impl LayerRules {
    pub(super) fn new(rules: &Rules, decay: f64, cutout: usize, weights: [f64; 6]) -> Self {
        let mut lanes = [1.0; LANES];
        lanes[..6].copy_from_slice(&weights);
        Self {
            keep: 1.0 - decay,
            cutout,
            weights: lanes,
            hold: rules.neutral == NeutralRule::Hold,
            half_even: rules.round_half_even,
        }
    }
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            signal: [[0.0; LANES]; SLOTS],
            equity: [[1.0; LANES]; SLOTS],
            layer1: [0.0; LANES],
            layer2: [1.0; LANES],
            earned: [0.0; LANES],
            signals: [[f64::NAN; LANES]; BLOCK],
            equities: [[f64::NAN; LANES]; BLOCK],
        }
    }
}

impl Layers {
    /// Starts over for a series.
    pub(super) fn reset(&mut self) {
        self.signal = [[0.0; LANES]; SLOTS];
        self.equity = [[1.0; LANES]; SLOTS];
        self.layer1 = [0.0; LANES];
        self.layer2 = [1.0; LANES];
        self.earned = [0.0; LANES];
    }

    /// Runs both layers over the block that starts at bar `first`.
    ///
    /// `close` and `rows` hold one bar more than the block, the bar before it, in front;
    /// `returns` are the growth-weighted returns of the block.
    #[inline(always)]
    pub(super) fn block(
        &mut self,
        rules: &LayerRules,
        first: usize,
        close: &[f64],
        returns: &[f64],
        rows: &[Row],
    ) {
        let bars = returns.len();
        // Bars up to and with the first active one, where every equity starts.
        let quiet = (rules.cutout + 1).saturating_sub(first).min(bars);
        for i in 0..quiet {
            if first + i > 0 {
                self.cross(close[i], close[i + 1], &rows[i], &rows[i + 1]);
            }
            if first + i == rules.cutout {
                let (mut number, mut total) = ([0.0; LANES], [0.0; LANES]);
                for slot in 0..SLOTS {
                    for lane in 0..LANES {
                        number[lane] += self.signal[slot][lane];
                        total[lane] += 1.0;
                    }
                }
                for lane in 0..LANES {
                    self.layer1[lane] = rounded(rules, number[lane] / total[lane]);
                    let weight = rules.weights[lane];
                    self.layer2[lane] = if weight < FLOOR { FLOOR } else { weight };
                }
                self.signals[i] = self.layer1;
                self.equities[i] = self.layer2;
            } else {
                self.signals[i] = [f64::NAN; LANES];
                self.equities[i] = [f64::NAN; LANES];
            }
        }
        match (rules.half_even, rules.hold) {
            (true, false) => self.active::<true, false>(rules, quiet, close, returns, rows),
            (true, true) => self.active::<true, true>(rules, quiet, close, returns, rows),
            (false, false) => self.active::<false, false>(rules, quiet, close, returns, rows),
            (false, true) => self.active::<false, true>(rules, quiet, close, returns, rows),
        }
    }

    #[inline(always)]
    fn cross(&mut self, c0: f64, c1: f64, before: &Row, now: &Row) {
        for slot in 0..SLOTS {
            for lane in 0..LANES {
                let (m0, m1) = (before[slot][lane], now[slot][lane]);
                self.signal[slot][lane] = crossed(self.signal[slot][lane], c0, c1, m0, m1);
            }
        }
    }

    /// The bars after the first active one: the loop that the time goes to.
    #[inline(always)]
    fn active<const HALF_EVEN: bool, const HOLD: bool>(
        &mut self,
        rules: &LayerRules,
        from: usize,
        close: &[f64],
        returns: &[f64],
        rows: &[Row],
    ) {
        let keep = rules.keep;
        let (mut signal, mut equity) = (self.signal, self.equity);
        let (mut layer1, mut layer2, mut earned) = (self.layer1, self.layer2, self.earned);
        for i in from..returns.len() {
            let (c0, c1, r) = (close[i], close[i + 1], returns[i]);
            let (before, now) = (&rows[i], &rows[i + 1]);
            let (mut number, mut total) = ([0.0; LANES], [0.0; LANES]);
            for slot in 0..SLOTS {
                for lane in 0..LANES {
                    let held = signal[slot][lane];
                    let e = equity[slot][lane] * keep * (1.0 + held * r);
                    let e = if e < FLOOR { FLOOR } else { e };
                    let s = crossed(held, c0, c1, before[slot][lane], now[slot][lane]);
                    signal[slot][lane] = s;
                    equity[slot][lane] = e;
                    number[lane] += s * e;
                    total[lane] += e;
                }
            }
            for lane in 0..LANES {
                let idle = if HOLD { earned[lane] } else { 0.0 };
                let held = layer1[lane];
                let a = if held > 0.0 { r } else { idle };
                let a = if held < 0.0 { -r } else { a };
                earned[lane] = a;
                let e = layer2[lane] * keep * (1.0 + a);
                layer2[lane] = if e < FLOOR { FLOOR } else { e };
                let q = number[lane] / total[lane];
                layer1[lane] = if HALF_EVEN {
                    hundredths_half_even(q)
                } else {
                    hundredths_half_away(q)
                };
            }
            self.signals[i] = layer1;
            self.equities[i] = layer2;
        }
        (self.signal, self.equity) = (signal, equity);
        (self.layer1, self.layer2, self.earned) = (layer1, layer2, earned);
    }
}

#[inline(always)]
fn rounded(rules: &LayerRules, v: f64) -> f64 {
    if rules.half_even {
        hundredths_half_even(v)
    } else {
        hundredths_half_away(v)
    }
}

/// The crossing signal after one bar; comparisons with NaN are false.
#[inline(always)]
fn crossed(held: f64, c0: f64, c1: f64, m0: f64, m1: f64) -> f64 {
    let up = (c1 > m1) & (c0 <= m0);
    let down = (c1 < m1) & (c0 >= m0);
    let s = if up { 1.0 } else { held };
    if down { -1.0 } else { s }
}

/// The average of the classified signals, weighted by the Layer 2 equities.
#[inline(always)]
pub(super) fn average(
    hundredths: &Lanes,
    equities: &Lanes,
    cuts: (f64, f64),
    undefined: f64,
) -> f64 {
    let (mut number, mut total) = (0.0, 0.0);
    for kind in MaKind::ALL {
        let signal = hundredths[kind.index()] / 100.0;
        let class = if signal > cuts.0 {
            1.0
        } else if signal < cuts.1 {
            -1.0
        } else {
            0.0
        };
        number += class * equities[kind.index()];
        total += equities[kind.index()];
    }
    if total.is_nan() {
        undefined
    } else {
        number / total
    }
}
