//! Rows of Arrow tables.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_buffer::ScalarBuffer;

use super::cast::{Names, Numbers, TimeFaults, cell_text, check_types, text, times};
use super::error::shortened;
use super::feed::{OTHERS, Rows, Sink, Track, with_other};
use super::header::{Layout, layout};
use super::write::iso;
use super::{CellProblem, CsvOptions, DataError, Place, TimeRange};
use crate::atc::PRICES;
use crate::bars::{Bars, BarsError};
use crate::table::EXCHANGE;

impl Bars {
    /// The bars in an Arrow table: as those that [`to_record_batch`](Self::to_record_batch) gives, or any other with
    /// columns that [`read_parquet`](super::read_parquet) would take. A column of symbols is not looked at.
    ///
    /// Columns of the types of bars are shared, others are converted.
    ///
    /// # Errors
    /// [`DataError::MissingColumn`], [`DataError::DuplicateColumn`], [`DataError::ColumnType`], or what is wrong with
    /// the first bad row. The symbol stands for the file.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::Bars;
    /// let bars = Bars::new("ACME", vec![1, 2], vec![10.0, 11.0])?;
    /// let again = Bars::from_record_batch("ACME", &bars.to_record_batch())?;
    /// assert_eq!(again, bars);
    /// assert!(std::ptr::eq(again.close(), bars.close()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_record_batch(
        symbol: impl Into<Arc<str>>,
        batch: &RecordBatch,
    ) -> Result<Self, DataError> {
        let symbol = symbol.into();
        let schema = batch.schema();
        let names = schema
            .fields()
            .iter()
            .map(|field| field.name().trim().to_owned());
        let options = CsvOptions::default();
        let mut layout = layout(&symbol, Place::File, names.collect(), &options)?;
        layout.symbol = None;
        check_types(&symbol, &layout, &schema)?;
        let file = Arc::clone(&symbol);
        let table = Table::new(batch, 0, &layout, |at| at, true);
        let table = table.ok_or_else(|| DataError::Damaged {
            file: Arc::clone(&file),
            format: "Arrow".to_owned(),
            problem: "a column cannot be converted".to_owned(),
        })?;
        let of = Source {
            file: &file,
            layout: &layout,
        };
        let bars = table.into_bars(&of, symbol)?;
        let exchange = schema.metadata().get(EXCHANGE);
        Ok(match exchange {
            Some(exchange) if bars.exchange().is_none() => bars.with_exchange(exchange.as_str()),
            _ => bars,
        })
    }
}

/// Some rows of a table, in columns that can be computed with.
pub(super) struct Table {
    pub(super) rows: usize,
    /// The number of the first row in the file, from 0.
    pub(super) first_row: u64,
    pub(super) names: Names,
    /// `None` where only the symbols are of interest.
    values: Option<Values>,
}

struct Values {
    time: ScalarBuffer<i64>,
    time_faults: TimeFaults,
    close: Numbers,
    others: [Option<Numbers>; OTHERS],
    exchange: Option<StringArray>,
    /// The columns as they came, for messages: time, close, others.
    raw: [Option<ArrayRef>; 2 + OTHERS],
}

impl Numbers {
    /// The first row that has no good value, and what is wrong with it.
    fn first_fault(
        &self,
        rows: &Range<usize>,
        is_price: bool,
        is_optional: bool,
    ) -> Option<(usize, CellProblem)> {
        // No branch in the loop that almost always is the only one.
        let values = &self.values[rows.clone()];
        let is_good = |v: f64| match is_price {
            true => PRICES.contains(&v),
            false => (0.0..=f64::MAX).contains(&v),
        };
        if self.nulls.is_none() && values.iter().fold(true, |all, &v| all & is_good(v)) {
            return None;
        }
        rows.clone().find_map(|row| {
            let value = self.values[row];
            let problem = match self.is_null(row) {
                true if is_optional => return None,
                true => CellProblem::Empty,
                false if is_good(value) => return None,
                false if !value.is_finite() => CellProblem::NotFinite,
                false if !is_price => CellProblem::Negative,
                false if value > 0.0 => CellProblem::PriceRange,
                false => CellProblem::NotPositive,
            };
            Some((row, problem))
        })
    }
}

impl Table {
    /// Rows that all have this symbol and of which nothing else is of interest.
    pub(super) fn of_one(name: &str, rows: usize) -> Self {
        Self {
            rows,
            first_row: 0,
            names: Names::One(name.into()),
            values: None,
        }
    }

    /// The rows of `batch`; `column` is where a column of the file is in it. `None` where a column is not what
    /// [`check_types`] allows.
    pub(super) fn new(
        batch: &RecordBatch,
        first_row: u64,
        layout: &Layout,
        column: impl Fn(usize) -> usize,
        with_values: bool,
    ) -> Option<Self> {
        let at = |at: usize| batch.columns().get(column(at));
        let names = match layout.symbol {
            Some(symbol) => Names::new(at(symbol)?)?,
            None => Names::None,
        };
        let values = match with_values {
            true => {
                let raw_time = at(layout.time)?;
                let (time, time_faults) = times(raw_time)?;
                let raw_close = at(layout.close)?;
                let raw_others = layout.others().map(|other| other.and_then(at));
                let mut others = [const { None }; OTHERS];
                for (other, raw) in others.iter_mut().zip(raw_others) {
                    if let Some(raw) = raw {
                        *other = Some(Numbers::new(raw)?);
                    }
                }
                let exchange = match layout.exchange {
                    Some(exchange) => Some(text(at(exchange)?)?),
                    None => None,
                };
                let [open, high, low, volume] = raw_others.map(Option::<&ArrayRef>::cloned);
                let raw = [
                    Some(Arc::clone(raw_time)),
                    Some(Arc::clone(raw_close)),
                    open,
                    high,
                    low,
                    volume,
                ];
                Some(Values {
                    time,
                    time_faults,
                    close: Numbers::new(raw_close)?,
                    others,
                    exchange,
                    raw,
                })
            }
            false => None,
        };
        Some(Self {
            rows: batch.num_rows(),
            first_row,
            names,
            values,
        })
    }

    /// The run that starts at `start`.
    pub(super) fn run(&self, start: usize) -> Range<usize> {
        start..self.names.run_end(start, self.rows)
    }

    /// The symbol of a row; `alone` where there is no column of them.
    ///
    /// # Errors
    /// When the cell is empty.
    pub(super) fn symbol(
        &self,
        of: &Source<'_>,
        row: usize,
        alone: &Arc<str>,
    ) -> Result<Arc<str>, DataError> {
        let name = match &self.names {
            Names::None => return Ok(Arc::clone(alone)),
            names => names.at(row),
        };
        if !name.is_empty() {
            return Ok(name.into());
        }
        let column = of.layout.symbol.and_then(|at| of.layout.names.get(at));
        Err(DataError::Cell {
            file: Arc::clone(of.file),
            place: Place::Row(self.first_row + row as u64 + 1),
            column: column.cloned().unwrap_or_default(),
            text: String::new(),
            problem: CellProblem::Empty,
        })
    }

    /// Hands the run's rows on that are in the range.
    pub(super) fn take(
        &self,
        of: &Source<'_>,
        run: Range<usize>,
        range: &TimeRange,
        track: &mut Track,
        sink: &mut dyn Sink,
    ) -> Result<(), DataError> {
        let Some(values) = &self.values else {
            return Ok(());
        };
        if run.is_empty() || track.error.is_some() {
            return Ok(());
        }
        if let Some(fault) = values.first_fault(&run, of.layout, track.last_time) {
            track.error = Some(self.error(of, values, fault));
            return Ok(());
        }
        track.last_time = values.time.get(run.end - 1).copied();
        if track.exchange.is_none()
            && let Some(exchange) = &values.exchange
        {
            track.exchange = Values::first_name(exchange, &run).map(Into::into);
        }
        // The run's times ascend.
        let time = &values.time[run.clone()];
        let from = range
            .from
            .map_or(0, |from| time.partition_point(|&t| t < from));
        let to = range
            .to
            .map_or(time.len(), |to| time.partition_point(|&t| t <= to));
        let rows = run.start + from..run.start + to.max(from);
        if rows.is_empty() {
            return Ok(());
        }
        for (gap, other) in track.has_gap.iter_mut().zip(&values.others) {
            *gap |= other.as_ref().is_some_and(|other| other.has_null(&rows));
        }
        let other = |at: usize| -> &[f64] {
            let other = values.others[at].as_ref();
            other.map_or(&[], |other| &other.values[rows.clone()])
        };
        sink.push(Rows {
            time: &values.time[rows.clone()],
            close: &values.close.values[rows.clone()],
            others: [other(0), other(1), other(2), other(3)],
        })
    }

    /// All rows as the bars of one symbol, sharing the columns that have the types of bars.
    fn into_bars(self, of: &Source<'_>, symbol: Arc<str>) -> Result<Bars, DataError> {
        let rows = 0..self.rows;
        let Some(values) = &self.values else {
            return Err(DataError::NoRows {
                file: Arc::clone(of.file),
            });
        };
        if let Some(fault) = values.first_fault(&rows, of.layout, None) {
            return Err(self.error(of, values, fault));
        }
        let exchange = values
            .exchange
            .as_ref()
            .and_then(|names| Values::first_name(names, &rows));
        let build = || -> Result<Bars, BarsError> {
            let mut bars = Bars::new(symbol, values.time.clone(), values.close.values.clone())?;
            for (at, numbers) in values.others.iter().enumerate() {
                if let Some(numbers) = numbers {
                    bars = with_other(bars, at, numbers.values.clone())?;
                }
            }
            Ok(match exchange {
                Some(exchange) => bars.with_exchange(exchange),
                None => bars,
            })
        };
        build().map_err(|source| DataError::Bars {
            file: Arc::clone(of.file),
            source,
        })
    }

    #[cold]
    fn error(&self, of: &Source<'_>, values: &Values, fault: Fault) -> DataError {
        let file = Arc::clone(of.file);
        let layout = of.layout;
        let place = Place::Row(self.first_row + fault.row as u64 + 1);
        let name = |at: Option<usize>| {
            let name = at.and_then(|at| layout.names.get(at));
            name.cloned().unwrap_or_default()
        };
        let text = |column: usize| {
            let raw = values.raw.get(column).and_then(Option::as_ref);
            let raw = raw.filter(|raw| raw.is_valid(fault.row));
            let text = raw.and_then(|raw| cell_text(raw, fault.row));
            shortened(text.unwrap_or_default().as_bytes())
        };
        let time = || {
            let mut text = String::new();
            iso(values.time[fault.row], true, &mut text);
            text
        };
        let column = name(Some(layout.time));
        match fault.kind {
            FaultKind::Time(problem) => DataError::Cell {
                file,
                place,
                column,
                text: text(0),
                problem,
            },
            FaultKind::Number(at, problem) => {
                let column = match at {
                    0 => name(Some(layout.close)),
                    other => name(layout.others()[other - 1]),
                };
                let text = text(at + 1);
                DataError::Cell {
                    file,
                    place,
                    column,
                    text,
                    problem,
                }
            }
            FaultKind::HighBelowLow => {
                let value = |at: usize| {
                    let numbers = values.others[at].as_ref();
                    numbers.map_or(f64::NAN, |numbers| numbers.values[fault.row])
                };
                DataError::HighBelowLow {
                    file,
                    place,
                    column: name(layout.high),
                    high: value(1),
                    low: value(2),
                }
            }
            FaultKind::Repeated => DataError::RepeatedTime {
                file,
                place,
                column,
                text: time(),
            },
            FaultKind::Descending => DataError::DescendingTime {
                file,
                place,
                column,
                text: time(),
            },
        }
    }
}

/// The file that rows come from, for messages.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a Arc<str>,
    pub(super) layout: &'a Layout,
}

/// What is wrong with a row.
struct Fault {
    row: usize,
    kind: FaultKind,
}

enum FaultKind {
    Time(CellProblem),
    /// Of the close (0), or the others from 1 on.
    Number(usize, CellProblem),
    HighBelowLow,
    Repeated,
    Descending,
}

impl Values {
    /// The first name among these rows.
    fn first_name<'a>(names: &'a StringArray, rows: &Range<usize>) -> Option<&'a str> {
        let mut rows = rows.clone().filter(|&row| names.is_valid(row));
        rows.find_map(|row| {
            let name = names.value(row).trim_ascii();
            (!name.is_empty()).then_some(name)
        })
    }

    /// The first row that is bad, and the first thing that is wrong with it, in the order in which a row of text is
    /// checked.
    fn first_fault(&self, run: &Range<usize>, layout: &Layout, last: Option<i64>) -> Option<Fault> {
        let mut first: Option<Fault> = None;
        let mut consider = |row: usize, kind: FaultKind| {
            if first.as_ref().is_none_or(|first| row < first.row) {
                first = Some(Fault { row, kind });
            }
        };
        let at = self
            .time_faults
            .partition_point(|&(row, _)| row < run.start);
        if let Some(&(row, problem)) = self.time_faults.get(at)
            && row < run.end
        {
            consider(row, FaultKind::Time(problem));
        }
        let others = layout.others();
        let mut number = |at: usize, numbers: Option<&Numbers>, is_optional: bool| {
            let fault = numbers.and_then(|numbers| numbers.first_fault(run, at != 4, is_optional));
            if let Some((row, problem)) = fault {
                consider(row, FaultKind::Number(at, problem));
            }
        };
        // Open, high, low, close, volume.
        for at in [1, 2, 3, 0, 4] {
            match at {
                0 => number(0, Some(&self.close), false),
                other => {
                    let column = others[other - 1];
                    let is_optional = column.is_some_and(|column| layout.is_optional(column));
                    number(other, self.others[other - 1].as_ref(), is_optional);
                }
            }
        }
        if let [_, Some(high), Some(low), _] = &self.others {
            let is_below = |&row: &usize| {
                high.values[row] < low.values[row] && !high.is_null(row) && !low.is_null(row)
            };
            let pairs = high.values[run.clone()]
                .iter()
                .zip(&low.values[run.clone()]);
            if pairs.fold(false, |any, (h, l)| any | (h < l))
                && let Some(row) = run.clone().find(is_below)
            {
                consider(row, FaultKind::HighBelowLow);
            }
        }
        let time = &self.time[run.clone()];
        let is_after_last = last.is_none_or(|last| time.first().is_none_or(|&t| t > last));
        if !is_after_last
            || !time
                .windows(2)
                .fold(true, |all, pair| all & (pair[0] < pair[1]))
        {
            let before = |row: usize| match row == run.start {
                true => last,
                false => Some(self.time[row - 1]),
            };
            let kind = |row: usize| match before(row) {
                Some(before) if self.time[row] == before => Some(FaultKind::Repeated),
                Some(before) if self.time[row] < before => Some(FaultKind::Descending),
                _ => None,
            };
            if let Some((row, kind)) = run.clone().find_map(|row| Some((row, kind(row)?))) {
                consider(row, kind);
            }
        }
        first
    }
}
