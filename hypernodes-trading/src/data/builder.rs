//! One symbol's rows on their way to [`Bars`].

use std::sync::Arc;

use csv::ByteRecord;

use super::error::shortened;
use super::header::Layout;
use super::input::Input;
use super::time::parse_time;
use super::{CellProblem, DataError, SymbolError, TimeRange};
use crate::atc::PRICES;
use crate::bars::Bars;

/// The columns of one symbol so far, or what is wrong with it.
#[derive(Debug)]
pub(super) struct Builder {
    symbol: Arc<str>,
    exchange: Option<Arc<str>>,
    time: Vec<i64>,
    open: Optional,
    high: Optional,
    low: Optional,
    close: Vec<f64>,
    volume: Optional,
    last_time: Option<i64>,
    error: Option<DataError>,
}

/// A column that the symbol may do without.
#[derive(Debug, Default)]
struct Optional {
    values: Vec<f64>,
    /// Whether a cell was empty: the column is no column then.
    has_gap: bool,
}

impl Optional {
    /// Takes the cell of the next row.
    fn push(&mut self, cell: Option<f64>) {
        match cell {
            Some(value) if !self.has_gap => self.values.push(value),
            Some(_) => {}
            None => {
                self.has_gap = true;
                self.values = Vec::new();
            }
        }
    }

    /// The column, if it is one at `at` in the file.
    fn column(self, at: Option<usize>) -> Option<Vec<f64>> {
        (at.is_some() && !self.has_gap).then_some(self.values)
    }
}

impl Builder {
    pub(super) fn new(symbol: Arc<str>) -> Self {
        Self {
            symbol,
            exchange: None,
            time: Vec::new(),
            open: Optional::default(),
            high: Optional::default(),
            low: Optional::default(),
            close: Vec::new(),
            volume: Optional::default(),
            last_time: None,
            error: None,
        }
    }

    /// Takes one row; after a bad one, none.
    pub(super) fn push(
        &mut self,
        input: &Input,
        layout: &Layout,
        range: &TimeRange,
        record: &ByteRecord,
    ) {
        if self.error.is_none()
            && let Err(error) = self.try_push(input, layout, range, record)
        {
            self.error = Some(error);
        }
    }

    fn try_push(
        &mut self,
        input: &Input,
        layout: &Layout,
        range: &TimeRange,
        record: &ByteRecord,
    ) -> Result<(), DataError> {
        let row = Cells {
            input,
            layout,
            record,
        };
        if record.len() != layout.names.len() {
            return Err(row.width());
        }
        let time = row.time()?;
        let other = |at: Option<usize>, is_price| match at {
            Some(at) => row.optional(at, is_price),
            None => Ok(None),
        };
        let price = |at| other(at, true);
        let (open, high, low) = (price(layout.open)?, price(layout.high)?, price(layout.low)?);
        let close = row.number(layout.close, true)?;
        let volume = other(layout.volume, false)?;
        if let (Some(h), Some(l)) = (high, low)
            && h < l
        {
            return Err(row.high_below_low(h, l));
        }
        match self.last_time {
            Some(last) if time == last => return Err(row.repeated()),
            Some(last) if time < last => return Err(row.descending()),
            _ => self.last_time = Some(time),
        }
        if self.exchange.is_none()
            && let Some(name) = layout.exchange.and_then(|at| record.get(at))
            && !name.trim_ascii().is_empty()
        {
            self.exchange = Some(String::from_utf8_lossy(name.trim_ascii()).into());
        }
        if range.contains(time) {
            self.time.push(time);
            self.close.push(close);
            self.open.push(open);
            self.high.push(high);
            self.low.push(low);
            self.volume.push(volume);
        }
        Ok(())
    }

    /// The finished bars.
    pub(super) fn finish(self, input: &Input, layout: &Layout) -> Result<Bars, SymbolError> {
        let symbol = Arc::clone(&self.symbol);
        self.try_finish(input, layout)
            .map_err(|error| SymbolError { symbol, error })
    }

    fn try_finish(self, input: &Input, layout: &Layout) -> Result<Bars, DataError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let file = || Arc::clone(&input.name);
        if self.time.is_empty() {
            return Err(DataError::NoRowsInRange {
                file: file(),
                symbol: self.symbol,
            });
        }
        let build = || {
            let mut bars = Bars::new(self.symbol, self.time, self.close)?;
            if let Some(open) = self.open.column(layout.open) {
                bars = bars.with_open(open)?;
            }
            if let Some(high) = self.high.column(layout.high) {
                bars = bars.with_high(high)?;
            }
            if let Some(low) = self.low.column(layout.low) {
                bars = bars.with_low(low)?;
            }
            if let Some(volume) = self.volume.column(layout.volume) {
                bars = bars.with_volume(volume)?;
            }
            Ok(match self.exchange {
                Some(exchange) => bars.with_exchange(exchange),
                None => bars,
            })
        };
        build().map_err(|source| DataError::Bars {
            file: file(),
            source,
        })
    }
}

/// A row and all that a message about it needs.
struct Cells<'a> {
    input: &'a Input,
    layout: &'a Layout,
    record: &'a ByteRecord,
}

impl Cells<'_> {
    fn text(&self, at: usize) -> &[u8] {
        self.record.get(at).unwrap_or_default().trim_ascii()
    }

    #[inline]
    fn number(&self, at: usize, is_price: bool) -> Result<f64, DataError> {
        let text = self.text(at);
        let value = std::str::from_utf8(text)
            .ok()
            .and_then(|t| t.parse::<f64>().ok());
        match value {
            Some(v) if is_price && PRICES.contains(&v) => Ok(v),
            Some(v) if !is_price && v.is_finite() && v >= 0.0 => Ok(v),
            _ => Err(self.bad_number(at, value, is_price)),
        }
    }

    /// As [`Cells::number`]; `None` for an empty cell of a column that may have some.
    #[inline]
    fn optional(&self, at: usize, is_price: bool) -> Result<Option<f64>, DataError> {
        if self.text(at).is_empty() && self.layout.is_optional(at) {
            return Ok(None);
        }
        self.number(at, is_price).map(Some)
    }

    #[cold]
    fn bad_number(&self, at: usize, value: Option<f64>, is_price: bool) -> DataError {
        let text = self.text(at);
        let problem = match value {
            Some(v) if !v.is_finite() => CellProblem::NotFinite,
            Some(v) if is_price && v > 0.0 => CellProblem::PriceRange,
            Some(_) if is_price => CellProblem::NotPositive,
            Some(_) => CellProblem::Negative,
            None if text.is_empty() => CellProblem::Empty,
            None if is_binary(text) => CellProblem::NotText,
            None => CellProblem::NotANumber,
        };
        self.cell(at, problem)
    }

    #[inline]
    fn time(&self) -> Result<i64, DataError> {
        let at = self.layout.time;
        let text = std::str::from_utf8(self.text(at)).map_err(|_| CellProblem::NotText);
        text.and_then(parse_time)
            .map_err(|problem| self.cell(at, problem))
    }

    fn line(&self) -> u64 {
        line(self.input, self.record)
    }

    fn column(&self, at: usize) -> String {
        self.layout.names.get(at).cloned().unwrap_or_default()
    }

    #[cold]
    fn cell(&self, at: usize, problem: CellProblem) -> DataError {
        DataError::Cell {
            file: Arc::clone(&self.input.name),
            line: self.line(),
            column: self.column(at),
            text: shortened(self.text(at)),
            problem,
        }
    }

    #[cold]
    fn width(&self) -> DataError {
        let (file, line) = (Arc::clone(&self.input.name), self.line());
        if self.record.iter().any(is_binary) {
            return DataError::NotText { file, line };
        }
        let (expected, found) = (self.layout.names.len(), self.record.len());
        DataError::RowWidth {
            file,
            line,
            expected,
            found,
        }
    }

    #[cold]
    fn high_below_low(&self, high: f64, low: f64) -> DataError {
        DataError::HighBelowLow {
            file: Arc::clone(&self.input.name),
            line: self.line(),
            column: self.column(self.layout.high.unwrap_or_default()),
            high,
            low,
        }
    }

    #[cold]
    fn repeated(&self) -> DataError {
        let at = self.layout.time;
        DataError::RepeatedTime {
            file: Arc::clone(&self.input.name),
            line: self.line(),
            column: self.column(at),
            text: shortened(self.text(at)),
        }
    }

    #[cold]
    fn descending(&self) -> DataError {
        let at = self.layout.time;
        DataError::DescendingTime {
            file: Arc::clone(&self.input.name),
            line: self.line(),
            column: self.column(at),
            text: shortened(self.text(at)),
        }
    }
}

/// The line that `record` starts on.
pub(super) fn line(input: &Input, record: &ByteRecord) -> u64 {
    record.position().map_or(1, |p| input.line_at(p.byte()))
}

/// Whether a cell cannot come from a text file.
pub(super) fn is_binary(cell: &[u8]) -> bool {
    cell.contains(&0) || std::str::from_utf8(cell).is_err()
}
