//! Parquet files.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetStatisticsPolicy, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};

use super::cast::{check_types, times};
use super::error::one_line;
use super::feed::{Feed, Present, Sink, Track};
use super::guard::{self, CONTRADICTION};
use super::header::{Layout, layout};
use super::input::{Input, Raw};
use super::parquet_footer::is_encrypted;
use super::table::{Source, Table};
use super::{CsvOptions, DataError, Place, TimeRange};

/// Rows of a batch.
const BATCH: usize = 8_192;

/// A Parquet file: which of its columns is which, and which of its row groups are read.
#[derive(Debug, Clone)]
pub(super) struct Parquet {
    pub(super) input: Input,
    pub(super) layout: Arc<Layout>,
    metadata: ArrowReaderMetadata,
    groups: Arc<[Group]>,
    /// The columns that are read, ascending.
    columns: Arc<[usize]>,
}

/// A row group that is looked at.
#[derive(Debug, Clone)]
struct Group {
    index: usize,
    first_row: u64,
    rows: usize,
    /// Whether its rows may be in the time range; if not, only their symbols are of interest.
    is_in_range: bool,
    /// The symbol of all its rows, where its statistics tell.
    symbol: Option<Arc<str>>,
}

impl Parquet {
    /// Reads the footer.
    pub(super) fn open(input: Input, options: &CsvOptions) -> Result<Self, DataError> {
        let bytes = RawBytes::open(&input)?;
        bytes.check_ends(&input)?;
        let failed = |error| failed(&input, error);
        let metadata = guarded(|| ArrowReaderMetadata::load(&bytes, footer_options()));
        let metadata = metadata.map_err(failed)?;
        check_places(&input, &metadata, bytes.length)?;
        let fields = metadata.schema().fields();
        let names = fields.iter().map(|field| field.name().trim().to_owned());
        let layout = layout(&input.name, Place::File, names.collect(), options)?;
        check_types(&input.name, &layout, metadata.schema())?;
        let metadata = with_dictionary(metadata, layout.symbol);
        let groups = groups(&input, &metadata, &layout, options)?;
        if metadata
            .metadata()
            .row_groups()
            .iter()
            .all(|group| group.num_rows() < 1)
        {
            return Err(DataError::EmptyTable { file: input.name });
        }
        let others = [layout.symbol, layout.exchange]
            .into_iter()
            .chain(layout.others());
        let columns = [layout.time, layout.close]
            .into_iter()
            .chain(others.flatten());
        let mut columns: Vec<usize> = columns.collect();
        columns.sort_unstable();
        columns.dedup();
        Ok(Self {
            input,
            layout: Arc::new(layout),
            metadata,
            groups: groups.into(),
            columns: columns.into(),
        })
    }

    /// All rows.
    pub(super) fn feed(&self) -> Result<ParquetFeed, DataError> {
        self.feed_of(true)
    }

    /// The symbols of all rows.
    pub(super) fn names(&self) -> Result<ParquetFeed, DataError> {
        self.feed_of(false)
    }

    fn feed_of(&self, with_values: bool) -> Result<ParquetFeed, DataError> {
        Ok(ParquetFeed {
            bytes: RawBytes::open(&self.input)?,
            file: self.clone(),
            with_values,
            next_group: 0,
            open: None,
            table: Table::of_one("", 0),
            run: 0..0,
        })
    }
}

/// What is read of a footer: of a large file it is held for as long as that is read, so nothing that is not used.
fn footer_options() -> ArrowReaderOptions {
    ArrowReaderOptions::new()
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
}

/// The metadata, so that symbols are read as dictionaries: that compares numbers in place of text.
fn with_dictionary(metadata: ArrowReaderMetadata, symbol: Option<usize>) -> ArrowReaderMetadata {
    let Some(symbol) = symbol else {
        return metadata;
    };
    let schema = metadata.schema();
    let is_text = *schema.field(symbol).data_type() == DataType::Utf8;
    if !is_text {
        return metadata;
    }
    let fields = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(at, field)| match at == symbol {
            false => Arc::clone(field),
            true => {
                let texts =
                    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
                Arc::new(Field::new(field.name(), texts, field.is_nullable()))
            }
        });
    let wanted = Schema::new(fields.collect::<Vec<_>>()).with_metadata(schema.metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(wanted));
    let file = Arc::clone(metadata.metadata());
    // As it was, where the reader does not want to.
    ArrowReaderMetadata::try_new(file, options).unwrap_or(metadata)
}

/// Which row groups hold something that is asked for, by their statistics.
fn groups(
    input: &Input,
    metadata: &ArrowReaderMetadata,
    layout: &Layout,
    options: &CsvOptions,
) -> Result<Vec<Group>, DataError> {
    let file = metadata.metadata();
    let leaf_of = |root: usize| {
        let schema = metadata.parquet_schema();
        (0..schema.num_columns()).find(|&leaf| schema.get_column_root_idx(leaf) == root)
    };
    let symbol = layout.symbol.and_then(leaf_of);
    let in_range = in_range(metadata, layout.time, &options.range);
    let (mut groups, mut first_row) = (Vec::new(), 0);
    for (index, group) in file.row_groups().iter().enumerate() {
        let own_first = first_row;
        let Ok(rows) = u64::try_from(group.num_rows()) else {
            return Err(damaged(input, "a row group has a negative number of rows"));
        };
        first_row += rows;
        let bounds = symbol.and_then(|leaf| symbol_bounds(group, leaf));
        let is_wanted = match (&bounds, &options.symbols) {
            (Some(bounds), Some(wanted)) => wanted.iter().any(|name| bounds.may_hold(name)),
            _ => true,
        };
        let is_in_range = in_range
            .as_ref()
            .is_none_or(|all| all.get(index) != Some(&false));
        if rows == 0 || !is_wanted || (layout.symbol.is_none() && !is_in_range) {
            continue;
        }
        groups.push(Group {
            index,
            first_row: own_first,
            rows: usize::try_from(rows).unwrap_or(usize::MAX),
            is_in_range,
            symbol: bounds.and_then(|bounds| bounds.only),
        });
    }
    Ok(groups)
}

/// The least and the greatest symbol of a row group.
struct Bounds {
    least: Vec<u8>,
    greatest: Vec<u8>,
    /// The symbol, where there is only one.
    only: Option<Arc<str>>,
}

impl Bounds {
    /// Whether a row may have this symbol, with spaces around it.
    fn may_hold(&self, name: &str) -> bool {
        let name = name.as_bytes();
        let starts_with_space = self.least.first().is_none_or(|&first| first <= b' ');
        starts_with_space
            || (name <= self.greatest.as_slice()
                && (name >= self.least.as_slice() || self.least.trim_ascii() == name))
    }
}

fn symbol_bounds(group: &RowGroupMetaData, leaf: usize) -> Option<Bounds> {
    let statistics = group.columns().get(leaf)?.statistics()?;
    if statistics.is_min_max_deprecated() {
        return None;
    }
    let least = statistics.min_bytes_opt()?.to_vec();
    let greatest = statistics.max_bytes_opt()?.to_vec();
    let has_no_null = statistics.null_count_opt() == Some(0);
    let is_exact = statistics.min_is_exact() && statistics.max_is_exact();
    let name = std::str::from_utf8(least.trim_ascii()).ok();
    let only = name.filter(|name| least == greatest && is_exact && has_no_null && !name.is_empty());
    let only = only.map(Into::into);
    Some(Bounds {
        least,
        greatest,
        only,
    })
}

/// Whether each row group may have a time in the range; `None` where that is not known of any.
fn in_range(metadata: &ArrowReaderMetadata, time: usize, range: &TimeRange) -> Option<Vec<bool>> {
    if range.from.is_none() && range.to.is_none() {
        return None;
    }
    let field = metadata.schema().field(time);
    // Integers and text do not ascend with the time that they stand for.
    let (DataType::Timestamp(..) | DataType::Date32 | DataType::Date64) = field.data_type() else {
        return None;
    };
    let schema = metadata.parquet_schema();
    let converter = StatisticsConverter::try_new(field.name(), metadata.schema(), schema).ok()?;
    let groups = metadata.metadata().row_groups();
    let (least, greatest) = (
        converter.row_group_mins(groups).ok()?,
        converter.row_group_maxes(groups).ok()?,
    );
    let known = |array: &ArrayRef| -> Option<Vec<Option<i64>>> {
        let (values, faults) = times(array)?;
        let mut values: Vec<_> = values.iter().map(|&time| Some(time)).collect();
        for (row, _) in faults {
            values[row] = None;
        }
        (array.len() == groups.len()).then_some(values)
    };
    let both = known(&least)?.into_iter().zip(known(&greatest)?);
    let may_hold = |(least, greatest): (Option<i64>, Option<i64>)| {
        let is_before = range
            .from
            .zip(greatest)
            .is_some_and(|(from, most)| most < from);
        let is_after = range.to.zip(least).is_some_and(|(to, least)| least > to);
        !is_before && !is_after
    };
    Some(both.map(may_hold).collect())
}

/// The rows of a Parquet file, a batch at a time.
pub(super) struct ParquetFeed {
    file: Parquet,
    bytes: RawBytes,
    with_values: bool,
    next_group: usize,
    open: Option<OpenGroup>,
    table: Table,
    run: Range<usize>,
}

/// The row group that is being read.
struct OpenGroup {
    reader: ParquetRecordBatchReader,
    columns: Vec<usize>,
    with_values: bool,
    next_row: u64,
}

impl ParquetFeed {
    /// The next batch that has rows.
    fn next_table(&mut self) -> Result<Option<Table>, DataError> {
        loop {
            if let Some(open) = &mut self.open {
                let batch = guarded(|| Ok(open.reader.next().transpose()?));
                match batch.map_err(|error| failed(&self.file.input, error))? {
                    Some(batch) if batch.num_rows() == 0 => {}
                    Some(batch) => {
                        let table = self.table_of(&batch)?;
                        return Ok(Some(table));
                    }
                    None => self.open = None,
                }
                continue;
            }
            let Some(group) = self.file.groups.get(self.next_group).cloned() else {
                return Ok(None);
            };
            self.next_group += 1;
            let with_values = self.with_values && group.is_in_range;
            if !with_values && let Some(symbol) = &group.symbol {
                return Ok(Some(Table::of_one(symbol, group.rows)));
            }
            self.open = Some(self.open_group(&group, with_values)?);
        }
    }

    fn table_of(&mut self, batch: &RecordBatch) -> Result<Table, DataError> {
        let layout = &self.file.layout;
        let input = &self.file.input;
        let Some(open) = &mut self.open else {
            return Err(damaged(input, "its rows cannot be told apart"));
        };
        let first_row = open.next_row;
        open.next_row += batch.num_rows() as u64;
        let columns = &open.columns;
        let column = |at: usize| columns.binary_search(&at).unwrap_or(usize::MAX);
        Table::new(batch, first_row, layout, column, open.with_values)
            .ok_or_else(|| damaged(input, "a column is not of the type that its schema says"))
    }

    fn open_group(&self, group: &Group, with_values: bool) -> Result<OpenGroup, DataError> {
        let symbol = || self.file.layout.symbol.into_iter().collect();
        let columns = match with_values {
            true => self.file.columns.to_vec(),
            false => symbol(),
        };
        let metadata = self.file.metadata.clone();
        let schema = metadata.parquet_schema();
        let mask = ProjectionMask::roots(schema, columns.iter().copied());
        let bytes = self.bytes.clone();
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata);
        let reader = guarded(|| {
            builder
                .with_row_groups(vec![group.index])
                .with_projection(mask)
                .with_batch_size(BATCH)
                .build()
        });
        Ok(OpenGroup {
            reader: reader.map_err(|error| failed(&self.file.input, error))?,
            columns,
            with_values,
            next_row: group.first_row,
        })
    }
}

impl ParquetFeed {
    fn of(&self) -> Source<'_> {
        Source {
            file: &self.file.input.name,
            layout: &self.file.layout,
        }
    }
}

impl Feed for ParquetFeed {
    fn next_run(&mut self) -> Result<bool, DataError> {
        if self.run.end >= self.table.rows {
            match self.next_table()? {
                Some(table) => self.table = table,
                None => return Ok(false),
            }
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

/// Whether the column chunks lie within the file: the reader takes that for granted.
fn check_places(
    input: &Input,
    metadata: &ArrowReaderMetadata,
    length: u64,
) -> Result<(), DataError> {
    let chunks = metadata
        .metadata()
        .row_groups()
        .iter()
        .flat_map(RowGroupMetaData::columns);
    for chunk in chunks {
        let data = chunk.data_page_offset();
        let start = chunk
            .dictionary_page_offset()
            .map_or(data, |first| first.min(data));
        let end = start.checked_add(chunk.compressed_size());
        let is_within = start >= 0
            && chunk.compressed_size() >= 0
            && chunk.num_values() >= 0
            && end.is_some_and(|end| u64::try_from(end).is_ok_and(|end| end <= length));
        if !is_within {
            return Err(damaged(input, "its footer names places that are not in it"));
        }
    }
    Ok(())
}

/// What the reader says.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let contradiction = || Err(ParquetError::General(CONTRADICTION.to_owned()));
    guard::guarded(read).unwrap_or_else(contradiction)
}

fn damaged(input: &Input, problem: &str) -> DataError {
    DataError::Damaged {
        file: Arc::clone(&input.name),
        format: "Parquet".to_owned(),
        problem: one_line(problem),
    }
}

fn failed(input: &Input, error: ParquetError) -> DataError {
    let text = match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(source) if source.raw_os_error().is_some() => return input.failed(*source),
            Ok(source) => source.to_string(),
            Err(other) => other.to_string(),
        },
        ParquetError::General(text) | ParquetError::EOF(text) => text,
        other => other.to_string(),
    };
    let is_encrypted = || is_encrypted(&mut input.open_raw().ok()?);
    match text.contains("encrypt") || is_encrypted() == Some(true) {
        true => DataError::Encrypted {
            file: Arc::clone(&input.name),
        },
        false => damaged(input, &text),
    }
}

/// The bytes of a file, at any place.
///
/// The reader's own way to files believes the lengths that stand in them; here they are compared with what is there.
#[derive(Clone)]
struct RawBytes {
    raw: Arc<Mutex<Raw>>,
    length: u64,
}

impl RawBytes {
    fn open(input: &Input) -> Result<Self, DataError> {
        let mut raw = input.open_raw()?;
        let length = raw
            .seek(SeekFrom::End(0))
            .map_err(|source| input.failed(source))?;
        let raw = Arc::new(Mutex::new(raw));
        Ok(Self { raw, length })
    }

    fn lock(&self) -> MutexGuard<'_, Raw> {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is plainly wrong with a file before its footer is read.
    fn check_ends(&self, input: &Input) -> Result<(), DataError> {
        const MAGIC: usize = 4;
        let end = |start: u64| {
            let length = MAGIC.min(usize::try_from(self.length).unwrap_or(usize::MAX));
            let bytes = self.get_bytes(start.min(self.length), length);
            bytes.map_err(|error| failed(input, error))
        };
        if self.length == 0 {
            return Err(damaged(input, "it is empty"));
        }
        let (first, last) = (end(0)?, end(self.length.saturating_sub(MAGIC as u64))?);
        if *first == *b"PARE" || *last == *b"PARE" {
            let file = Arc::clone(&input.name);
            return Err(DataError::Encrypted { file });
        }
        if *first != *b"PAR1" {
            return Err(damaged(input, "it does not begin with `PAR1`"));
        }
        if *last != *b"PAR1" || self.length < 12 {
            return Err(damaged(
                input,
                "it ends without a footer, as if it were cut off",
            ));
        }
        Ok(())
    }
}

impl Length for RawBytes {
    fn len(&self) -> u64 {
        self.length
    }
}

/// Reads on from a place; the heads of pages are read so.
struct ReadFrom {
    bytes: RawBytes,
    at: u64,
}

impl Read for ReadFrom {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut raw = self.bytes.lock();
        raw.seek(SeekFrom::Start(self.at))?;
        let count = raw.read(to)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl ChunkReader for RawBytes {
    type T = BufReader<ReadFrom>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        /// What the head of a page takes, or little more.
        const HEAD: usize = 512;
        let bytes = self.clone();
        let from = ReadFrom { bytes, at: start };
        Ok(BufReader::with_capacity(HEAD, from))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.length) {
            let text = format!(
                "{length} bytes at {start} are not there: it has {}",
                self.length
            );
            return Err(ParquetError::EOF(text));
        }
        let mut raw = self.lock();
        raw.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::with_capacity(length);
        raw.by_ref().take(length as u64).read_to_end(&mut bytes)?;
        match bytes.len() == length {
            true => Ok(bytes.into()),
            false => Err(ParquetError::EOF("it was cut while it was read".to_owned())),
        }
    }
}
