//! What can be typed.
//!
//! | file | options |
//! |---|---|
//! | `common` | those of every command |
//! | `policies` | of these, how a run is guarded, kept and watched |
//! | `cluster` | of these, workers that are processes |
//! | `data` | DATA, and which of it |
//! | `market` | of `data` |
//! | `atc` | of ATC and of the scan |
//! | `indicators` | of columns of indicators |
//! | `follow` | of bars as they come |
//! | `partition` | of `plan partition-size` |
//! | `bench` | of the comparison of engines |
//! | `upkeep` | of settings, caches and run folders |
//! | `size` | sizes and times |
//! | `typed` | what was typed, with the environment and a file of settings |

mod atc;
mod bench;
mod cluster;
mod common;
mod data;
mod follow;
mod indicators;
mod market;
mod partition;
mod policies;
mod size;
mod typed;
mod upkeep;

pub(crate) use atc::{AtcArgs, AtcCommand, ScanCommand};
pub(crate) use bench::{BenchCommand, BenchWorkload};
pub(crate) use common::{Common, EngineName, Format, LogLevel};
pub(crate) use data::DataArgs;
pub(crate) use follow::FollowCommand;
pub(crate) use indicators::IndicatorsCommand;
pub(crate) use market::{ConvertCommand, DataCommand, DataOf, FileForm, StatsCommand};
pub(crate) use partition::PartitionSizeCommand;
pub(crate) use policies::Progress;
pub(crate) use size::{parse_duration, parse_size};
pub(crate) use typed::{Refusal, effective};
pub(crate) use upkeep::{
    CacheCommand, CacheOf, ConfigCommand, ConfigOf, JobsCommand, PruneArgs, ReportCommand,
    StatusCommand,
};

use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use hypernodes::Workload;

/// Runs trading pipelines over price files, on the engine that fits.
#[derive(Debug, Parser)]
#[command(name = "hypernodes", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  hypernodes scan prices/                      the strongest trends among the files of a folder
  hypernodes atc prices/AAPL.csv > aapl.csv    every bar's indicator values
  hypernodes graph scan --format svg > scan.svg
  hypernodes plan scan prices/ --workers 8     what that command would do

Exit codes: 0 done, 1 failed, 2 wrong options or bad input, 3 done but some symbols failed,
130 cancelled.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Computes Adaptive Trend Classification for every bar.
    ///
    /// Six kinds of moving average with nine lengths each are followed; what following them would
    /// have earned weighs their signals. `Average_Signal` runs from -1 (all bearish) to 1 (all
    /// bullish). The output is csv: bar, close, R, a signal and an equity for each kind, and
    /// `Average_Signal`; with many symbols `symbol` comes first.
    #[command(after_help = "\
Examples:
  hypernodes atc prices/AAPL.csv
  hypernodes atc prices/ --robustness wide --ma-len 20 --output atc.csv
  hypernodes atc ticks.csv --symbols AAPL,MSFT --from 2024-01-01 --format json")]
    Atc(AtcCommand),
    /// Computes columns of indicators, by name, for every bar.
    ///
    /// The output is csv: `time` and the columns in the order asked for; with many symbols `symbol` comes first. A value
    /// that is not defined (before an indicator's warm-up is over, say) is an empty cell, in json `null`.
    #[command(mut_arg("data", |arg| arg.required(false).required_unless_present("list")))]
    #[command(after_help = "\
Examples:
  hypernodes indicators prices/AAPL.csv --columns SMA_20,RSI_14,MACD_12_26_9.signal
  hypernodes indicators prices/ --columns @columns.txt --output indicators.csv
  hypernodes indicators --list")]
    Indicators(IndicatorsCommand),
    /// Follows bars as they come: prints indicators, or the bars at which an expression holds.
    ///
    /// Each line of csv that is added to the file, or comes from standard input, is answered at once; a bar costs the same
    /// however many came before. The output is `time,close` and the columns asked for; `symbol` comes first where the rows
    /// have one. With `--timeframe` a bar is printed when it is finished. Ctrl-C ends it.
    #[command(after_help = "\
Examples:
  hypernodes follow ticks.csv --columns RSI_14,MACD.hist
  hypernodes follow ticks.csv --timeframe 5m --where 'crosses_above(EMA_12, EMA_26)' --columns EMA_12,EMA_26
  feed | hypernodes follow - --where 'RSI_14 < 30' --format json")]
    Follow(FollowCommand),
    /// Ranks symbols by the trend of their newest bars.
    ///
    /// Each symbol's newest bars give one ATC signal. Rising symbols are listed by the strongest
    /// signal, falling ones by the most negative; symbols with too few bars or too weak a signal are
    /// skipped, and why is told.
    ///
    /// With `--where` or `--rank-by` the scan is one by expression: the symbols for which the condition
    /// holds at the last bar, by rank or in input order. csv has symbol, score (what is ranked by), price
    /// (the last close), exchange, then each column and indicator that the expressions name. json has
    /// `{"matched": [{"symbol", "score", "price", "exchange", "values": {NAME: number}}], "unmatched",
    /// "skipped": [{"symbol", "reason"}], "failed": [{"symbol", "error"}], "symbols"}`.
    #[command(after_help = "\
Examples:
  hypernodes scan prices/
  hypernodes scan 'prices/*.csv' --top 10 --min-signal 0.2
  hypernodes scan prices/ --limit 500 --format json --on-error collect
  hypernodes scan prices/ --where 'RSI_14 < 30 and close > SMA_200'
  hypernodes scan prices/ --where 'crosses_above(close, highest(close, 20)[1])' --rank-by ATR_14
  hypernodes scan prices/ --rank-by 'change(close, 20) / close[20]' --top 10 --format csv
  hypernodes scan all.csv --symbols @watchlist.txt --engine sequential")]
    Scan(ScanCommand),
    /// Looks into price files, and makes other files of them: another format, another timeframe.
    #[command(after_help = "\
Examples:
  hypernodes data inspect prices/
  hypernodes data validate prices/
  hypernodes data convert prices/ --output all.parquet
  hypernodes data resample minutes.csv --timeframe 1h --output hours.csv
  hypernodes data stats all.parquet --format json")]
    Data(DataCommand),
    /// Prints what a command would run: the graph, its steps, the engine's partitions and why.
    ///
    /// A map whose steps wait on files (or any with `--workload io`) runs on four io threads for
    /// each worker; the rule for its partitions then counts these threads, and `plan` says so.
    /// `plan npartitions` knows no steps: it counts the workers as they are given.
    #[command(after_help = "\
Examples:
  hypernodes plan scan prices/ --workers 8
  hypernodes plan partition-size --symbols 2000 --memory 8GB --target 100MB
  hypernodes plan npartitions --items 500 --workers 8 --workload mixed")]
    Plan(PlanCommand),
    /// Draws the pipeline of a command: as text, Mermaid, DOT or SVG.
    #[command(after_help = "\
Examples:
  hypernodes graph scan
  hypernodes graph scan --format mermaid
  hypernodes graph atc --format svg --output atc.svg
  hypernodes graph scan --format dot | dot -Tpng > scan.png")]
    Graph(GraphCommand),
    /// Lists the engines: which are available, and why not.
    #[command(after_help = "Examples:\n  hypernodes engines\n  hypernodes engines --format json")]
    Engines,
    /// Compares the engines on cpu, io, mixed and tiny work, and says which one to take.
    ///
    /// Each engine runs the same maps over several numbers of items, in turn; what it gives is compared with what
    /// `sequential` gives before anything is timed. Told are the time of an item, the partitions that the engine has
    /// chosen, and the best of 1, 2, 4 and so on set by hand. Differences within noise are no differences. Sizes for
    /// which the time is not enough are skipped, and why is told. Ctrl-C ends it with what was measured until then.
    #[command(after_help = "\
Examples:
  hypernodes bench
  hypernodes bench --budget 10 --workloads cpu,io --items 10,1000
  hypernodes bench --engines threaded --workers 8 --nested --report engines.html
  hypernodes bench --format json --output engines.json")]
    Bench(BenchCommand),
    /// Checks files of settings, and makes them from those of older systems.
    #[command(after_help = "\
Examples:
  hypernodes config check hypernodes.toml
  hypernodes config import .env > hypernodes.toml")]
    Config(ConfigCommand),
    /// Looks after the folder of `--cache`.
    #[command(after_help = "\
Examples:
  hypernodes cache list --cache results
  hypernodes cache verify --cache results
  hypernodes cache prune --cache results --max-size 10GB --older-than 30d")]
    Cache(CacheCommand),
    /// Writes the report of a run as one HTML file: what ran, for how long, and what failed.
    ///
    /// Without `--output` it is `report.html` in the folder of the run. Its path is printed.
    #[command(after_help = "\
Examples:
  hypernodes report runs/monday
  hypernodes report runs/monday --output monday.html")]
    Report(ReportCommand),
    /// Lists runs, live and finished: those of the run folders in a folder.
    #[command(after_help = "\
Examples:
  hypernodes jobs runs/
  hypernodes jobs runs/ --format json")]
    Jobs(JobsCommand),
    /// Prints the CPUs and the memory that there are for this process, and the state of a run.
    #[command(after_help = "\
Examples:
  hypernodes status
  hypernodes status runs/monday --format json")]
    Status(StatusCommand),
    /// Prints a completion script for a shell.
    #[command(after_help = "\
Examples:
  hypernodes completions bash > ~/.local/share/bash-completion/completions/hypernodes
  hypernodes completions zsh > ~/.zfunc/_hypernodes")]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Prints the manual page, of the whole or of one command.
    #[command(after_help = "\
Examples:
  hypernodes man | man -l -
  hypernodes man scan > hypernodes-scan.1")]
    Man {
        /// The command.
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PlanCommand {
    #[command(subcommand)]
    pub(crate) of: PlanOf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlanOf {
    /// Prints what `atc` would run; without DATA, the graph and its steps.
    #[command(mut_arg("data", |arg| arg.required(false)))]
    Atc(AtcCommand),
    /// Prints what `indicators` would run; without DATA, the graph and its steps.
    #[command(mut_arg("data", |arg| arg.required(false)))]
    Indicators(IndicatorsCommand),
    /// Prints what `scan` would run; without DATA, the graph and its steps.
    #[command(mut_arg("data", |arg| arg.required(false)))]
    Scan(ScanCommand),
    /// Prints how many symbols a partition of a scan should hold.
    #[command(mut_arg("data", |arg| arg.required(false)))]
    PartitionSize(PartitionSizeCommand),
    /// Prints how many partitions an engine starts with, and nothing else.
    #[command(after_help = "\
Examples:
  hypernodes plan npartitions --items 500 --workers 8 --workload mixed")]
    Npartitions {
        /// How many items there are.
        #[arg(long, value_name = "N", value_parser = whole::<usize>)]
        #[arg(allow_negative_numbers = true)]
        items: usize,
    },
}

#[derive(Debug, Args)]
pub(crate) struct GraphCommand {
    #[command(subcommand)]
    pub(crate) of: GraphOf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GraphOf {
    /// Draws the pipeline of `atc`.
    #[command(mut_arg("data", |arg| arg.required(false)))]
    Atc(AtcCommand),
    /// Draws the pipeline of `indicators`.
    #[command(mut_arg("data", |arg| arg.required(false)))]
    Indicators(IndicatorsCommand),
    /// Draws the pipeline of `scan`.
    #[command(mut_arg("data", |arg| arg.required(false)))]
    Scan(ScanCommand),
}

/// Parses one of `names`, in any case, by the type's own `FromStr`.
fn choice<T>(names: impl IntoIterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.to_ascii_lowercase().parse())
}

fn workload() -> impl TypedValueParser<Value = Workload> {
    choice(["cpu", "io", "mixed"])
}

/// A whole number.
fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    let refused = |_| "expected a whole number, not negative and not too large".to_owned();
    text.trim().parse().map_err(refused)
}

/// A whole number of 1 or more.
fn at_least_one(text: &str) -> Result<usize, String> {
    match whole(text)? {
        0 => Err("expected 1 or more".to_owned()),
        number => Ok(number),
    }
}

/// A number; which of them are good is the setting's matter.
fn number(text: &str) -> Result<f64, String> {
    let refused = |_| "expected a number".to_owned();
    text.trim().parse().map_err(refused)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_of_every_command_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_common_option_is_documented_with_its_variable() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
        let documented =
            std::fs::read_to_string(path).expect("the documentation is beside the code");
        let known = Cli::command();
        let common = known.get_arguments().filter(|arg| arg.get_id() != "config");
        for (long, arg) in common.filter_map(|arg| Some((arg.get_long()?, arg))) {
            let variable = format!("HYPERNODES_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(
                arg.get_env().and_then(|name| name.to_str()),
                Some(&*variable)
            );
            assert!(
                documented.contains(&format!("| `{long}` | `{variable}` |")),
                "{long}"
            );
        }
    }
}
