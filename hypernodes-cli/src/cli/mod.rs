//! What can be typed.
//!
//! | file | options |
//! |---|---|
//! | `common` | those of every command |
//! | `data` | DATA, and which of it |
//! | `atc` | of ATC and of the scan |

mod atc;
mod common;
mod data;

pub(crate) use atc::{AtcArgs, AtcCommand, ScanCommand};
pub(crate) use common::{Common, EngineName, Format};
pub(crate) use data::DataArgs;

use std::str::FromStr;

use clap::builder::{PossibleValuesParser, Resettable, TypedValueParser};
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
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

impl Cli {
    /// What can be typed; an empty variable of the environment is none.
    fn known() -> clap::Command {
        let is_empty = |arg: &Arg| {
            let value = arg.get_env().and_then(std::env::var_os);
            value.is_some_and(|value| value.is_empty())
        };
        Self::command().mut_args(|arg| match is_empty(&arg) {
            true => arg.env(Resettable::Reset),
            false => arg,
        })
    }

    /// The variable of the environment that `refusal` speaks of, and the option as it calls it.
    pub(crate) fn variable_of(refusal: &clap::Error) -> Option<(String, String)> {
        let text = |kind| match refusal.get(kind) {
            Some(ContextValue::String(text)) => Some(text.as_str()),
            _ => None,
        };
        let option = text(ContextKind::InvalidArg)?;
        let value = text(ContextKind::InvalidValue)?;
        let mut known = Self::known();
        known.build();
        let arg = known
            .get_arguments()
            .find(|arg| arg.to_string() == option)?;
        let variable = arg.get_env()?.to_str()?;
        let long = format!("--{}", arg.get_long()?);
        let is_it = |word: &str| word.split('=').next() == Some(&long);
        let is_typed = std::env::args().any(|word| is_it(&word));
        let is_there = std::env::var(variable).is_ok_and(|found| found == value);
        (!is_typed && is_there).then(|| (variable.to_owned(), option.to_owned()))
    }

    /// What was typed, or what is wrong with it.
    pub(crate) fn typed() -> Result<Self, clap::Error> {
        let matches = Self::known().try_get_matches()?;
        let mut cli = Self::from_arg_matches(&matches)?;
        cli.common.is_format_typed =
            matches.value_source("format") == Some(ValueSource::CommandLine);
        Ok(cli)
    }
}

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
    /// Ranks symbols by the trend of their newest bars.
    ///
    /// Each symbol's newest bars give one ATC signal. Rising symbols are listed by the strongest
    /// signal, falling ones by the most negative; symbols with too few bars or too weak a signal are
    /// skipped, and why is told.
    #[command(after_help = "\
Examples:
  hypernodes scan prices/
  hypernodes scan 'prices/*.csv' --top 10 --min-signal 0.2
  hypernodes scan prices/ --limit 500 --format json --on-error collect
  hypernodes scan all.csv --symbols @watchlist.txt --engine sequential")]
    Scan(ScanCommand),
    /// Prints what a command would run: the graph, its steps, the engine's partitions and why.
    ///
    /// A map whose steps wait on files (or any with `--workload io`) runs on four io threads for
    /// each worker; the rule for its partitions then counts these threads, and `plan` says so.
    /// `plan npartitions` knows no steps: it counts the workers as they are given.
    #[command(after_help = "\
Examples:
  hypernodes plan scan prices/ --workers 8
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
    /// Prints what `scan` would run; without DATA, the graph and its steps.
    #[command(mut_arg("data", |arg| arg.required(false)))]
    Scan(ScanCommand),
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
    use super::*;

    #[test]
    fn the_options_of_every_command_fit_together() {
        Cli::command().debug_assert();
    }
}
