//! One csv file to one [`Bars`] per symbol.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use csv::ByteRecord;

use super::builder::{Builder, is_binary, line};
use super::header::{Layout, layout};
use super::input::{Input, Reader};
use super::{CsvOptions, DataError, SymbolError};
use crate::bars::Bars;

/// Rows of interleaved symbols held at a time, in bytes; more are read in several passes.
const PASS_BYTES: usize = 256 << 20;

/// The symbols of a csv file, one [`Bars`] each, in the order of their first rows.
///
/// A file whose rows are grouped by symbol is streamed: one symbol is held at a time. Where the
/// symbols are interleaved (sorted by time, say), the file is read in passes, each of which
/// collects as many symbols as fit a fixed amount of memory.
///
/// A bad row fails its symbol with a [`SymbolError`]; the others go on. A row that has no
/// symbol at all ends the file with an error.
pub struct CsvSymbols {
    input: Input,
    layout: Layout,
    options: CsvOptions,
    pass_bytes: usize,
    state: State,
}

impl std::fmt::Debug for CsvSymbols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvSymbols")
            .field("input", &self.input)
            .finish_non_exhaustive()
    }
}

enum State {
    /// Nothing is left.
    Done,
    /// A file without a symbol column.
    Single(Rows),
    /// Rows grouped by symbol; the record is the first row of the next group.
    Grouped(Rows, Option<ByteRecord>),
    /// Interleaved symbols: those still to be collected, and those ready to be handed out.
    Interleaved {
        todo: VecDeque<Surveyed>,
        ready: VecDeque<Builder>,
    },
}

/// A symbol and how many rows it has.
struct Surveyed {
    symbol: Arc<str>,
    rows: usize,
}

/// The bars of each symbol in the csv file at `path`; see [`CsvSymbols`].
///
/// Columns are found by name, in any case: `time` (or `date`, `timestamp`, `datetime`,
/// `trade_date`), `open`, `high`, `low`, `close` (or `open_price`...), `volume`, `symbol` (or
/// `stock_code`), `exchange`. Only time and close are required; without a symbol column the
/// whole file is one symbol, named by the file's stem. Times are read as
/// [`parse_time`](super::parse_time) says. Prices go from 1e-100 to 1e100. Cells are separated by
/// commas.
///
/// # Errors
/// Here what concerns the file: [`DataError::Missing`], [`DataError::BrokenLink`],
/// [`DataError::NotAFile`], [`DataError::NotRegular`], [`DataError::Separator`],
/// [`DataError::Read`], [`DataError::Empty`], [`DataError::NoRows`], [`DataError::NotText`],
/// [`DataError::MissingColumn`], [`DataError::DuplicateColumn`]. From the iterator what concerns
/// a row.
///
/// # Complexity
/// One pass for a single symbol, two for grouped symbols; memory of the largest symbol.
pub fn read_csv(path: impl AsRef<Path>, options: &CsvOptions) -> Result<CsvSymbols, DataError> {
    open(Input::file(path.as_ref()), options)
}

/// As [`read_csv`], from memory; `name` stands for the path.
///
/// # Errors
/// As [`read_csv`].
///
/// # Example
/// ```
/// use hypernodes_trading::data::{read_csv_bytes, CsvOptions};
/// let text = "Symbol,Date,Close\nA,2024-01-01,10\nB,2024-01-01,20\nA,2024-01-02,11\n";
/// let symbols: Result<Vec<_>, _> =
///     read_csv_bytes("prices.csv", text.as_bytes(), &CsvOptions::default())?.collect();
/// let symbols = symbols?;
/// assert_eq!(symbols[0].symbol(), "A");
/// assert_eq!(symbols[0].close(), [10.0, 11.0]);
/// assert_eq!(symbols[1].close(), [20.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_csv_bytes(
    name: &str,
    bytes: impl Into<Arc<[u8]>>,
    options: &CsvOptions,
) -> Result<CsvSymbols, DataError> {
    open(Input::memory(name, bytes.into()), options)
}

fn open(input: Input, options: &CsvOptions) -> Result<CsvSymbols, DataError> {
    let mut rows = Rows::open(&input)?;
    let mut record = ByteRecord::new();
    if !rows.next(&input, &mut record)? {
        return Err(DataError::Empty { file: input.name });
    }
    if record.iter().any(is_binary) {
        return Err(DataError::NotText {
            line: line(&input, &record),
            file: input.name,
        });
    }
    let names = record
        .iter()
        .map(|n| String::from_utf8_lossy(n).trim().to_owned());
    let layout = layout(&input.name, names.collect(), options)?;
    if !rows.next(&input, &mut record)? {
        return Err(DataError::NoRows { file: input.name });
    }
    // From the first data row again.
    rows.pending = true;
    rows.row = record;
    let is_wanted = |s: &str| options.symbols.as_ref().is_none_or(|set| set.contains(s));
    let state = match layout.symbol {
        None if is_wanted(&input.stem) => State::Single(rows),
        None => State::Done,
        Some(at) => survey(&input, rows, at, is_wanted)?,
    };
    let options = options.clone();
    Ok(CsvSymbols {
        input,
        layout,
        options,
        pass_bytes: PASS_BYTES,
        state,
    })
}

/// Finds out whether each symbol's rows stand together.
fn survey(
    input: &Input,
    mut rows: Rows,
    at: usize,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<State, DataError> {
    let mut index: BTreeMap<Box<[u8]>, usize> = BTreeMap::new();
    let mut symbols: Vec<Surveyed> = Vec::new();
    let (mut current, mut is_grouped) = (usize::MAX, true);
    let mut current_name: Box<[u8]> = Box::default();
    let mut record = ByteRecord::new();
    while rows.next(input, &mut record)? {
        let Some(name) = record.get(at).map(<[u8]>::trim_ascii) else {
            continue;
        };
        if current == usize::MAX || *current_name != *name {
            current_name = name.into();
            current = match index.get(name) {
                Some(&seen) => {
                    is_grouped = false;
                    seen
                }
                None => {
                    let symbol = String::from_utf8_lossy(name).into();
                    symbols.push(Surveyed { symbol, rows: 0 });
                    index.insert(name.into(), symbols.len() - 1);
                    symbols.len() - 1
                }
            };
        }
        symbols[current].rows += 1;
    }
    if is_grouped {
        let mut rows = Rows::open(input)?;
        rows.next(input, &mut record)?;
        let has_rows = rows.next(input, &mut record)?;
        return Ok(State::Grouped(rows, has_rows.then_some(record)));
    }
    let mut todo: VecDeque<Surveyed> = VecDeque::new();
    for symbol in symbols.into_iter().filter(|s| is_wanted(&s.symbol)) {
        todo.push_back(symbol);
    }
    Ok(State::Interleaved {
        todo,
        ready: VecDeque::new(),
    })
}

impl CsvSymbols {
    /// Limits what one pass over interleaved symbols holds; for tests.
    #[cfg(test)]
    pub(super) fn with_pass_bytes(self, pass_bytes: usize) -> Self {
        Self { pass_bytes, ..self }
    }

    fn file_error(&self, error: DataError) -> SymbolError {
        SymbolError {
            symbol: Arc::clone(&self.input.stem),
            error,
        }
    }

    fn is_wanted(&self, symbol: &str) -> bool {
        self.options
            .symbols
            .as_ref()
            .is_none_or(|set| set.contains(symbol))
    }

    /// The symbol of a row; a row without one is an error of the file.
    fn symbol_of(&self, record: &ByteRecord) -> Result<Arc<str>, DataError> {
        let at = self.layout.symbol.unwrap_or_default();
        let name = record.get(at).map(<[u8]>::trim_ascii).unwrap_or_default();
        let fault = |_| DataError::NotText {
            file: Arc::clone(&self.input.name),
            line: line(&self.input, record),
        };
        let name = std::str::from_utf8(name).map_err(fault)?;
        if !name.is_empty() {
            return Ok(name.into());
        }
        let file = Arc::clone(&self.input.name);
        let (expected, found) = (self.layout.names.len(), record.len());
        let line = line(&self.input, record);
        Err(if expected == found {
            DataError::Cell {
                file,
                line,
                column: self.layout.names.get(at).cloned().unwrap_or_default(),
                text: String::new(),
                problem: super::CellProblem::Empty,
            }
        } else {
            DataError::RowWidth {
                file,
                line,
                expected,
                found,
            }
        })
    }

    fn single(&self, mut rows: Rows) -> Result<Bars, SymbolError> {
        let mut builder = Builder::new(Arc::clone(&self.input.stem));
        let mut record = ByteRecord::new();
        while rows
            .next(&self.input, &mut record)
            .map_err(|e| self.file_error(e))?
        {
            builder.push(&self.input, &self.layout, &self.options.range, &record);
        }
        builder.finish(&self.input, &self.layout)
    }

    /// Reads the group that starts with `first`, and leaves the next group's first row there.
    fn group(
        &self,
        rows: &mut Rows,
        first: &mut Option<ByteRecord>,
    ) -> Result<Option<Result<Bars, SymbolError>>, DataError> {
        let Some(record) = first else { return Ok(None) };
        loop {
            let symbol = self.symbol_of(record)?;
            let is_wanted = self.is_wanted(&symbol);
            let at = self.layout.symbol.unwrap_or_default();
            let name: Box<[u8]> = record.get(at).unwrap_or_default().trim_ascii().into();
            let mut builder = Builder::new(symbol);
            let mut is_end = false;
            while record.get(at).map(<[u8]>::trim_ascii) == Some(&*name) {
                if is_wanted {
                    builder.push(&self.input, &self.layout, &self.options.range, record);
                }
                if !rows.next(&self.input, record)? {
                    is_end = true;
                    break;
                }
            }
            let bars = is_wanted.then(|| builder.finish(&self.input, &self.layout));
            if is_end {
                *first = None;
                return Ok(bars);
            }
            if bars.is_some() {
                return Ok(bars);
            }
        }
    }

    /// Collects the next symbols that fit the memory of one pass.
    fn pass(&self, todo: &mut VecDeque<Surveyed>) -> Result<VecDeque<Builder>, DataError> {
        let row_bytes = 8 * self.layout.numbers();
        let mut room = self.pass_bytes;
        let mut index = BTreeMap::new();
        let mut builders = VecDeque::new();
        while let Some(next) = todo.front() {
            let bytes = next.rows * row_bytes;
            if bytes > room && !builders.is_empty() {
                break;
            }
            room = room.saturating_sub(bytes);
            index.insert(next.symbol.as_bytes().to_vec(), builders.len());
            builders.push_back(Builder::new(Arc::clone(&next.symbol)));
            todo.pop_front();
        }
        let at = self.layout.symbol.unwrap_or_default();
        let mut rows = Rows::open(&self.input)?;
        let mut record = ByteRecord::new();
        rows.next(&self.input, &mut record)?;
        while rows.next(&self.input, &mut record)? {
            let name = record.get(at).map(<[u8]>::trim_ascii).unwrap_or_default();
            match index.get(name) {
                Some(&i) => {
                    builders[i].push(&self.input, &self.layout, &self.options.range, &record);
                }
                None if name.is_empty() || is_binary(name) => {
                    self.symbol_of(&record)?;
                }
                None => {}
            }
        }
        Ok(builders)
    }
}

impl Iterator for CsvSymbols {
    type Item = Result<Bars, SymbolError>;

    fn next(&mut self) -> Option<Self::Item> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Done => None,
            State::Single(rows) => Some(self.single(rows)),
            State::Grouped(mut rows, mut first) => match self.group(&mut rows, &mut first) {
                Ok(bars) => {
                    self.state = State::Grouped(rows, first);
                    bars
                }
                Err(error) => Some(Err(self.file_error(error))),
            },
            State::Interleaved {
                mut todo,
                mut ready,
            } => {
                if ready.is_empty() && !todo.is_empty() {
                    match self.pass(&mut todo) {
                        Ok(builders) => ready = builders,
                        Err(error) => return Some(Err(self.file_error(error))),
                    }
                }
                let builder = ready.pop_front()?;
                self.state = State::Interleaved { todo, ready };
                Some(builder.finish(&self.input, &self.layout))
            }
        }
    }
}

/// The records of one pass.
struct Rows {
    reader: csv::Reader<Reader>,
    /// A row that was read ahead.
    row: ByteRecord,
    pending: bool,
}

impl Rows {
    fn open(input: &Input) -> Result<Self, DataError> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 16)
            .from_reader(input.open()?);
        Ok(Self {
            reader,
            row: ByteRecord::new(),
            pending: false,
        })
    }

    /// Reads the next record that is not blank; `false` at the end.
    fn next(&mut self, input: &Input, record: &mut ByteRecord) -> Result<bool, DataError> {
        if std::mem::take(&mut self.pending) {
            std::mem::swap(&mut self.row, record);
            return Ok(true);
        }
        loop {
            match self.reader.read_byte_record(record) {
                Ok(false) => return Ok(false),
                Ok(true) => {}
                Err(error) => {
                    let text = error.to_string();
                    let source = match error.into_kind() {
                        csv::ErrorKind::Io(source) => source,
                        _ => std::io::Error::other(text),
                    };
                    return Err(input.failed(source));
                }
            }
            let is_blank = record.len() == 1 && record[0].trim_ascii().is_empty();
            if !is_blank {
                return Ok(true);
            }
        }
    }
}
