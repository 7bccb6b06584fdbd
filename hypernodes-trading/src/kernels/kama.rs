//! Kaufman's adaptive moving average with the constants of the ATC script.

/// Smoothing constant of a calm, directionless market; used directly.
pub(crate) const SLOW: f64 = 0.064;
/// Distance to the constant of a perfectly directed market, 0.666.
pub(crate) const FAST_MINUS_SLOW: f64 = 0.666 - SLOW;

/// What KAMA is before its first full window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KamaStart {
    /// The first price, held for `window_bars` bars (the Python ports).
    Price,
    /// It climbs from 0 with the slow constant (what the TradingView script really does).
    Zero,
}

/// Kaufman's adaptive moving average with fast = 0.666 and slow = 0.064, used as they are
/// (not as `2 / (k + 1)`).
///
/// # Shapes and units
/// n values in, n out, in the unit of `x`; defined from bar 0 on (see [`KamaStart`]), real
/// updates begin at bar `window_bars`.
///
/// # Formula
/// `noise = sum |x[k] - x[k-1]|` over the last n steps, oldest first;
/// `er = |x[i] - x[i-n]| / noise` (0 when noise is 0); `s = (er (fast - slow) + slow)^2`;
/// `K[i] = K[i-1] + s (x[i] - K[i-1])`.
///
/// # Missing values
/// A NaN in `x` makes all later values NaN.
///
/// # Complexity
/// `O(n * window_bars)` time, no memory.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::{kama, KamaStart};
/// let mut out = [0.0; 3];
/// kama(&[10.0, 10.0, 11.0], 1, KamaStart::Price, &mut out);
/// assert_eq!(out[..2], [10.0, 10.0]);
/// assert!((out[2] - 10.443556).abs() < 1e-12); // er = 1, s = 0.666^2
/// ```
///
/// # Reference
/// Perry Kaufman, "Trading Systems and Methods", 2013; constants from the TradingView script
/// "Adaptive Trend Classification: Moving Averages".
pub fn kama(x: &[f64], window_bars: usize, start: KamaStart, out: &mut [f64]) {
    let bars = x.len().min(out.len());
    let (x, out) = (&x[..bars], &mut out[..bars]);
    let Some(&first) = x.first() else { return };
    if window_bars == 0 {
        out.fill(f64::NAN);
        return;
    }
    let mut value = match start {
        KamaStart::Price => first,
        KamaStart::Zero => 0.0,
    };
    for i in 0..bars {
        let s = if i >= window_bars {
            let window = &x[i - window_bars..=i];
            let mut noise = 0.0;
            for pair in window.windows(2) {
                noise += (pair[1] - pair[0]).abs();
            }
            kama_smoothing((x[i] - window[0]).abs(), noise)
        } else if start == KamaStart::Zero {
            SLOW * SLOW
        } else {
            0.0
        };
        value += s * (x[i] - value);
        out[i] = value;
    }
}

/// The squared smoothing constant from the net change and the summed changes of a window.
#[inline(always)]
pub(crate) fn kama_smoothing(change: f64, noise: f64) -> f64 {
    let ratio = if noise != 0.0 { change / noise } else { 0.0 };
    let s = ratio * FAST_MINUS_SLOW + SLOW;
    s * s
}
