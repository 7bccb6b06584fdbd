//! [`file_facts`]: what a file says of itself.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use arrow_ipc::reader::FileReader;
use arrow_schema::Schema;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use super::guard::guarded;
use super::input::{Format, Input};

/// What a price file says of itself, without its rows being read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Its path, as given.
    pub file: String,
    /// `csv`, `parquet` or `arrow`, with `+gzip` or `+zstd` behind where all of it is compressed.
    pub format: String,
    /// Its size; `None` where there is no such file.
    pub bytes: Option<u64>,
    /// Its rows, where it says how many.
    pub rows: Option<u64>,
    /// The row groups of a Parquet file, the batches of an Arrow file.
    pub row_groups: Option<u64>,
    /// Its columns; none where they cannot be read, which [reading](super::sources) it tells.
    pub columns: Vec<ColumnFacts>,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnFacts {
    /// Its name in the file.
    pub name: String,
    /// Its Arrow type; `text` in csv.
    pub kind: String,
}

/// What the file at `path` says of itself: its format by its first bytes, its columns by its header.
///
/// What is wrong with it is not told here: what cannot be read is left out.
///
/// # Example
/// ```no_run
/// use hypernodes_trading::data::file_facts;
/// let facts = file_facts("prices/AAPL.csv".as_ref());
/// assert_eq!((facts.format.as_str(), facts.columns[0].name.as_str()), ("csv", "time"));
/// ```
#[must_use]
pub fn file_facts(path: &Path) -> FileFacts {
    let mut facts = FileFacts {
        file: path.display().to_string(),
        format: "csv".to_owned(),
        bytes: None,
        rows: None,
        row_groups: None,
        columns: Vec::new(),
    };
    let Ok(found) = std::fs::metadata(path) else {
        return facts;
    };
    facts.bytes = Some(found.len());
    // A pipe would be waited for.
    if found.is_file() {
        look(path, &mut facts);
    }
    facts
}

/// `None` where nothing more can be told.
fn look(path: &Path, facts: &mut FileFacts) -> Option<()> {
    let mut magic = Vec::new();
    File::open(path)
        .ok()?
        .take(6)
        .read_to_end(&mut magic)
        .ok()?;
    let file = File::open(path).ok()?;
    match &*magic {
        [b'P', b'A', b'R', b'1' | b'E', ..] => {
            "parquet".clone_into(&mut facts.format);
            let found = guarded(|| ParquetRecordBatchReaderBuilder::try_new(file).ok())??;
            let metadata = found.metadata();
            facts.rows = u64::try_from(metadata.file_metadata().num_rows()).ok();
            facts.row_groups = u64::try_from(metadata.num_row_groups()).ok();
            facts.columns = columns(found.schema());
        }
        b"ARROW1" => {
            "arrow".clone_into(&mut facts.format);
            let found = guarded(|| FileReader::try_new(BufReader::new(file), None).ok())??;
            facts.row_groups = u64::try_from(found.num_batches()).ok();
            facts.columns = columns(&found.schema());
        }
        [0x1f, 0x8b, ..] => {
            "csv+gzip".clone_into(&mut facts.format);
            facts.columns = header(flate2::read::MultiGzDecoder::new(file))?;
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            "csv+zstd".clone_into(&mut facts.format);
            facts.columns = header(zstd::Decoder::new(file).ok()?)?;
        }
        // What it is called, where its bytes say nothing.
        _ => match Input::file(path).format() {
            Format::Csv => facts.columns = header(file)?,
            Format::Parquet => "parquet".clone_into(&mut facts.format),
            Format::Ipc => "arrow".clone_into(&mut facts.format),
        },
    }
    Some(())
}

fn columns(schema: &Schema) -> Vec<ColumnFacts> {
    let of = |field: &std::sync::Arc<arrow_schema::Field>| ColumnFacts {
        name: field.name().clone(),
        kind: field.data_type().to_string(),
    };
    schema.fields().iter().map(of).collect()
}

/// The cells of the first line that is not blank.
fn header(text: impl Read) -> Option<Vec<ColumnFacts>> {
    const MOST: u64 = 1 << 20;
    let mut lines = BufReader::new(text.take(MOST));
    let mut line = Vec::new();
    while line.trim_ascii().is_empty() {
        line.clear();
        if lines.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
    }
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(line);
    let record = reader.byte_records().next()?.ok()?;
    let of = |name: &[u8]| ColumnFacts {
        name: String::from_utf8_lossy(name).trim().to_owned(),
        kind: "text".to_owned(),
    };
    Some(record.iter().map(of).collect())
}
