//! What a run asks of its workers, as they are told once.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::link::{RemoteStore, WorkerLink};
use crate::config::ErrorPolicy;
use crate::policy::{CancelToken, PlainRetry};
use crate::run::Policies;

/// What a run asks of its workers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(crate) fails_fast: bool,
    /// The run has policies or listeners, so that somebody may cancel it.
    pub(crate) has_scope: bool,
    pub(crate) retry: Option<PlainRetry>,
    pub(crate) item_timeout: Option<Duration>,
    pub(crate) snapshots: bool,
    pub(crate) has_cache: bool,
    pub(crate) is_heard: bool,
    /// How many rows are computed together.
    pub(crate) rows_in_cache: u32,
    /// The nested pipelines around the plan.
    pub(crate) path: Option<String>,
}

impl Terms {
    pub(crate) fn policy(&self) -> ErrorPolicy {
        match self.fails_fast {
            true => ErrorPolicy::FailFast,
            false => ErrorPolicy::Collect,
        }
    }

    /// The policies of the worker's part of the run.
    pub(crate) fn policies(&self, cancel: &CancelToken, link: &Arc<dyn WorkerLink>) -> Policies {
        let store = || RemoteStore::new(Arc::clone(link));
        Policies {
            cancel: vec![cancel.clone()],
            retry: self.retry.clone().map(Into::into),
            item_timeout: self.item_timeout,
            snapshots: self.snapshots,
            cache: self.has_cache.then(|| Arc::new(store()) as _),
            ..Policies::default()
        }
    }
}
