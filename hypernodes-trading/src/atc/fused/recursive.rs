//! EMA, DEMA and KAMA: nine chains of each, side by side.

use super::history::History;
use super::plan::Plan;
use super::{BLOCK, Row, STRIP};
use crate::atc::{MaKind, SLOTS};
use crate::kernels::{DemaSeed, EmaStep, KamaStart, SLOW, ema_seed, ema_step, kama_smoothing};

/// Which chain a seed starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Chain {
    Ema,
    First,
    Second,
}

/// A chain's first value and the bar it stands at.
#[derive(Debug, Clone, Copy)]
struct Seed {
    bar: usize,
    chain: Chain,
    slot: usize,
    value: f64,
}

/// Where the chains are.
///
/// A chain that has not started holds NaN, which its own step hands on.
#[derive(Debug, Clone)]
pub(super) struct Recursive {
    ema: [f64; SLOTS],
    first: [f64; SLOTS],
    second: [f64; SLOTS],
    kama: [f64; SLOTS],
    /// Latest first, so that the next one is popped off the end.
    seeds: Vec<Seed>,
    /// Summed absolute steps: a row per slot, wide enough for the spread on both sides.
    noise: Vec<f64>,
    /// KAMA's squared smoothing constants, a row of [`BLOCK`] per slot.
    smoothing: Vec<[f64; BLOCK]>,
}

impl Default for Recursive {
    fn default() -> Self {
        Self {
            ema: [f64::NAN; SLOTS],
            first: [f64::NAN; SLOTS],
            second: [f64::NAN; SLOTS],
            kama: [0.0; SLOTS],
            seeds: Vec::new(),
            noise: Vec::new(),
            smoothing: vec![[0.0; BLOCK]; SLOTS],
        }
    }
}

impl Recursive {
    /// Starts over for the series `source`, which is not empty.
    pub(super) fn reset(&mut self, plan: &Plan, source: &[f64]) {
        self.ema = [f64::NAN; SLOTS];
        self.first = self.ema;
        self.second = self.ema;
        self.kama = match plan.rules.kama_start {
            KamaStart::Price => [source[0]; SLOTS],
            KamaStart::Zero => [0.0; SLOTS],
        };
        let row = noise_row(plan);
        self.noise.clear();
        self.noise.resize(row * SLOTS, 0.0);
        self.seeds.clear();
        for slot in 0..SLOTS {
            let n = plan.of(MaKind::Ema)[slot];
            if plan.is_live(n) {
                let value = ema_seed(&source[..n]);
                self.seeds.push(Seed {
                    bar: n - 1,
                    chain: Chain::Ema,
                    slot,
                    value,
                });
            }
            let n = plan.of(MaKind::Dema)[slot];
            if plan.is_live(n) {
                let value = ema_seed(&source[..n]);
                self.seeds.push(Seed {
                    bar: n - 1,
                    chain: Chain::First,
                    slot,
                    value,
                });
                if let Some((bar, value)) = second_seed(plan, source, n, value) {
                    self.seeds.push(Seed {
                        bar,
                        chain: Chain::Second,
                        slot,
                        value,
                    });
                }
            }
        }
        self.seeds
            .sort_unstable_by_key(|s| std::cmp::Reverse((s.bar, s.chain, s.slot)));
    }

    /// Writes EMA, DEMA and KAMA of the block `first..first + bars` into `rows`.
    #[inline(always)]
    pub(super) fn block(
        &mut self,
        plan: &Plan,
        history: &History,
        first: usize,
        bars: usize,
        rows: &mut [Row],
    ) {
        let x = &history.x[history.origin()..][..bars];
        self.exponential(plan, x, first, rows);
        self.smooth(plan, history, first);
        let kama = MaKind::Kama.index();
        let mut value = self.kama;
        for ((i, &x), row) in x.iter().enumerate().zip(rows) {
            for slot in 0..SLOTS {
                value[slot] += self.smoothing[slot][i] * (x - value[slot]);
                row[slot][kama] = value[slot];
            }
        }
        self.kama = value;
    }

    #[inline(always)]
    fn exponential(&mut self, plan: &Plan, x: &[f64], first: usize, rows: &mut [Row]) {
        let alpha = |kind| plan.of(kind).map(|n| 2.0 / (n as f64 + 1.0));
        let (ema_alpha, dema_alpha) = (alpha(MaKind::Ema), alpha(MaKind::Dema));
        let mut done = 0;
        while done < x.len() {
            // Up to the next seed no chain starts, so the inner loop has no test.
            let next = self
                .seeds
                .last()
                .map_or(x.len(), |s| (s.bar - first).min(x.len()));
            let range = done..next;
            match plan.rules.ema_step {
                EmaStep::Blend => self.steps::<true>(&ema_alpha, &dema_alpha, x, range, rows),
                EmaStep::Increment => self.steps::<false>(&ema_alpha, &dema_alpha, x, range, rows),
            }
            done = next;
            if next < x.len() {
                let range = next..next + 1;
                match plan.rules.ema_step {
                    EmaStep::Blend => self.steps::<true>(&ema_alpha, &dema_alpha, x, range, rows),
                    EmaStep::Increment => {
                        self.steps::<false>(&ema_alpha, &dema_alpha, x, range, rows);
                    }
                }
                self.plant(first + next, &mut rows[next]);
                done = next + 1;
            }
        }
    }

    #[inline(always)]
    fn steps<const BLEND: bool>(
        &mut self,
        ema_alpha: &[f64; SLOTS],
        dema_alpha: &[f64; SLOTS],
        x: &[f64],
        range: std::ops::Range<usize>,
        rows: &mut [Row],
    ) {
        let step = if BLEND {
            EmaStep::Blend
        } else {
            EmaStep::Increment
        };
        let (mut ema, mut e1, mut e2) = (self.ema, self.first, self.second);
        for (&x, row) in x[range.clone()].iter().zip(&mut rows[range]) {
            for slot in 0..SLOTS {
                ema[slot] = ema_step(step, ema_alpha[slot], ema[slot], x);
                e1[slot] = ema_step(step, dema_alpha[slot], e1[slot], x);
                e2[slot] = ema_step(step, dema_alpha[slot], e2[slot], e1[slot]);
                row[slot][MaKind::Ema as usize] = ema[slot];
                row[slot][MaKind::Dema as usize] = 2.0 * e1[slot] - e2[slot];
            }
        }
        (self.ema, self.first, self.second) = (ema, e1, e2);
    }

    /// Starts the chains whose first value stands at `bar`.
    #[inline(always)]
    fn plant(&mut self, bar: usize, row: &mut Row) {
        while let Some(seed) = self.seeds.pop_if(|s| s.bar == bar) {
            let slot = seed.slot;
            match seed.chain {
                Chain::Ema => {
                    self.ema[slot] = seed.value;
                    row[slot][MaKind::Ema as usize] = seed.value;
                }
                Chain::First => self.first[slot] = seed.value,
                Chain::Second => self.second[slot] = seed.value,
            }
            row[slot][MaKind::Dema as usize] = 2.0 * self.first[slot] - self.second[slot];
        }
    }

    /// Fills `smoothing`. The steps of a window are added oldest first, as the reference does:
    /// windows that start at one bar share their sum, whatever their length.
    #[inline(always)]
    fn smooth(&mut self, plan: &Plan, history: &History, first: usize) {
        let warm = match plan.rules.kama_start {
            KamaStart::Price => 0.0,
            KamaStart::Zero => SLOW * SLOW,
        };
        for (slot, &n) in plan.of(MaKind::Kama).iter().enumerate() {
            if !plan.is_live(n) {
                self.smoothing[slot].fill(warm);
            }
        }
        let (Some(&(shortest, _)), Some(&(longest, _))) = (plan.kama.first(), plan.kama.last())
        else {
            return;
        };
        let (width, origin) = (noise_row(plan), history.origin());
        for strip in (0..BLOCK + longest - shortest).step_by(STRIP) {
            // Windows starting at these 16 bars.
            let start = origin + strip + 1 - longest;
            let mut sum = [0.0; STRIP];
            let mut taken = 0;
            for &(n, slot) in &plan.kama {
                while taken < n {
                    let Some(steps) = history.steps[start + taken..].first_chunk::<STRIP>() else {
                        break;
                    };
                    for (s, step) in sum.iter_mut().zip(steps) {
                        *s += step;
                    }
                    taken += 1;
                }
                let at = slot * width + strip + n - shortest;
                self.noise[at..at + STRIP].copy_from_slice(&sum);
            }
        }
        for &(n, slot) in &plan.kama {
            let noise = &self.noise[slot * width + longest - shortest..][..BLOCK];
            let (now, then) = (&history.x[origin..], &history.x[origin - n..]);
            let out = &mut self.smoothing[slot];
            for i in 0..BLOCK {
                out[i] = kama_smoothing((now[i] - then[i]).abs(), noise[i]);
            }
            let warm_bars = n.saturating_sub(first).min(BLOCK);
            out[..warm_bars].fill(warm);
        }
    }
}

/// Values per slot in [`Recursive::noise`].
#[inline(always)]
fn noise_row(plan: &Plan) -> usize {
    BLOCK + 2 * (plan.kama_spread() + STRIP)
}

/// Where the second EMA of a DEMA starts, and with what; `value` is the first one's seed.
fn second_seed(plan: &Plan, source: &[f64], n: usize, value: f64) -> Option<(usize, f64)> {
    match plan.rules.dema_seed {
        DemaSeed::Value => Some((n - 1, value)),
        DemaSeed::Mean => {
            let bar = 2 * n - 2;
            let rest = source.get(n..=bar)?;
            let alpha = 2.0 / (n as f64 + 1.0);
            let (mut e1, mut sum) = (value, 0.0 + value);
            for &x in rest {
                e1 = ema_step(plan.rules.ema_step, alpha, e1, x);
                sum += e1;
            }
            Some((bar, sum / n as f64))
        }
    }
}
