//! Settings from a file: `--config FILE`, or `HYPERNODES_CONFIG`.
//!
//! | file | job |
//! |---|---|
//! | `tree` | what a file says: keys, their lines, their values |
//! | `read` | TOML, YAML, JSON and `.env` files into that |
//! | `seeds` | names that older systems use, and ours for them |
//! | `options` | keys to options: what is unknown or wrong, and the defaults that remain |
//! | `write` | settings as TOML and JSON |
//!
//! A file gives defaults to the options; the option itself and the environment count more. What a
//! value may be is the option's own matter, so a file and an option are refused in the same words.

mod options;
mod read;
mod seeds;
mod tree;
mod write;

pub(crate) use options::{Applied, effective};
pub(crate) use read::read_any;
pub(crate) use seeds::{Leftover, translated};
pub(crate) use tree::{Entry, Value};
pub(crate) use write::{Imported, to_toml};

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Command;

use crate::error::escaped;

/// What is wrong with a file of settings.
#[derive(Debug, thiserror::Error)]
#[error("config file `{}`{place}: {problem}", escaped(&path.display().to_string()))]
pub(crate) struct ConfigError {
    path: PathBuf,
    /// `, line 3`, where the line is known.
    place: String,
    problem: String,
}

impl ConfigError {
    pub(crate) fn new(path: &Path, line: Option<u64>, problem: impl Into<String>) -> Self {
        let place = line.map(|line| format!(", line {line}"));
        Self {
            path: path.to_owned(),
            place: place.unwrap_or_default(),
            problem: problem.into(),
        }
    }
}

/// Why a file cannot be taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It is not a file of settings.
    File(ConfigError),
    /// An option refuses a value; with the words for where the value stands.
    Value { error: clap::Error, place: String },
}

impl From<ConfigError> for Refused {
    fn from(error: ConfigError) -> Self {
        Self::File(error)
    }
}

/// Gives the options of `known` the settings of a file as their defaults.
pub(crate) fn apply(path: &Path, known: Command) -> Result<Applied, Refused> {
    let entries = read::read(path)?;
    let (entries, leftovers) = translated(path, entries)?;
    options::apply(path, known, &entries, leftovers)
}

/// Refuses values that the options do not take.
pub(crate) fn check(path: &Path, known: Command, entries: &[Entry]) -> Result<(), Refused> {
    options::apply(path, known, entries, Vec::new()).map(|_| ())
}

/// The file that `words` name with `--config`, else the one of the environment.
///
/// It is looked for before the options are parsed, for what it says are their defaults.
pub(crate) fn asked_for(words: impl IntoIterator<Item = OsString>) -> Option<PathBuf> {
    let mut found = None;
    let mut words = words.into_iter().take_while(|word| word != "--");
    while let Some(word) = words.next() {
        if word == "--config" {
            found = words.next();
        } else if let Some(file) = word.to_str().and_then(|w| w.strip_prefix("--config=")) {
            found = Some(file.into());
        }
    }
    let found = found.or_else(|| std::env::var_os("HYPERNODES_CONFIG"));
    found.filter(|file| !file.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::asked_for;

    #[test]
    fn the_file_is_found_among_the_words() {
        let found = |words: &[&str]| asked_for(words.iter().map(Into::into));
        let file = |name: &str| Some(name.into());
        assert_eq!(found(&["scan", "--config", "a.toml", "x"]), file("a.toml"));
        assert_eq!(found(&["--config=b.yaml", "scan"]), file("b.yaml"));
        assert_eq!(found(&["scan", "--", "--config", "a.toml"]), None);
        assert_eq!(found(&["scan", "--config"]), None);
    }
}
