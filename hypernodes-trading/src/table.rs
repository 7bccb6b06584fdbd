//! [`Bars`] as an Arrow table.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampNanosecondArray};
use arrow_schema::{DataType, Field, Metadata, Schema, TimeUnit};

use crate::bars::Bars;

/// What the schema's metadata calls the symbol.
pub(crate) const SYMBOL: &str = "symbol";
/// What the schema's metadata calls the exchange.
pub(crate) const EXCHANGE: &str = "exchange";

/// The type of times in tables: nanoseconds in UTC, without a zone.
///
/// A zone would say more, but then polars compares them with no plain date, and `DuckDB` cuts them
/// to microseconds and hands them to Python only where `pytz` is installed.
pub(crate) const TIME: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);

impl Bars {
    /// The bars as an Arrow table, sharing the columns.
    ///
    /// # Shapes and units
    /// A row a bar; `time` as `timestamp[ns]` in UTC, without a zone, then those of `open`,
    /// `high`, `low`, `close` and `volume` that there are, as `float64`. The symbol and the
    /// exchange are in the schema's metadata.
    ///
    /// # Panics
    /// Never: the columns have one length.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::Bars;
    /// let bars = Bars::new("ACME", vec![1, 2], vec![10.0, 11.0])?;
    /// let table = bars.to_record_batch();
    /// assert_eq!((table.num_rows(), table.num_columns()), (2, 2));
    /// assert_eq!(table.schema().field(1).name(), "close");
    /// assert_eq!(table.schema().metadata()["symbol"], "ACME");
    /// # Ok::<(), hypernodes_trading::BarsError>(())
    /// ```
    #[must_use]
    pub fn to_record_batch(&self) -> RecordBatch {
        let buffers = self.buffers();
        let time: ArrayRef = Arc::new(TimestampNanosecondArray::new(buffers.time.clone(), None));
        let mut fields = vec![Field::new("time", TIME, false)];
        let mut columns = vec![time];
        for (name, values) in buffers.prices {
            if let Some(values) = values {
                fields.push(Field::new(name, DataType::Float64, false));
                columns.push(Arc::new(Float64Array::new(values.clone(), None)));
            }
        }
        let own = [(SYMBOL, Some(self.symbol())), (EXCHANGE, self.exchange())];
        let own = own
            .into_iter()
            .filter_map(|(key, text)| Some((key.to_owned(), text?.to_owned())));
        let schema = Schema::new(fields).with_metadata(own.collect::<Metadata>());
        RecordBatch::try_new(Arc::new(schema), columns).expect("the columns have one length")
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Float64Type;

    use super::*;

    #[test]
    fn a_table_shares_the_columns() {
        let bars = Bars::new("A", vec![1, 2], vec![4.0, 5.0]).unwrap();
        let bars = bars.with_volume(vec![0.0, 1.0]).unwrap().with_exchange("X");
        let table = bars.to_record_batch();
        let names: Vec<_> = table
            .schema()
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .collect();
        assert_eq!(names, ["time", "close", "volume"]);
        assert_eq!(table.schema().metadata()["exchange"], "X");
        let close = table.column(1).as_primitive::<Float64Type>();
        assert!(std::ptr::eq(&raw const **close.values(), bars.close()));
    }
}
