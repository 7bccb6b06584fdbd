//! A series for examples: anybody can write it down again.

use crate::bars::Bars;

/// 250 daily bars of waves around 100: what the last values in the documentation of each indicator are computed from.
///
/// With `s(i, n)` the triangle wave of period n, from -1 to 1, beginning at -1:
/// close = 100 + 8 s(i, 50) + 3 s(i, 12), open = the close before (100 at first), high = the greater of both + 1,
/// low = the lesser - 1, volume = 1,000 + 10 (i mod 17), times = whole days from 1970-01-01 on.
///
/// # Example
/// ```
/// let bars = hypernodes_trading::indicators::sample();
/// assert_eq!(bars.len(), 250);
/// assert_eq!(bars.close()[0], 89.0); // 100 - 8 - 3
/// assert_eq!(bars.close()[25], 108.0 + 3.0 * (1.0 / 3.0 - 1.0)); // 1 bar after the start of a short wave
/// ```
///
/// # Panics
/// Never: the bars keep their promises.
#[must_use]
pub fn sample() -> Bars {
    let wave = |bar: u32, period: u32| {
        let part = f64::from(2 * (bar % period)) / f64::from(period);
        if part < 1.0 {
            2.0 * part - 1.0
        } else {
            3.0 - 2.0 * part
        }
    };
    let close: Vec<f64> = (0..250)
        .map(|bar| 100.0 + 8.0 * wave(bar, 50) + 3.0 * wave(bar, 12))
        .collect();
    let open: Vec<f64> = std::iter::once(100.0)
        .chain(close.iter().copied())
        .take(close.len())
        .collect();
    let pairs = || open.iter().zip(&close);
    let high: Vec<f64> = pairs()
        .map(|(open, close)| open.max(*close) + 1.0)
        .collect();
    let low: Vec<f64> = pairs()
        .map(|(open, close)| open.min(*close) - 1.0)
        .collect();
    let volume: Vec<f64> = (0..250)
        .map(|bar: u32| 1_000.0 + 10.0 * f64::from(bar % 17))
        .collect();
    let time: Vec<i64> = (0..250).map(|day| day * 86_400_000_000_000).collect();
    let built = Bars::new("SAMPLE", time, close)
        .and_then(|bars| bars.with_open(open))
        .and_then(|bars| bars.with_high_low(high, low))
        .and_then(|bars| bars.with_volume(volume));
    built.expect("the bars keep their promises")
}
