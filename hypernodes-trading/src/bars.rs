//! [`Bars`]: one symbol's price columns, checked once.
//!
//! No indicator and no file format belongs here; see [`crate::kernels`] and [`crate::data`].

use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::str::FromStr;
use std::sync::Arc;

use arrow_buffer::ScalarBuffer;
use serde::{Deserialize, Serialize};

use crate::stored::{OwnText, own_text};

/// What is wrong with the columns given to [`Bars`].
///
/// Rows count from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum BarsError {
    /// A column has another length than `time`.
    #[error("column `{column}` has {found} rows, expected {expected} as in `time`")]
    Length {
        /// The column at fault.
        #[serde(deserialize_with = "own_text")]
        column: OwnText,
        /// Rows of `time`.
        expected: usize,
        /// Rows of the column.
        found: usize,
    },
    /// A price is zero, negative, NaN or infinite, or a volume is negative, NaN or infinite.
    #[error("row {row} of `{column}` is {}, expected a finite number {}", brief(*.value),
        if *.column == "volume" { "of 0 or more" } else { "above 0" })]
    Value {
        /// The column at fault.
        #[serde(deserialize_with = "own_text")]
        column: OwnText,
        /// The row at fault.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// A bar has the time of the bar before it.
    #[error("row {row} of `time` repeats the time of the row before it")]
    RepeatedTime {
        /// The second of the two rows.
        row: usize,
    },
    /// A bar is older than the bar before it.
    #[error("row {row} of `time` is earlier than the row before it; sort the bars by time")]
    DescendingTime {
        /// The second of the two rows.
        row: usize,
    },
    /// A bar's high is below its low.
    #[error("row {row} has `high` {} below `low` {}", brief(*.high), brief(*.low))]
    HighBelowLow {
        /// The row at fault.
        row: usize,
        /// Its high.
        high: f64,
        /// Its low.
        low: f64,
    },
    /// A price source needs a column that the bars do not have.
    #[error("source `{price_source}` needs column `{column}`, which `{symbol}` does not have")]
    MissingColumn {
        /// The symbol whose bars were asked.
        symbol: Arc<str>,
        /// The source asked for.
        price_source: PriceSource,
        /// The missing column.
        #[serde(deserialize_with = "own_text")]
        column: OwnText,
    },
}

/// A number as a message shows it: in few digits, whatever its size.
pub(crate) fn brief(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Which price of a bar an average is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriceSource {
    /// The closing price.
    #[default]
    Close,
    /// `(high + low) / 2`.
    Hl2,
    /// `(high + low + close) / 3`.
    Hlc3,
    /// `(open + high + low + close) / 4`.
    Ohlc4,
}

impl PriceSource {
    /// Every source, the default first.
    pub const ALL: [Self; 4] = [Self::Close, Self::Hl2, Self::Hlc3, Self::Ohlc4];

    /// Its name as options and files spell it: `close`, `hl2`, `hlc3`, `ohlc4`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Hl2 => "hl2",
            Self::Hlc3 => "hlc3",
            Self::Ohlc4 => "ohlc4",
        }
    }
}

impl fmt::Display for PriceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PriceSource {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        by_name("price source", text, &Self::ALL, PriceSource::name)
    }
}

/// A setting was given a name that is none of its choices.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{found}`; choose one of {choices}")]
pub struct UnknownName {
    what: &'static str,
    found: String,
    choices: String,
}

/// Finds the choice whose name equals `text`, in any case.
pub(crate) fn by_name<T: Copy>(
    what: &'static str,
    text: &str,
    choices: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, UnknownName> {
    let wanted = text.trim();
    choices
        .iter()
        .copied()
        .find(|&c| name(c).eq_ignore_ascii_case(wanted))
        .ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|&c| format!("`{}`", name(c))).collect();
            UnknownName {
                what,
                found: text.to_owned(),
                choices: names.join(", "),
            }
        })
}

/// One symbol's bars: a time and a close per row, and whichever of open, high, low and volume
/// there are.
///
/// Every `Bars` that exists keeps its promises: columns of one length, times strictly
/// ascending, prices finite and above 0, volumes finite and not negative, no high below its
/// low. The columns are Arrow buffers: a clone and a slice share them, and so does whoever gave
/// them.
///
/// # Shapes and units
/// n rows. Times are nanoseconds since 1970-01-01 UTC; prices in quote currency; volume in the
/// unit of the data.
///
/// # Example
/// ```
/// use hypernodes_trading::{Bars, PriceSource};
/// let bars = Bars::new("ACME", vec![0, 60], vec![10.0, 11.0])?
///     .with_high_low(vec![12.0, 12.0], vec![8.0, 10.0])?;
/// assert_eq!(bars.len(), 2);
/// assert_eq!(*bars.source(PriceSource::Hl2)?, [10.0, 11.0]);
///
/// let twice = Bars::new("ACME", vec![60, 60], vec![10.0, 11.0]).unwrap_err();
/// assert_eq!(twice.to_string(), "row 1 of `time` repeats the time of the row before it");
/// # Ok::<(), hypernodes_trading::BarsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "crate::stored::ReadBars")]
pub struct Bars {
    symbol: Arc<str>,
    exchange: Option<Arc<str>>,
    time: ScalarBuffer<i64>,
    open: Option<ScalarBuffer<f64>>,
    high: Option<ScalarBuffer<f64>>,
    low: Option<ScalarBuffer<f64>>,
    close: ScalarBuffer<f64>,
    volume: Option<ScalarBuffer<f64>>,
}

impl Bars {
    /// The bars of `symbol` with times and closing prices; further columns come by the
    /// `with_` methods.
    ///
    /// # Errors
    /// [`BarsError::Length`], [`BarsError::RepeatedTime`], [`BarsError::DescendingTime`] or
    /// [`BarsError::Value`], for the first row at fault.
    pub fn new(
        symbol: impl Into<Arc<str>>,
        time: impl Into<ScalarBuffer<i64>>,
        close: impl Into<ScalarBuffer<f64>>,
    ) -> Result<Self, BarsError> {
        let (time, close) = (time.into(), close.into());
        for (row, pair) in time.windows(2).enumerate() {
            if pair[1] == pair[0] {
                return Err(BarsError::RepeatedTime { row: row + 1 });
            }
            if pair[1] < pair[0] {
                return Err(BarsError::DescendingTime { row: row + 1 });
            }
        }
        let bars = Self {
            symbol: symbol.into(),
            exchange: None,
            time,
            open: None,
            high: None,
            low: None,
            volume: None,
            close: ScalarBuffer::default(),
        };
        bars.check("close", &close)?;
        Ok(Self { close, ..bars })
    }

    /// The same bars with opening prices.
    ///
    /// # Errors
    /// [`BarsError::Length`] or [`BarsError::Value`].
    pub fn with_open(self, open: impl Into<ScalarBuffer<f64>>) -> Result<Self, BarsError> {
        let open = open.into();
        self.check("open", &open)?;
        Ok(Self {
            open: Some(open),
            ..self
        })
    }

    /// The same bars with highest prices.
    ///
    /// # Errors
    /// [`BarsError::Length`], [`BarsError::Value`], or [`BarsError::HighBelowLow`] against lows
    /// given before.
    pub fn with_high(self, high: impl Into<ScalarBuffer<f64>>) -> Result<Self, BarsError> {
        let high = high.into();
        self.check("high", &high)?;
        Self {
            high: Some(high),
            ..self
        }
        .check_range()
    }

    /// The same bars with lowest prices.
    ///
    /// # Errors
    /// [`BarsError::Length`], [`BarsError::Value`], or [`BarsError::HighBelowLow`] against highs
    /// given before.
    pub fn with_low(self, low: impl Into<ScalarBuffer<f64>>) -> Result<Self, BarsError> {
        let low = low.into();
        self.check("low", &low)?;
        Self {
            low: Some(low),
            ..self
        }
        .check_range()
    }

    /// The same bars with highest and lowest prices.
    ///
    /// # Errors
    /// As [`Bars::with_high`] and [`Bars::with_low`].
    pub fn with_high_low(
        self,
        high: impl Into<ScalarBuffer<f64>>,
        low: impl Into<ScalarBuffer<f64>>,
    ) -> Result<Self, BarsError> {
        self.with_high(high)?.with_low(low)
    }

    /// The same bars with volumes.
    ///
    /// # Errors
    /// [`BarsError::Length`] or [`BarsError::Value`].
    pub fn with_volume(self, volume: impl Into<ScalarBuffer<f64>>) -> Result<Self, BarsError> {
        let volume = volume.into();
        self.check("volume", &volume)?;
        Ok(Self {
            volume: Some(volume),
            ..self
        })
    }

    /// The same bars with the name of the exchange they come from.
    #[must_use]
    pub fn with_exchange(self, exchange: impl Into<Arc<str>>) -> Self {
        Self {
            exchange: Some(exchange.into()),
            ..self
        }
    }

    fn check(&self, column: &'static str, values: &[f64]) -> Result<(), BarsError> {
        let (expected, found) = (self.time.len(), values.len());
        if expected != found {
            return Err(BarsError::Length {
                column,
                expected,
                found,
            });
        }
        let good = |v: f64| v.is_finite() && (v > 0.0 || (column == "volume" && v >= 0.0));
        match values.iter().position(|&v| !good(v)) {
            Some(row) => Err(BarsError::Value {
                column,
                row,
                value: values[row],
            }),
            None => Ok(()),
        }
    }

    fn check_range(self) -> Result<Self, BarsError> {
        if let (Some(high), Some(low)) = (&self.high, &self.low)
            && let Some(row) = high.iter().zip(low.iter()).position(|(h, l)| h < l)
        {
            return Err(BarsError::HighBelowLow {
                row,
                high: high[row],
                low: low[row],
            });
        }
        Ok(self)
    }

    /// The bars of these rows, sharing the columns: nothing is copied or checked again. Rows that
    /// are not there are left out.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::Bars;
    /// let bars = Bars::new("ACME", vec![1, 2, 3], vec![10.0, 11.0, 12.0])?;
    /// assert_eq!(bars.slice(1..).close(), [11.0, 12.0]);
    /// assert_eq!(bars.slice(..=0).time(), [1]);
    /// assert!(bars.slice(3..9).is_empty());
    /// # Ok::<(), hypernodes_trading::BarsError>(())
    /// ```
    #[must_use]
    pub fn slice(&self, rows: impl RangeBounds<usize>) -> Self {
        let start = match rows.start_bound() {
            Bound::Included(&at) => at,
            Bound::Excluded(&at) => at.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match rows.end_bound() {
            Bound::Included(&at) => at.saturating_add(1),
            Bound::Excluded(&at) => at,
            Bound::Unbounded => usize::MAX,
        };
        let end = end.min(self.len());
        let start = start.min(end);
        let count = end - start;
        let part = |column: &ScalarBuffer<f64>| column.slice(start, count);
        Self {
            symbol: Arc::clone(&self.symbol),
            exchange: self.exchange.clone(),
            time: self.time.slice(start, count),
            open: self.open.as_ref().map(part),
            high: self.high.as_ref().map(part),
            low: self.low.as_ref().map(part),
            close: part(&self.close),
            volume: self.volume.as_ref().map(part),
        }
    }

    /// The newest `bars` bars, or all where there are no more, sharing the columns.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::Bars;
    /// let bars = Bars::new("ACME", vec![1, 2, 3], vec![10.0, 11.0, 12.0])?;
    /// assert_eq!(bars.last(2).close(), [11.0, 12.0]);
    /// assert_eq!(bars.last(9).len(), 3);
    /// # Ok::<(), hypernodes_trading::BarsError>(())
    /// ```
    #[must_use]
    pub fn last(&self, bars: usize) -> Self {
        self.slice(self.len().saturating_sub(bars)..)
    }

    /// The columns, to be handed on without a copy.
    pub(crate) fn buffers(&self) -> Buffers<'_> {
        Buffers {
            time: &self.time,
            prices: [
                ("open", self.open.as_ref()),
                ("high", self.high.as_ref()),
                ("low", self.low.as_ref()),
                ("close", Some(&self.close)),
                ("volume", self.volume.as_ref()),
            ],
        }
    }

    /// The symbol's name.
    #[must_use]
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The exchange's name, where the data has one.
    #[must_use]
    pub fn exchange(&self) -> Option<&str> {
        self.exchange.as_deref()
    }

    /// How many bars there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is no bar at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The times, in nanoseconds since 1970-01-01 UTC, strictly ascending.
    #[must_use]
    pub fn time(&self) -> &[i64] {
        &self.time
    }

    /// The closing prices.
    #[must_use]
    pub fn close(&self) -> &[f64] {
        &self.close
    }

    /// The opening prices, where the data has them.
    #[must_use]
    pub fn open(&self) -> Option<&[f64]> {
        self.open.as_deref()
    }

    /// The highest prices, where the data has them.
    #[must_use]
    pub fn high(&self) -> Option<&[f64]> {
        self.high.as_deref()
    }

    /// The lowest prices, where the data has them.
    #[must_use]
    pub fn low(&self) -> Option<&[f64]> {
        self.low.as_deref()
    }

    /// The volumes, where the data has them.
    #[must_use]
    pub fn volume(&self) -> Option<&[f64]> {
        self.volume.as_deref()
    }

    /// The prices of `source`, one a bar: the close shared, others computed.
    ///
    /// # Errors
    /// [`BarsError::MissingColumn`] when a column that `source` needs is not there.
    pub fn source(&self, source: PriceSource) -> Result<ScalarBuffer<f64>, BarsError> {
        let need = |column: &'static str, values: &Option<ScalarBuffer<f64>>| {
            values.clone().ok_or_else(|| BarsError::MissingColumn {
                symbol: Arc::clone(&self.symbol),
                price_source: source,
                column,
            })
        };
        if source == PriceSource::Close {
            return Ok(self.close.clone());
        }
        let (high, low) = (need("high", &self.high)?, need("low", &self.low)?);
        let close = &self.close;
        let prices = 0..self.len();
        Ok(match source {
            PriceSource::Close | PriceSource::Hl2 => {
                prices.map(|i| f64::midpoint(high[i], low[i])).collect()
            }
            PriceSource::Hlc3 => prices
                .map(|i| (high[i] + low[i] + close[i]) / 3.0)
                .collect(),
            PriceSource::Ohlc4 => {
                let open = need("open", &self.open)?;
                prices
                    .map(|i| (open[i] + high[i] + low[i] + close[i]) / 4.0)
                    .collect()
            }
        })
    }
}

/// The columns of [`Bars`] as they are held.
pub(crate) struct Buffers<'a> {
    pub(crate) time: &'a ScalarBuffer<i64>,
    /// The others with their names, in the order in which files have them.
    pub(crate) prices: [(&'static str, Option<&'a ScalarBuffer<f64>>); 5],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_their_row() {
        let new = |time: Vec<i64>, close: Vec<f64>| Bars::new("A", time, close).unwrap_err();
        assert_eq!(
            new(vec![1, 2, 1], vec![1.0; 3]),
            BarsError::DescendingTime { row: 2 }
        );
        assert_eq!(
            new(vec![1, 2], vec![1.0; 3]).to_string(),
            "column `close` has 3 rows, expected 2 as in `time`"
        );
        assert_eq!(
            new(vec![1, 2], vec![1.0, 0.0]).to_string(),
            "row 1 of `close` is 0, expected a finite number above 0"
        );
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(matches!(
                new(vec![1], vec![bad]),
                BarsError::Value { row: 0, .. }
            ));
        }
        let bars = Bars::new("A", vec![1], vec![1.0]).unwrap();
        assert!(bars.clone().with_volume(vec![0.0]).is_ok());
        let error = bars
            .clone()
            .with_low(vec![2.0])
            .unwrap()
            .with_high(vec![1.5])
            .unwrap_err();
        assert_eq!(error.to_string(), "row 0 has `high` 1.5 below `low` 2");
        assert_eq!(
            bars.source(PriceSource::Hlc3).unwrap_err().to_string(),
            "source `hlc3` needs column `high`, which `A` does not have"
        );
    }

    #[test]
    fn sources_combine_their_columns() {
        let bars = Bars::new("A", vec![1], vec![4.0]).unwrap();
        let bars = bars.with_high_low(vec![6.0], vec![2.0]).unwrap();
        assert_eq!(*bars.source(PriceSource::Hlc3).unwrap(), [4.0]);
        let bars = bars.with_open(vec![8.0]).unwrap();
        assert_eq!(*bars.source(PriceSource::Ohlc4).unwrap(), [5.0]);
        assert_eq!("HL2".parse(), Ok(PriceSource::Hl2));
        assert!(
            "hl3"
                .parse::<PriceSource>()
                .unwrap_err()
                .to_string()
                .contains("`ohlc4`")
        );
    }

    #[test]
    fn a_clone_shares_the_columns() {
        let bars = Bars::new("A", vec![1], vec![4.0]).unwrap();
        assert!(std::ptr::eq(bars.close(), bars.clone().close()));
        let source = bars.source(PriceSource::Close).unwrap();
        assert!(std::ptr::eq(bars.close(), &*source));
    }

    #[test]
    fn columns_are_taken_and_sliced_without_a_copy() {
        let close = ScalarBuffer::from(vec![4.0, 5.0, 6.0]);
        let time = vec![1, 2, 3];
        let bars = Bars::new("A", time, close.clone()).unwrap();
        let bars = bars.with_volume(vec![0.0, 1.0, 2.0]).unwrap();
        assert!(std::ptr::eq(bars.close(), &*close));
        let part = bars.slice(1..=1);
        assert!(std::ptr::eq(part.close(), &raw const close[1..2]));
        assert!(std::ptr::eq(part.time(), &raw const bars.time()[1..2]));
        assert_eq!(part.volume(), Some(&[1.0][..]));
        assert_eq!((part.symbol(), part.open()), ("A", None));
        assert!(std::ptr::eq(bars.last(2).close(), &raw const close[1..]));
        for (rows, len) in [(1..1, 0), (0..9, 3), (7..9, 0)] {
            assert_eq!(bars.slice(rows).len(), len);
        }
    }
}
