//! The options of `follow`.

use clap::Args;
use hypernodes::trading::Timeframe;

#[derive(Debug, Args)]
pub(crate) struct FollowCommand {
    /// The csv file that grows, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) source: String,
    /// Columns of indicators: a comma-separated list, or @FILE with one per line
    #[arg(long, value_name = "LIST|@FILE")]
    pub(crate) columns: Option<String>,
    /// Print only bars at which this holds, such as `crosses_above(EMA_12, EMA_26)`
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) filter: Option<String>,
    /// End where the file ends now, rather than wait for more
    #[arg(long)]
    pub(crate) until_end: bool,
    /// Only these symbols: a comma-separated list, or @FILE with one per line
    #[arg(long, value_name = "LIST|@FILE")]
    pub(crate) symbols: Option<String>,
    /// Take bars together into longer ones, such as 5m, 1h or 1d; each is printed when it is finished
    #[arg(long, value_name = "TIMEFRAME")]
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
