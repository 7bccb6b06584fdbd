//! What is put into a queue.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use hypernodes_core::BoxError;
use serde::{Deserialize, Serialize};

pub(super) type Work<T> = Box<dyn FnOnce() -> Result<T, BoxError> + Send>;

/// The name of a task, unique in its queue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(Arc<str>);

impl TaskId {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Borrow<str> for TaskId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for TaskId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for TaskId {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl From<&TaskId> for TaskId {
    fn from(id: &TaskId) -> Self {
        id.clone()
    }
}

/// Something to do once, perhaps after other tasks.
///
/// # Example
/// ```
/// use hypernodes_ops::Task;
/// let task = Task::new("report", || Ok("written")).priority(5).after(["load", "check"]);
/// assert_eq!(task.id().as_str(), "report");
/// ```
pub struct Task<T> {
    pub(super) id: TaskId,
    pub(super) priority: i64,
    pub(super) after: BTreeSet<TaskId>,
    pub(super) work: Work<T>,
}

impl<T> Task<T> {
    /// A task of priority 0 that waits for nothing.
    pub fn new(
        id: impl Into<TaskId>,
        work: impl FnOnce() -> Result<T, BoxError> + Send + 'static,
    ) -> Self {
        Self {
            id: id.into(),
            priority: 0,
            after: BTreeSet::new(),
            work: Box::new(work),
        }
    }

    /// Of the tasks that could begin, the highest priority begins first, then the one that was added first.
    #[must_use]
    pub fn priority(mut self, priority: i64) -> Self {
        self.priority = priority;
        self
    }

    /// Begins only when these tasks, added before or later, have given a value.
    #[must_use]
    pub fn after<I: Into<TaskId>>(mut self, tasks: impl IntoIterator<Item = I>) -> Self {
        self.after.extend(tasks.into_iter().map(Into::into));
        self
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &TaskId {
        &self.id
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id)
            .field("priority", &self.priority)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
