//! Bars as they come, into longer ones.

use serde::{Deserialize, Serialize};

use crate::timeframe::Timeframe;

/// One bar, as a stream gives it.
///
/// # Shapes and units
/// As in [`Bars`](crate::Bars): the time in nanoseconds since 1970-01-01 UTC, `None` for what the stream does not
/// have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// When it begins.
    pub time: i64,
    /// The first price.
    pub open: Option<f64>,
    /// The highest price.
    pub high: Option<f64>,
    /// The lowest price.
    pub low: Option<f64>,
    /// The last price.
    pub close: f64,
    /// What was traded.
    pub volume: Option<f64>,
}

impl Bar {
    /// A bar of a time and a closing price alone.
    #[must_use]
    pub fn new(time: i64, close: f64) -> Self {
        Self {
            time,
            open: None,
            high: None,
            low: None,
            close,
            volume: None,
        }
    }

    /// The longer bar, going on with the next shorter one.
    fn extended(self, next: Self) -> Self {
        let both = |a: Option<f64>, b: Option<f64>, step: fn(f64, f64) -> f64| Some(step(a?, b?));
        Self {
            time: self.time,
            open: self.open,
            high: both(self.high, next.high, f64::max),
            low: both(self.low, next.low, f64::min),
            close: next.close,
            volume: both(self.volume, next.volume, |a, b| a + b),
        }
    }
}

/// A bar that cannot follow the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "bar at {time} does not follow the bar at {last}, in nanoseconds since 1970; send bars by ascending time"
)]
pub struct ResampleError {
    /// The time of the bar.
    pub time: i64,
    /// The time of the bar before.
    pub last: i64,
}

/// Bars as they come, taken together into bars of a longer timeframe: [`resample`](super::resample), bar by bar, with
/// the same bits.
///
/// A bar is finished when the first bar of a later window comes, not before: nobody else knows that no more trades
/// follow. [`peek`](Self::peek) shows the one that is forming.
///
/// # Example
/// ```
/// use hypernodes_trading::resample::{Bar, ResampleState};
/// let minute = 60_000_000_000;
/// let mut fives = ResampleState::new("5m".parse().expect("a timeframe"));
/// assert_eq!(fives.update(Bar::new(0, 10.0))?, None);
/// assert_eq!(fives.update(Bar::new(minute, 12.0))?, None);
/// assert_eq!(fives.peek(), Some(Bar::new(0, 12.0)));
/// assert_eq!(fives.update(Bar::new(7 * minute, 11.0))?, Some(Bar::new(0, 12.0)));
/// assert_eq!(fives.finish(), Some(Bar::new(5 * minute, 11.0)));
/// # Ok::<(), hypernodes_trading::resample::ResampleError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResampleState {
    timeframe: Timeframe,
    forming: Option<Forming>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Forming {
    bar: Bar,
    /// The start of the next window.
    end: i64,
    /// The time of the last bar taken in.
    last: i64,
}

impl ResampleState {
    /// The state before the first bar.
    #[must_use]
    pub fn new(timeframe: Timeframe) -> Self {
        Self {
            timeframe,
            forming: None,
        }
    }

    /// Takes a bar in; the finished bar if this is the first of a later window.
    ///
    /// # Errors
    /// [`ResampleError`] when the bar is not later than the one before; the state is then as it was.
    ///
    /// # Complexity
    /// O(1), nothing is allocated.
    pub fn update(&mut self, bar: Bar) -> Result<Option<Bar>, ResampleError> {
        if let Some(forming) = &mut self.forming {
            let (time, last) = (bar.time, forming.last);
            if time <= last {
                return Err(ResampleError { time, last });
            }
            if time < forming.end || forming.end == i64::MAX {
                forming.bar = forming.bar.extended(bar);
                forming.last = time;
                return Ok(None);
            }
        }
        let (start, end) = self.timeframe.window(bar.time);
        let begun = Forming {
            bar: Bar { time: start, ..bar },
            end,
            last: bar.time,
        };
        Ok(self.forming.replace(begun).map(|finished| finished.bar))
    }

    /// The bar that is forming, as far as it is known.
    #[must_use]
    pub fn peek(&self) -> Option<Bar> {
        self.forming.map(|forming| forming.bar)
    }

    /// The bar that is forming, at the end of the stream.
    #[must_use]
    pub fn finish(self) -> Option<Bar> {
        self.peek()
    }
}
