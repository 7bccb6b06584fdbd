//! `jobs [DIR]`: runs, live and finished.

use std::io::{self, Write};
use std::path::Path;

use hypernodes::{RunStatus, find_runs, read_status};
use serde_json::{Value, json};

use super::table::{self, between, known, moment};
use super::{format, print};
use crate::cli::{Common, Format, JobsCommand};
use crate::error::{CommandError, Exit, say};

pub(crate) fn run(common: &Common, command: &JobsCommand) -> Result<Exit, CommandError> {
    let dir = command
        .dir
        .as_deref()
        .or(common.policies.run_dir.as_deref());
    let Some(dir) = dir else {
        let problem = "runs of which folder? name it, or add `--run-dir DIR`";
        return Err(CommandError::Usage(problem.to_owned()));
    };
    let choices = [Format::Table, Format::Json, Format::Csv];
    let format = format(common, "jobs", &choices)?;
    if !dir.is_dir() {
        let problem = format!("no folder at `{}`; check the spelling", dir.display());
        return Err(CommandError::Usage(problem));
    }
    list(common, &found(dir), format)
}

/// The runs of a folder, by name. One that cannot be read is told.
fn found(dir: &Path) -> Vec<RunStatus> {
    let read = |path: &std::path::PathBuf| match read_status(path) {
        Ok(status) => Some(status),
        Err(problem) => {
            say(&format!("note: {problem}"));
            None
        }
    };
    find_runs(dir).iter().filter_map(read).collect()
}

fn list(common: &Common, runs: &[RunStatus], format: Format) -> Result<Exit, CommandError> {
    print(common, |out| {
        if format == Format::Json {
            let all: Vec<Value> = runs.iter().map(as_json).collect();
            serde_json::to_writer(&mut *out, &all).map_err(io::Error::from)?;
            return Ok(writeln!(out)?);
        }
        let header = [
            "id", "folder", "pipeline", "state", "items", "done", "failed", "restored", "duration",
            "started",
        ];
        let rows: Vec<_> = runs.iter().map(as_row).collect();
        Ok(table::write(out, format, header, &rows)?)
    })
}

fn as_row(status: &RunStatus) -> [String; 10] {
    let state = &status.state;
    [
        status.run.to_string(),
        status.path.display().to_string(),
        state.pipeline.clone(),
        state.state.to_string(),
        known(state.items),
        state.done.to_string(),
        state.failed.to_string(),
        state.restored.to_string(),
        between(state.started_unix_ms, state.updated_unix_ms),
        moment(state.started_unix_ms),
    ]
}

/// A run as programs read it.
pub(super) fn as_json(status: &RunStatus) -> Value {
    let state = &status.state;
    json!({
        "id": status.run.to_string(),
        "folder": status.path.display().to_string(),
        "pipeline": state.pipeline,
        "engine": state.engine,
        "state": state.state.to_string(),
        "items": state.items,
        "done": state.done,
        "failed": state.failed,
        "restored": state.restored,
        "started_unix_ms": state.started_unix_ms,
        "updated_unix_ms": state.updated_unix_ms,
        "duration_ms": state.updated_unix_ms.saturating_sub(state.started_unix_ms),
        "process": state.process,
        "error": state.error,
    })
}
