//! How tasks end.

use hypernodes_core::BoxError;
use serde::{Deserialize, Serialize};

use super::TaskId;

/// What became of a task: its value, or why there is none.
pub type TaskOutcome<T> = Result<T, TaskFailure>;

/// Why a task has no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskFailure {
    /// It returned an error.
    #[error("task `{task}` failed")]
    Failed {
        /// The task.
        task: TaskId,
        /// Its error.
        source: BoxError,
    },
    /// It panicked.
    #[error("task `{task}` panicked: {message}")]
    Panicked {
        /// The task.
        task: TaskId,
        /// What the panic said.
        message: String,
    },
    /// It was not run, because a task that it waits for has no value.
    #[error("task `{task}` was skipped: {reason}")]
    Skipped {
        /// The task.
        task: TaskId,
        /// The task that everything began with: it failed, was cancelled, or was never added.
        root: TaskId,
        /// What happened to that one.
        reason: String,
    },
    /// It was cancelled before it began.
    #[error("task `{task}` was cancelled before it began")]
    Cancelled {
        /// The task.
        task: TaskId,
    },
}

impl TaskFailure {
    /// The task.
    #[must_use]
    pub fn task(&self) -> &TaskId {
        match self {
            Self::Failed { task, .. }
            | Self::Panicked { task, .. }
            | Self::Skipped { task, .. }
            | Self::Cancelled { task } => task,
        }
    }

    /// The failure of a task that waits for this one.
    pub(super) fn skip(&self, task: TaskId) -> Self {
        let (root, reason) = match self {
            Self::Skipped { root, reason, .. } => (root.clone(), reason.clone()),
            Self::Failed { task, source } => (task.clone(), format!("`{task}` failed: {source}")),
            Self::Panicked { task, message } => {
                (task.clone(), format!("`{task}` panicked: {message}"))
            }
            Self::Cancelled { task } => (task.clone(), format!("`{task}` was cancelled")),
        };
        Self::Skipped { task, root, reason }
    }

    pub(super) fn state(&self) -> TaskState {
        match self {
            Self::Failed { .. } | Self::Panicked { .. } => TaskState::Failed,
            Self::Skipped { .. } => TaskState::Skipped,
            Self::Cancelled { .. } => TaskState::Cancelled,
        }
    }
}

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Waits for other tasks.
    Waiting,
    /// Waits for a worker.
    Ready,
    /// Runs.
    Running,
    /// Has a value.
    Done,
    /// Returned an error or panicked.
    Failed,
    /// Not run, because a task that it waits for has no value.
    Skipped,
    /// Cancelled before it began.
    Cancelled,
}
