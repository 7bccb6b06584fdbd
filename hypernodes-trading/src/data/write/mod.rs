//! Writing bars: CSV, Parquet and Arrow IPC files, symbol by symbol.
//!
//! | writer | file |
//! |---|---|
//! | [`CsvWriter`] | text; numbers as the shortest decimals that read back as the same bits |
//! | [`ParquetWriter`] | row groups of some megabytes that end with a symbol, with statistics, zstd |
//! | [`IpcWriter`] | an Arrow IPC ("feather") file, a batch a symbol |
//!
//! Each takes [`Bars`] one by one and holds no more than a row group. What is written reads back bit for bit,
//! the exchange too. Nothing here chooses a file's name or replaces a file.
//!
//! # Columns
//! `symbol` unless it is switched off, `time`, those of `open`, `high`, `low`, `close` and `volume` that the first
//! bars have (or that [`WriteOptions::columns`] names), and `exchange` where the first bars have one. A symbol that
//! lacks one of them has empty cells there; one that has a column more is an error.

mod csv;
mod error;
mod ipc;
mod parquet;
#[cfg(test)]
pub(super) mod tests;

pub use csv::CsvWriter;
pub(in crate::data) use csv::iso;
pub use error::WriteError;
pub use ipc::IpcWriter;
pub use parquet::ParquetWriter;

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use serde::{Deserialize, Serialize};

use crate::bars::Bars;
use crate::dtypes::Dtypes;
use crate::table::TIME;

/// A file that is being written.
pub trait BarsWriter: Send {
    /// Writes the bars of one symbol. A symbol comes once, or its later bars right after its earlier ones.
    ///
    /// # Errors
    /// [`WriteError::Io`], [`WriteError::ExtraColumn`], [`WriteError::SecondSymbol`], [`WriteError::Name`] or
    /// [`WriteError::Format`]; the file is of no use then.
    fn write(&mut self, bars: &Bars) -> Result<(), WriteError>;

    /// Writes what is still held, and the end of the file. A file without bars has columns and no rows.
    ///
    /// # Errors
    /// [`WriteError::Io`] or [`WriteError::Format`].
    fn finish(self: Box<Self>) -> Result<(), WriteError>;
}

/// Whether and how a Parquet or IPC file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// It is not.
    None,
    /// By zstd.
    Zstd,
}

/// How files are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOptions {
    /// Whether the symbol is a column. Without it a file takes one symbol, and is to be named after it.
    pub symbol_column: bool,
    /// The columns beside time and close; `None` for those of the first bars.
    pub columns: Option<WriteColumns>,
    /// The smaller types that Parquet and IPC columns get, found by [`Dtypes::of_bars`] for all bars that will be
    /// written, and merged; `None` for `float64`. CSV has no types.
    pub dtypes: Option<Dtypes>,
    /// `None` for what is usual: zstd for Parquet, none for IPC. A CSV file is never compressed here.
    pub compression: Option<Compression>,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            symbol_column: true,
            columns: None,
            dtypes: None,
            compression: None,
        }
    }
}

/// The columns that bars may do without.
///
/// # Example
/// ```
/// use hypernodes_trading::{Bars, data::write::WriteColumns};
/// let bars = Bars::new("ACME", vec![1], vec![10.0])?.with_volume(vec![5.0])?;
/// let columns = WriteColumns::of(&bars);
/// assert!(columns.volume && !columns.open);
/// # Ok::<(), hypernodes_trading::BarsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column by its name"
)]
pub struct WriteColumns {
    /// The opening prices.
    pub open: bool,
    /// The highest prices.
    pub high: bool,
    /// The lowest prices.
    pub low: bool,
    /// The volumes.
    pub volume: bool,
    /// The name of the exchange.
    pub exchange: bool,
}

impl WriteColumns {
    /// Those that `bars` have.
    #[must_use]
    pub fn of(bars: &Bars) -> Self {
        Self {
            open: bars.open().is_some(),
            high: bars.high().is_some(),
            low: bars.low().is_some(),
            volume: bars.volume().is_some(),
            exchange: bars.exchange().is_some(),
        }
    }

    /// Those that either has.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            open: self.open || other.open,
            high: self.high || other.high,
            low: self.low || other.low,
            volume: self.volume || other.volume,
            exchange: self.exchange || other.exchange,
        }
    }

    fn named(self) -> [(&'static str, bool); 5] {
        [
            ("open", self.open),
            ("high", self.high),
            ("low", self.low),
            ("volume", self.volume),
            ("exchange", self.exchange),
        ]
    }

    fn has(self, column: &str) -> bool {
        column == "close" || self.named().iter().any(|&(name, is)| is && name == column)
    }
}

/// What a file's rows look like, from its first bars on.
#[derive(Debug)]
struct Shape {
    symbol_column: bool,
    columns: WriteColumns,
    dtypes: Option<Dtypes>,
    /// The only symbol, where there is no column for it.
    symbol: Arc<str>,
}

impl Shape {
    /// The shape that the first bars give; without bars, as far as options say.
    fn new(options: &WriteOptions, first: Option<&Bars>) -> Self {
        let columns = options.columns.or(first.map(WriteColumns::of));
        Self {
            symbol_column: options.symbol_column,
            columns: columns.unwrap_or_default(),
            dtypes: options.dtypes.clone(),
            symbol: first.map_or("", Bars::symbol).into(),
        }
    }

    /// Whether the bars can go into the file.
    fn check(&self, bars: &Bars) -> Result<(), WriteError> {
        let symbol = || bars.symbol().to_owned();
        if !self.symbol_column && *self.symbol != *bars.symbol() {
            return Err(WriteError::SecondSymbol {
                first: self.symbol.to_string(),
                second: symbol(),
            });
        }
        let own = WriteColumns::of(bars).named().into_iter();
        for ((column, is), (_, expected)) in own.zip(self.columns.named()) {
            if is && !expected {
                return Err(WriteError::ExtraColumn {
                    symbol: symbol(),
                    column,
                });
            }
        }
        let symbol = self.symbol_column.then(|| bars.symbol());
        for (what, name) in [("symbol", symbol), ("exchange", bars.exchange())] {
            if let Some(name) = name
                && (name.is_empty() || name.trim_ascii() != name || name.contains('\0'))
            {
                let name = name.to_owned();
                return Err(WriteError::Name { what, name });
            }
        }
        Ok(())
    }

    fn schema(&self) -> SchemaRef {
        let text = |name, is_nullable| Field::new(name, DataType::Utf8, is_nullable);
        let mut fields = Vec::new();
        if self.symbol_column {
            fields.push(text("symbol", false));
        }
        fields.push(Field::new("time", TIME, false));
        for name in ["open", "high", "low", "close", "volume"] {
            if self.columns.has(name) {
                fields.push(Field::new(name, DataType::Float64, name != "close"));
            }
        }
        if self.columns.exchange {
            fields.push(text("exchange", true));
        }
        let schema = Schema::new(fields);
        match &self.dtypes {
            Some(types) => Arc::new(types.schema(&schema)),
            None => Arc::new(schema),
        }
    }

    /// The bars as rows of the file, sharing their columns.
    fn batch(&self, schema: &SchemaRef, bars: &Bars) -> Result<RecordBatch, ArrowError> {
        let rows = bars.len();
        let text = |text| {
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(
                text, rows,
            )))
        };
        let buffers = bars.buffers();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
        if self.symbol_column {
            columns.push(text(bars.symbol()));
        }
        let time = TimestampNanosecondArray::new(buffers.time.clone(), None);
        columns.push(Arc::new(time));
        for (name, values) in buffers.prices {
            if self.columns.has(name) {
                columns.push(Arc::new(match values {
                    Some(values) => Float64Array::new(values.clone(), None),
                    None => Float64Array::new_null(rows),
                }));
            }
        }
        if self.columns.exchange {
            columns.push(match bars.exchange() {
                Some(exchange) => text(exchange),
                None => Arc::new(StringArray::new_null(rows)),
            });
        }
        let Some(types) = &self.dtypes else {
            return RecordBatch::try_new(Arc::clone(schema), columns);
        };
        let plain = schema
            .fields()
            .iter()
            .map(|field| field.name())
            .zip(columns);
        let smaller = types.apply(&RecordBatch::try_from_iter(plain)?);
        let columns = smaller
            .map_err(|e| ArrowError::ExternalError(e.into()))?
            .columns()
            .to_vec();
        RecordBatch::try_new(Arc::clone(schema), columns)
    }
}

/// The bars in parts whose text columns are not too large for Arrow.
fn parts(bars: &Bars) -> impl Iterator<Item = Bars> {
    const ROWS: usize = 1 << 16;
    let starts = (0..bars.len()).step_by(ROWS);
    starts.map(|start| bars.slice(start..start + ROWS))
}
