//! What can be wrong with price files.

use std::fmt;
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::bars::{BarsError, brief};
use crate::stored::{self, OwnText, own_text};

/// What is wrong with one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum CellProblem {
    /// There is nothing in it.
    #[error("is empty, expected a value; fill it in or remove the row")]
    Empty,
    /// Its bytes are no UTF-8 text.
    #[error("is not text; save the file as UTF-8 csv")]
    NotText,
    /// It is no number.
    #[error("is not a number; correct it or remove the row")]
    NotANumber,
    /// It is NaN or infinite.
    #[error("is not a finite number; correct it or remove the row")]
    NotFinite,
    /// It is a price of 0 or less.
    #[error("is not a price above 0; correct it or remove the row")]
    NotPositive,
    /// It is a price too small or too large to compute with.
    #[error("is not a price from 1e-100 to 1e100; correct it or remove the row")]
    PriceRange,
    /// It is a volume below 0.
    #[error("is a volume below 0; correct it or remove the row")]
    Negative,
    /// It is no time.
    #[error("is not a time; write an ISO date or date-time, or an integer epoch")]
    NotATime,
    /// It is a time outside the years 1678 to 2261.
    #[error("is a time outside the years 1678 to 2261; correct it or remove the row")]
    TimeRange,
}

/// Where in a file something stands; it is written with a space before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Place {
    /// A line of a text file, from 1, as an editor shows it.
    Line(u64),
    /// A row of a Parquet or Arrow file, from 1.
    Row(u64),
    /// No place of its own: the file as a whole.
    File,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, " line {line}"),
            Self::Row(row) => write!(f, " row {row}"),
            Self::File => Ok(()),
        }
    }
}

/// Why price data could not be found or read.
///
/// Each says in one line which file, which line (counted from 1, as an editor shows it), which
/// column, and what to do about it.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No such file or folder.
    #[error("no file or folder at `{path}`; check the spelling")]
    Missing {
        /// The path as given.
        path: String,
    },
    /// A link whose file is not there.
    #[error("`{path}` is a link to a file that is missing; correct or remove it")]
    BrokenLink {
        /// The link.
        path: String,
    },
    /// A pipe, a device or a socket: it cannot be read from its start again.
    #[error("`{path}` is not a regular file; save it first, and name the saved file")]
    NotRegular {
        /// The path as given.
        path: String,
    },
    /// A glob matches no file.
    #[error("no file matches `{pattern}`; check the pattern")]
    NoMatch {
        /// The glob as given.
        pattern: String,
    },
    /// A glob is malformed.
    #[error("`{pattern}` is not a valid pattern: {problem}")]
    Pattern {
        /// The glob as given.
        pattern: String,
        /// What is wrong with it.
        #[serde(deserialize_with = "own_text")]
        problem: OwnText,
    },
    /// A folder holds no file of prices.
    #[error("folder `{path}` has no csv, Parquet or Arrow file; name the files, or another folder")]
    EmptyFolder {
        /// The folder.
        path: String,
    },
    /// A folder stands where a file is wanted.
    #[error("`{path}` is a folder, expected a file")]
    NotAFile {
        /// The folder.
        path: String,
    },
    /// The operating system refused.
    #[error("cannot read `{path}`: {}", .source.kind())]
    Read {
        /// The file or folder.
        path: String,
        /// What the operating system said.
        #[serde(with = "stored::system_error")]
        source: io::Error,
    },
    /// A compressed file is damaged or cut off.
    #[error("`{file}` is no whole {packing} file: {problem}; copy it again, or pack it again")]
    Packed {
        /// The file.
        file: Arc<str>,
        /// `gzip` or `zstd`.
        packing: String,
        /// What its decoder said.
        problem: String,
    },
    /// A Parquet or Arrow IPC file is damaged, cut off, or something else.
    #[error("`{file}` is no whole {format} file: {problem}; copy it again, or write it again")]
    Damaged {
        /// The file.
        file: Arc<str>,
        /// `Parquet` or `Arrow IPC`.
        format: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A Parquet file is encrypted.
    #[error("`{file}` is encrypted, as a whole or in part; write it without encryption")]
    Encrypted {
        /// The file.
        file: Arc<str>,
    },
    /// A column has a type that cannot be what it is called.
    #[error(
        "`{file}`, column `{column}`: expected {expected}, found {found}; write it as one of these"
    )]
    ColumnType {
        /// The file.
        file: Arc<str>,
        /// The column's name.
        column: String,
        /// The types that it may have.
        expected: String,
        /// The type that it has.
        found: String,
    },
    /// A Parquet or Arrow IPC file has no rows.
    #[error("`{file}` has columns but no rows")]
    EmptyTable {
        /// The file.
        file: Arc<str>,
    },
    /// Rows that do not fit the memory could not be kept on disk.
    #[error("cannot keep rows in `{folder}`: {}; free space there, set `TMPDIR` to another \
        folder, or allow more with `--max-memory`", .source.kind())]
    Spill {
        /// The folder of temporary files.
        folder: String,
        /// What the operating system said.
        #[serde(with = "stored::system_error")]
        source: io::Error,
    },
    /// The file has no content.
    #[error("`{file}` is empty; expected a header line and rows")]
    Empty {
        /// The file.
        file: Arc<str>,
    },
    /// The file has a header and nothing below.
    #[error("`{file}` has a header but no rows")]
    NoRows {
        /// The file.
        file: Arc<str>,
    },
    /// A symbol has rows, but none in the time range asked for.
    #[error("`{file}` has no rows of `{symbol}` in the time range; widen `--from` and `--to`")]
    NoRowsInRange {
        /// The file.
        file: Arc<str>,
        /// The symbol.
        symbol: Arc<str>,
    },
    /// The symbol of a file is not among those asked for.
    #[error("`{file}` holds `{symbol}`, which is not among the symbols asked for")]
    NotWanted {
        /// The file.
        file: Arc<str>,
        /// Its symbol.
        symbol: Arc<str>,
    },
    /// Two files hold the same symbol.
    #[error("symbol `{symbol}` is in `{first}` and again in `{second}`; rename or remove one")]
    DuplicateSymbol {
        /// The symbol.
        symbol: Arc<str>,
        /// The file it came from first.
        first: Arc<str>,
        /// The other file.
        second: Arc<str>,
    },
    /// The file is binary, or text in another encoding.
    #[error("`{file}` line {line} is not UTF-8 text; save the file as UTF-8 csv")]
    NotText {
        /// The file.
        file: Arc<str>,
        /// The line.
        line: u64,
    },
    /// The header is one cell, with another separator in it.
    #[error("`{file}` line 1: columns are separated by {}, expected `,`; \
        save the file as comma-separated csv", separator_shown(*.separator))]
    Separator {
        /// The file.
        file: Arc<str>,
        /// What stands between its columns.
        separator: char,
    },
    /// A column that is needed is not in the header.
    #[error("`{file}`{place} has no column `{column}`; columns there: {}{}",
        listed(.found), did_you_mean(.suggestion.as_deref()))]
    MissingColumn {
        /// The file.
        file: Arc<str>,
        /// Where the names stand.
        place: Place,
        /// The column wanted.
        column: String,
        /// The columns there are.
        found: Vec<String>,
        /// The one that looks like it.
        suggestion: Option<String>,
    },
    /// Two columns could be the one wanted.
    #[error(
        "`{file}`{place}: columns {} (`{first_name}`) and {} (`{second_name}`) can both be \
         `{column}`; {}", .first + 1, .second + 1, remedy(.column)
    )]
    DuplicateColumn {
        /// The file.
        file: Arc<str>,
        /// Where the names stand.
        place: Place,
        /// What both can be.
        #[serde(deserialize_with = "own_text")]
        column: OwnText,
        /// Position of the first, from 0.
        first: usize,
        /// Its name.
        first_name: Box<str>,
        /// Position of the second, from 0.
        second: usize,
        /// Its name.
        second_name: Box<str>,
    },
    /// A row has more or fewer cells than the header.
    #[error(
        "`{file}` line {line}: expected {expected} cells as in the header, found {found}; \
         correct the row"
    )]
    RowWidth {
        /// The file.
        file: Arc<str>,
        /// The line.
        line: u64,
        /// Cells of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// A cell holds something that cannot be there.
    #[error("`{file}`{place}, column `{column}`: {} {problem}", shown(.text))]
    Cell {
        /// The file.
        file: Arc<str>,
        /// Where the row stands.
        place: Place,
        /// The column's name in the header.
        column: String,
        /// What stands there, shortened.
        text: String,
        /// What is wrong with it.
        problem: CellProblem,
    },
    /// A row has the time of the symbol's row before.
    #[error(
        "`{file}`{place}, column `{column}`: `{text}` repeats the time of the row \
             before; remove one of the two"
    )]
    RepeatedTime {
        /// The file.
        file: Arc<str>,
        /// Where the row stands.
        place: Place,
        /// The time column's name.
        column: String,
        /// The time as written.
        text: String,
    },
    /// A row is older than the symbol's row before.
    #[error(
        "`{file}`{place}, column `{column}`: `{text}` is earlier than the row before; \
             sort the rows by time"
    )]
    DescendingTime {
        /// The file.
        file: Arc<str>,
        /// Where the row stands.
        place: Place,
        /// The time column's name.
        column: String,
        /// The time as written.
        text: String,
    },
    /// A row's high is below its low.
    #[error(
        "`{file}`{place}, column `{column}`: high {} is below low {}; \
             correct the row", brief(*.high), brief(*.low)
    )]
    HighBelowLow {
        /// The file.
        file: Arc<str>,
        /// Where the row stands.
        place: Place,
        /// The high column's name.
        column: String,
        /// Its value.
        high: f64,
        /// The low's value.
        low: f64,
    },
    /// A bound of a time range is no time, or the range is upside down.
    #[error("`{option}` is `{text}`, {problem}")]
    Bound {
        /// `--from` or `--to`.
        #[serde(deserialize_with = "own_text")]
        option: OwnText,
        /// What was given.
        text: String,
        /// What is wrong with it.
        #[serde(deserialize_with = "own_text")]
        problem: OwnText,
    },
    /// A [`BarSource`](super::BarSource) could not give a symbol's bars.
    #[error("`{symbol}` could not be fetched: {text}")]
    Fetch {
        /// The symbol.
        symbol: Arc<str>,
        /// What the source said.
        text: String,
    },
    /// What was told of the symbol elsewhere: in another process.
    #[error("{text}")]
    Told {
        /// All that was told.
        text: String,
    },
    /// The columns are good one by one, but not together.
    #[error("`{file}`: {source}")]
    Bars {
        /// The file.
        file: Arc<str>,
        /// What is wrong.
        source: BarsError,
    },
}

impl DataError {
    /// The line it speaks of, counted from 1 as an editor does, where there is one.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::NotText { line, .. } | Self::RowWidth { line, .. } => Some(*line),
            Self::Separator { .. } => Some(1),
            Self::Cell { place, .. }
            | Self::RepeatedTime { place, .. }
            | Self::DescendingTime { place, .. }
            | Self::HighBelowLow { place, .. }
            | Self::MissingColumn { place, .. }
            | Self::DuplicateColumn { place, .. } => match place {
                Place::Line(line) => Some(*line),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A symbol whose rows could not be read; the file's other symbols go on.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{error}")]
pub struct SymbolError {
    /// The symbol; the file's stem when the fault lies in the file as a whole.
    pub symbol: Arc<str>,
    /// What is wrong.
    pub error: DataError,
}

/// What to do about two columns that can both be `column`.
fn remedy(column: &str) -> &'static str {
    match column {
        "time" => "choose one with `--time-col`",
        "symbol" => "choose one with `--symbol-col`",
        "close" => "choose one with `--price-col`",
        _ => "rename one of them",
    }
}

fn separator_shown(separator: char) -> String {
    match separator {
        '\t' => "tabs".to_owned(),
        other => format!("`{other}`"),
    }
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn listed(names: &[String]) -> String {
    const MOST: usize = 20;
    let mut all: Vec<_> = names.iter().take(MOST).map(|n| format!("`{n}`")).collect();
    if names.len() > MOST {
        all.push(format!("and {} more", names.len() - MOST));
    }
    all.join(", ")
}

fn shown(text: &str) -> String {
    if text.is_empty() {
        "the cell".to_owned()
    } else {
        format!("`{text}`")
    }
}

/// `bytes` for an error message: as text, without control characters, at most 40 characters.
pub(super) fn shortened(bytes: &[u8]) -> String {
    const MOST: usize = 40;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * MOST)]);
    let clean = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut short: String = clean.take(MOST).collect();
    if text.trim().chars().count() > MOST {
        short.push_str("...");
    }
    short
}

/// What another library said, in one line of at most 200 characters.
pub(super) fn one_line(text: &str) -> String {
    const MOST: usize = 200;
    let clean = text.trim().chars();
    let clean = clean.map(|c| if c.is_control() { ' ' } else { c });
    clean.take(MOST).collect()
}
