//! What is said when something is wrong, and the exit code.

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue};
use hypernodes::compare::ComparisonError;
use hypernodes::ops::{DashboardError, EventLogError};
use hypernodes::trading::atc::AtcError;
use hypernodes::trading::data::DataError;
use hypernodes::trading::scan::{ExprError, ScanError};
use hypernodes::{CacheError, EngineError, FolderError, RunError};

use crate::cli::{Cli, Refusal};
use crate::config::ConfigError;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All was done.
    Done = 0,
    /// Something failed that is not the user's doing.
    Failed = 1,
    /// An option, a file or its content is wrong.
    Usage = 2,
    /// Done, but some items failed.
    SomeFailed = 3,
    /// Ctrl-C.
    Cancelled = 130,
}

/// Why a command gave up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Options that do not go together.
    #[error("{0}")]
    Usage(String),
    /// An option's expression cannot be read.
    #[error("{option}: {error}")]
    Expression {
        option: &'static str,
        error: Box<ExprError>,
    },
    /// One symbol's data cannot be used.
    #[error("{0}")]
    Symbol(String),
    /// A node panicked.
    #[error("{0}; this is a defect of hypernodes, please report it")]
    Defect(String),
    #[error(transparent)]
    Run(#[from] hypernodes::Error),
    #[error("cannot write `{}`: {}; choose another `--output`", path.display(), reason(source))]
    Output { path: PathBuf, source: io::Error },
    #[error("cannot write: {}; make room, or choose another `--output`", reason(.0))]
    Write(#[from] io::Error),
    #[error("cannot write the report `{}`: {}; choose another `--report`", path.display(), reason(source))]
    Report { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Comparison(#[from] ComparisonError),
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Dashboard(#[from] DashboardError),
    #[error("the events of the run in `{}` cannot be read: {}", path.display(), flattened(source))]
    Events {
        path: PathBuf,
        source: EventLogError,
    },
}

impl CommandError {
    fn exit(&self) -> Exit {
        match self {
            Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Run(error) => exit_of_run(error),
            Self::Defect(_) | Self::Write(_) | Self::Comparison(_) => Exit::Failed,
            Self::Data(_)
            | Self::Config(_)
            | Self::Usage(_)
            | Self::Expression { .. }
            | Self::Symbol(_)
            | Self::Output { .. }
            | Self::Report { .. }
            | Self::Cache(_)
            | Self::Folder(_)
            | Self::Dashboard(_)
            | Self::Events { .. } => Exit::Usage,
        }
    }
}

fn exit_of_run(error: &hypernodes::Error) -> Exit {
    use hypernodes::Error::{Engine, Run};
    match error {
        Engine(error) | Run(RunError::Engine(error)) => match error {
            EngineError::Incomplete { .. } => Exit::Failed,
            _ => Exit::Usage,
        },
        Run(RunError::Folder(_) | RunError::CannotKeep(_) | RunError::Policy { .. }) => Exit::Usage,
        _ => Exit::Failed,
    }
}

impl From<ScanError> for CommandError {
    fn from(error: ScanError) -> Self {
        Self::Usage(as_options(&error.to_string()))
    }
}

impl From<AtcError> for CommandError {
    fn from(error: AtcError) -> Self {
        Self::Usage(as_options(&error.to_string()))
    }
}

/// A message about settings with their names as options.
pub(crate) fn as_options(text: &str) -> String {
    let mut text = text.to_owned();
    for option in [
        "--limit",
        "--min-signal",
        "--lambda",
        "--decay",
        "--long-threshold",
        "--short-threshold",
    ] {
        let setting = option.trim_start_matches('-').replace('-', "_");
        text = text.replace(&format!("`{setting}`"), &format!("`{option}`"));
    }
    text
}

/// Runs a command, says what is wrong with it, and gives its exit code.
pub(crate) fn guarded(command: impl FnOnce() -> Result<Exit, CommandError>) -> Exit {
    let result = catch_unwind(AssertUnwindSafe(command));
    let error = match result {
        Ok(Ok(exit)) => return exit,
        Ok(Err(error)) => error,
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            CommandError::Defect(text.unwrap_or("panicked").to_owned())
        }
    };
    let exit = error.exit();
    if exit != Exit::Done {
        say(&format!("error: {}", worded(&error)));
    }
    exit
}

/// An error as it is told: in one line, but for an expression with its caret, and a run folder whose
/// run has changed in many ways.
fn worded(error: &CommandError) -> String {
    let folder = match error {
        CommandError::Expression { option, error } => {
            return error.pointed(&format!("{option}: "), "error: ".len());
        }
        CommandError::Folder(folder)
        | CommandError::Run(hypernodes::Error::Run(RunError::Folder(folder))) => folder,
        other => return flattened(other),
    };
    let text = match folder {
        FolderError::Changed { .. } => folder.to_string(),
        folder => flattened(folder),
    };
    text.replace("resume it, or", "add `--resume` to go on with it, or")
}

/// Writes a line to stderr, or a few; there is nobody to tell when that fails.
pub(crate) fn say(text: &str) {
    let lines: Vec<_> = text.split('\n').map(escaped).collect();
    let _ = writeln!(io::stderr(), "{}", lines.join("\n"));
}

/// Text of a file for people: no control character reaches the terminal as it is.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let one = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    Cow::Owned(text.chars().map(one).collect())
}

/// What the operating system refused, in words.
pub(crate) fn reason(error: &io::Error) -> String {
    match is_worded(error) {
        true => error.kind().to_string(),
        false => error.to_string(),
    }
}

/// Whether the kind says all that the error does.
fn is_worded(error: &io::Error) -> bool {
    error.raw_os_error().is_some() && error.kind().to_string() != "uncategorized error"
}

/// An error and its causes in one line; a cause that is told already is not told again.
pub(crate) fn flattened(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string().replace('\n', " ");
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string().replace('\n', " ");
        let of_system = error.downcast_ref::<io::Error>();
        let is_told = of_system.is_some_and(|e| text.contains(&reason(e)));
        if !is_told && !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

/// What is wrong with the options, or with the file of settings.
pub(crate) fn refused(refusal: &Refusal) -> Exit {
    match refusal {
        Refusal::Options { error, place } => refused_by_parser(error, place.as_deref()),
        Refusal::File(error) => {
            say(&format!("error: {error}"));
            Exit::Usage
        }
    }
}

/// What the parser of options says: help and version as they are, an error in two lines.
///
/// `place` is where the wrong value stands, if not among the options.
fn refused_by_parser(refusal: &clap::Error, place: Option<&str>) -> Exit {
    if !refusal.use_stderr() {
        let shown = refusal.print().and_then(|()| io::stdout().flush());
        return match shown {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Exit::Failed,
            _ => Exit::Done,
        };
    }
    let rendered = refusal.render().to_string();
    if !rendered.starts_with("error:") {
        // A command is missing: the whole help.
        say(rendered.trim_end());
        return Exit::Usage;
    }
    let (mut first, mut tips) = (String::new(), Vec::new());
    for block in rendered.split("\n\n") {
        let line = block.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.starts_with("error:") {
            first = line;
        } else if line.starts_with("tip: ") && !line.starts_with("tip: to pass") {
            tips.push(line);
        }
    }
    let option = match refusal.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(option)) => Some(option),
        _ => None,
    };
    if let (Some(place), Some(option)) = (place, option) {
        first = first.replacen(&format!("'{option}'"), place, 1);
    }
    tips.push(format!("see `{} --help`", typed_command()));
    say(&format!("{first}\n{}", tips.join("; ")));
    Exit::Usage
}

/// The command that was typed, as far as it is one.
fn typed_command() -> String {
    let mut known = Cli::command();
    let mut typed = known.get_name().to_owned();
    for word in std::env::args().skip(1) {
        if let Some(next) = known.find_subcommand(&word).cloned() {
            typed = format!("{typed} {word}");
            known = next;
        }
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Chain {
        text: &'static str,
        source: Option<Box<Chain>>,
    }

    #[test]
    fn a_chain_is_told_once() {
        let chain = |text, source: Option<Chain>| Chain {
            text,
            source: source.map(Box::new),
        };
        let error = chain("a: b", Some(chain("b", Some(chain("c\nd", None)))));
        assert_eq!(flattened(&error), "a: b: c d");
    }
}
