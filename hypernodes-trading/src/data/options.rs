//! What to take from price files.

use std::collections::BTreeSet;
use std::fs;

use serde::{Deserialize, Serialize};

use super::{DataError, TimeRange};
use crate::bars::PriceSource;
use crate::timeframe::Timeframe;

/// Which price columns are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CsvColumns {
    /// Close, and open, high, low and volume where the file has them; all are checked, and each
    /// must have a value in every row.
    #[default]
    All,
    /// Close alone; other columns may hold anything.
    Close,
    /// As [`All`](Self::All), but only what this price source is made of must have a value in
    /// every row: a symbol with an empty cell in another column goes without that column.
    For(PriceSource),
    /// As [`All`](Self::All), but only these columns beside the close must have a value in every row.
    Needing {
        /// Opening prices.
        open: bool,
        /// Highest and lowest prices.
        high_low: bool,
        /// Volumes.
        volume: bool,
    },
}

impl From<PriceSource> for CsvColumns {
    fn from(source: PriceSource) -> Self {
        Self::For(source)
    }
}

/// Columns of bars beside the close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Needs {
    pub(crate) open: bool,
    pub(crate) high_low: bool,
    pub(crate) volume: bool,
}

impl Needs {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            open: self.open || other.open,
            high_low: self.high_low || other.high_low,
            volume: self.volume || other.volume,
        }
    }
}

impl From<Needs> for CsvColumns {
    fn from(needs: Needs) -> Self {
        let Needs {
            open,
            high_low,
            volume,
        } = needs;
        Self::Needing {
            open,
            high_low,
            volume,
        }
    }
}

/// Which rows and columns of a file of any format are read, and how its columns are called.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CsvOptions {
    /// Which price columns are read.
    pub columns: CsvColumns,
    /// Only these symbols; `None` for all.
    pub symbols: Option<BTreeSet<String>>,
    /// Only rows with a time in this range. Rows outside are still checked, except those of row
    /// groups of a Parquet file that lie outside as a whole.
    pub range: TimeRange,
    /// Bars of this length, [resampled](mod@crate::resample) from those in the range; `None` for bars as they are.
    pub timeframe: Option<Timeframe>,
    /// The name of the time column, where it is none of `time`, `date`, `timestamp`, `datetime`,
    /// `trade_date`.
    pub time_column: Option<String>,
    /// The name of the symbol column, where it is neither `symbol` nor `stock_code`.
    pub symbol_column: Option<String>,
    /// The name of the column to take as the close, where it is neither `close` nor
    /// `close_price`.
    pub price_column: Option<String>,
    /// How much memory rows may take, in bytes, while they are grouped by symbol; `None` for 1 GiB.
    /// What does not fit is kept in temporary files. Results do not depend on it, so it is no part
    /// of what is written.
    #[serde(skip)]
    pub max_memory: Option<u64>,
}

impl CsvOptions {
    /// Whether rows of this symbol are read.
    pub(super) fn wants(&self, symbol: &str) -> bool {
        self.symbols.as_ref().is_none_or(|all| all.contains(symbol))
    }
}

/// The symbols in `text`: a comma-separated list, or `@FILE` with one or more per line.
///
/// # Errors
/// [`DataError::Missing`] or [`DataError::Read`] when the file cannot be read.
///
/// # Example
/// ```
/// use hypernodes_trading::data::parse_symbols;
/// let symbols = parse_symbols("MSFT, AAPL")?;
/// assert!(symbols.contains("AAPL") && symbols.len() == 2);
/// # Ok::<(), hypernodes_trading::data::DataError>(())
/// ```
pub fn parse_symbols(text: &str) -> Result<BTreeSet<String>, DataError> {
    let from_file = match text.strip_prefix('@') {
        None => None,
        Some(path) => Some(fs::read_to_string(path).map_err(|source| {
            let path = path.to_owned();
            match source.kind() {
                std::io::ErrorKind::NotFound => DataError::Missing { path },
                _ => DataError::Read { path, source },
            }
        })?),
    };
    let list = from_file.as_deref().unwrap_or(text);
    let names = list.split([',', '\n', '\r']).map(str::trim);
    Ok(names.filter(|n| !n.is_empty()).map(str::to_owned).collect())
}
