//! Which column is which.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use super::feed::{OTHER_NAMES, Present};
use super::input::Input;
use super::{CsvColumns, CsvOptions, DataError, Place};
use crate::bars::PriceSource;

/// Positions of the columns that are read.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) names: Vec<String>,
    pub(super) time: usize,
    pub(super) symbol: Option<usize>,
    pub(super) exchange: Option<usize>,
    pub(super) open: Option<usize>,
    pub(super) high: Option<usize>,
    pub(super) low: Option<usize>,
    pub(super) close: usize,
    pub(super) volume: Option<usize>,
    needed: Needed,
}

/// Columns beside the close that must have a value in every row.
#[derive(Debug, Clone, Copy)]
struct Needed {
    open: bool,
    high_low: bool,
    volume: bool,
}

impl Needed {
    fn by(columns: CsvColumns) -> Self {
        let of = |open, high_low, volume| Self {
            open,
            high_low,
            volume,
        };
        match columns {
            CsvColumns::All => of(true, true, true),
            CsvColumns::Close | CsvColumns::For(PriceSource::Close) => of(false, false, false),
            CsvColumns::For(PriceSource::Hl2 | PriceSource::Hlc3) => of(false, true, false),
            CsvColumns::For(PriceSource::Ohlc4) => of(true, true, false),
            CsvColumns::Needing {
                open,
                high_low,
                volume,
            } => of(open, high_low, volume),
        }
    }
}

impl Layout {
    /// Whether the column at this place may have empty cells.
    pub(super) fn is_optional(&self, at: usize) -> bool {
        let is = |column: Option<usize>| column == Some(at);
        (is(self.open) && !self.needed.open)
            || ((is(self.high) || is(self.low)) && !self.needed.high_low)
            || (is(self.volume) && !self.needed.volume)
    }

    /// The columns that a symbol may do without.
    pub(super) fn others(&self) -> [Option<usize>; OTHER_NAMES.len()] {
        [self.open, self.high, self.low, self.volume]
    }

    /// Which of them the file has.
    pub(super) fn present(&self) -> Present {
        self.others().map(|at| at.is_some())
    }
}

const SYMBOL: [&str; 2] = ["symbol", "stock_code"];

/// Whether the csv file's header names a symbol column; whatever else is wrong with the file is told
/// when it is read.
pub(super) fn has_symbol_column(input: &Input) -> bool {
    let Ok(reader) = input.open() else {
        return false;
    };
    let mut line = Vec::with_capacity(128);
    let mut reader = BufReader::with_capacity(512, reader).take(1 << 20);
    while line.trim_ascii().is_empty() {
        line.clear();
        if !matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
            return false;
        }
    }
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
    let mut names = line.split(|&b| b == b',' || b == b'\r');
    names.any(|name| {
        let name = name.trim_ascii();
        let name = name.strip_prefix(b"\"").unwrap_or(name);
        let name = name.strip_suffix(b"\"").unwrap_or(name).trim_ascii();
        SYMBOL
            .iter()
            .any(|s| s.as_bytes().eq_ignore_ascii_case(name))
    })
}

/// Finds the columns among the `names` that stand at `place`.
pub(super) fn layout(
    file: &Arc<str>,
    place: Place,
    names: Vec<String>,
    options: &CsvOptions,
) -> Result<Layout, DataError> {
    if place != Place::File
        && let [only] = &*names
        && let Some(separator) = [';', '\t', '|'].into_iter().find(|&c| only.contains(c))
    {
        let file = Arc::clone(file);
        return Err(DataError::Separator { file, separator });
    }
    let find = |column, synonyms: &[&str]| find(file, place, &names, column, synonyms);
    let need = |found: Option<usize>, column: &str| {
        found.ok_or_else(|| missing(file, place, &names, column))
    };
    // A name given by the user is looked for alone.
    let own = |given: &Option<String>, column, synonyms: &[&str]| match given {
        Some(name) => need(find(column, &[name])?, name).map(Some),
        None => find(column, synonyms),
    };
    let time = ["time", "date", "timestamp", "datetime", "trade_date"];
    let time = own(&options.time_column, "time", &time)?;
    let symbol = own(&options.symbol_column, "symbol", &SYMBOL)?;
    let close = ["close", "close_price"];
    let close = own(&options.price_column, "close", &close)?;
    let all = options.columns != CsvColumns::Close;
    let other = |column, synonyms: &[&str]| match all {
        true => find(column, synonyms),
        false => Ok(None),
    };
    Ok(Layout {
        open: other("open", &["open", "open_price"])?,
        high: other("high", &["high", "high_price"])?,
        low: other("low", &["low", "low_price"])?,
        volume: other("volume", &["volume"])?,
        exchange: find("exchange", &["exchange"])?,
        time: need(time, "time")?,
        close: need(close, "close")?,
        symbol,
        names,
        needed: Needed::by(options.columns),
    })
}

/// The one column whose name is among `synonyms`, in any case.
fn find(
    file: &Arc<str>,
    place: Place,
    names: &[String],
    column: &'static str,
    synonyms: &[&str],
) -> Result<Option<usize>, DataError> {
    let is_named = |name: &str| synonyms.iter().any(|s| s.trim().eq_ignore_ascii_case(name));
    let mut matches = (0..names.len()).filter(|&i| is_named(&names[i]));
    let Some(first) = matches.next() else {
        return Ok(None);
    };
    match matches.next() {
        None => Ok(Some(first)),
        Some(second) => Err(DataError::DuplicateColumn {
            file: Arc::clone(file),
            place,
            column,
            first,
            first_name: names[first].as_str().into(),
            second,
            second_name: names[second].as_str().into(),
        }),
    }
}

fn missing(file: &Arc<str>, place: Place, names: &[String], column: &str) -> DataError {
    let wanted = column.to_lowercase();
    let likeness = |name: &String| strsim::jaro_winkler(&name.to_lowercase(), &wanted);
    let best = names
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    DataError::MissingColumn {
        file: Arc::clone(file),
        place,
        column: column.to_owned(),
        found: names.to_vec(),
        suggestion: best.filter(|n| likeness(n) > 0.8).cloned(),
    }
}
