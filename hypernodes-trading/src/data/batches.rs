//! Arrow tables of many symbols into a [`BarTable`].

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::SchemaRef;
use indexmap::IndexMap;

use super::cast::check_types;
use super::error::one_line;
use super::feed::{Columns, Track};
use super::header::{Layout, layout};
use super::table::{Source, Table};
use super::{BarTable, CsvOptions, DataError, Place};
use crate::table::{EXCHANGE, SYMBOL};

/// What stands for the file in messages.
const NAME: &str = "the table";

impl BarTable {
    /// The symbols of an Arrow table, in the order of their first rows; the rows of each by ascending time, in whatever
    /// order the symbols stand.
    ///
    /// The same columns, names, types and checks as of [Parquet files](super::read_parquet), and the same `options`. Without
    /// a symbol column the `symbol` of the schema's metadata is taken.
    ///
    /// # Errors
    /// [`DataError`], for the first fault; rows are counted from 1, over all batches.
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
    ) -> Result<Self, DataError> {
        let mut table = Rows::new(&reader.schema(), options)?;
        for batch in reader {
            let batch = batch.map_err(|error| table.damaged(&error.to_string()))?;
            table.take(&batch)?;
        }
        table.finish()
    }
}

/// The rows so far, by symbol.
struct Rows<'a> {
    file: Arc<str>,
    layout: Layout,
    options: &'a CsvOptions,
    /// The symbol where no column is.
    alone: Arc<str>,
    /// The exchange that the table names for all rows.
    exchange: Option<Arc<str>>,
    symbols: IndexMap<Arc<str>, (Track, Columns)>,
    next_row: u64,
}

impl<'a> Rows<'a> {
    fn new(schema: &SchemaRef, options: &'a CsvOptions) -> Result<Self, DataError> {
        let file: Arc<str> = NAME.into();
        let fields = schema.fields().iter();
        let names: Vec<String> = fields.map(|field| field.name().trim().to_owned()).collect();
        let layout = layout(&file, Place::File, names, options)?;
        check_types(&file, &layout, schema)?;
        let alone = schema.metadata().get(SYMBOL);
        let (None, None) = (layout.symbol, alone) else {
            let alone = alone.map_or("", String::as_str).into();
            let exchange = schema.metadata().get(EXCHANGE);
            let exchange = exchange.map(|name| name.as_str().into());
            let (symbols, next_row) = (IndexMap::new(), 0);
            return Ok(Self {
                file,
                layout,
                options,
                alone,
                exchange,
                symbols,
                next_row,
            });
        };
        Err(DataError::MissingColumn {
            file,
            place: Place::File,
            column: SYMBOL.to_owned(),
            found: layout.names,
            suggestion: None,
        })
    }

    fn damaged(&self, problem: &str) -> DataError {
        DataError::Damaged {
            file: Arc::clone(&self.file),
            format: "Arrow".to_owned(),
            problem: one_line(problem),
        }
    }

    /// Puts the rows of a batch to their symbols.
    fn take(&mut self, batch: &RecordBatch) -> Result<(), DataError> {
        let table = Table::new(batch, self.next_row, &self.layout, |at| at, true);
        let table = table
            .ok_or_else(|| self.damaged("a column is not of the type that its schema says"))?;
        self.next_row += batch.num_rows() as u64;
        let of = Source {
            file: &self.file,
            layout: &self.layout,
        };
        let mut run = 0..0;
        while run.end < table.rows {
            run = table.run(run.end);
            let symbol = table.symbol(&of, run.start, &self.alone)?;
            if !self.options.wants(&symbol) {
                continue;
            }
            let entry = self.symbols.entry(symbol);
            let symbol = Arc::clone(entry.key());
            let (track, columns) = entry.or_insert_with(|| {
                let exchange = self.exchange.clone();
                let track = Track {
                    exchange,
                    ..Track::new(symbol)
                };
                (track, Columns::default())
            });
            table.take(&of, run.clone(), &self.options.range, track, columns)?;
            if let Some(error) = track.error.take() {
                return Err(error);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<BarTable, DataError> {
        let present = self.layout.present();
        // A symbol whose rows are all out of the range is not there.
        let symbols = self.symbols.into_values();
        let there = symbols.filter(|(_, columns)| !columns.time.is_empty());
        let bars = there.map(|(track, columns)| track.finish(&self.file, present, columns));
        bars.map(|bars| bars.map_err(|error| error.error)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        Array, ArrayRef, Date32Array, DictionaryArray, Float64Array, Int32Array,
        RecordBatchIterator, StringArray, TimestampMillisecondArray,
    };

    use super::*;
    use crate::bars::Bars;

    fn table(batches: Vec<RecordBatch>) -> Result<BarTable, DataError> {
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
        let listed = bars.with_exchange("X");
        let back = table(vec![listed.to_record_batch()]).unwrap();
        assert_eq!(back.get("A"), Some(&listed));
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
        let empty = "the cell is empty, expected a value; fill it in or remove the row";
        assert_eq!(
            one(&good, times(), closes(vec![Some(1.0), None])),
            format!("`the table` row 3, column `close`: {empty}")
        );
        assert_eq!(
            one(&text(vec![Some("A"), Some(" ")]), times(), fine()),
            format!("`the table` row 3, column `symbol`: {empty}")
        );
        assert_eq!(
            one(&good, text(vec![None, Some("3")]), fine()),
            format!("`the table` row 2, column `time`: {empty}")
        );
        assert!(
            one(&good, text(vec![Some("2"), Some("soon")]), fine())
                .starts_with("`the table` row 3")
        );
        let number = table(vec![batch(vec![
            ("symbol", text(vec![Some("A")])),
            ("time", text(vec![Some("1")])),
            ("close", text(vec![Some("1")])),
        ])]);
        let told = number.unwrap_err().to_string();
        assert!(told.starts_with("`the table`, column `close`"), "{told}");
        let again = one(&good, text(vec![Some("2"), Some("2")]), fine());
        assert!(
            again.starts_with("`the table` row 3, column `time`"),
            "{again}"
        );
        let without = batch(vec![("time", times()), ("close", fine())]);
        let told = table(vec![without]).unwrap_err().to_string();
        assert!(
            told.contains("`symbol`") && told.contains("`time`, `close`"),
            "{told}"
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
