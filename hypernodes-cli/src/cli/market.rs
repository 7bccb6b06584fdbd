//! `data`: what is in price files, and other files made of them.

use clap::{Args, Subcommand, ValueEnum};

use super::DataArgs;

#[derive(Debug, Args)]
pub(crate) struct DataCommand {
    #[command(subcommand)]
    pub(crate) of: DataOf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataOf {
    /// Tells what is in the files: columns and types, symbols, bars, times.
    #[command(after_help = "\
Examples:
  hypernodes data inspect prices/
  hypernodes data inspect all.parquet --format json")]
    Inspect(InspectCommand),
    /// Tells what is wrong with the files, a line for each symbol that cannot be used.
    ///
    /// Exits with 0 if every symbol can be used, 3 if some can, 2 if none can.
    #[command(after_help = "\
Examples:
  hypernodes data validate prices/
  hypernodes data validate prices/ --format csv --output faults.csv")]
    Validate(ValidateCommand),
    /// Writes the bars as one CSV, Parquet or Arrow IPC file.
    ///
    /// Symbols stand one after the other, in the order in which they are read. The form goes by the ending of
    /// `--output`: .csv, .parquet (.pq), .arrow (.feather, .ipc). What is written reads back as the same numbers, but for
    /// prices under `--optimize`.
    #[command(after_help = "\
Examples:
  hypernodes data convert prices/ --output all.parquet
  hypernodes data convert all.parquet --symbols AAPL --as csv
  hypernodes data convert prices/ --optimize --output small.parquet")]
    Convert(ConvertCommand),
    /// Writes bars of a longer timeframe; otherwise as `convert`.
    ///
    /// First open, highest high, lowest low, last close, sum of the volumes. Windows begin with the timeframe in UTC,
    /// weeks on Monday, and are named by their start. Where nothing was traded there is no bar.
    #[command(mut_arg("timeframe", |arg| arg.required(true)))]
    #[command(after_help = "\
Examples:
  hypernodes data resample minutes.csv --timeframe 1h
  hypernodes data resample minutes/ --timeframe 1d --output days.parquet")]
    Resample(ConvertCommand),
    /// Computes statistics of each symbol's columns: mean, deviation, extremes, covariances.
    ///
    /// Sums are exact, so the numbers are the same to the last digit on any engine. Covariances and correlations of the
    /// columns are in the JSON.
    #[command(after_help = "\
Examples:
  hypernodes data stats prices/
  hypernodes data stats prices/ --returns --format json")]
    Stats(StatsCommand),
}

#[derive(Debug, Args)]
pub(crate) struct InspectCommand {
    #[command(flatten)]
    pub(crate) data: DataArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateCommand {
    #[command(flatten)]
    pub(crate) data: DataArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ConvertCommand {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Form of the file, whatever its ending; csv if there is neither
    #[arg(
        long = "as",
        value_name = "FORM",
        value_enum,
        ignore_case = true,
        help_heading = "Convert"
    )]
    pub(crate) form: Option<FileForm>,
    /// Give columns the smallest types that hold them: prices `float32` if none moves by more than 0.0005, volumes
    /// the smallest whole numbers if all are whole
    #[arg(long, help_heading = "Convert")]
    pub(crate) optimize: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileForm {
    Csv,
    Parquet,
    Arrow,
}

#[derive(Debug, Args)]
pub(crate) struct StatsCommand {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Of the returns from bar to bar of the price columns, rather than of the columns
    #[arg(long, help_heading = "Statistics")]
    pub(crate) returns: bool,
}
