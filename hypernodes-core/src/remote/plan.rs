//! Stand-in.

use std::sync::Arc;

use crate::plan::Plan;

/// A plan in a worker.
#[derive(Debug)]
pub struct WorkerPlan {
    pub(crate) plan: Arc<Plan>,
}

impl WorkerPlan {
    /// Stand-in.
    #[doc(hidden)]
    pub fn of(pipeline: &crate::Pipeline) -> Self {
        Self {
            plan: Arc::clone(&pipeline.plan),
        }
    }
}
