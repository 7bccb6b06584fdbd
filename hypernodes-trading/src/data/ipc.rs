//! Arrow IPC files ("feather").

use std::io::BufReader;
use std::ops::Range;
use std::sync::Arc;

use arrow_ipc::reader::FileReader;
use arrow_schema::ArrowError;

use super::cast::check_types;
use super::error::one_line;
use super::feed::{Feed, Present, Sink, Track};
use super::guard::{self, CONTRADICTION};
use super::header::{Layout, layout};
use super::input::{Input, Raw};
use super::ipc_blocks::Blocks;
use super::table::{Source, Table};
use super::{CsvOptions, DataError, Place, TimeRange};

/// An Arrow IPC file: which of its columns is which.
#[derive(Debug, Clone)]
pub(super) struct Ipc {
    pub(super) input: Input,
    pub(super) layout: Arc<Layout>,
}

impl Ipc {
    pub(super) fn open(input: Input, options: &CsvOptions) -> Result<Self, DataError> {
        // What the reader makes room for is checked first.
        Blocks::read(input.open_raw()?).map_err(|error| failed(&input, error))?;
        let reader = open(&input)?;
        let schema = reader.schema();
        let names = schema
            .fields()
            .iter()
            .map(|field| field.name().trim().to_owned());
        let layout = layout(&input.name, Place::File, names.collect(), options)?;
        check_types(&input.name, &layout, &schema)?;
        let layout = Arc::new(layout);
        let file = Self { input, layout };
        match file.names()?.next_run()? {
            true => Ok(file),
            false => Err(DataError::EmptyTable {
                file: file.input.name,
            }),
        }
    }

    /// All rows.
    pub(super) fn feed(&self) -> Result<IpcFeed, DataError> {
        self.feed_of(true)
    }

    /// The symbols of all rows.
    pub(super) fn names(&self) -> Result<IpcFeed, DataError> {
        self.feed_of(false)
    }

    fn feed_of(&self, with_values: bool) -> Result<IpcFeed, DataError> {
        let raw = self.input.open_raw()?;
        let blocks = Blocks::read(raw).map_err(|error| failed(&self.input, error))?;
        Ok(IpcFeed {
            batches: open(&self.input)?,
            blocks,
            next_batch: 0,
            file: self.clone(),
            with_values,
            next_row: 0,
            table: Table::of_one("", 0),
            run: 0..0,
        })
    }
}

fn open(input: &Input) -> Result<FileReader<BufReader<Raw>>, DataError> {
    let raw = BufReader::new(input.open_raw()?);
    guarded(|| FileReader::try_new(raw, None)).map_err(|error| failed(input, error))
}

/// What the reader says.
fn guarded<T>(read: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, ArrowError> {
    let contradiction = || Err(ArrowError::IpcError(CONTRADICTION.to_owned()));
    guard::guarded(read).unwrap_or_else(contradiction)
}

fn failed(input: &Input, error: ArrowError) -> DataError {
    let problem = match error {
        ArrowError::IoError(_, source) if source.raw_os_error().is_some() => {
            return input.failed(source);
        }
        other => one_line(&other.to_string()),
    };
    DataError::Damaged {
        file: Arc::clone(&input.name),
        format: "Arrow IPC".to_owned(),
        problem,
    }
}

/// The rows of an Arrow IPC file, a batch at a time.
pub(super) struct IpcFeed {
    file: Ipc,
    batches: FileReader<BufReader<Raw>>,
    blocks: Blocks,
    next_batch: usize,
    with_values: bool,
    next_row: u64,
    table: Table,
    run: Range<usize>,
}

impl IpcFeed {
    fn of(&self) -> Source<'_> {
        Source {
            file: &self.file.input.name,
            layout: &self.file.layout,
        }
    }
}

impl Feed for IpcFeed {
    fn next_run(&mut self) -> Result<bool, DataError> {
        let input = &self.file.input;
        while self.run.end >= self.table.rows {
            let checked = guarded(|| self.blocks.check(self.next_batch));
            checked.map_err(|error| failed(input, error))?;
            self.next_batch += 1;
            let batch = guarded(|| self.batches.next().transpose());
            let Some(batch) = batch.map_err(|error| failed(input, error))? else {
                return Ok(false);
            };
            let first_row = self.next_row;
            self.next_row += batch.num_rows() as u64;
            let layout = &self.file.layout;
            let table = Table::new(&batch, first_row, layout, |at| at, self.with_values);
            let text = "a column is not of the type that its schema says".to_owned();
            self.table = table.ok_or_else(|| failed(input, ArrowError::SchemaError(text)))?;
            self.run = 0..0;
        }
        self.run = self.table.run(self.run.end);
        Ok(true)
    }

    fn name(&self) -> &[u8] {
        self.table.names.at(self.run.start).as_bytes()
    }

    fn symbol(&self) -> Result<Arc<str>, DataError> {
        self.table
            .symbol(&self.of(), self.run.start, &self.file.input.stem)
    }

    fn take(
        &mut self,
        range: &TimeRange,
        track: &mut Track,
        sink: &mut dyn Sink,
    ) -> Result<(), DataError> {
        self.table
            .take(&self.of(), self.run.clone(), range, track, sink)
    }

    fn present(&self) -> Present {
        self.file.layout.present()
    }
}
