//! What is seen of a run while it goes on and afterwards: dashboard, report, the record in its folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hypernodes::ops::{Dashboard, EventLog, RunRecord, RunRecorder, report};
use hypernodes::{Event, Listener, Listening, Pipeline, RunFolder, RunId, RunOutcome};

use crate::cli::Common;
use crate::error::{CommandError, Exit, flattened, say};

/// How long the end of a command waits for what was not heard yet.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whoever watches the run of a command.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pipeline: String,
    recorder: Option<(RunRecorder, Arc<Listening>)>,
    report: Option<PathBuf>,
    run_dir: Option<PathBuf>,
    /// Answers as long as it lives.
    _dashboard: Option<Dashboard>,
}

impl Watch {
    /// Lets those listen that the options ask for.
    pub(crate) fn open(
        common: &Common,
        mut pipeline: Pipeline,
    ) -> Result<(Pipeline, Self), CommandError> {
        let options = &common.policies;
        let mut watch = Self {
            pipeline: pipeline.name().to_owned(),
            report: options.report.clone(),
            run_dir: options.run_dir.clone(),
            ..Self::default()
        };
        if let Some(path) = &options.report {
            check_report(path)?;
        }
        if let Some(folder) = &options.run_dir {
            // First, so that an old report goes before a new one is written.
            pipeline = pipeline.with_listener(FolderLog::new(folder));
        }
        if options.report.is_some() || options.run_dir.is_some() || options.dashboard.is_some() {
            let recorder = RunRecorder::new();
            let listening = recorder.listening();
            pipeline = pipeline.with_listening(&listening);
            if let Some(address) = options.dashboard {
                let dashboard = Dashboard::start(address, recorder.clone())?;
                say(&format!("dashboard: http://{}/", dashboard.addr()));
                watch._dashboard = Some(dashboard);
            }
            watch.recorder = Some((recorder, listening));
        }
        Ok((pipeline, watch))
    }

    /// Writes down how the command ended, and hands on its result.
    pub(crate) fn close(self, result: Result<Exit, CommandError>) -> Result<Exit, CommandError> {
        let Some((recorder, listening)) = &self.recorder else {
            return result;
        };
        listening.flush(PATIENCE);
        let heard = recorder.record();
        let error = result.as_ref().err().map(|error| flattened(error));
        if let (Some(folder), Some(record)) = (&self.run_dir, &heard) {
            let record = with_error(record.clone(), error.as_deref());
            if let Err(problem) = write_record(folder, &record) {
                let path = folder.join(RunFolder::REPORT_FILE);
                say(&format!(
                    "note: cannot write `{}`: {problem}",
                    path.display()
                ));
            }
        }
        let Some(path) = &self.report else {
            return result;
        };
        let mut record = heard.unwrap_or_else(|| RunRecord::new(RunId(0)));
        if record.pipeline.is_empty() {
            record.pipeline.clone_from(&self.pipeline);
        }
        let record = with_error(record, error.as_deref());
        let written = report::write_html(path, &record).map_err(|source| CommandError::Report {
            path: path.clone(),
            source,
        });
        match (result, written) {
            (result, Ok(())) => result,
            (Ok(_), Err(problem)) => Err(problem),
            (Err(error), Err(problem)) => {
                say(&format!("note: {}", flattened(&problem)));
                Err(error)
            }
        }
    }
}

/// The record of a run that the command has ended itself, or could not begin.
fn with_error(mut record: RunRecord, error: Option<&str>) -> RunRecord {
    if let Some(error) = error
        && record.error.is_none()
        && !record.was_cancelled
    {
        record.outcome = Some(RunOutcome::Failed);
        record.error = Some(error.to_owned());
    }
    record
}

/// Sees before the run that the report can be written after it.
fn check_report(path: &Path) -> Result<(), CommandError> {
    let failed = |kind: std::io::ErrorKind| CommandError::Report {
        path: path.to_owned(),
        source: kind.into(),
    };
    if path.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory));
    }
    match path.parent() {
        Some(folder) if folder != Path::new("") && !folder.is_dir() => {
            Err(failed(std::io::ErrorKind::NotFound))
        }
        _ => Ok(()),
    }
}

fn write_record(folder: &Path, record: &RunRecord) -> std::io::Result<()> {
    let path = folder.join(RunFolder::REPORT_FILE);
    let temporary = path.with_extension("json.tmp");
    fs::write(&temporary, serde_json::to_vec(record)?)?;
    fs::rename(&temporary, &path)
}

/// The events of a run in its folder, which is there when the first one is heard.
#[derive(Debug)]
struct FolderLog {
    folder: PathBuf,
    log: OnceLock<Option<EventLog>>,
}

impl FolderLog {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            log: OnceLock::new(),
        }
    }

    fn open(&self) -> Option<EventLog> {
        // It is of the run before.
        let _ = fs::remove_file(self.folder.join(RunFolder::REPORT_FILE));
        let path = self.folder.join(RunFolder::EVENTS_FILE);
        let opened = EventLog::append(&path);
        opened
            .inspect_err(|error| tracing::warn!("no events in `{}`: {error}", path.display()))
            .ok()
    }
}

impl Listener for FolderLog {
    fn hear(&self, event: &Event) {
        if let Some(log) = self.log.get_or_init(|| self.open()) {
            log.hear(event);
        }
    }
}
