//! Single tasks with priorities that wait for one another, on threads of their own.
//!
//! For many like items a map of a pipeline is the better tool.

mod error;
mod outcome;
mod state;
mod task;
mod task_queue;

pub use error::QueueError;
pub use outcome::{TaskFailure, TaskOutcome, TaskState};
pub use task::{Task, TaskId};
pub use task_queue::TaskQueue;
