//! Bars as Arrow IPC.

use std::io::{BufWriter, Write};

use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_schema::{ArrowError, SchemaRef};

use super::{BarsWriter, Compression, Shape, WriteError, WriteOptions, parts};
use crate::bars::Bars;

/// Writes bars as an Arrow IPC file ("feather"); see [the columns](super#columns).
///
/// The types are those of [`ParquetWriter`](super::ParquetWriter). A symbol is a batch, or several of 65,536 rows.
#[derive(Debug)]
pub struct IpcWriter<W: Write> {
    options: WriteOptions,
    state: State<W>,
}

#[derive(Debug)]
enum State<W: Write> {
    Start(W),
    Open(Box<Open<W>>),
    /// Nothing can be written after an error.
    Broken,
}

struct Open<W: Write> {
    shape: Shape,
    schema: SchemaRef,
    to: FileWriter<BufWriter<W>>,
}

impl<W: Write> std::fmt::Debug for Open<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open")
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

impl<W: Write> IpcWriter<W> {
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
                    format: "Arrow IPC",
                    text: "it failed before".to_owned(),
                });
            }
        };
        let shape = Shape::new(&self.options, first);
        let schema = shape.schema();
        let to = file(to, &schema, self.options.compression).map_err(WriteError::ipc)?;
        Ok(Box::new(Open { shape, schema, to }))
    }
}

fn file<W: Write>(
    to: W,
    schema: &SchemaRef,
    compression: Option<Compression>,
) -> Result<FileWriter<BufWriter<W>>, ArrowError> {
    let compression = match compression {
        Some(Compression::Zstd) => Some(CompressionType::ZSTD),
        Some(Compression::None) | None => None,
    };
    let options = IpcWriteOptions::default().try_with_compression(compression)?;
    FileWriter::try_new_with_options(BufWriter::new(to), schema, options)
}

impl<W: Write + Send> BarsWriter for IpcWriter<W> {
    fn write(&mut self, bars: &Bars) -> Result<(), WriteError> {
        let mut open = self.open(Some(bars))?;
        open.shape.check(bars)?;
        for part in parts(bars) {
            let batch = open.shape.batch(&open.schema, &part);
            let written = batch.and_then(|batch| open.to.write(&batch));
            written.map_err(WriteError::ipc)?;
        }
        self.state = State::Open(open);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), WriteError> {
        let mut open = self.open(None)?;
        open.to.finish().map_err(WriteError::ipc)?;
        Ok(open.to.get_mut().flush()?)
    }
}
