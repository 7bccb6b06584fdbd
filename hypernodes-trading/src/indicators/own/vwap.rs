//! Volume-weighted average prices that forget: over a moving window, and from the start of each session.
//!
//! The one since the first bar is TA-Lib's [`vwap`](crate::indicators::volume::vwap()).

use hypernodes_core::node;

use super::declare::declare;
use super::window::WindowSum;
use crate::indicators::catalog::{AnyIndicator, Entry, Erased, Input};
use crate::indicators::parameter::ParameterValue;
use crate::indicators::{Indicator, IndicatorError, Parameter};

declare! {
    /// The volume-weighted average of the typical price over the last bars.
    VwapRoll, "VWAP_ROLL", "Rolling volume-weighted average price",
    "sum of v x (h + l + c) / 3 over the last time_period bars, over the sum of v; NaN while that sum is 0.",
    node vwap_roll;
    in High, Low, Close, Volume;
    set vwap_roll_time_period "time_period": usize = 20, 1.0, 100000.0;
    out "";
}

declare! {
    /// The volume-weighted average of the typical price since the session's first bar.
    ///
    /// A session lasts a day of UTC. Where days begin at another time, `session_start_minutes` says at which: 1320 for one
    /// that begins at 22:00.
    VwapSession, "VWAP_SESSION", "Session-anchored volume-weighted average price",
    "sum of v x (h + l + c) / 3 since the first bar of the session, over the sum of v; NaN while that sum is 0.",
    node vwap_session;
    in Time, High, Low, Close, Volume;
    set session_start_minutes "session_start_minutes": usize = 0, 0.0, 1439.0;
    out "";
}

/// Rolling volume-weighted average price.
///
/// # Shapes and units
/// Columns of n bars in, one of n bars out, in the unit of the price; NaN for the first `vwap_roll_time_period - 1` bars.
///
/// # Formula
/// See [`VwapRoll`].
///
/// # Missing values
/// A bar with a NaN or infinite input is NaN and left out of what follows. A window without volume gives NaN.
///
/// # Errors
/// [`IndicatorError::Parameter`] for a value out of range, [`IndicatorError::Length`] for columns of different lengths.
///
/// # Complexity
/// O(n) whatever the window; sums are never taken back, so nothing drifts.
///
/// # Example
/// ```
/// use hypernodes_trading::indicators::own::vwap_roll;
/// let price = [10.0, 20.0, 30.0];
/// let vwap = vwap_roll(&price, &price, &price, &[1.0, 3.0, 1.0], 2)?;
/// assert_eq!(vwap[1..], [17.5, 22.5]); // (10 + 3 x 20) / 4, then (3 x 20 + 30) / 4
/// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
/// ```
#[node(coarse, output = "vwap_roll")]
pub fn vwap_roll(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    volume: &[f64],
    #[default(20)] vwap_roll_time_period: usize,
) -> Result<Vec<f64>, IndicatorError> {
    let [vwap] = VwapRoll::new(vwap_roll_time_period)?.columns([high, low, close, volume])?;
    Ok(vwap)
}

/// Volume-weighted average price since the session's first bar.
///
/// # Shapes and units
/// Columns of n bars in, one of n bars out, in the unit of the price; no warm-up. `time` is in nanoseconds since 1970-01-01
/// UTC, as [`Bars::time`](crate::Bars::time) gives it.
///
/// # Formula
/// See [`VwapSession`].
///
/// # Missing values
/// A bar with a NaN or infinite input is NaN and left out of what follows. Before a session's first volume it is NaN.
///
/// # Errors
/// [`IndicatorError::Parameter`] for a value out of range, [`IndicatorError::Length`] for columns of different lengths.
///
/// # Example
/// ```
/// use hypernodes_trading::indicators::own::vwap_session;
/// let hour = 3_600_000_000_000;
/// let time = [22 * hour, 23 * hour, 24 * hour]; // the last bar is of the next day
/// let price = [10.0, 20.0, 30.0];
/// let vwap = vwap_session(&time, &price, &price, &price, &[1.0, 3.0, 1.0], 0)?;
/// assert_eq!(vwap, [10.0, 17.5, 30.0]);
/// let from_23 = vwap_session(&time, &price, &price, &price, &[1.0, 3.0, 1.0], 23 * 60)?;
/// assert_eq!(from_23, [10.0, 20.0, 22.5]);
/// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
/// ```
#[node(coarse, output = "vwap_session")]
pub fn vwap_session(
    time: &[i64],
    high: &[f64],
    low: &[f64],
    close: &[f64],
    volume: &[f64],
    #[default(0)] session_start_minutes: usize,
) -> Result<Vec<f64>, IndicatorError> {
    let seconds: Vec<f64> = time.iter().map(|&time| seconds(time)).collect();
    let session = VwapSession::new(session_start_minutes)?;
    let [vwap] = session.columns([&seconds, high, low, close, volume])?;
    Ok(vwap)
}

/// A time as indicators read it: whole seconds, exact in an `f64`.
pub(in crate::indicators) fn seconds(nanoseconds: i64) -> f64 {
    nanoseconds.div_euclid(1_000_000_000) as f64
}

fn typical(high: f64, low: f64, close: f64) -> f64 {
    (high + low + close) / 3.0
}

/// A mean of prices; NaN without volume.
fn mean(value: f64, volume: f64) -> f64 {
    if volume > 0.0 {
        value / volume
    } else {
        f64::NAN
    }
}

/// Steps through good bars from an empty stream.
fn fold<X: Indicator<I, 1>, const I: usize>(
    stream: &mut X::Stream,
    inputs: [&[f64]; I],
    mut each: impl FnMut(usize, f64),
) {
    let bars = inputs.first().map_or(0, |column| column.len());
    (0..bars).for_each(|bar| {
        let [value] = X::step(stream, inputs.map(|column| column[bar]));
        each(bar, value);
    });
}

/// The sums of the window.
#[derive(Debug, Clone)]
pub struct VwapRollStream {
    value: WindowSum,
    volume: WindowSum,
}

impl VwapRollStream {
    fn new(bars: usize) -> Self {
        let (value, volume) = (WindowSum::new(bars), WindowSum::new(bars));
        Self { value, volume }
    }
}

impl Indicator<4, 1> for VwapRoll {
    type Stream = VwapRollStream;

    const NAME: &'static str = "VWAP_ROLL";

    fn warmup_bars(&self) -> usize {
        self.vwap_roll_time_period - 1
    }

    fn fill_good(
        &self,
        inputs: [&[f64]; 4],
        [output]: [&mut [f64]; 1],
    ) -> Result<(), IndicatorError> {
        let warmup = self.warmup_bars();
        fold::<Self, 4>(
            &mut VwapRollStream::new(self.vwap_roll_time_period),
            inputs,
            |bar, value| {
                if let Some(at) = bar.checked_sub(warmup) {
                    output[at] = value;
                }
            },
        );
        Ok(())
    }

    fn open(&self, history: [&[f64]; 4]) -> Result<(VwapRollStream, [f64; 1]), IndicatorError> {
        let mut stream = VwapRollStream::new(self.vwap_roll_time_period);
        let mut last = f64::NAN;
        fold::<Self, 4>(&mut stream, history, |_, value| last = value);
        Ok((stream, [last]))
    }

    fn step(stream: &mut VwapRollStream, [high, low, close, volume]: [f64; 4]) -> [f64; 1] {
        let value = stream.value.push(typical(high, low, close) * volume);
        [mean(value, stream.volume.push(volume))]
    }

    fn peek(stream: &VwapRollStream, [high, low, close, volume]: [f64; 4]) -> [f64; 1] {
        let value = stream.value.peek(typical(high, low, close) * volume);
        [mean(value, stream.volume.peek(volume))]
    }
}

/// The sums of the session.
#[derive(Debug, Clone, Copy)]
pub struct VwapSessionStream {
    start_seconds: f64,
    day: f64,
    value: f64,
    volume: f64,
}

impl VwapSessionStream {
    fn with(mut self, [time, high, low, close, volume]: [f64; 5]) -> Self {
        let day = ((time - self.start_seconds) / 86_400.0).floor();
        // The first bar is of another day than NaN.
        if day.total_cmp(&self.day).is_ne() {
            (self.day, self.value, self.volume) = (day, 0.0, 0.0);
        }
        self.value += typical(high, low, close) * volume;
        self.volume += volume;
        self
    }
}

impl Indicator<5, 1> for VwapSession {
    type Stream = VwapSessionStream;

    const NAME: &'static str = "VWAP_SESSION";

    fn warmup_bars(&self) -> usize {
        0
    }

    fn fill_good(
        &self,
        inputs: [&[f64]; 5],
        [output]: [&mut [f64]; 1],
    ) -> Result<(), IndicatorError> {
        fold::<Self, 5>(&mut self.start(), inputs, |bar, value| output[bar] = value);
        Ok(())
    }

    fn open(&self, history: [&[f64]; 5]) -> Result<(VwapSessionStream, [f64; 1]), IndicatorError> {
        let (mut stream, mut last) = (self.start(), f64::NAN);
        fold::<Self, 5>(&mut stream, history, |_, value| last = value);
        Ok((stream, [last]))
    }

    fn step(stream: &mut VwapSessionStream, bar: [f64; 5]) -> [f64; 1] {
        *stream = stream.with(bar);
        [mean(stream.value, stream.volume)]
    }

    fn peek(stream: &VwapSessionStream, bar: [f64; 5]) -> [f64; 1] {
        let with = stream.with(bar);
        [mean(with.value, with.volume)]
    }
}

impl VwapSession {
    fn start(&self) -> VwapSessionStream {
        VwapSessionStream {
            start_seconds: 60.0 * self.session_start_minutes as f64,
            day: f64::NAN,
            value: 0.0,
            volume: 0.0,
        }
    }
}
