//! The end point of a least-squares line over a moving window.

/// Least-squares moving average: the value at the newest bar of the line fitted to the last
/// `window_bars` values.
///
/// # Shapes and units
/// n values in, n out, in the unit of `x`; the first `window_bars - 1` are NaN. A window of
/// one bar gives `x` itself.
///
/// # Formula
/// With j = 0 for the oldest value of the window: `m = (n Sxy - Sx Sy) / (n Sxx - Sx^2)`,
/// `c = (Sy - m Sx) / n`, result `m (n - 1) + c`.
///
/// # Missing values
/// A NaN inside a window makes that value NaN.
///
/// # Complexity
/// `O(n * window_bars)` time, no memory.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::lsma;
/// let mut out = [0.0; 3];
/// lsma(&[1.0, 2.0, 6.0], 3, &mut out);
/// assert_eq!(out[2], 5.5); // slope 2.5 through the mean 3: 3 + 2.5
/// ```
pub fn lsma(x: &[f64], window_bars: usize, out: &mut [f64]) {
    let bars = x.len().min(out.len());
    let (x, out) = (&x[..bars], &mut out[..bars]);
    if window_bars == 1 {
        out.copy_from_slice(x);
        return;
    }
    if window_bars == 0 || window_bars > bars {
        out.fill(f64::NAN);
        return;
    }
    let n = window_bars as f64;
    let sx = n * (n - 1.0) / 2.0;
    let sxx = n * (n - 1.0) * (2.0 * n - 1.0) / 6.0;
    let d = n * sxx - sx * sx;
    let (warm_up, defined) = out.split_at_mut(window_bars - 1);
    warm_up.fill(f64::NAN);
    for (o, w) in defined.iter_mut().zip(x.windows(window_bars)) {
        let (mut sy, mut sxy, mut j) = (0.0, 0.0, 0.0);
        for &y in w {
            sy += y;
            sxy += j * y;
            j += 1.0;
        }
        let m = (n * sxy - sx * sy) / d;
        let c = (sy - m * sx) / n;
        *o = m * (n - 1.0) + c;
    }
}
