//! DATA, and which of it.

use clap::Args;
use hypernodes::trading::Timeframe;
use hypernodes::trading::data::{CsvColumns, CsvOptions, Files, TimeRange, expand, parse_symbols};

use super::Common;
use crate::error::CommandError;

#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct DataArgs {
    /// Csv, Parquet or Arrow IPC files, folders of them, or globs
    ///
    /// Columns are found by name: time (or date, timestamp, datetime, `trade_date`), open, high,
    /// low, close, volume, symbol (or `stock_code`), exchange. Without a symbol column a file is
    /// one symbol, named by the file. Only time and what the command needs are required.
    ///
    /// Cells of csv are separated by commas, and a csv file may be packed (`.csv.gz`, `.csv.zst`).
    /// Prices go from 1e-100 to 1e100. Rows may be in any order of symbols: what does not fit
    /// half of `--max-memory` is kept in temporary files. Files are read more than once, so they
    /// must be regular ones. Folders and globs leave hidden files out.
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<String>,
    /// Only rows from this time on: an ISO date or date-time, or an integer epoch
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) from: Option<String>,
    /// Only rows up to this time; a day is taken whole
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

/// Which of the rows of any table of prices, and how its columns are called.
#[derive(Debug, Args)]
pub(crate) struct TableArgs {
    /// Only these symbols: a comma-separated list, or @FILE with one per line
    #[arg(long, value_name = "LIST|@FILE")]
    pub(crate) symbols: Option<String>,
    /// Take bars together into longer ones: `15m`, `1h`, `4h`, `1d`, `1w`, `1mo`
    ///
    /// Windows begin with the timeframe in UTC, weeks on Monday. `m` is a minute, `mo` a month.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) timeframe: Option<Timeframe>,
    /// The name of the time column
    #[arg(long, value_name = "NAME")]
    pub(crate) time_col: Option<String>,
    /// The name of the symbol column
    #[arg(long, value_name = "NAME")]
    pub(crate) symbol_col: Option<String>,
    /// The name of the column to take as the close
    #[arg(long, value_name = "NAME")]
    pub(crate) price_col: Option<String>,
}

impl TableArgs {
    /// How such a table is to be read.
    pub(crate) fn options(&self) -> Result<CsvOptions, CommandError> {
        let symbols = self.symbols.as_deref().map(parse_symbols).transpose()?;
        if symbols
            .as_ref()
            .is_some_and(std::collections::BTreeSet::is_empty)
        {
            let problem = "`--symbols` names no symbol; write `--symbols A,B` or `--symbols @FILE`";
            return Err(CommandError::Usage(problem.to_owned()));
        }
        Ok(CsvOptions {
            symbols,
            timeframe: self.timeframe,
            time_column: self.time_col.clone(),
            symbol_column: self.symbol_col.clone(),
            price_column: self.price_col.clone(),
            ..CsvOptions::default()
        })
    }
}

impl DataArgs {
    /// The files, in order.
    pub(crate) fn files(&self) -> Result<Files, CommandError> {
        Ok(expand(&self.data)?)
    }

    /// How they are to be read, for what needs these columns.
    pub(crate) fn read_options(
        &self,
        common: &Common,
        columns: impl Into<CsvColumns>,
    ) -> Result<CsvOptions, CommandError> {
        Ok(CsvOptions {
            columns: columns.into(),
            range: TimeRange::parse(self.from.as_deref(), self.to.as_deref())?,
            max_memory: common.rows_memory(),
            ..self.table.options()?
        })
    }
}
