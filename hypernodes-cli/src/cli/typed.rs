//! What was typed, with the environment and a file of settings.

use std::cmp::Ordering;
use std::path::Path;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, CommandFactory, FromArgMatches};

use super::Cli;
use crate::config::{self, Applied, ConfigError, Leftover, Refused, Value};
use crate::error::say;

/// Why what was typed is not done.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The parser's words, help and version too; with those for where a wrong value stands, if
    /// not among the options.
    Options {
        error: clap::Error,
        place: Option<String>,
    },
    File(ConfigError),
}

impl From<clap::Error> for Refusal {
    fn from(error: clap::Error) -> Self {
        let place = variable_of(&error).map(|name| format!("`{name}` of the environment"));
        Self::Options { error, place }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::File(error) => Self::File(error),
            Refused::Value { error, place } => {
                let place = Some(place);
                Self::Options { error, place }
            }
        }
    }
}

impl Cli {
    /// What was typed, or what is wrong with it.
    ///
    /// The settings of `--config` are defaults: options and the environment count more.
    pub(crate) fn typed() -> Result<Self, Refusal> {
        let words = std::env::args_os().skip(1);
        let Some(file) = config::asked_for(words) else {
            return Ok(parsed(known())?);
        };
        let applied = config::apply(&file, known()).map_err(Refusal::from);
        let result = applied.and_then(|Applied { command, leftovers }| {
            let cli = parsed(command)?;
            say_leftovers(&file, &leftovers);
            Ok(cli)
        });
        // Help is about hypernodes, not about a file.
        let help = || {
            known()
                .try_get_matches()
                .err()
                .filter(|error| !error.use_stderr())
        };
        result.map_err(|refusal| help().map_or(refusal, Refusal::from))
    }
}

/// All settings as they are with this file.
pub(crate) fn effective(file: &Path) -> Result<Value, Refusal> {
    let Applied { command, leftovers } = config::apply(file, known())?;
    let matches = command.clone().try_get_matches()?;
    say_leftovers(file, &leftovers);
    Ok(config::effective(&command, &matches))
}

fn parsed(known: clap::Command) -> Result<Cli, clap::Error> {
    let matches = known.try_get_matches()?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    cli.common.is_format_typed = matches.value_source("format") == Some(ValueSource::CommandLine);
    // Two ways to say how many partitions there are: what counts more is taken.
    let rank = |id| match matches.value_source(id) {
        Some(ValueSource::CommandLine) => 2,
        Some(ValueSource::EnvVariable) => 1,
        _ => 0,
    };
    match rank("npartitions").cmp(&rank("partition_size")) {
        Ordering::Greater => cli.common.partition_size = None,
        Ordering::Less => cli.common.npartitions = None,
        Ordering::Equal => {}
    }
    match cli.common.problem() {
        Some(problem) => Err(Cli::command().error(ErrorKind::ArgumentConflict, problem)),
        None => Ok(cli),
    }
}

/// What can be typed; an empty variable of the environment is none.
fn known() -> clap::Command {
    let is_empty = |arg: &Arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        value.is_some_and(|value| value.is_empty())
    };
    Cli::command().mut_args(|arg| match is_empty(&arg) {
        true => arg.env(Resettable::Reset),
        false => arg,
    })
}

/// The variable of the environment that `refusal` speaks of.
fn variable_of(refusal: &clap::Error) -> Option<String> {
    let text = |kind| match refusal.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let option = text(ContextKind::InvalidArg)?;
    let value = text(ContextKind::InvalidValue)?;
    let mut known = known();
    known.build();
    let arg = known
        .get_arguments()
        .find(|arg| arg.to_string() == option)?;
    let variable = arg.get_env()?.to_str()?;
    let long = format!("--{}", arg.get_long()?);
    let is_it = |word: &str| word.split('=').next() == Some(&long);
    let is_typed = std::env::args().any(|word| is_it(&word));
    let is_there = std::env::var(variable).is_ok_and(|found| found == value);
    (!is_typed && is_there).then(|| variable.to_owned())
}

/// Tells keys of an older system that come to nothing.
fn say_leftovers(file: &Path, leftovers: &[Leftover]) {
    let names: Vec<_> = leftovers.iter().map(|l| format!("`{}`", l.name)).collect();
    if !names.is_empty() {
        let (names, file) = (names.join(", "), file.display());
        say(&format!(
            "note: config file `{file}`: no counterpart for {names}; `hypernodes config import` says why"
        ));
    }
}
