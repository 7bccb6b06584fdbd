//! Rows of Arrow tables.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, DictionaryArray, RecordBatch, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, SchemaRef, TimeUnit};

use super::error::shortened;
use super::feed::{OTHERS, Rows, Sink, Track, with_other};
use super::header::{Layout, layout};
use super::time::{NANOS_PER_DAY, parse_time, parse_time_number};
use super::write::iso;
use super::{CellProblem, CsvOptions, DataError, Place, TimeRange};
use crate::atc::PRICES;
use crate::bars::{Bars, BarsError};
use crate::table::EXCHANGE;

const TIMES: &str = "a timestamp, a date, an integer epoch or text";
const NUMBERS: &str = "floats, integers or decimals";
const TEXTS: &str = "text or a dictionary of text";

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

/// Whether each column has a type that it can have.
pub(super) fn check_types(
    file: &Arc<str>,
    layout: &Layout,
    schema: &SchemaRef,
) -> Result<(), DataError> {
    let need = |at: usize, takes: fn(&DataType) -> bool, expected: &str| {
        let field = schema.field(at);
        match takes(field.data_type()) {
            true => Ok(()),
            false => Err(DataError::ColumnType {
                file: Arc::clone(file),
                column: field.name().clone(),
                expected: expected.to_owned(),
                found: shortened(field.data_type().to_string().as_bytes()),
            }),
        }
    };
    need(layout.time, is_time, TIMES)?;
    for at in layout
        .others()
        .into_iter()
        .chain([Some(layout.close)])
        .flatten()
    {
        need(at, is_number, NUMBERS)?;
    }
    for at in [layout.symbol, layout.exchange].into_iter().flatten() {
        need(at, is_text, TEXTS)?;
    }
    Ok(())
}

fn is_time(found: &DataType) -> bool {
    use DataType::{Date32, Date64, Int32, Int64, Timestamp, UInt32};
    matches!(
        found,
        Timestamp(..) | Date32 | Date64 | Int32 | UInt32 | Int64
    ) || is_text(found)
}

fn is_number(found: &DataType) -> bool {
    found.is_numeric() || *found == DataType::Null
}

fn is_text(found: &DataType) -> bool {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
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

/// The symbol of each row.
pub(super) enum Names {
    /// The file is one symbol.
    None,
    /// All rows have this one.
    One(Box<str>),
    Plain(StringArray),
    Dictionary(DictionaryArray<Int32Type>, StringArray),
}

/// Cells that are no times, by row.
type TimeFaults = Vec<(usize, CellProblem)>;

struct Values {
    time: ScalarBuffer<i64>,
    time_faults: TimeFaults,
    close: Numbers,
    others: [Option<Numbers>; OTHERS],
    exchange: Option<StringArray>,
    /// The columns as they came, for messages: time, close, others.
    raw: [Option<ArrayRef>; 2 + OTHERS],
}

struct Numbers {
    values: ScalarBuffer<f64>,
    nulls: Option<NullBuffer>,
}

impl Names {
    pub(super) fn new(array: &ArrayRef) -> Option<Self> {
        if let DataType::Dictionary(key, value) = array.data_type()
            && **key == DataType::Int32
            && **value == DataType::Utf8
        {
            let array = array.as_dictionary::<Int32Type>().clone();
            let values = array.values().as_string::<i32>().clone();
            return Some(Self::Dictionary(array, values));
        }
        Some(Self::Plain(text(array)?))
    }

    /// The name without the spaces around it; empty for a null.
    pub(super) fn at(&self, row: usize) -> &str {
        let valid = |names: &StringArray, row: usize| match row < names.len() && names.is_valid(row)
        {
            true => Some(row),
            false => None,
        };
        let name = match self {
            Self::None => "",
            Self::One(name) => name,
            Self::Plain(names) => valid(names, row).map_or("", |row| names.value(row)),
            Self::Dictionary(keys, values) => {
                let key = keys.is_valid(row).then(|| keys.keys().value(row));
                let key = key.and_then(|key| valid(values, usize::try_from(key).ok()?));
                key.map_or("", |key| values.value(key))
            }
        };
        name.trim_ascii()
    }

    /// Where the run that starts at `start` ends, of `rows` rows.
    fn run_end(&self, start: usize, rows: usize) -> usize {
        let name = self.at(start);
        let rest = start + 1..rows;
        let differs = match self {
            Self::None | Self::One(_) => None,
            Self::Plain(_) => rest.into_iter().find(|&row| self.at(row) != name),
            Self::Dictionary(keys, _) => {
                let own = keys.keys().values();
                let is_same_key = |row: usize| own[row] == own[start] && keys.nulls().is_none();
                rest.into_iter()
                    .find(|&row| !is_same_key(row) && self.at(row) != name)
            }
        };
        differs.unwrap_or(rows)
    }
}

/// The cell as a message shows it; `None` where it is nothing that can be shown.
fn cell_text(array: &ArrayRef, row: usize) -> Option<String> {
    let options = FormatOptions::new().with_display_error(false);
    let formatter = ArrayFormatter::try_new(array, &options).ok()?;
    formatter.value(row).try_to_string().ok()
}

/// The column as plain text.
fn text(array: &ArrayRef) -> Option<StringArray> {
    let array = cast(array, &DataType::Utf8).ok()?;
    Some(array.as_string::<i32>().clone())
}

impl Numbers {
    fn new(array: &ArrayRef) -> Option<Self> {
        let array = match array.data_type() {
            DataType::Float64 => Arc::clone(array),
            _ => cast(array, &DataType::Float64).ok()?,
        };
        let array = array.as_primitive::<Float64Type>();
        Some(Self {
            values: array.values().clone(),
            nulls: array
                .nulls()
                .filter(|nulls| nulls.null_count() > 0)
                .cloned(),
        })
    }

    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    fn has_null(&self, rows: &Range<usize>) -> bool {
        self.nulls
            .as_ref()
            .is_some_and(|nulls| rows.clone().any(|row| nulls.is_null(row)))
    }

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

/// The column as nanoseconds, and what is wrong with cells that are none.
pub(super) fn times(array: &ArrayRef) -> Option<(ScalarBuffer<i64>, TimeFaults)> {
    let scaled = |values: &[i64], factor: i64| -> Vec<Result<i64, CellProblem>> {
        let scale = |v: &i64| v.checked_mul(factor).ok_or(CellProblem::TimeRange);
        values.iter().map(scale).collect()
    };
    let all: Vec<Result<i64, CellProblem>> = match array.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            let array = array.as_primitive::<TimestampNanosecondType>();
            if array.null_count() == 0 {
                return Some((array.values().clone(), Vec::new()));
            }
            scaled(array.values(), 1)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => scaled(
            array.as_primitive::<TimestampMicrosecondType>().values(),
            1_000,
        ),
        DataType::Timestamp(TimeUnit::Millisecond, _) => scaled(
            array.as_primitive::<TimestampMillisecondType>().values(),
            1_000_000,
        ),
        DataType::Timestamp(TimeUnit::Second, _) => scaled(
            array.as_primitive::<TimestampSecondType>().values(),
            1_000_000_000,
        ),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().values().iter();
            let days: Vec<i64> = days.map(|&day| i64::from(day)).collect();
            scaled(&days, NANOS_PER_DAY)
        }
        DataType::Date64 => scaled(array.as_primitive::<Date64Type>().values(), 1_000_000),
        found if is_text(found) => {
            let texts = text(array)?;
            let parse = |text: Option<&str>| parse_time(text.unwrap_or_default());
            texts.iter().map(parse).collect()
        }
        _ => {
            let numbers = cast(array, &DataType::Int64).ok()?;
            let numbers = numbers.as_primitive::<Int64Type>().values();
            numbers.iter().map(|&n| parse_time_number(n)).collect()
        }
    };
    let mut faults = Vec::new();
    let values = all.into_iter().enumerate().map(|(row, time)| {
        let time = if array.is_null(row) {
            Err(CellProblem::Empty)
        } else {
            time
        };
        time.unwrap_or_else(|problem| {
            faults.push((row, problem));
            0
        })
    });
    let values = values.collect();
    Some((values, faults))
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
