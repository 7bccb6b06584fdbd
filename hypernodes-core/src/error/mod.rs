//! The public errors: one type per phase, and [`Error`] over all.

mod build;
mod failure;
mod run;

pub use build::{BuildError, BuildErrors, MoveConflict};
pub use failure::{Cause, Failure};
pub use run::{EngineError, InputProblem, RunError};

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

/// Lists names for a message: `` `a`, `b` ``, at most eight of them.
pub(crate) fn list_names<S: AsRef<str>>(names: &[S]) -> String {
    const MOST: usize = 8;
    if names.is_empty() {
        return "none".to_owned();
    }
    let mut text = names
        .iter()
        .take(MOST)
        .map(|n| format!("`{}`", n.as_ref()))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > MOST {
        text.push_str(&format!(" and {} more", names.len() - MOST));
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
