//! The specification's executable reference, operation for operation: slow, obvious, and the
//! oracle of the fused kernel. Nothing here is shared with `kernels` or `atc`.

#![expect(
    clippy::needless_range_loop,
    reason = "index for index as in the reference"
)]

use crate::atc::{AtcConfig, MaKind, Profile};

pub(crate) struct Reference {
    pub(crate) ret: Vec<f64>,
    pub(crate) signals: Vec<Vec<f64>>,
    pub(crate) equities: Vec<Vec<f64>>,
    pub(crate) average: Vec<f64>,
    /// By kind, by slot.
    pub(crate) averages: Vec<Vec<Vec<f64>>>,
}

fn sma(x: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; x.len()];
    for i in n - 1..x.len().max(n - 1) {
        let mut s = 0.0;
        for k in i + 1 - n..=i {
            s += x[k];
        }
        out[i] = s / n as f64;
    }
    out
}

pub(crate) fn wma(x: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; x.len()];
    let den = (n * (n + 1)) as f64 / 2.0;
    for i in n - 1..x.len().max(n - 1) {
        let mut s = 0.0;
        for k in 0..n {
            s += x[i - k] * (n - k) as f64;
        }
        out[i] = s / den;
    }
    out
}

fn ema(x: &[f64], n: usize, mean_seed: bool, increment: bool) -> Vec<f64> {
    let mut out = vec![f64::NAN; x.len()];
    let Some(f) = x.iter().position(|v| !v.is_nan()) else {
        return out;
    };
    let alpha = 2.0 / (n as f64 + 1.0);
    let start = if mean_seed { f + n - 1 } else { f };
    if start >= x.len() {
        return out;
    }
    out[start] = if mean_seed {
        let mut s = 0.0;
        for k in f..f + n {
            s += x[k];
        }
        s / n as f64
    } else {
        x[start]
    };
    for i in start + 1..x.len() {
        let p = out[i - 1];
        out[i] = if increment {
            p + alpha * (x[i] - p)
        } else {
            alpha * x[i] + (1.0 - alpha) * p
        };
    }
    out
}

fn dema(x: &[f64], n: usize, mean_seed: bool, increment: bool) -> Vec<f64> {
    let e1 = ema(x, n, true, increment);
    let e2 = ema(&e1, n, mean_seed, increment);
    e1.iter().zip(&e2).map(|(a, b)| 2.0 * a - b).collect()
}

fn lsma(x: &[f64], n: usize) -> Vec<f64> {
    if n == 1 {
        return x.to_vec();
    }
    let mut out = vec![f64::NAN; x.len()];
    let nf = n as f64;
    let sx = (n * (n - 1)) as f64 / 2.0;
    let sxx = (n * (n - 1) * (2 * n - 1)) as f64 / 6.0;
    let d = nf * sxx - sx * sx;
    for i in n - 1..x.len().max(n - 1) {
        let (mut sy, mut sxy) = (0.0, 0.0);
        for j in 0..n {
            let y = x[i + 1 - n + j];
            sy += y;
            sxy += j as f64 * y;
        }
        let m = (nf * sxy - sx * sy) / d;
        let c = (sy - m * sx) / nf;
        out[i] = m * (nf - 1.0) + c;
    }
    out
}

fn hull(x: &[f64], n: usize) -> Vec<f64> {
    let half = (n / 2).max(1);
    let root = n.isqrt().max(1);
    let (a, b) = (wma(x, half), wma(x, n));
    let raw: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 2.0 * a - b).collect();
    wma(&raw, root)
}

fn kama(x: &[f64], n: usize, zero_start: bool) -> Vec<f64> {
    let (fast, slow) = (0.666, 0.064);
    let mut out = vec![f64::NAN; x.len()];
    for i in 0..x.len() {
        if i < n {
            out[i] = if zero_start {
                let prev = if i > 0 { out[i - 1] } else { 0.0 };
                prev + slow * slow * (x[i] - prev)
            } else {
                x[0]
            };
            continue;
        }
        let mut noise = 0.0;
        for k in i + 1 - n..=i {
            noise += (x[k] - x[k - 1]).abs();
        }
        let ratio = if noise != 0.0 {
            (x[i] - x[i - n]).abs() / noise
        } else {
            0.0
        };
        let s = ratio * (fast - slow) + slow;
        out[i] = out[i - 1] + s * s * (x[i] - out[i - 1]);
    }
    out
}

fn cross_signal(close: &[f64], ma: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; close.len()];
    let mut cur = 0.0;
    for i in 1..close.len() {
        if close[i] > ma[i] && close[i - 1] <= ma[i - 1] {
            cur = 1.0;
        } else if close[i] < ma[i] && close[i - 1] >= ma[i - 1] {
            cur = -1.0;
        }
        out[i] = cur;
    }
    out
}

fn equity(start: f64, sig: &[f64], rg: &[f64], decay: f64, cut: usize, hold: bool) -> Vec<f64> {
    let mut out = vec![f64::NAN; sig.len()];
    let (mut a, mut prev) = (0.0, f64::NAN);
    for i in cut..sig.len() {
        let sp = if i > 0 { sig[i - 1] } else { f64::NAN };
        let r = rg[i];
        if !hold {
            a = 0.0;
        }
        if sp > 0.0 && (hold || !r.is_nan()) {
            a = r;
        } else if sp < 0.0 && (hold || !r.is_nan()) {
            a = -r;
        }
        let mut v = if prev.is_nan() {
            start
        } else {
            prev * (1.0 - decay) * (1.0 + a)
        };
        if v < 0.25 {
            v = 0.25;
        }
        out[i] = v;
        prev = v;
    }
    out
}

fn round2(v: f64, half_even: bool) -> f64 {
    if v.is_nan() {
        v
    } else if half_even {
        (v * 100.0).round_ties_even() / 100.0
    } else {
        let t = (v.abs() * 100.0 + 0.5 + 1e-10).floor() / 100.0;
        if t == 0.0 { 0.0 } else { t.copysign(v) }
    }
}

fn weighted(sigs: &[Vec<f64>], eqs: &[Vec<f64>], half_even: bool) -> Vec<f64> {
    (0..sigs[0].len())
        .map(|i| {
            let (mut num, mut den) = (0.0, 0.0);
            for (s, e) in sigs.iter().zip(eqs) {
                num += s[i] * e[i];
                den += e[i];
            }
            let s = if !f64::is_nan(den) && den != 0.0 {
                num / den
            } else {
                f64::NAN
            };
            round2(s, half_even)
        })
        .collect()
}

/// ATC with the repaired Layer 1 cutout.
pub(crate) fn atc(close: &[f64], src: &[f64], config: &AtcConfig) -> Reference {
    let pine = config.profile == Profile::Pine;
    let n = close.len();
    let (lam, dec, cut) = (config.lambda / 1000.0, config.decay / 100.0, config.cutout);
    let mut ret = vec![f64::NAN; n];
    for i in 1..n {
        ret[i] = (close[i] - close[i - 1]) / close[i - 1];
    }
    let rg: Vec<f64> = (0..n)
        .map(|i| {
            ret[i]
                * if i < cut {
                    1.0
                } else {
                    (lam * (i - cut) as f64).exp()
                }
        })
        .collect();
    let (hi, lo) = if pine {
        (0.49, -0.49)
    } else {
        (config.long_threshold, config.short_threshold)
    };
    let mut out = Reference {
        ret,
        signals: Vec::new(),
        equities: Vec::new(),
        average: vec![f64::NAN; n],
        averages: Vec::new(),
    };
    for kind in MaKind::ALL {
        let lengths = config
            .robustness
            .lengths(kind, config.length(kind))
            .unwrap();
        let mas: Vec<Vec<f64>> = lengths
            .iter()
            .map(|&m| {
                let m = m as usize;
                match kind {
                    MaKind::Ema => ema(src, m, true, pine),
                    MaKind::Hma if pine => sma(src, m),
                    MaKind::Hma => hull(src, m),
                    MaKind::Wma => wma(src, m),
                    MaKind::Dema => dema(src, m, pine, pine),
                    MaKind::Lsma => lsma(src, m),
                    MaKind::Kama => kama(src, m, pine),
                }
            })
            .collect();
        let sigs: Vec<_> = mas.iter().map(|m| cross_signal(close, m)).collect();
        let eqs: Vec<_> = sigs
            .iter()
            .map(|s| equity(1.0, s, &rg, dec, cut, pine))
            .collect();
        let layer1 = weighted(&sigs, &eqs, !pine);
        out.equities
            .push(equity(config.weight(kind), &layer1, &rg, dec, cut, pine));
        out.signals.push(layer1);
        out.averages.push(mas);
    }
    for i in 0..n {
        if i < cut {
            out.average[i] = if pine { f64::NAN } else { 0.0 };
            continue;
        }
        let (mut num, mut den) = (0.0, 0.0);
        for t in 0..6 {
            let s = out.signals[t][i];
            let class = if s > hi {
                1.0
            } else if s < lo {
                -1.0
            } else {
                0.0
            };
            num += class * out.equities[t][i];
            den += out.equities[t][i];
        }
        out.average[i] = num / den;
    }
    if config.strategy_mode && !pine {
        out.average.insert(0, 0.0);
        out.average.pop();
    }
    out
}

/// The portable pseudo-random walk of the test vectors.
pub(crate) fn lcg_walk(n: usize, seed: u64, start: f64, vol: f64) -> Vec<f64> {
    let (mut s, mut p) = (seed, start);
    (0..n)
        .map(|_| {
            let now = p;
            s = (1_103_515_245 * s + 12345) % 2_147_483_648;
            p *= 1.0 + vol * (2.0 * (s as f64 / 2_147_483_648.0) - 1.0);
            now
        })
        .collect()
}
