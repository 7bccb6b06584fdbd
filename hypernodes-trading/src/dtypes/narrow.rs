//! Which smaller types the columns of a table fit.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use serde::{Deserialize, Serialize};

use crate::bars::Bars;

/// How far a price may move when it is stored as `f32`.
pub const PRICE_TOLERANCE: f64 = 5e-4;

/// A table cannot be given smaller types.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DtypeError {
    /// The types were found for other values.
    #[error(
        "column `{column}` holds values that `{to}` does not; let `Dtypes::observe` see every batch first"
    )]
    NotObserved {
        /// The column.
        column: String,
        /// The type that it was to get.
        to: DataType,
    },
    /// Arrow refuses.
    #[error("the types of a table cannot be changed")]
    Arrow(#[from] ArrowError),
}

/// The smaller types that the columns of a table fit, found batch by batch.
///
/// - Prices (`open`, `high`, `low`, `close`, also as `open_price`...) become `float32` if no value of the column moves by
///   more than [`PRICE_TOLERANCE`]; else the column stays. Whole prices too.
/// - `volume` becomes the smallest signed integer type that holds every value exactly; a NaN, a fraction, a negative
///   zero or an empty cell among floats leaves it.
/// - All other columns stay.
///
/// The rule is about whole columns, so every batch is [observed](Self::observe) before the first is
/// [converted](Self::apply); what was observed in parts is [merged](Self::merge), with the same result in any order.
///
/// # Example
/// ```
/// use hypernodes_trading::{Bars, dtypes::Dtypes};
/// let bars = Bars::new("ACME", vec![1, 2], vec![10.5, 123456.785])?.with_volume(vec![7.0, 300.0])?;
/// let types = Dtypes::of_bars(&bars);
/// assert_eq!(types.of("volume").unwrap().to_string(), "Int16"); // 300 is too much for 8 bits
/// assert_eq!(types.of("close"), None); // 123456.785 would become 123456.78125
/// # Ok::<(), hypernodes_trading::BarsError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dtypes {
    columns: BTreeMap<String, Fit>,
}

/// What a column fits so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Fit {
    /// It stays as it is.
    Nothing,
    /// All prices are near enough.
    Single,
    /// All volumes are whole, from the first to the second.
    Whole(i64, i64),
}

impl Fit {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Single, Self::Single) => Self::Single,
            (Self::Whole(a, b), Self::Whole(c, d)) => Self::Whole(a.min(c), b.max(d)),
            _ => Self::Nothing,
        }
    }

    fn target(self) -> Option<DataType> {
        let (least, most) = match self {
            Self::Nothing => return None,
            Self::Single => return Some(DataType::Float32),
            Self::Whole(least, most) => (least, most),
        };
        let fits = |low: i64, high: i64| low <= least && most <= high;
        Some(if fits(i8::MIN.into(), i8::MAX.into()) {
            DataType::Int8
        } else if fits(i16::MIN.into(), i16::MAX.into()) {
            DataType::Int16
        } else if fits(i32::MIN.into(), i32::MAX.into()) {
            DataType::Int32
        } else {
            DataType::Int64
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Price,
    Volume,
}

fn role(name: &str) -> Option<Role> {
    let name = name.to_ascii_lowercase();
    match name.strip_suffix("_price").unwrap_or(&name) {
        "open" | "high" | "low" | "close" => Some(Role::Price),
        "volume" if name == "volume" => Some(Role::Volume),
        _ => None,
    }
}

/// Whether a price may be stored as `f32`; NaN may.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is lost is what is asked"
)]
fn is_near(price: f64) -> bool {
    let single = f64::from(price as f32);
    price.is_nan()
        || single.to_bits() == price.to_bits()
        || (single - price).abs() <= PRICE_TOLERANCE
}

/// The integer that a volume is, exactly.
#[expect(clippy::cast_possible_truncation, reason = "it is in range and whole")]
fn whole(volume: f64) -> Option<i64> {
    // 2^63; the least is itself one of the integers.
    const BEYOND: f64 = -(i64::MIN as f64);
    let is_negative_zero = volume.to_bits() == (-0.0_f64).to_bits();
    let is_whole = (-BEYOND..BEYOND).contains(&volume) && volume.fract().abs().to_bits() == 0;
    (is_whole && !is_negative_zero).then_some(volume as i64)
}

fn fit_of_floats(role: Role, mut values: impl Iterator<Item = f64>) -> Option<Fit> {
    match role {
        Role::Price => {
            let mut values = values.peekable();
            values.peek()?;
            Some(if values.all(is_near) {
                Fit::Single
            } else {
                Fit::Nothing
            })
        }
        Role::Volume => {
            let first = values.next()?;
            let start = whole(first).map_or(Fit::Nothing, |value| Fit::Whole(value, value));
            Some(values.fold(start, |fit, value| {
                let one = whole(value).map_or(Fit::Nothing, |value| Fit::Whole(value, value));
                fit.and(one)
            }))
        }
    }
}

fn fit_of_array(role: Role, array: &ArrayRef) -> Result<Option<Fit>, ArrowError> {
    if array.null_count() == array.len() {
        return Ok(None); // a symbol that does not have the column
    }
    if role == Role::Volume && array.data_type().is_integer() {
        let wide = cast(array, &DataType::Int64)?;
        if wide.null_count() > array.null_count() {
            return Ok(Some(Fit::Nothing)); // beyond 2^63
        }
        let values = wide.as_primitive::<Int64Type>().iter().flatten();
        let fits = values.map(|value| Fit::Whole(value, value));
        return Ok(fits.reduce(Fit::and));
    }
    if !array.data_type().is_numeric() {
        return Ok(Some(Fit::Nothing));
    }
    let floats = cast(array, &DataType::Float64)?;
    let floats = floats.as_primitive::<Float64Type>();
    if role == Role::Volume && floats.null_count() > 0 {
        return Ok(Some(Fit::Nothing));
    }
    if array.data_type().is_integer() {
        // An integer that `f64` rounds is none that `f32` holds.
        let back = cast(&cast(array, &DataType::Float64)?, array.data_type())?;
        if back.as_ref() != array.as_ref() {
            return Ok(Some(Fit::Nothing));
        }
    }
    Ok(fit_of_floats(role, floats.iter().flatten()))
}

impl Dtypes {
    /// The types that bars fit.
    #[must_use]
    pub fn of_bars(bars: &Bars) -> Self {
        let mut types = Self::default();
        for (name, column) in [
            ("open", bars.open()),
            ("high", bars.high()),
            ("low", bars.low()),
            ("close", Some(bars.close())),
            ("volume", bars.volume()),
        ] {
            let fit = column
                .zip(role(name))
                .and_then(|(c, role)| fit_of_floats(role, c.iter().copied()));
            types.add(name, fit);
        }
        types
    }

    /// Takes a batch of the table into account.
    ///
    /// # Errors
    /// [`ArrowError`] where a column of prices cannot be looked at as numbers.
    pub fn observe(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            if let Some(role) = role(field.name()) {
                let fit = fit_of_array(role, array)?;
                self.add(field.name(), fit);
            }
        }
        Ok(())
    }

    /// Takes into account what was observed of other batches.
    pub fn merge(&mut self, other: &Self) {
        for (name, &fit) in &other.columns {
            self.add(name, Some(fit));
        }
    }

    fn add(&mut self, name: &str, fit: Option<Fit>) {
        let Some(fit) = fit else { return };
        let known = self.columns.entry(name.to_owned()).or_insert(fit);
        *known = known.and(fit);
    }

    /// The smaller type of a column; `None` where it stays.
    #[must_use]
    pub fn of(&self, column: &str) -> Option<DataType> {
        self.columns.get(column)?.target()
    }

    /// The schema of the table with the smaller types.
    #[must_use]
    pub fn schema(&self, schema: &Schema) -> Schema {
        let field = |field: &Arc<Field>| match self.of(field.name()) {
            Some(smaller) => Arc::new(field.as_ref().clone().with_data_type(smaller)),
            None => Arc::clone(field),
        };
        let fields: Vec<_> = schema.fields().iter().map(field).collect();
        Schema::new_with_metadata(fields, schema.metadata().clone())
    }

    /// A batch of the table with the smaller types.
    ///
    /// # Errors
    /// [`DtypeError::NotObserved`] when it holds values that do not fit them.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch, DtypeError> {
        let mut together = self.clone();
        together.observe(batch)?;
        let schema = self.schema(batch.schema_ref());
        let columns = schema.fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, array)| {
            if self.of(field.name()) != together.of(field.name()) {
                return Err(DtypeError::NotObserved {
                    column: field.name().clone(),
                    to: field.data_type().clone(),
                });
            }
            Ok(cast(array, field.data_type())?)
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        Ok(RecordBatch::try_new(schema.into(), columns)?)
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{Float64Array, Int64Array, StringArray, UInt64Array};
    use proptest::prelude::*;

    use super::*;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn floats(values: &[f64]) -> ArrayRef {
        Arc::new(Float64Array::from(values.to_vec()))
    }

    fn types(name: &str, array: ArrayRef) -> Option<String> {
        let mut types = Dtypes::default();
        types.observe(&batch(vec![(name, array)])).unwrap();
        types.of(name).map(|found| found.to_string())
    }

    #[test]
    fn a_volume_takes_the_smallest_type_that_holds_it() {
        for (values, expected) in [
            (vec![0.0, 127.0], Some("Int8")),
            (vec![-128.0], Some("Int8")),
            (vec![0.0, 128.0], Some("Int16")),
            (vec![32_768.0], Some("Int32")),
            (vec![2_147_483_648.0, 0.0], Some("Int64")),
            (vec![(-(i64::MIN as f64)).next_down()], Some("Int64")),
            (vec![-(i64::MIN as f64)], None),
            (vec![1.0, 0.5], None),
            (vec![1.0, f64::NAN], None),
            (vec![1.0, f64::INFINITY], None),
            (vec![1.0, -0.0], None),
            (vec![], None),
        ] {
            assert_eq!(
                types("Volume", floats(&values)).as_deref(),
                expected,
                "{values:?}"
            );
        }
        let empty: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None]));
        assert_eq!(types("volume", empty), None);
        let empty: ArrayRef = Arc::new(Int64Array::from(vec![Some(300), None]));
        assert_eq!(types("volume", empty).as_deref(), Some("Int16"));
        let much: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX]));
        assert_eq!(types("volume", much), None);
    }

    #[test]
    fn prices_become_single_where_none_moves_far() {
        assert_eq!(
            types("close", floats(&[1.1, f64::NAN])).as_deref(),
            Some("Float32")
        );
        assert_eq!(
            types("open_price", floats(&[100.123_4])).as_deref(),
            Some("Float32")
        );
        assert_eq!(types("close", floats(&[1.1, 123_456.785])), None);
        assert_eq!(types("low", floats(&[1e39])), None);
        assert_eq!(types("score", floats(&[1.0])), None);
        let whole: ArrayRef = Arc::new(Int64Array::from(vec![1, 16_777_216]));
        assert_eq!(types("high", whole).as_deref(), Some("Float32"));
        for odd in [16_777_217, i64::MAX] {
            let whole: ArrayRef = Arc::new(Int64Array::from(vec![odd]));
            assert_eq!(types("high", whole), None, "{odd}");
        }
        let text: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
        assert_eq!(types("close", text), None);
    }

    #[test]
    fn one_batch_decides_for_all_and_unseen_values_are_refused() {
        let small = batch(vec![
            ("volume", floats(&[1.0])),
            ("close", floats(&[1.5])),
            ("x", floats(&[1.0])),
        ]);
        let large = batch(vec![
            ("volume", floats(&[1e6])),
            ("close", floats(&[1.5])),
            ("x", floats(&[1.0])),
        ]);
        let mut types = Dtypes::default();
        types.observe(&small).unwrap();
        let error = types.apply(&large).unwrap_err().to_string();
        assert!(
            error.starts_with("column `volume` holds values that `Int8` does not"),
            "{error}"
        );
        types.observe(&large).unwrap();
        let told: Vec<_> = types
            .apply(&small)
            .unwrap()
            .schema()
            .fields()
            .iter()
            .map(|field| field.data_type().to_string())
            .collect();
        assert_eq!(told, ["Int32", "Float32", "Float64"]);
    }

    proptest! {
        #[test]
        fn what_is_converted_is_what_it_was(
            close in prop::collection::vec(1e-3..1e6_f64, 1..40),
            volume in prop::collection::vec(any::<i32>(), 1..40),
            cut in 0..40_usize,
        ) {
            let rows = close.len().min(volume.len());
            let volume: Vec<f64> = volume[..rows].iter().map(|&v| f64::from(v)).collect();
            let whole = batch(vec![("close", floats(&close[..rows])), ("volume", floats(&volume))]);
            let cut = cut.min(rows);
            let (mut left, mut right) = (Dtypes::default(), Dtypes::default());
            left.observe(&whole.slice(0, cut)).unwrap();
            right.observe(&whole.slice(cut, rows - cut)).unwrap();
            right.merge(&left);
            let mut types = Dtypes::default();
            types.observe(&whole).unwrap();
            prop_assert_eq!(&right, &types);
            let small = types.apply(&whole).unwrap();
            for (at, tolerance) in [(0, PRICE_TOLERANCE), (1, 0.0)] {
                let back = cast(small.column(at), &DataType::Float64).unwrap();
                let before = whole.column(at).as_primitive::<Float64Type>();
                for (a, b) in back.as_primitive::<Float64Type>().values().iter().zip(before.values()) {
                    prop_assert!((a - b).abs() <= tolerance);
                }
            }
        }
    }
}
