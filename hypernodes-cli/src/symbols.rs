//! A pipeline run over the symbols of price files.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hypernodes::trading::data::{CsvOptions, DataError, SymbolError, SymbolSource};
use hypernodes::{
    BoxError, Cause, Failure, FolderError, Inputs, Pipeline, PortValue, RunError, Runs,
};

use crate::cancel;
use crate::cli::Common;
use crate::error::{CommandError, Exit, as_options, escaped, flattened, say};

/// Why there is nothing for a symbol.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What is wrong, in one line.
    pub(crate) text: String,
    pub(crate) kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Its rows or its file; the text names the file.
    Data,
    /// It has no row in the time range.
    NoRowsInRange,
    /// What is computed from them.
    Node,
    /// A panic.
    Defect,
}

impl Fault {
    fn new(cause: &BoxError) -> Self {
        let text = flattened(&**cause);
        let kind = match cause.downcast_ref::<Arc<SymbolError>>() {
            None => FaultKind::Node,
            Some(error) if matches!(error.error, DataError::NoRowsInRange { .. }) => {
                FaultKind::NoRowsInRange
            }
            Some(_) => FaultKind::Data,
        };
        Self { text, kind }
    }

    fn defect(text: &str) -> Self {
        let (text, kind) = (text.to_owned(), FaultKind::Defect);
        Self { text, kind }
    }

    fn late(limit: Duration) -> Self {
        let text = format!("took longer than {} s", limit.as_secs_f64());
        let kind = FaultKind::Node;
        Self { text, kind }
    }

    fn of_failure(failure: &Failure) -> Self {
        match &failure.cause {
            Cause::Error(error) => Self::new(error),
            Cause::Panic(text) => Self::defect(text),
            Cause::TimedOut { limit } => Self::late(*limit),
            Cause::Crashed(_) => Self::defect(&failure.message()),
            Cause::Nested(inner) => Self::of_failure(inner),
        }
    }

    /// The fault of a run that ended with `error`, or the error where it is none of a symbol.
    fn of_error(error: hypernodes::Error) -> Result<Self, CommandError> {
        match error {
            hypernodes::Error::Run(RunError::Node { source, .. }) => Ok(Self::new(&source)),
            hypernodes::Error::Run(RunError::Panicked { message, .. }) => {
                Ok(Self::defect(&message))
            }
            hypernodes::Error::Run(RunError::TimedOut { limit, .. }) => Ok(Self::late(limit)),
            hypernodes::Error::Run(RunError::Crashed { crash, .. }) => {
                Ok(Self::defect(&crash.to_string()))
            }
            other => Err(other.into()),
        }
    }

    /// The error that ends the command.
    pub(crate) fn into_error(self, symbol: &str) -> CommandError {
        match self.kind {
            FaultKind::Data | FaultKind::NoRowsInRange => CommandError::Symbol(self.text),
            FaultKind::Node => {
                let text = as_options(&self.text);
                CommandError::Symbol(format!("symbol `{}`: {text}", escaped(symbol)))
            }
            FaultKind::Defect => {
                let symbol = escaped(symbol);
                CommandError::Defect(format!("symbol `{symbol}`: {}", self.text))
            }
        }
    }
}

/// A pipeline over the symbols of price files.
#[derive(Debug)]
pub(crate) struct SymbolRun<'a> {
    pub(crate) read: &'a CsvOptions,
    /// Takes the input `source`, and collects what fails.
    pub(crate) pipeline: Pipeline,
    /// Whether the partitions are given, so that the symbols must be counted first.
    pub(crate) is_fixed: bool,
}

impl SymbolRun<'_> {
    /// Computes `output` for each symbol and hands it on, in order. A symbol that fails is handed
    /// on as a fault, and the others go on.
    ///
    /// The symbols are streamed: the prices of a few are held at a time, whatever their number.
    pub(crate) fn each<T: PortValue>(
        &self,
        sources: impl Iterator<Item = SymbolSource>,
        output: &str,
        inputs: Inputs,
        mut take: impl FnMut(&str, Result<&T, Fault>) -> Result<(), CommandError>,
    ) -> Result<Ended, CommandError> {
        cancel::listen();
        let pipeline = self
            .pipeline
            .select([output])
            .map_err(hypernodes::Error::from)?;
        let names = RefCell::new(VecDeque::new());
        let mut missing = self.read.symbols.clone().unwrap_or_default();
        let sources = sources.inspect(|source| {
            names.borrow_mut().push_back(source.symbol().into_owned());
        });
        let mut done = 0;
        let mut one = |result: Result<&T, Fault>| {
            let name = names.borrow_mut().pop_front().unwrap_or_default();
            missing.remove(&name);
            done += 1;
            take(&name, result)
        };
        let is_whole = if self.is_fixed {
            let is_open = |_: &SymbolSource| !cancel::token().is_cancelled();
            let sources: Vec<SymbolSource> = sources.take_while(is_open).collect();
            if cancel::token().is_cancelled() {
                return Ok(Ended::Cancelled { done });
            }
            let inputs = inputs.with_items("source", sources);
            let (runs, is_whole) = all_or_finished(pipeline.map(inputs, ["source"]))?;
            if let Some(runs) = runs {
                for result in runs.results::<T>(output)? {
                    one(result.map_err(Fault::of_failure))?;
                }
            }
            is_whole
        } else {
            let mut is_whole = true;
            for row in pipeline.map_iter(inputs, "source", sources)? {
                match row {
                    Ok(row) => one(Ok(row.get::<T>(output)?))?,
                    Err(hypernodes::Error::Run(RunError::Cancelled { .. })) => is_whole = false,
                    Err(error) => match Fault::of_error(error) {
                        Ok(fault) => one(Err(fault))?,
                        Err(problem) => return Err(in_symbols(problem, done, &names.borrow())),
                    },
                }
            }
            is_whole
        };
        if !is_whole {
            return Ok(Ended::Cancelled { done });
        }
        absent(&missing, &mut take)?;
        Ok(Ended::Whole)
    }
}

/// What has changed since the run in a folder, told of symbols: the run itself knows items of an iterator.
fn in_symbols(error: CommandError, done: usize, waiting: &VecDeque<String>) -> CommandError {
    use hypernodes::Error::Run;
    let CommandError::Run(Run(RunError::Folder(FolderError::Changed { path, differences }))) =
        error
    else {
        return error;
    };
    let number = |text: &str, before, after| -> Option<usize> {
        text.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
    };
    let told = |text: String| {
        let other = " of the iterator is another than in the run folder";
        if let Some(item) = number(&text, "item ", other) {
            let name = item.checked_sub(done).and_then(|at| waiting.get(at));
            let name = name.map_or_else(String::new, |name| format!(" `{}`", escaped(name)));
            let place = item + 1;
            return format!("symbol{name} (number {place}): its file or its rows have changed");
        }
        let fewer = number(
            &text,
            "the iterator ends before item ",
            ", which the run folder has",
        );
        fewer.map_or(text, |now| {
            format!("the run folder has more symbols than the {now} that there are now")
        })
    };
    let differences = differences.into_iter().map(told).collect();
    let changed = FolderError::Changed { path, differences };
    CommandError::Run(Run(RunError::Folder(changed)))
}

/// What a map gave, or had finished when it was cancelled.
fn all_or_finished(
    mapped: Result<Runs, hypernodes::Error>,
) -> Result<(Option<Runs>, bool), CommandError> {
    match mapped {
        Ok(runs) => Ok((Some(runs), true)),
        Err(hypernodes::Error::Run(RunError::Cancelled { finished, .. })) => {
            Ok((finished.map(|runs| *runs), false))
        }
        Err(error) => Err(error.into()),
    }
}

/// How a run over symbols ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// After all of them.
    Whole,
    /// By Ctrl-C, after so many.
    Cancelled { done: usize },
}

impl Ended {
    /// The exit code, after a word on stderr where there is less than was asked for. What is finished is written.
    pub(crate) fn exit(self, common: &Common, is_any_failed: bool) -> Exit {
        let done = match self {
            Self::Whole if is_any_failed => return Exit::SomeFailed,
            Self::Whole => return Exit::Done,
            Self::Cancelled { done } => done,
        };
        let plural = if done == 1 { "" } else { "s" };
        let next = match &common.policies {
            options if options.run_dir.is_none() => "what is finished is written",
            options if options.resume => {
                "what is finished is written and kept: the same command goes on with it"
            }
            _ => "what is finished is written and kept: add `--resume` to go on with it",
        };
        say(&format!("cancelled after {done} symbol{plural}; {next}"));
        Exit::Cancelled
    }
}

/// Symbols that were asked for and are in no file.
fn absent<T>(
    missing: &BTreeSet<String>,
    take: &mut impl FnMut(&str, Result<&T, Fault>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    for symbol in missing {
        let text = format!("symbol `{symbol}` of `--symbols` is in none of the files");
        let kind = FaultKind::Data;
        take(symbol, Err(Fault { text, kind }))?;
    }
    Ok(())
}
