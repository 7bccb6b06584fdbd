//! One file to one [`Bars`] per symbol.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::feed::{Columns, Feed, Track};
use super::input::{Format, Input};
use super::ipc::Ipc;
use super::parquet::Parquet;
use super::spill::{Sorted, Sorter};
use super::text::Text;
use super::{CsvOptions, DataError, SymbolError};
use crate::bars::Bars;

/// What interleaved rows may take in memory where the options do not say.
const MAX_MEMORY: u64 = 1 << 30;

/// The symbols of a file, one [`Bars`] each, in the order of their first rows.
///
/// A file whose rows are grouped by symbol is streamed: one symbol is held at a time. Where the
/// symbols are interleaved (sorted by time, say), rows are grouped within
/// [`CsvOptions::max_memory`], and what does not fit is kept in temporary files. Which of the two
/// it is must be known before the first symbol is handed out, as it could come again; so the
/// symbols are looked at first: in text a first pass that ends at the first symbol that comes
/// again, in Parquet the statistics of row groups and, of those that do not tell, the symbol
/// column alone.
///
/// A bad row fails its symbol with a [`SymbolError`]; the others go on. A row that has no
/// symbol at all ends the file with an error.
pub struct Symbols {
    file: File,
    options: CsvOptions,
    state: State,
}

impl std::fmt::Debug for Symbols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Symbols")
            .field("input", self.file.input())
            .finish_non_exhaustive()
    }
}

/// A file that is understood as far as its columns.
enum File {
    Text(Text),
    Parquet(Box<Parquet>),
    Ipc(Box<Ipc>),
}

impl File {
    fn input(&self) -> &Input {
        match self {
            Self::Text(file) => &file.input,
            Self::Parquet(file) => &file.input,
            Self::Ipc(file) => &file.input,
        }
    }

    fn has_symbols(&self) -> bool {
        let layout = match self {
            Self::Text(file) => &file.layout,
            Self::Parquet(file) => &file.layout,
            Self::Ipc(file) => &file.layout,
        };
        layout.symbol.is_some()
    }

    fn feed(&self) -> Result<Box<dyn Feed>, DataError> {
        Ok(match self {
            Self::Text(file) => Box::new(file.feed()?),
            Self::Parquet(file) => Box::new(file.feed()?),
            Self::Ipc(file) => Box::new(file.feed()?),
        })
    }

    /// The same rows, of which only the symbols are looked at.
    fn names(&self) -> Result<Box<dyn Feed>, DataError> {
        Ok(match self {
            Self::Text(file) => Box::new(file.feed()?),
            Self::Parquet(file) => Box::new(file.names()?),
            Self::Ipc(file) => Box::new(file.names()?),
        })
    }
}

enum State {
    /// Nothing is left.
    Done,
    /// A file without a symbol column.
    Single(Box<dyn Feed>),
    /// Rows grouped by symbol, at the first run of the next group.
    Grouped(Box<dyn Feed>),
    /// Interleaved symbols that are not yet read.
    Interleaved,
    /// Interleaved symbols, read: those still to be handed out, and their rows.
    Sorted {
        tracks: std::iter::Enumerate<std::vec::IntoIter<Track>>,
        rows: Sorted,
        present: super::feed::Present,
    },
}

/// The bars of each symbol in the csv file at `path`, which may be compressed; see [`Symbols`].
///
/// Columns are found by name, in any case: `time` (or `date`, `timestamp`, `datetime`,
/// `trade_date`), `open`, `high`, `low`, `close` (or `open_price`...), `volume`, `symbol` (or
/// `stock_code`), `exchange`. Only time and close are required; without a symbol column the
/// whole file is one symbol, named by the file's stem. Times are read as
/// [`parse_time`](super::parse_time) says. Prices go from 1e-100 to 1e100. Cells are separated by
/// commas. A file is unpacked as it is read where its name ends in `.gz` or `.zst` or its first
/// bytes say so.
///
/// # Errors
/// Here what concerns the file: [`DataError::Missing`], [`DataError::BrokenLink`],
/// [`DataError::NotAFile`], [`DataError::NotRegular`], [`DataError::Separator`],
/// [`DataError::Read`], [`DataError::Packed`], [`DataError::Empty`], [`DataError::NoRows`],
/// [`DataError::NotText`], [`DataError::MissingColumn`], [`DataError::DuplicateColumn`]. From the
/// iterator what concerns a row, and [`DataError::Spill`].
///
/// # Complexity
/// One pass for a single symbol, two for grouped symbols; memory of the largest symbol.
/// Interleaved symbols are read once, sorted within `max_memory`, and what does not fit is written
/// and read once.
pub fn read_csv(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Symbols, DataError> {
    open(Input::file(path.as_ref()), Format::Csv, options)
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
) -> Result<Symbols, DataError> {
    open(Input::memory(name, bytes.into()), Format::Csv, options)
}

/// The bars of each symbol in the Parquet file at `path`; see [`Symbols`].
///
/// Columns are found by the names that [`read_csv`] knows, and only those that the options ask for
/// are read. Times are timestamps of any unit and zone (without one: UTC), dates, or integers and
/// text as [`parse_time`](super::parse_time) takes them; prices and volumes any floats, integers
/// or decimals; symbols and exchanges text, dictionaries of text too. A null is an empty cell. The
/// values are checked as those of csv are.
///
/// Row groups whose statistics show that they hold no symbol and no time that is asked for are not
/// read.
///
/// # Errors
/// Here what concerns the file: [`DataError::Missing`], [`DataError::BrokenLink`],
/// [`DataError::NotAFile`], [`DataError::NotRegular`], [`DataError::Read`],
/// [`DataError::Damaged`], [`DataError::Encrypted`], [`DataError::EmptyTable`],
/// [`DataError::MissingColumn`], [`DataError::DuplicateColumn`], [`DataError::ColumnType`]. From
/// the iterator what concerns a row or is found when it is read.
///
/// # Complexity
/// Memory of a batch of 8,192 rows and of the largest symbol.
pub fn read_parquet(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Symbols, DataError> {
    open(Input::file(path.as_ref()), Format::Parquet, options)
}

/// As [`read_parquet`], from memory; `name` stands for the path.
///
/// # Errors
/// As [`read_parquet`].
///
/// # Example
/// ```
/// use hypernodes_trading::data::{CsvOptions, read_parquet_bytes};
/// let error = read_parquet_bytes("all.parquet", b"time,close".as_slice(), &CsvOptions::default());
/// assert_eq!(
///     error.unwrap_err().to_string(),
///     "`all.parquet` is no whole Parquet file: it does not begin with `PAR1`; \
///      copy it again, or write it again"
/// );
/// ```
pub fn read_parquet_bytes(
    name: &str,
    bytes: impl Into<Arc<[u8]>>,
    options: &CsvOptions,
) -> Result<Symbols, DataError> {
    open(Input::memory(name, bytes.into()), Format::Parquet, options)
}

/// The bars of each symbol in the file at `path`, whatever its format: Parquet and Arrow IPC are
/// known by their first bytes or their names, everything else is csv. See [`Symbols`].
///
/// # Errors
/// As [`read_csv`] and [`read_parquet`].
///
/// # Example
/// ```no_run
/// use hypernodes_trading::data::{CsvOptions, read_file};
/// for bars in read_file("prices.csv.zst", &CsvOptions::default())? {
///     println!("{}", bars?.symbol());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_file(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Symbols, DataError> {
    let input = Input::file(path.as_ref());
    let format = input.format();
    open(input, format, options)
}

/// As [`read_file`], from memory.
#[cfg(test)]
pub(super) fn read_bytes(
    name: &str,
    bytes: Vec<u8>,
    options: &CsvOptions,
) -> Result<Symbols, DataError> {
    let input = Input::memory(name, bytes.into());
    let format = input.format();
    open(input, format, options)
}

/// Whether a file has a symbol column, as far as that can be told without reading it. Whatever
/// else is wrong with it is told when it is read.
pub(super) fn has_symbol_column(path: &Path, options: &CsvOptions) -> bool {
    let input = Input::file(path);
    let opened = match input.format() {
        _ if options.symbol_column.is_some() => return true,
        Format::Csv => return super::header::has_symbol_column(&input),
        Format::Parquet => Parquet::open(input, options).map(|file| file.layout),
        Format::Ipc => Ipc::open(input, options).map(|file| file.layout),
    };
    opened.is_ok_and(|layout| layout.symbol.is_some())
}

fn open(input: Input, format: Format, options: &CsvOptions) -> Result<Symbols, DataError> {
    let file = match format {
        Format::Csv => File::Text(Text::open(input, options)?),
        Format::Parquet => File::Parquet(Parquet::open(input, options)?.into()),
        Format::Ipc => File::Ipc(Ipc::open(input, options)?.into()),
    };
    let state = match file.has_symbols() {
        false if options.wants(&file.input().stem) => State::Single(file.feed()?),
        false => State::Done,
        true if is_grouped(&mut *file.names()?)? => {
            let mut feed = file.feed()?;
            match feed.next_run()? {
                true => State::Grouped(feed),
                false => State::Done,
            }
        }
        true => State::Interleaved,
    };
    let options = options.clone();
    Ok(Symbols {
        file,
        options,
        state,
    })
}

/// Whether each symbol's rows stand together.
fn is_grouped(names: &mut dyn Feed) -> Result<bool, DataError> {
    let mut seen: BTreeMap<Box<[u8]>, ()> = BTreeMap::new();
    let mut current: Option<Box<[u8]>> = None;
    while names.next_run()? {
        let name = names.name();
        if current.as_deref() == Some(name) {
            continue;
        }
        let name: Box<[u8]> = name.into();
        if seen.insert(name.clone(), ()).is_some() {
            return Ok(false);
        }
        current = Some(name);
    }
    Ok(true)
}

impl Symbols {
    fn file_error(&self, error: DataError) -> SymbolError {
        SymbolError {
            symbol: Arc::clone(&self.file.input().stem),
            error,
        }
    }

    fn single(&self, mut feed: Box<dyn Feed>) -> Result<Bars, SymbolError> {
        let mut track = Track::new(Arc::clone(&self.file.input().stem));
        let mut columns = Columns::default();
        let mut read = || -> Result<(), DataError> {
            while feed.next_run()? {
                feed.take(&self.options.range, &mut track, &mut columns)?;
            }
            Ok(())
        };
        read().map_err(|error| self.file_error(error))?;
        track.finish(&self.file.input().name, feed.present(), columns)
    }

    /// Reads the next group that is wanted, and goes to the one behind it. The feed is at a run of the group;
    /// whether there is one after it comes back too.
    fn group(
        &self,
        feed: &mut dyn Feed,
    ) -> Result<(Option<Result<Bars, SymbolError>>, bool), DataError> {
        loop {
            let mut track = Track::new(feed.symbol()?);
            let is_wanted = self.options.wants(&track.symbol);
            let mut columns = Columns::default();
            let mut is_more = true;
            while is_more && feed.name() == track.symbol.as_bytes() {
                if is_wanted {
                    feed.take(&self.options.range, &mut track, &mut columns)?;
                }
                is_more = feed.next_run()?;
            }
            if is_wanted {
                let bars = track.finish(&self.file.input().name, feed.present(), columns);
                return Ok((Some(bars), is_more));
            }
            if !is_more {
                return Ok((None, false));
            }
        }
    }

    /// Reads all rows and sorts them by symbol.
    fn sorted(&self) -> Result<State, DataError> {
        let mut feed = self.file.feed()?;
        let present = feed.present();
        let max_memory = self.options.max_memory.unwrap_or(MAX_MEMORY);
        let mut sorter = Sorter::new(present, max_memory);
        let mut tracks: Vec<Track> = Vec::new();
        // `None` for those that are not wanted.
        let mut numbers: BTreeMap<Box<[u8]>, Option<usize>> = BTreeMap::new();
        while feed.next_run()? {
            let number = match numbers.get(feed.name()) {
                Some(&known) => known,
                None => {
                    let symbol = feed.symbol()?;
                    let number = self.options.wants(&symbol).then_some(tracks.len());
                    numbers.insert(feed.name().into(), number);
                    if number.is_some() {
                        tracks.push(Track::new(symbol));
                    }
                    number
                }
            };
            if let Some(number) = number {
                let id = u32::try_from(number).unwrap_or(u32::MAX);
                let track = &mut tracks[number];
                feed.take(&self.options.range, track, &mut sorter.of(id))?;
            }
        }
        Ok(State::Sorted {
            tracks: tracks.into_iter().enumerate(),
            rows: sorter.finish()?,
            present,
        })
    }
}

impl Iterator for Symbols {
    type Item = Result<Bars, SymbolError>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.state, State::Interleaved) {
            match self.sorted() {
                Ok(state) => self.state = state,
                Err(error) => {
                    self.state = State::Done;
                    return Some(Err(self.file_error(error)));
                }
            }
        }
        match std::mem::replace(&mut self.state, State::Done) {
            State::Done | State::Interleaved => None,
            State::Single(feed) => Some(self.single(feed)),
            State::Grouped(mut feed) => match self.group(&mut *feed) {
                Ok((bars, is_more)) => {
                    if is_more {
                        self.state = State::Grouped(feed);
                    }
                    bars
                }
                Err(error) => Some(Err(self.file_error(error))),
            },
            State::Sorted {
                mut tracks,
                mut rows,
                present,
            } => {
                let (number, track) = tracks.next()?;
                let id = u32::try_from(number).unwrap_or(u32::MAX);
                let columns = match rows.take(id) {
                    Ok(columns) => columns,
                    Err(error) => return Some(Err(self.file_error(error))),
                };
                self.state = State::Sorted {
                    tracks,
                    rows,
                    present,
                };
                Some(track.finish(&self.file.input().name, present, columns))
            }
        }
    }
}
