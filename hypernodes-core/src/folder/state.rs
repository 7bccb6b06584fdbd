//! `state.json`: how far a run is, for whoever asks.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::FolderError;
use super::files::{is_free, read_small, write_atomically};
use super::handle::{LOCK_FILE, STATE_FILE};
use super::manifest::read_manifest;
use crate::event::{RunId, RunOutcome};

/// No state is longer.
const MOST_BYTES: u64 = 1 << 20;

/// Where a run is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunPhase {
    /// It is at work.
    Running,
    /// All items ended; some may have failed.
    Done,
    /// An error ended it.
    Failed,
    /// Somebody ended it.
    Cancelled,
    /// Its process was ended; it can be resumed.
    Interrupted,
}

impl fmt::Display for RunPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        })
    }
}

impl From<RunOutcome> for RunPhase {
    fn from(outcome: RunOutcome) -> Self {
        match outcome {
            RunOutcome::Done | RunOutcome::Partial => Self::Done,
            RunOutcome::Failed => Self::Failed,
            RunOutcome::Cancelled => Self::Cancelled,
        }
    }
}

/// How far a run is; written again and again while it works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunState {
    /// Where the run is in its life.
    pub state: RunPhase,
    /// The pipeline.
    pub pipeline: String,
    /// The engine.
    pub engine: String,
    /// How many items there are, where that is known.
    pub items: Option<u64>,
    /// Items that gave a result, restored ones included.
    pub done: u64,
    /// Items that failed.
    pub failed: u64,
    /// Items that were found finished when the run was resumed.
    pub restored: u64,
    /// When the run began: milliseconds since 1970 (UTC).
    pub started_unix_ms: u64,
    /// When this was written: milliseconds since 1970 (UTC).
    pub updated_unix_ms: u64,
    /// The process.
    pub process: u32,
    /// The error that ended it.
    pub error: Option<String>,
}

/// A run folder, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStatus {
    /// The folder.
    pub path: PathBuf,
    /// The run.
    pub run: RunId,
    /// How far it is. A run that says it is at work, while nobody holds its lock, is
    /// [interrupted](RunPhase::Interrupted).
    pub state: RunState,
}

/// Says how far the run in a folder is, whether it is at work or not. Writes nothing.
///
/// # Errors
/// As of [`read_manifest`](super::read_manifest). A state that is missing or damaged is no error: nothing is known of
/// the counts then.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// # let path = std::env::temp_dir().join(format!("hypernodes-doc-status-{}", std::process::id()));
/// use hypernodes::{Manifest, RunFolder, RunId, RunPhase, read_status};
/// let folder = RunFolder::create(&path, &Manifest::new(RunId(7), "p"))?;
/// assert_eq!(read_status(&path)?.state.state, RunPhase::Running);
/// drop(folder); // as if the process had died
/// assert_eq!(read_status(&path)?.state.state, RunPhase::Interrupted);
/// # std::fs::remove_dir_all(&path).unwrap();
/// # Ok::<(), hypernodes::FolderError>(())
/// ```
pub fn read_status(path: &Path) -> Result<RunStatus, FolderError> {
    let manifest = read_manifest(path)?;
    let read = || -> Result<RunState, FolderError> {
        Ok(find_state(path)?.unwrap_or_else(|| RunState {
            state: RunPhase::Running,
            pipeline: manifest.pipeline.clone(),
            engine: manifest.engine.clone(),
            items: manifest.items,
            done: 0,
            failed: 0,
            restored: 0,
            started_unix_ms: manifest.created_unix_ms,
            updated_unix_ms: manifest.created_unix_ms,
            process: 0,
            error: None,
        }))
    };
    let mut state = read()?;
    if state.state == RunPhase::Running && is_free(path, LOCK_FILE) {
        // It may have ended between the two looks: its last state is written before the lock is given back.
        state = read()?;
        if state.state == RunPhase::Running {
            state.state = RunPhase::Interrupted;
        }
    }
    Ok(RunStatus {
        path: path.to_path_buf(),
        run: manifest.run,
        state,
    })
}

/// `None` where there is none that can be understood: a power failure may take a heartbeat.
fn find_state(folder: &Path) -> Result<Option<RunState>, FolderError> {
    let path = folder.join(STATE_FILE);
    let bytes = match read_small(&path, MOST_BYTES) {
        Err(error) if error.is_damaged() => return Ok(None),
        other => other?,
    };
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Heartbeats come often and the next one replaces them; only the last state is made durable.
pub(super) fn write_state(folder: &Path, state: &RunState) -> Result<(), FolderError> {
    let path = folder.join(STATE_FILE);
    let mut bytes = serde_json::to_vec_pretty(state)
        .map_err(|error| FolderError::io("write", &path)(error.into()))?;
    bytes.push(b'\n');
    write_atomically(&path, &bytes, state.state != RunPhase::Running)
}
