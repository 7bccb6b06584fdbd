//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use hypernodes_benches::{BoxError, areas};

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) task: Task,
    /// How the ids that are wanted begin; none means all.
    pub(crate) wanted: Vec<String>,
    pub(crate) rounds: usize,
    /// How often a group is measured that misses a bar.
    pub(crate) tries: usize,
    /// How long to wait, in all, for other processes to leave the processors alone.
    pub(crate) patience: Duration,
    /// Put the tables into the README.
    pub(crate) write: bool,
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Task {
    Table,
    /// Map over so many items and print the peak memory: what the table runs in a process of its own.
    MapIter {
        items: u32,
    },
    /// Only write price files, to try a scan on.
    PriceFiles {
        folder: PathBuf,
        symbols: usize,
        bars: usize,
    },
}

impl Options {
    pub(crate) fn of_this_process() -> Result<Self, BoxError> {
        let mut options = Self {
            task: Task::Table,
            wanted: Vec::new(),
            rounds: 50,
            tries: 3,
            patience: Duration::from_secs(120),
            write: false,
        };
        let (mut symbols_given, mut bars_given) = (1_000, 1_500);
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("`{argument}` needs a value"))
            };
            match argument.as_str() {
                "--write" => options.write = true,
                "--rounds" => options.rounds = value()?.parse()?,
                "--tries" => options.tries = value()?.parse()?,
                "--patience" => options.patience = Duration::from_secs(value()?.parse()?),
                "--symbols" => symbols_given = value()?.parse()?,
                "--bars" => bars_given = value()?.parse()?,
                "--map-iter" => {
                    options.task = Task::MapIter {
                        items: value()?.parse()?,
                    }
                }
                "--price-files" => {
                    options.task = Task::PriceFiles {
                        folder: value()?.into(),
                        symbols: 0,
                        bars: 0,
                    };
                }
                flag if flag.starts_with('-') => {
                    return Err(format!("unknown option `{flag}`").into());
                }
                part => options.wanted.push(part.to_owned()),
            }
        }
        if let Task::PriceFiles { symbols, bars, .. } = &mut options.task {
            (*symbols, *bars) = (symbols_given, bars_given);
        }
        if options.write && !options.wanted.is_empty() {
            return Err("`--write` puts whole tables into the README: leave the ids out".into());
        }
        Ok(options)
    }

    /// Whether a group is wanted. The work of other frameworks is not part of the table.
    pub(crate) fn wants(&self, id: &str) -> bool {
        let is_in_table = !id.starts_with(areas::peers::PREFIX);
        self.wanted.is_empty() && is_in_table
            || self.wanted.iter().any(|part| id.starts_with(part.as_str()))
    }
}
