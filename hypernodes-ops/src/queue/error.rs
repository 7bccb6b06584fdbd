//! What a queue refuses, and what it cannot wait for.

use super::TaskId;

/// What a queue refuses, and what it cannot wait for. How a task fails is its [`TaskFailure`](super::TaskFailure).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// Another task has that name.
    #[error("there is a task `{0}` already; give each task a name of its own")]
    Duplicate(TaskId),
    /// A task waits for itself.
    #[error("task `{0}` waits for itself; take it out of its own list")]
    SelfDependency(TaskId),
    /// Tasks wait for each other in a circle.
    #[error("tasks wait for each other: {}; take one of these dependencies away", arrows(.0))]
    Cycle(Vec<TaskId>),
    /// Tasks wait for others that were never added.
    #[error("{}; add them, or correct the names", missing(.0))]
    UnknownDependencies(Vec<(TaskId, TaskId)>),
    /// No room, and no hope for room in the time given.
    #[error("no room for task `{task}`: {capacity} tasks wait{}", if *.is_stuck { ", and none of them can begin" } else { "" })]
    Full {
        /// The task that was not added.
        task: TaskId,
        /// How many may wait.
        capacity: usize,
        /// Whether nothing runs that could make room.
        is_stuck: bool,
    },
    /// The queue takes no more tasks.
    #[error("task `{0}` comes too late: the queue is closed")]
    Closed(TaskId),
    /// There is no such task.
    #[error("there is no task `{0}`")]
    Unknown(TaskId),
    /// The time is up.
    #[error("{0} tasks are not finished in the time given")]
    TimedOut(usize),
    /// Nothing runs yet, and the wait has no end.
    #[error(
        "the queue is not started, so nothing would ever be finished; call `start` first, or give a time"
    )]
    NotStarted,
    /// No worker could be started.
    #[error("no thread for a worker: {0}")]
    NoThread(String),
}

fn arrows(path: &[TaskId]) -> String {
    let names: Vec<String> = path.iter().map(|id| format!("`{id}`")).collect();
    names.join(" after ")
}

fn missing(pairs: &[(TaskId, TaskId)]) -> String {
    let words: Vec<String> = pairs
        .iter()
        .map(|(task, dependency)| format!("task `{task}` waits for `{dependency}`"))
        .collect();
    format!("{}, which nobody has added", words.join(", "))
}
