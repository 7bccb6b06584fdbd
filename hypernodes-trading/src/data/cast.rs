//! Columns of Arrow as columns that are computed with: which types they may have, and their values.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, DictionaryArray, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, SchemaRef, TimeUnit};

use super::error::shortened;
use super::header::Layout;
use super::time::{NANOS_PER_DAY, parse_time, parse_time_number};
use super::{CellProblem, DataError};

const TIMES: &str = "a timestamp, a date, an integer epoch or text";
const NUMBERS: &str = "floats, integers or decimals";
const TEXTS: &str = "text or a dictionary of text";

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
pub(super) type TimeFaults = Vec<(usize, CellProblem)>;

pub(super) struct Numbers {
    pub(super) values: ScalarBuffer<f64>,
    pub(super) nulls: Option<NullBuffer>,
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
    pub(super) fn run_end(&self, start: usize, rows: usize) -> usize {
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
pub(super) fn cell_text(array: &ArrayRef, row: usize) -> Option<String> {
    let options = FormatOptions::new().with_display_error(false);
    let formatter = ArrayFormatter::try_new(array, &options).ok()?;
    formatter.value(row).try_to_string().ok()
}

/// The column as plain text.
pub(super) fn text(array: &ArrayRef) -> Option<StringArray> {
    let array = cast(array, &DataType::Utf8).ok()?;
    Some(array.as_string::<i32>().clone())
}

impl Numbers {
    pub(super) fn new(array: &ArrayRef) -> Option<Self> {
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

    pub(super) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    pub(super) fn has_null(&self, rows: &Range<usize>) -> bool {
        self.nulls
            .as_ref()
            .is_some_and(|nulls| rows.clone().any(|row| nulls.is_null(row)))
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
