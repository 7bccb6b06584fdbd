//! Rows on their way from a file to bars: what every format gives, and what is kept of a symbol.

use std::sync::Arc;

use arrow_buffer::ScalarBuffer;

use super::{DataError, SymbolError, TimeRange};
use crate::bars::{Bars, BarsError};

/// How many columns a symbol may do without: open, high, low, volume.
pub(super) const OTHERS: usize = 4;
/// Their names.
pub(super) const OTHER_NAMES: [&str; OTHERS] = ["open", "high", "low", "volume"];

/// Which of the columns that a symbol may do without a file has.
pub(super) type Present = [bool; OTHERS];

/// The rows of a file, in runs of one symbol.
pub(super) trait Feed: Send {
    /// Goes to the next run of rows that stand together and have one symbol; `false` at the end.
    ///
    /// The next run may have the same symbol again.
    fn next_run(&mut self) -> Result<bool, DataError>;

    /// The symbol of the run as it stands there, without the spaces around it.
    fn name(&self) -> &[u8];

    /// The symbol of the run.
    ///
    /// # Errors
    /// What is wrong with it: it is empty, or no text.
    fn symbol(&self) -> Result<Arc<str>, DataError>;

    /// Checks the rows of the run and hands those in the range on; after a bad one, none.
    ///
    /// # Errors
    /// What `sink` says. What is wrong with a row goes into `track`.
    fn take(
        &mut self,
        range: &TimeRange,
        track: &mut Track,
        sink: &mut dyn Sink,
    ) -> Result<(), DataError>;

    /// Which columns `take` hands on.
    fn present(&self) -> Present;
}

/// Good rows of one symbol.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) time: &'a [i64],
    pub(super) close: &'a [f64],
    /// As long as `time` where the file has the column, else empty.
    pub(super) others: [&'a [f64]; OTHERS],
}

/// Whoever takes good rows.
pub(super) trait Sink {
    fn push(&mut self, rows: Rows<'_>) -> Result<(), DataError>;
}

/// What is known of a symbol, beside its rows.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) symbol: Arc<str>,
    pub(super) exchange: Option<Arc<str>>,
    pub(super) last_time: Option<i64>,
    /// Whether one of its cells was empty: the column is no column then.
    pub(super) has_gap: [bool; OTHERS],
    /// The first fault.
    pub(super) error: Option<DataError>,
}

impl Track {
    pub(super) fn new(symbol: Arc<str>) -> Self {
        Self {
            symbol,
            exchange: None,
            last_time: None,
            has_gap: [false; OTHERS],
            error: None,
        }
    }

    /// The bars.
    pub(super) fn finish(
        self,
        file: &Arc<str>,
        present: Present,
        columns: Columns,
    ) -> Result<Bars, SymbolError> {
        let symbol = Arc::clone(&self.symbol);
        let finished = self.try_finish(file, present, columns);
        finished.map_err(|error| SymbolError { symbol, error })
    }

    fn try_finish(
        self,
        file: &Arc<str>,
        present: Present,
        columns: Columns,
    ) -> Result<Bars, DataError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if columns.time.is_empty() {
            return Err(DataError::NoRowsInRange {
                file: Arc::clone(file),
                symbol: self.symbol,
            });
        }
        let build = || -> Result<Bars, BarsError> {
            let mut bars = Bars::new(self.symbol, columns.time, columns.close)?;
            for (at, values) in columns.others.into_iter().enumerate() {
                if !present[at] || self.has_gap[at] {
                    continue;
                }
                bars = with_other(bars, at, values)?;
            }
            Ok(match self.exchange {
                Some(exchange) => bars.with_exchange(exchange),
                None => bars,
            })
        };
        build().map_err(|source| DataError::Bars {
            file: Arc::clone(file),
            source,
        })
    }
}

/// The bars with the column of this place among [`OTHER_NAMES`].
pub(super) fn with_other(
    bars: Bars,
    at: usize,
    values: impl Into<ScalarBuffer<f64>>,
) -> Result<Bars, BarsError> {
    match at {
        0 => bars.with_open(values),
        1 => bars.with_high(values),
        2 => bars.with_low(values),
        _ => bars.with_volume(values),
    }
}

/// The rows of one symbol.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) time: Vec<i64>,
    pub(super) close: Vec<f64>,
    pub(super) others: [Vec<f64>; OTHERS],
}

impl Sink for Columns {
    #[inline]
    fn push(&mut self, rows: Rows<'_>) -> Result<(), DataError> {
        self.time.extend_from_slice(rows.time);
        self.close.extend_from_slice(rows.close);
        for (to, values) in self.others.iter_mut().zip(rows.others) {
            to.extend_from_slice(values);
        }
        Ok(())
    }
}
