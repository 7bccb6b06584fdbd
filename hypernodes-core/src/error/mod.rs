//! The public errors: one type per phase, and [`Error`] over all.

mod build;
mod crash;
mod engine;
mod failure;
mod leaving;
mod run;

use std::fmt;

use indexmap::IndexSet;

pub use build::{BuildError, BuildErrors, MoveConflict};
pub use crash::Crash;
pub use engine::EngineError;
pub use failure::{Cause, Failure, FailureDetails};
pub use leaving::LeavingProblem;
pub use run::{CannotKeep, InputProblem, RunError};

/// What a user's node may fail with, whatever its type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Any error of building or running a pipeline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The pipeline is wrong.
    #[error(transparent)]
    Build(#[from] BuildErrors),
    /// The run failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// The texts of problems, each once, in their order: two ports of one node may be wrong in the same words.
pub(crate) fn told<P: fmt::Display>(problems: &[P]) -> IndexSet<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// Problems below each other, each on a line of its own: at most twenty of them.
pub(crate) fn list_lines(told: &IndexSet<String>) -> String {
    const MOST: usize = 20;
    let mut text: String = told
        .iter()
        .take(MOST)
        .map(|problem| format!("\n  - {problem}"))
        .collect();
    if told.len() > MOST {
        text.push_str(&format!("\n  and {} more", told.len() - MOST));
    }
    text
}

/// Lists names for a message: `` `a`, `b` ``, at most eight of them.
pub(crate) fn list_names<S: AsRef<str>>(names: &[S]) -> String {
    list(names, |name| format!("`{}`", name.as_ref()))
}

/// Lists things for a message, at most eight of them.
pub(crate) fn list<T>(things: &[T], in_words: impl Fn(&T) -> String) -> String {
    const MOST: usize = 8;
    if things.is_empty() {
        return "none".to_owned();
    }
    let first: Vec<String> = things.iter().take(MOST).map(in_words).collect();
    let mut text = first.join(", ");
    if things.len() > MOST {
        text.push_str(&format!(" and {} more", things.len() - MOST));
    }
    text
}

/// `; did you mean ..? available: ..` for a wrong name.
pub(crate) fn hint(name: &str, available: &[String]) -> String {
    let known = list_names(available);
    match hypernodes_wiring::suggest(name, available.iter().map(String::as_str)) {
        Some(close) => format!("; did you mean `{close}`? available: {known}"),
        None => format!("; available: {known}"),
    }
}
