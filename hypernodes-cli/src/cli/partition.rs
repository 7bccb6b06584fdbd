//! The options of `plan partition-size`.

use clap::Args;

use super::size::parse_size;
use super::{DataArgs, at_least_one, whole};

#[derive(Debug, Args)]
#[command(
    long_about = "\
Prints how many symbols a partition of a scan should hold: the number alone; why is told on stderr.

size = min(target / bytes of a symbol, ceil(symbols / (4 workers)), memory / (workers x bytes of a
symbol)), at least 1 and at most 200. The bytes of a symbol are those given, or measured from DATA (the
mean of its first 1000 symbols), or bars x columns x 8. --format json prints all that it comes from.",
    after_help = "\
Examples:
  hypernodes plan partition-size --symbols 2000 --memory 8GB --target 100MB --workers 8
  hypernodes plan partition-size --symbols 2000 --memory 8GB --target 100MB --bars 100000
  hypernodes plan partition-size prices/ --memory 8GB --target 100MB --format json"
)]
pub(crate) struct PartitionSizeCommand {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) size: PartitionSizeArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Partition size")]
pub(crate) struct PartitionSizeArgs {
    // The symbols of DATA are chosen by `--symbols LIST`; here it is a number beside no DATA.
    /// The memory of all workers together, such as 8GB
    #[arg(long, value_parser = parse_size, value_name = "SIZE", allow_negative_numbers = true)]
    pub(crate) memory: u64,
    /// How large a partition should be, such as 100MB
    #[arg(long, value_parser = parse_size, value_name = "SIZE", allow_negative_numbers = true)]
    pub(crate) target: u64,
    /// The bytes of one symbol, in place of bars x columns x 8
    #[arg(long, value_parser = parse_size, value_name = "SIZE", allow_negative_numbers = true)]
    #[arg(conflicts_with_all = ["bars", "columns"])]
    pub(crate) bytes_per_symbol: Option<u64>,
    /// Bars of a symbol, without DATA; 1500 where none are given
    #[arg(long, value_parser = at_least_one, value_name = "N", allow_negative_numbers = true)]
    pub(crate) bars: Option<usize>,
    /// Columns of a symbol, time included, without DATA; 6 where none are given
    #[arg(long, value_parser = at_least_one, value_name = "N", allow_negative_numbers = true)]
    pub(crate) columns: Option<usize>,
}

impl PartitionSizeCommand {
    /// How many symbols there are, where that is said rather than counted: without DATA,
    /// `--symbols` is a number.
    pub(crate) fn symbols(&self) -> Result<Option<usize>, String> {
        match (&self.data.table.symbols, self.data.data.is_empty()) {
            (Some(text), true) => whole(text).map(Some).map_err(|problem| {
                format!("`--symbols` is `{text}`, {problem}; or name DATA whose symbols it lists")
            }),
            (None, true) => Err("give `--symbols N`, or DATA to count and to measure".to_owned()),
            (_, false) => Ok(None),
        }
    }
}
