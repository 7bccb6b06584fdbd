//! Rows of csv as they come, line by line, from what is read once.

use std::collections::BTreeMap;
use std::sync::Arc;

use csv::ByteRecord;

use super::header::{Layout, layout};
use super::text::{Cells, Origin, is_binary};
use super::{CsvOptions, DataError, Place};
use crate::resample::Bar;

/// Reads csv that grows or is read once: a line at a time, the header first.
///
/// The same columns, names and checks as in [`read_csv`](super::read_csv()); a cell does not go over several lines. After a
/// bad row the next ones are read as if it had not been there.
///
/// # Example
/// ```
/// use hypernodes_trading::data::{CsvOptions, CsvLines};
/// let mut lines = CsvLines::new("ticks", CsvOptions::default());
/// assert!(lines.read(b"time,symbol,close")?.is_none()); // the header
/// let (symbol, bar) = lines.read(b"60,ACME,12.5")?.expect("a bar");
/// assert_eq!((&*symbol, bar.close), ("ACME", 12.5));
/// let error = lines.read(b"120,ACME,oops").unwrap_err().to_string();
/// assert!(error.starts_with("`ticks` line 3, column `close`: `oops` is not a number"));
/// # Ok::<(), hypernodes_trading::data::DataError>(())
/// ```
#[derive(Debug)]
pub struct CsvLines {
    name: Arc<str>,
    options: CsvOptions,
    layout: Option<Layout>,
    line: u64,
    /// The newest time of each symbol.
    times: BTreeMap<Arc<str>, Option<i64>>,
    record: ByteRecord,
}

impl CsvLines {
    /// A reader before the first line; `name` stands for the file in messages, and is the symbol where no column is.
    #[must_use]
    pub fn new(name: &str, options: CsvOptions) -> Self {
        Self {
            name: name.into(),
            options,
            layout: None,
            line: 0,
            times: BTreeMap::new(),
            record: ByteRecord::new(),
        }
    }

    /// How many lines were read.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.line
    }

    /// Whether the header was read.
    #[must_use]
    pub fn has_header(&self) -> bool {
        self.layout.is_some()
    }

    /// Whether the rows name their symbols.
    #[must_use]
    pub fn has_symbols(&self) -> bool {
        self.layout
            .as_ref()
            .is_some_and(|layout| layout.symbol.is_some())
    }

    /// Reads the next line, with or without its end: a symbol and its bar. `None` for the header, blank lines, and rows
    /// that are not wanted.
    ///
    /// # Errors
    /// What is wrong with the header or the row.
    pub fn read(&mut self, line: &[u8]) -> Result<Option<(Arc<str>, Bar)>, DataError> {
        self.line += 1;
        let line = match self.line {
            1 => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
            _ => line,
        };
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        self.split(line)?;
        let Some(layout) = &self.layout else {
            return self.header();
        };
        let row = Cells {
            from: Origin::Line(&self.name, self.line),
            layout,
            record: &self.record,
        };
        let symbol = match layout.symbol {
            Some(_) => row.symbol()?,
            None => &*self.name,
        };
        if layout.symbol.is_some() && !self.options.wants(symbol) {
            return Ok(None);
        }
        let symbol = match self.times.get_key_value(symbol) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(symbol),
        };
        let last_time = self.times.entry(Arc::clone(&symbol)).or_default();
        let bar = row.bar(last_time)?;
        Ok(self
            .options
            .range
            .contains(bar.time)
            .then_some((symbol, bar)))
    }

    /// Splits a line into cells.
    fn split(&mut self, line: &[u8]) -> Result<(), DataError> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(line.len().max(1))
            .from_reader(line);
        let read = reader.read_byte_record(&mut self.record);
        read.map(|_| ()).map_err(|error| DataError::Read {
            path: self.name.to_string(),
            source: std::io::Error::other(error.to_string()),
        })
    }

    fn header(&mut self) -> Result<Option<(Arc<str>, Bar)>, DataError> {
        if self.record.iter().any(is_binary) {
            let (file, line) = (Arc::clone(&self.name), self.line);
            return Err(DataError::NotText { file, line });
        }
        let names = self
            .record
            .iter()
            .map(|n| String::from_utf8_lossy(n).trim().to_owned());
        let place = Place::Line(self.line);
        self.layout = Some(layout(&self.name, place, names.collect(), &self.options)?);
        Ok(None)
    }
}
