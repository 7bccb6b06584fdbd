//! Weighted means over a window: SMA, WMA, Hull; and the exponential pair EMA, DEMA.
//!
//! KAMA and LSMA have files of their own.

use super::leading_nans;

/// How an EMA moves from one bar to the next; both are the same in exact arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmaStep {
    /// `alpha * x + (1 - alpha) * previous` (the Python ports).
    Blend,
    /// `previous + alpha * (x - previous)` (TradingView's builtin).
    Increment,
}

/// How the second EMA inside a DEMA starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DemaSeed {
    /// With the first value of the first EMA: DEMA is defined from bar `n - 1`.
    Value,
    /// With the mean of the first `n` values of the first EMA: defined from bar `2 n - 2`.
    Mean,
}

/// One EMA step, in the order of operations that `step` names.
#[inline(always)]
pub(crate) fn ema_step(step: EmaStep, alpha: f64, previous: f64, x: f64) -> f64 {
    match step {
        EmaStep::Blend => alpha * x + (1.0 - alpha) * previous,
        EmaStep::Increment => previous + alpha * (x - previous),
    }
}

/// The plain mean of `window`, oldest first: the value an EMA starts from.
#[inline]
pub(crate) fn ema_seed(window: &[f64]) -> f64 {
    let mut sum = 0.0;
    for &v in window {
        sum += v;
    }
    sum / window.len() as f64
}

/// Simple moving average: the mean of the last `window_bars` values.
///
/// # Shapes and units
/// `x` of n values in, n values out, in the unit of `x`; the first `window_bars - 1` are NaN
/// (all of them when the window is longer than `x`, or 0).
///
/// # Missing values
/// A NaN inside a window makes that value NaN. Each window is summed afresh, oldest first,
/// so nothing drifts and nothing lingers.
///
/// # Complexity
/// `O(n * window_bars)` time, no memory.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::sma;
/// let mut out = [0.0; 4];
/// sma(&[1.0, 2.0, 3.0, 7.0], 3, &mut out);
/// assert!(out[1].is_nan());
/// assert_eq!(out[2..], [2.0, 4.0]); // (1+2+3)/3 and (2+3+7)/3
/// ```
pub fn sma(x: &[f64], window_bars: usize, out: &mut [f64]) {
    fill_windows(x, window_bars, out, |w| {
        let mut sum = 0.0;
        for &v in w {
            sum += v;
        }
        sum / w.len() as f64
    });
}

/// Linearly weighted moving average: weight `window_bars` on the newest value down to 1.
///
/// # Shapes and units
/// As [`sma`]: the first `window_bars - 1` values are NaN.
///
/// # Formula
/// `sum over k of (n - k) * x[i - k]`, k from 0 to n - 1 (newest first), over `n (n + 1) / 2`.
///
/// # Missing values
/// A NaN inside a window makes that value NaN.
///
/// # Complexity
/// `O(n * window_bars)` time, no memory.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::wma;
/// let mut out = [0.0; 3];
/// wma(&[1.0, 2.0, 6.0], 2, &mut out);
/// assert_eq!(out[1], (2.0 * 2.0 + 1.0) / 3.0);
/// assert_eq!(out[2], (2.0 * 6.0 + 2.0) / 3.0);
/// ```
pub fn wma(x: &[f64], window_bars: usize, out: &mut [f64]) {
    let n = window_bars as f64;
    let denominator = n * (n + 1.0) / 2.0;
    fill_windows(x, window_bars, out, |w| {
        let mut sum = 0.0;
        let mut weight = n;
        for &v in w.iter().rev() {
            sum += v * weight;
            weight -= 1.0;
        }
        sum / denominator
    });
}

/// The two inner lengths of [`hull`]: `(max(1, n / 2), max(1, floor(sqrt n)))`.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::hull_lengths;
/// assert_eq!(hull_lengths(28), (14, 5));
/// assert_eq!(hull_lengths(35), (17, 5)); // floors, never rounds
/// assert_eq!(hull_lengths(1), (1, 1));
/// ```
#[must_use]
pub fn hull_lengths(window_bars: usize) -> (usize, usize) {
    ((window_bars / 2).max(1), window_bars.isqrt().max(1))
}

/// Hull moving average: `WMA_r(2 WMA_h - WMA_n)` with `(h, r)` from [`hull_lengths`].
///
/// `scratch` holds the inner difference; it grows to the length of `x` once and can be
/// passed again and again.
///
/// # Shapes and units
/// n values in, n out; the first `window_bars - 1 + r - 1` are NaN.
///
/// # Complexity
/// `O(n * window_bars)` time; `scratch` of n values.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::hull;
/// let (mut scratch, mut out) = (Vec::new(), [0.0; 6]);
/// hull(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 4, &mut scratch, &mut out);
/// assert!(out[3].is_nan()); // 4 - 1 + 2 - 1 = 4 bars of warm-up
/// assert!((out[5] - 6.0).abs() < 1e-12); // without lag on a straight line
/// ```
///
/// # Reference
/// Alan Hull, "How to reduce lag in a moving average", 2005; floors as in the ATC ports.
pub fn hull(x: &[f64], window_bars: usize, scratch: &mut Vec<f64>, out: &mut [f64]) {
    let (half, root) = hull_lengths(window_bars);
    wma(x, window_bars, out);
    scratch.clear();
    scratch.resize(x.len(), f64::NAN);
    wma(x, half, scratch);
    for (raw, &full) in scratch.iter_mut().zip(out.iter()) {
        *raw = 2.0 * *raw - full;
    }
    wma(scratch, root, out);
}

/// Exponential moving average with `alpha = 2 / (window_bars + 1)`, started with the mean
/// of the first window.
///
/// # Shapes and units
/// n values in, n out; with f leading NaNs in `x` the first value stands at
/// `f + window_bars - 1` and equals the mean of `x[f..f + window_bars]`.
///
/// # Missing values
/// Leading NaNs are skipped; a NaN further in makes all later values NaN.
///
/// # Complexity
/// O(n) time, no memory.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::{ema, EmaStep};
/// let mut out = [0.0; 4];
/// ema(&[1.0, 2.0, 3.0, 6.0], 3, EmaStep::Blend, &mut out);
/// assert!(out[1].is_nan());
/// assert_eq!(out[2..], [2.0, 4.0]); // the mean of 1, 2, 3; then (6 + 2) / 2
/// ```
///
/// # Example: length one equals the input
/// ```
/// # use hypernodes_trading::kernels::{ema, EmaStep};
/// let mut out = [0.0; 2];
/// ema(&[5.0, 8.0], 1, EmaStep::Blend, &mut out);
/// assert_eq!(out, [5.0, 8.0]);
/// ```
pub fn ema(x: &[f64], window_bars: usize, step: EmaStep, out: &mut [f64]) {
    let bars = x.len().min(out.len());
    let (x, out) = (&x[..bars], &mut out[..bars]);
    let first = leading_nans(x);
    let start = (first + window_bars).saturating_sub(1);
    if window_bars == 0 || start >= bars {
        out.fill(f64::NAN);
        return;
    }
    out[..start].fill(f64::NAN);
    let alpha = 2.0 / (window_bars as f64 + 1.0);
    let mut value = ema_seed(&x[first..=start]);
    out[start] = value;
    for (o, &v) in out[start + 1..].iter_mut().zip(&x[start + 1..]) {
        value = ema_step(step, alpha, value, v);
        *o = value;
    }
}

/// Double exponential moving average: `2 E1 - E2`, E1 the [`ema`] of `x`, E2 that of E1.
///
/// # Shapes and units
/// n values in, n out; warm-up by `seed`: `window_bars - 1` or `2 window_bars - 2` NaNs.
///
/// # Missing values
/// As [`ema`].
///
/// # Complexity
/// O(n) time, no memory.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::{dema, DemaSeed, EmaStep};
/// let mut out = [0.0; 4];
/// dema(&[1.0, 2.0, 3.0, 6.0], 3, DemaSeed::Value, EmaStep::Blend, &mut out);
/// assert_eq!(out[2], 2.0); // where it starts, it equals E1
/// assert_eq!(out[3], 5.0); // E1 = 4, E2 = (4 + 2) / 2 = 3
/// ```
///
/// # Reference
/// Patrick Mulloy, "Smoothing data with faster moving averages", 1994.
pub fn dema(x: &[f64], window_bars: usize, seed: DemaSeed, step: EmaStep, out: &mut [f64]) {
    let bars = x.len().min(out.len());
    let out = &mut out[..bars];
    ema(x, window_bars, step, out);
    let first = leading_nans(out);
    let start = match seed {
        DemaSeed::Value => first,
        DemaSeed::Mean => (first + window_bars).saturating_sub(1),
    };
    if start >= bars {
        out.fill(f64::NAN);
        return;
    }
    let alpha = 2.0 / (window_bars as f64 + 1.0);
    let mut second = match seed {
        DemaSeed::Value => out[start],
        DemaSeed::Mean => ema_seed(&out[first..=start]),
    };
    out[first..start].fill(f64::NAN);
    out[start] = 2.0 * out[start] - second;
    for o in &mut out[start + 1..] {
        second = ema_step(step, alpha, second, *o);
        *o = 2.0 * *o - second;
    }
}

/// Fills `out` with `f(window)` for each full window, NaN before the first.
fn fill_windows(x: &[f64], window_bars: usize, out: &mut [f64], f: impl Fn(&[f64]) -> f64) {
    let bars = x.len().min(out.len());
    let (x, out) = (&x[..bars], &mut out[..bars]);
    if window_bars == 0 || window_bars > bars {
        out.fill(f64::NAN);
        return;
    }
    let (warm_up, defined) = out.split_at_mut(window_bars - 1);
    warm_up.fill(f64::NAN);
    for (o, w) in defined.iter_mut().zip(x.windows(window_bars)) {
        *o = f(w);
    }
}
