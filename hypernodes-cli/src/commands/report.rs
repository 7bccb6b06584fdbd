//! `report RUN_DIR`: the report of a run as one HTML file.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use hypernodes::ops::{RunRecord, RunRecorder, read_events, report};
use hypernodes::{Listener, RunFolder, RunOutcome, RunPhase, RunStatus, read_status};

use super::format;
use crate::cli::{Common, Format, ReportCommand};
use crate::error::{CommandError, Exit};
use crate::output::Output;

/// The file in the folder of the run.
const FILE: &str = "report.html";

pub(crate) fn run(common: &Common, command: &ReportCommand) -> Result<Exit, CommandError> {
    format(common, "report", &[Format::Text])?;
    let dir = &command.dir;
    let status = read_status(dir)?;
    let record = found(dir)?.unwrap_or_else(|| of_status(&status));
    let record = as_it_stands(record, &status);
    let path = common.output.clone().unwrap_or_else(|| dir.join(FILE));
    report::write_html(&path, &record).map_err(|source| CommandError::Output {
        path: path.clone(),
        source,
    })?;
    let mut out = Output::open(None)?;
    writeln!(out, "{}", path.display())?;
    out.finish()?;
    Ok(Exit::Done)
}

/// The record of the run in a folder: the one that was written at its end, or what its events say. A run that was
/// not watched has none.
pub(super) fn found(dir: &Path) -> Result<Option<RunRecord>, CommandError> {
    let path = dir.join(RunFolder::REPORT_FILE);
    let written = fs::read(&path).ok();
    let written = written.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if written.is_some() {
        return Ok(written);
    }
    let path = dir.join(RunFolder::EVENTS_FILE);
    if fs::metadata(&path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let failed = |source| CommandError::Events {
        path: path.clone(),
        source,
    };
    // The newest run is the last one that went on.
    let recorder = RunRecorder::with_runs(1);
    for event in read_events(&path).map_err(failed)? {
        recorder.hear(&event.map_err(failed)?);
    }
    Ok(recorder.record())
}

/// What the folder alone tells.
fn of_status(status: &RunStatus) -> RunRecord {
    let state = &status.state;
    let mut record = RunRecord::new(status.run);
    record.pipeline.clone_from(&state.pipeline);
    record.engine.clone_from(&state.engine);
    record.unix_ms = state.started_unix_ms;
    record.process = state.process;
    record.items = state.items;
    record.items_done = state.done;
    record.items_failed = state.failed;
    record.items_restored = state.restored;
    let ms = state.updated_unix_ms.saturating_sub(state.started_unix_ms);
    record.duration_ns = ms.saturating_mul(1_000_000);
    record.error.clone_from(&state.error);
    record.outcome = match state.state {
        RunPhase::Done if state.failed > 0 => Some(RunOutcome::Partial),
        RunPhase::Done => Some(RunOutcome::Done),
        RunPhase::Failed => Some(RunOutcome::Failed),
        RunPhase::Cancelled => Some(RunOutcome::Cancelled),
        _ => None,
    };
    record
}

/// A run that says it is at work, while its process is gone, has ended.
fn as_it_stands(mut record: RunRecord, status: &RunStatus) -> RunRecord {
    if record.outcome.is_none() && status.state.state != RunPhase::Running {
        record.outcome = Some(RunOutcome::Cancelled);
        let told = || "its process was ended; `--resume` goes on with it".to_owned();
        record.error.get_or_insert_with(told);
    }
    record
}
