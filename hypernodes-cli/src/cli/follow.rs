//! The options of `follow`.

use clap::Args;

use super::data::TableArgs;

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
    #[command(flatten)]
    pub(crate) table: TableArgs,
}
