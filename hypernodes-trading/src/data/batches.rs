//! Arrow tables of many symbols into a [`BarTable`].

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader, StringArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, Schema, TimeUnit};
use indexmap::IndexMap;

use super::{BarTable, CellProblem, CsvOptions, parse_time};
use crate::bars::{Bars, BarsError};

/// What is wrong with a table of bars. Rows are counted from 1, over all batches.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A column that is needed is not there.
    #[error("the table has no column `{column}`; columns there: {}", .found.join(", "))]
    MissingColumn {
        /// The column wanted.
        column: String,
        /// The columns there are.
        found: Vec<String>,
    },
    /// Two columns could be the one wanted.
    #[error(
        "columns `{first}` and `{second}` of the table can both be `{column}`; leave one of them out"
    )]
    DuplicateColumn {
        /// What both can be.
        column: &'static str,
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// A column's type cannot be read as what it must be.
    #[error("column `{column}` of the table is of type {found}, expected {expected}")]
    Type {
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
        /// What it must be.
        expected: &'static str,
    },
    /// A cell holds something that cannot be there.
    #[error("row {row} of the table, column `{column}` {problem}")]
    Cell {
        /// The row.
        row: usize,
        /// The column.
        column: String,
        /// What is wrong with it.
        problem: CellProblem,
    },
    /// The rows of a symbol are no bars; rows of the symbol are counted from 0.
    #[error("symbol `{symbol}` of the table: {source}")]
    Bars {
        /// The symbol.
        symbol: String,
        /// What is wrong.
        source: BarsError,
    },
    /// The reader failed.
    #[error("the table cannot be read")]
    Read(#[from] ArrowError),
}

/// The names of columns, ours first.
const NAMES: [(&str, &[&str]); 8] = [
    ("symbol", &["symbol", "stock_code"]),
    (
        "time",
        &["time", "date", "timestamp", "datetime", "trade_date"],
    ),
    ("open", &["open", "open_price"]),
    ("high", &["high", "high_price"]),
    ("low", &["low", "low_price"]),
    ("close", &["close", "close_price"]),
    ("volume", &["volume"]),
    ("exchange", &["exchange"]),
];

/// Where each of [`NAMES`] is.
#[derive(Debug, Default)]
struct Places([Option<usize>; 8]);

impl Places {
    fn of(schema: &Schema, options: &CsvOptions) -> Result<Self, TableError> {
        let fields = schema.fields();
        let mut places = Self::default();
        for (place, (column, synonyms)) in places.0.iter_mut().zip(NAMES) {
            let own = match column {
                "symbol" => options.symbol_column.as_deref(),
                "time" => options.time_column.as_deref(),
                "close" => options.price_column.as_deref(),
                _ => None,
            };
            let is_it = |name: &str| match own {
                Some(own) => own.trim().eq_ignore_ascii_case(name),
                None => synonyms
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(name)),
            };
            let mut found = (0..fields.len()).filter(|&at| is_it(fields[at].name().trim()));
            *place = found.next();
            if let (Some(first), Some(second)) = (*place, found.next()) {
                return Err(TableError::DuplicateColumn {
                    column,
                    first: fields[first].name().clone(),
                    second: fields[second].name().clone(),
                });
            }
            let is_needed = matches!(column, "time" | "close") || own.is_some();
            if place.is_none() && is_needed {
                return Err(TableError::MissingColumn {
                    column: own.unwrap_or(column).to_owned(),
                    found: fields.iter().map(|field| field.name().clone()).collect(),
                });
            }
        }
        Ok(places)
    }
}

/// The rows of one symbol so far; an empty cell is NaN.
#[derive(Debug, Default)]
struct Rows {
    time: Vec<i64>,
    /// Open, high, low, close, volume.
    columns: [Vec<f64>; 5],
    exchange: Option<String>,
}

impl Rows {
    fn into_bars(self, symbol: &str) -> Result<Bars, BarsError> {
        let [open, high, low, close, volume] = self.columns;
        // Whose cells are all empty does not have the column.
        let there = |column: Vec<f64>| Some(column).filter(|c| !c.iter().all(|cell| cell.is_nan()));
        let mut bars = Bars::new(symbol, self.time, close)?;
        if let Some(open) = there(open) {
            bars = bars.with_open(open)?;
        }
        if let Some(high) = there(high) {
            bars = bars.with_high(high)?;
        }
        if let Some(low) = there(low) {
            bars = bars.with_low(low)?;
        }
        if let Some(volume) = there(volume) {
            bars = bars.with_volume(volume)?;
        }
        Ok(match self.exchange {
            Some(exchange) => bars.with_exchange(exchange),
            None => bars,
        })
    }
}

impl BarTable {
    /// The symbols of an Arrow table, in the order of their first rows; the rows of each by ascending time, in whatever
    /// order the symbols stand.
    ///
    /// Columns are found by the names that [files](super::read_csv) have, of which `options` may name others; of
    /// `options` the symbols and the range of times count too. Times may be dates, timestamps (without a zone: UTC),
    /// integer epochs or [text](parse_time), numbers of any type. Without a symbol column the `symbol` of the schema's
    /// metadata is taken.
    ///
    /// # Errors
    /// [`TableError`], for the first fault.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ArrayRef, Float32Array, Int64Array, RecordBatch, RecordBatchIterator, StringArray};
    /// use hypernodes_trading::data::{BarTable, CsvOptions};
    /// let batch = RecordBatch::try_from_iter([
    ///     ("symbol", Arc::new(StringArray::from(vec!["A", "B", "A"])) as ArrayRef),
    ///     ("date", Arc::new(Int64Array::from(vec![86_400, 86_400, 172_800]))),
    ///     ("close", Arc::new(Float32Array::from(vec![10.0, 20.0, 11.0]))),
    /// ])?;
    /// let schema = batch.schema();
    /// let reader = RecordBatchIterator::new([Ok(batch)], schema);
    /// let table = BarTable::from_batches(reader, &CsvOptions::default())?;
    /// assert_eq!(table.get("A").expect("it has rows").close(), [10.0, 11.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_batches(
        reader: impl RecordBatchReader,
        options: &CsvOptions,
    ) -> Result<Self, TableError> {
        let schema = reader.schema();
        let places = Places::of(&schema, options)?;
        let only = match places.0[0] {
            Some(_) => None,
            None => Some(schema.metadata().get("symbol").ok_or_else(|| {
                let found = schema.fields().iter().map(|field| field.name().clone());
                TableError::MissingColumn {
                    column: "symbol".to_owned(),
                    found: found.collect(),
                }
            })?),
        };
        let mut symbols: IndexMap<String, Rows> = IndexMap::new();
        let mut before = 0;
        for batch in reader {
            let batch = batch?;
            take(&mut symbols, &batch, &places, only, options, before)?;
            before += batch.num_rows();
        }
        let bars = symbols.into_iter().map(|(symbol, rows)| {
            let bars = rows.into_bars(&symbol);
            bars.map_err(|source| TableError::Bars { symbol, source })
        });
        bars.collect()
    }
}

/// Puts the rows of a batch to their symbols.
fn take(
    symbols: &mut IndexMap<String, Rows>,
    batch: &RecordBatch,
    places: &Places,
    only: Option<&String>,
    options: &CsvOptions,
    before: usize,
) -> Result<(), TableError> {
    let schema = batch.schema_ref();
    let name = |place: usize| schema.field(place).name().as_str();
    let text = |place: Option<usize>| -> Result<Option<StringArray>, TableError> {
        let Some(place) = place else { return Ok(None) };
        let found = converted(batch.column(place), name(place), &DataType::Utf8, "text")?;
        Ok(Some(found.as_string::<i32>().clone()))
    };
    let [symbol, time, open, high, low, close, volume, exchange] = places.0;
    let (names, exchanges) = (text(symbol)?, text(exchange)?);
    let time = time.unwrap_or_default();
    let times = times(batch.column(time), name(time), before)?;
    let mut numbers = Vec::new();
    for place in [open, high, low, close, volume] {
        let Some(place) = place else {
            numbers.push(None);
            continue;
        };
        let wide = converted(
            batch.column(place),
            name(place),
            &DataType::Float64,
            "a number",
        )?;
        numbers.push(Some(wide));
    }
    let fault = |row: usize, column: usize| TableError::Cell {
        row: before + row + 1,
        column: name(column).to_owned(),
        problem: CellProblem::Empty,
    };
    for (row, &at) in times.iter().enumerate() {
        let symbol = match (&names, only, symbol) {
            (Some(names), _, Some(place))
                if names.is_null(row) || names.value(row).trim().is_empty() =>
            {
                return Err(fault(row, place));
            }
            (Some(names), ..) => names.value(row).trim(),
            (None, only, _) => only.map_or("", String::as_str),
        };
        let is_wanted = options
            .symbols
            .as_ref()
            .is_none_or(|wanted| wanted.contains(symbol));
        if !is_wanted || !options.range.contains(at) {
            continue;
        }
        // Looked up first: a row of a known symbol allocates nothing.
        let index = match symbols.get_index_of(symbol) {
            Some(index) => index,
            None => symbols.insert_full(symbol.to_owned(), Rows::default()).0,
        };
        let rows = &mut symbols[index];
        rows.time.push(at);
        for (to, from) in rows.columns.iter_mut().zip(&numbers) {
            let cells = from.as_ref().map(AsArray::as_primitive::<Float64Type>);
            let cell = cells
                .filter(|cells| cells.is_valid(row))
                .map(|cells| cells.value(row));
            to.push(cell.unwrap_or(f64::NAN));
        }
        if let Some(place) = close
            && batch.column(place).is_null(row)
        {
            return Err(fault(row, place));
        }
        if rows.exchange.is_none() {
            let known = exchanges.as_ref().filter(|names| names.is_valid(row));
            rows.exchange = known.map(|names| names.value(row).to_owned());
        }
    }
    Ok(())
}

/// The column as another type; what does not fit it is an error, never a silent null.
fn converted(
    array: &ArrayRef,
    column: &str,
    to: &DataType,
    expected: &'static str,
) -> Result<ArrayRef, TableError> {
    let is_text = matches!(
        array.data_type(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..)
    );
    let is_good = match to {
        DataType::Float64 => array.data_type().is_numeric() || array.data_type() == &DataType::Null,
        DataType::Utf8 => is_text || array.data_type() == &DataType::Null,
        _ => true,
    };
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let found = is_good.then(|| cast_with_options(array, to, &options).ok());
    found.flatten().ok_or_else(|| TableError::Type {
        column: column.to_owned(),
        found: array.data_type().clone(),
        expected,
    })
}

fn times(array: &ArrayRef, column: &str, before: usize) -> Result<Vec<i64>, TableError> {
    let cell = |row: usize, problem| TableError::Cell {
        row: before + row + 1,
        column: column.to_owned(),
        problem,
    };
    if let Some(row) = (0..array.len()).find(|&row| array.is_null(row)) {
        return Err(cell(row, CellProblem::Empty));
    }
    let expected = "a date, a timestamp, an integer epoch or text";
    let data_type = array.data_type();
    if data_type.is_integer() {
        let whole = converted(array, column, &DataType::Int64, expected)?;
        let values = whole
            .as_primitive::<Int64Type>()
            .values()
            .iter()
            .enumerate();
        let read = |(row, value): (usize, &i64)| {
            parse_time(&value.to_string()).map_err(|problem| cell(row, problem))
        };
        return values.map(read).collect();
    }
    if matches!(
        data_type,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)
    ) {
        let nanos = DataType::Timestamp(TimeUnit::Nanosecond, None);
        // Through UTC: what has a zone names an instant already.
        let utc = match data_type {
            DataType::Timestamp(unit, Some(_)) => converted(
                array,
                column,
                &DataType::Timestamp(*unit, Some("+00:00".into())),
                expected,
            )?,
            _ => std::sync::Arc::clone(array),
        };
        let found = converted(&utc, column, &nanos, expected)?;
        return Ok(found
            .as_primitive::<TimestampNanosecondType>()
            .values()
            .to_vec());
    }
    let found = converted(array, column, &DataType::Utf8, expected)?;
    let texts = found.as_string::<i32>().iter().enumerate();
    let read = |(row, text): (usize, Option<&str>)| {
        parse_time(text.unwrap_or_default()).map_err(|problem| cell(row, problem))
    };
    texts.map(read).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        Date32Array, DictionaryArray, Float64Array, Int32Array, RecordBatchIterator,
        TimestampMillisecondArray,
    };

    use super::*;

    fn table(batches: Vec<RecordBatch>) -> Result<BarTable, TableError> {
        let schema = batches[0].schema();
        let reader = RecordBatchIterator::new(batches.into_iter().map(Ok), schema);
        BarTable::from_batches(reader, &CsvOptions::default())
    }

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        let columns = columns.into_iter().map(|(name, array)| (name, array, true));
        RecordBatch::try_from_iter_with_nullable(columns).unwrap()
    }

    fn closes(values: Vec<Option<f64>>) -> ArrayRef {
        Arc::new(Float64Array::from(values))
    }

    #[test]
    fn times_of_every_type_are_one_instant() {
        let day = 86_400_000_000_000;
        let zoned = TimestampMillisecondArray::from(vec![86_400_000]).with_timezone("+08:00");
        let times: [ArrayRef; 6] = [
            Arc::new(Date32Array::from(vec![1])),
            Arc::new(TimestampMillisecondArray::from(vec![86_400_000])),
            Arc::new(zoned),
            // 8 digits that are a date of 1900 to 2199.
            Arc::new(Int32Array::from(vec![19_700_102])),
            Arc::new(arrow_array::Int64Array::from(vec![86_400])),
            Arc::new(StringArray::from(vec!["1970-01-02T08:00:00+08:00"])),
        ];
        for time in times {
            let kind = time.data_type().clone();
            let symbol: DictionaryArray<arrow_array::types::Int8Type> = ["A"].into_iter().collect();
            let rows = batch(vec![
                ("Stock_Code", Arc::new(symbol)),
                ("trade_date", time),
                ("close_price", closes(vec![Some(1.0)])),
            ]);
            let found = table(vec![rows]);
            assert_eq!(found.unwrap().get("A").unwrap().time(), [day], "{kind}");
        }
    }

    #[test]
    fn bars_come_back_from_their_own_table() {
        let bars = Bars::new("A", vec![1, 2], vec![4.0, 5.0]).unwrap();
        let bars = bars.with_volume(vec![0.0, 1.0]).unwrap();
        let back = table(vec![
            bars.slice(0..1).to_record_batch(),
            bars.slice(1..2).to_record_batch(),
        ]);
        assert_eq!(back.unwrap().get("A"), Some(&bars));
    }

    #[test]
    fn each_fault_is_told_with_its_place() {
        let text = |values: Vec<Option<&str>>| -> ArrayRef { Arc::new(StringArray::from(values)) };
        let good = text(vec![Some("A"), Some("A")]);
        let one = |symbol: &ArrayRef, time: ArrayRef, close: ArrayRef| {
            let first = batch(vec![
                ("symbol", text(vec![Some("A")])),
                ("time", text(vec![Some("1")])),
                ("close", closes(vec![Some(1.0)])),
            ]);
            let second = batch(vec![
                ("symbol", Arc::clone(symbol)),
                ("time", time),
                ("close", close),
            ]);
            table(vec![first, second]).unwrap_err().to_string()
        };
        let times = || text(vec![Some("2"), Some("3")]);
        let fine = || closes(vec![Some(1.0), Some(2.0)]);
        let empty = "is empty, expected a value; fill it in or remove the row";
        assert_eq!(
            one(&good, times(), closes(vec![Some(1.0), None])),
            format!("row 3 of the table, column `close` {empty}")
        );
        assert_eq!(
            one(&text(vec![Some("A"), Some(" ")]), times(), fine()),
            format!("row 3 of the table, column `symbol` {empty}")
        );
        assert_eq!(
            one(&good, text(vec![None, Some("3")]), fine()),
            format!("row 2 of the table, column `time` {empty}")
        );
        assert!(one(&good, text(vec![Some("2"), Some("soon")]), fine()).contains("row 3"));
        assert_eq!(
            one(&good, times(), text(vec![Some("1"), Some("2")])),
            "column `close` of the table is of type Utf8, expected a number"
        );
        assert_eq!(
            one(&good, text(vec![Some("2"), Some("2")]), fine()),
            "symbol `A` of the table: row 2 of `time` repeats the time of the row before it"
        );
        let without = batch(vec![("time", times()), ("close", fine())]);
        assert_eq!(
            table(vec![without]).unwrap_err().to_string(),
            "the table has no column `symbol`; columns there: time, close"
        );
        let twice = batch(vec![
            ("time", times()),
            ("Date", times()),
            ("close", fine()),
        ]);
        assert!(
            table(vec![twice])
                .unwrap_err()
                .to_string()
                .contains("can both be `time`")
        );
    }
}
