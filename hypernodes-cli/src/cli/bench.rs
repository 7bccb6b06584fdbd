//! Comparing the engines.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use hypernodes::EngineConfig;

use super::at_least_one;
use super::size::parse_seconds;

#[derive(Debug, Clone, Args)]
pub(crate) struct BenchCommand {
    /// Engines to compare with `sequential`, separated by commas; without it all that there are
    #[arg(long, value_delimiter = ',', value_name = "LIST", ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(engine_names()))]
    pub(crate) engines: Vec<String>,
    /// Kinds of work, separated by commas
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "LIST",
        ignore_case = true
    )]
    #[arg(default_value = "cpu,io,mixed,tiny")]
    pub(crate) workloads: Vec<BenchWorkload>,
    /// Numbers of items, separated by commas
    #[arg(long, value_parser = at_least_one, value_delimiter = ',', value_name = "LIST")]
    #[arg(
        default_value = "10,100,1000,10000,100000,1000000",
        allow_negative_numbers = true
    )]
    pub(crate) items: Vec<usize>,
    /// Also measure each kind of work nested: ten items to an inner map
    #[arg(long)]
    pub(crate) nested: bool,
    /// Time for all of it, as a decimal above 0; sizes that would take longer are skipped
    #[arg(long, value_parser = parse_seconds, value_name = "SECONDS", default_value = "60")]
    #[arg(allow_negative_numbers = true)]
    pub(crate) budget: Duration,
    /// Rounds of each measurement; the median counts
    #[arg(long, value_parser = at_least_one, value_name = "N", default_value_t = 5)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) repeats: usize,
}

/// What the items of a benchmark do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchWorkload {
    /// Arithmetic, 50 us and 1 ms each.
    Cpu,
    /// Waiting, 2 ms each.
    Io,
    /// Waiting 1 ms, then arithmetic of 100 us.
    Mixed,
    /// A few nanoseconds each.
    Tiny,
}

fn engine_names() -> impl Iterator<Item = &'static str> {
    EngineConfig::available().iter().map(|engine| engine.name)
}
