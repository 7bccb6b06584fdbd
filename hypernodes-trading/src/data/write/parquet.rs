//! Bars as Parquet.

use std::io::Write;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{self, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::{BarsWriter, Compression, Shape, WriteError, WriteOptions, parts};
use crate::bars::Bars;

/// How large a row group gets before the next symbol begins a new one, in bytes of plain columns.
const GROUP_BYTES: usize = 16 << 20;
/// The most rows of a row group: only a symbol that has more is cut.
const GROUP_ROWS: usize = 1 << 20;

/// Writes bars as Parquet; see [the columns](super#columns).
///
/// Times are `timestamp[ns]` in UTC without a zone, prices and volumes `double`, names text. Row groups have some
/// megabytes, end with a symbol, and have statistics, so that whoever reads some symbols or some days skips the rest.
///
/// # Example
/// ```
/// use hypernodes_trading::Bars;
/// use hypernodes_trading::data::write::{BarsWriter, ParquetWriter, WriteOptions};
/// use hypernodes_trading::data::{CsvOptions, read_parquet_bytes};
/// let bars = Bars::new("ACME", vec![0, 60], vec![10.0, 10.1])?;
/// let mut bytes = Vec::new();
/// let mut writer = Box::new(ParquetWriter::new(&mut bytes, &WriteOptions::default()));
/// writer.write(&bars)?;
/// writer.finish()?;
/// let mut read = read_parquet_bytes("all.parquet", bytes, &CsvOptions::default())?;
/// assert_eq!(read.next().unwrap()?, bars);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ParquetWriter<W: Write + Send> {
    options: WriteOptions,
    state: State<W>,
}

#[derive(Debug)]
enum State<W: Write + Send> {
    Start(W),
    Open(Box<Open<W>>),
    /// Nothing can be written after an error.
    Broken,
}

#[derive(Debug)]
struct Open<W: Write + Send> {
    shape: Shape,
    schema: SchemaRef,
    to: ArrowWriter<W>,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// A writer to `to`, which needs no buffer.
    pub fn new(to: W, options: &WriteOptions) -> Self {
        let options = options.clone();
        let state = State::Start(to);
        Self { options, state }
    }

    fn open(&mut self, first: Option<&Bars>) -> Result<Box<Open<W>>, WriteError> {
        let to = match std::mem::replace(&mut self.state, State::Broken) {
            State::Open(open) => return Ok(open),
            State::Start(to) => to,
            State::Broken => {
                return Err(WriteError::Format {
                    format: "Parquet",
                    text: "it failed before".to_owned(),
                });
            }
        };
        let shape = Shape::new(&self.options, first);
        let schema = shape.schema();
        let properties = properties(self.options.compression);
        let to = ArrowWriter::try_new(to, Arc::clone(&schema), Some(properties));
        let to = to.map_err(WriteError::parquet)?;
        Ok(Box::new(Open { shape, schema, to }))
    }
}

fn properties(compression: Option<Compression>) -> WriterProperties {
    let compression = match compression {
        Some(Compression::None) => basic::Compression::UNCOMPRESSED,
        Some(Compression::Zstd) | None => basic::Compression::ZSTD(ZstdLevel::default()),
    };
    let time = ColumnPath::from("time");
    // Times differ from row to row, and their differences do not.
    WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_column_dictionary_enabled(time.clone(), false)
        .set_column_encoding(time, Encoding::DELTA_BINARY_PACKED)
        .build()
}

impl<W: Write + Send> BarsWriter for ParquetWriter<W> {
    fn write(&mut self, bars: &Bars) -> Result<(), WriteError> {
        let mut open = self.open(Some(bars))?;
        open.shape.check(bars)?;
        for part in parts(bars) {
            let batch = open.shape.batch(&open.schema, &part);
            let written = batch.map_err(Into::into).and_then(|b| open.to.write(&b));
            written.map_err(WriteError::parquet)?;
        }
        let row_bytes = 8 * open.schema.fields().len();
        if open.to.in_progress_rows() * row_bytes >= GROUP_BYTES {
            open.to.flush().map_err(WriteError::parquet)?;
        }
        self.state = State::Open(open);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), WriteError> {
        let open = self.open(None)?;
        open.to.close().map_err(WriteError::parquet)?;
        Ok(())
    }
}
