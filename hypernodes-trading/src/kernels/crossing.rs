//! Which side of a moving average the price crossed to last.

/// The crossing signal: +1 from the bar where `close` crosses above `ma`, -1 from the bar
/// where it crosses below, 0 before the first crossing.
///
/// It never looks ahead: `out[i]` uses bars `i - 1` and `i` only.
///
/// # Shapes and units
/// two slices of n values in, n values of -1, 0 or +1 out; `out[0]` is 0.
///
/// # Formula
/// up: `close[i] > ma[i]` and `close[i-1] <= ma[i-1]`; down: `close[i] < ma[i]` and
/// `close[i-1] >= ma[i-1]`; otherwise the previous value.
///
/// # Missing values
/// A comparison with NaN is false, so an undefined average never crosses.
///
/// # Complexity
/// O(n) time, no memory.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::crossing;
/// let mut out = [0.0; 4];
/// crossing(&[1.0, 3.0, 3.0, 1.0], &[2.0; 4], &mut out);
/// assert_eq!(out, [0.0, 1.0, 1.0, -1.0]);
/// ```
pub fn crossing(close: &[f64], ma: &[f64], out: &mut [f64]) {
    let bars = close.len().min(ma.len()).min(out.len());
    let mut signal = 0.0;
    for i in 0..bars {
        if i > 0 {
            if close[i] > ma[i] && close[i - 1] <= ma[i - 1] {
                signal = 1.0;
            } else if close[i] < ma[i] && close[i - 1] >= ma[i - 1] {
                signal = -1.0;
            }
        }
        out[i] = signal;
    }
}
