//! Longer bars from shorter ones: [`resample`] for columns, [`ResampleState`] for bars as they come.
//!
//! Nothing is ever filled in: where no bar was traded there is none. Joining symbols is in [`mod@crate::align`].

mod state;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use state::{Bar, ResampleError, ResampleState};

use crate::bars::{Bars, BarsError};
use crate::timeframe::Timeframe;

/// The bars of `bars` taken together into bars of `timeframe`.
///
/// A bar belongs to the window that holds its time; its end, which is the next window's start, belongs to the next.
/// Of each window that holds a bar come: the window's start as the time, the first open, the highest high, the lowest
/// low, the last close, and the sum of the volumes, added from the first to the last. A window without bars gives no
/// bar. A column that is not there is not there in the result. A timeframe shorter than the bars leaves them one a
/// window, named by its start.
///
/// The last bar may be of a window that is not over; only what follows can tell.
///
/// # Shapes and units
/// n bars give at most n bars. Prices and volumes keep their units.
///
/// # Errors
/// [`BarsError::Value`] when volumes add up to more than an `f64` holds.
///
/// # Complexity
/// One pass over each column.
///
/// # Example
/// ```
/// use hypernodes_trading::{Bars, resample::resample};
/// let minute = 60_000_000_000;
/// let bars = Bars::new("ACME", vec![0, minute, 2 * minute, 9 * minute], vec![10.0, 12.0, 11.0, 13.0])?
///     .with_volume(vec![1.0, 2.0, 3.0, 4.0])?;
/// let fives = resample(&bars, "5m".parse().expect("a timeframe"))?;
/// assert_eq!(fives.time(), [0, 5 * minute]);
/// assert_eq!(fives.close(), [11.0, 13.0]);
/// assert_eq!(fives.volume(), Some(&[6.0, 4.0][..]));
/// # Ok::<(), hypernodes_trading::BarsError>(())
/// ```
pub fn resample(bars: &Bars, timeframe: Timeframe) -> Result<Bars, BarsError> {
    let (starts, rows) = windows(bars.time(), timeframe);
    let each = |column: &[f64], fold: fn(&[f64]) -> f64| -> Vec<f64> {
        rows.iter()
            .map(|rows| fold(&column[rows.clone()]))
            .collect()
    };
    let close = each(bars.close(), |window| window[window.len() - 1]);
    let mut longer = Bars::new(bars.symbol(), starts, close)?;
    if let Some(open) = bars.open() {
        longer = longer.with_open(each(open, |window| window[0]))?;
    }
    if let Some(high) = bars.high() {
        longer = longer.with_high(each(high, |window| reduced(window, f64::max)))?;
    }
    if let Some(low) = bars.low() {
        longer = longer.with_low(each(low, |window| reduced(window, f64::min)))?;
    }
    if let Some(volume) = bars.volume() {
        longer = longer.with_volume(each(volume, |window| reduced(window, |a, b| a + b)))?;
    }
    Ok(match bars.exchange() {
        Some(exchange) => longer.with_exchange(exchange),
        None => longer,
    })
}

/// From the first on, never from 0: the sum of one volume is that volume, whatever its sign bit.
fn reduced(window: &[f64], step: fn(f64, f64) -> f64) -> f64 {
    window[1..]
        .iter()
        .fold(window[0], |all, &one| step(all, one))
}

/// The windows that hold a time: their starts, and their rows.
fn windows(time: &[i64], timeframe: Timeframe) -> (Vec<i64>, Vec<Range<usize>>) {
    let (mut starts, mut rows) = (Vec::new(), Vec::new());
    let mut from = 0;
    while from < time.len() {
        let (start, end) = timeframe.window(time[from]);
        let holds = |&&at: &&i64| at < end || end == i64::MAX;
        let to = from + time[from..].iter().take_while(holds).count();
        starts.push(start);
        rows.push(from..to);
        from = to;
    }
    (starts, rows)
}
