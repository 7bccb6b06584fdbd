//! The equity of following a signal one bar late, with decay and a floor.

/// The lowest value an equity can take.
pub const FLOOR: f64 = 0.25;

/// What a bar earns while the signal is 0 or undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NeutralRule {
    /// Nothing (the Python ports).
    Zero,
    /// What the last bar with a signal earned, again and again (the TradingView script, whose
    /// variable is never reset).
    Hold,
}

/// The equity curve of holding the previous bar's signal, decayed every bar, never below
/// [`FLOOR`].
///
/// The position on bar i is the signal of bar i - 1, so it never looks ahead. Only the sign of
/// the signal matters. A `start` below the floor is lifted to it.
///
/// # Shapes and units
/// `signal` and `growth_return` (the simple return of each bar times its growth factor) of n
/// values in, n values out; the first `cutout_bars` are NaN and `out[cutout_bars]` is `start`.
/// `decay` is a fraction per bar (0.0003), not a percentage.
///
/// # Formula
/// `e[i] = max(e[i-1] (1 - decay) (1 + a), 0.25)`, `a` = plus or minus the return by the sign
/// of the previous signal.
///
/// # Missing values
/// An undefined return earns nothing under [`NeutralRule::Zero`].
///
/// # Complexity
/// O(n) time, no memory.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::{equity, NeutralRule};
/// let mut out = [0.0; 3];
/// let (signal, ret) = ([1.0, -1.0, -1.0], [f64::NAN, 0.10, 0.10]);
/// equity(1.0, &signal, &ret, 0.0, 0, NeutralRule::Zero, &mut out);
/// assert_eq!(out[1], 1.1); // long over the second bar
/// assert!((out[2] - 0.99).abs() < 1e-12); // short over the third
/// ```
pub fn equity(
    start: f64,
    signal: &[f64],
    growth_return: &[f64],
    decay: f64,
    cutout_bars: usize,
    neutral: NeutralRule,
    out: &mut [f64],
) {
    let bars = signal.len().min(growth_return.len()).min(out.len());
    let keep = 1.0 - decay;
    let (mut earned, mut previous) = (0.0, f64::NAN);
    for i in 0..bars {
        if i < cutout_bars {
            out[i] = f64::NAN;
            continue;
        }
        let position = if i > 0 { signal[i - 1] } else { f64::NAN };
        let r = growth_return[i];
        if neutral == NeutralRule::Zero {
            earned = 0.0;
        }
        if neutral == NeutralRule::Hold || !r.is_nan() {
            if position > 0.0 {
                earned = r;
            } else if position < 0.0 {
                earned = -r;
            }
        }
        let value = if previous.is_nan() {
            start
        } else {
            previous * keep * (1.0 + earned)
        };
        previous = if value < FLOOR { FLOOR } else { value };
        out[i] = previous;
    }
}
