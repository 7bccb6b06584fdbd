//! The options of `indicators`.

use clap::Args;

use super::DataArgs;

#[derive(Debug, Args)]
pub(crate) struct IndicatorsCommand {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The columns: a comma-separated list, or @FILE with one per line
    ///
    /// A name, its parameters behind it, its output behind a point: `SMA_20`, `MACD_12_26_9.signal`,
    /// `BBANDS_20_2.0_2.0_0.upper`. Parameters that are left out at the end are the defaults.
    #[arg(long, value_name = "LIST|@FILE")]
    pub(crate) columns: Option<String>,
    /// Print every indicator: its parameters with their defaults, inputs, outputs and warm-up
    #[arg(long)]
    pub(crate) list: bool,
}
