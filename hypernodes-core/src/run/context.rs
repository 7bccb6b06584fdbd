//! What the calls of one run share.

use std::fmt;
use std::sync::Arc;

use crate::config::ErrorPolicy;
use crate::engine::Engine;

/// What the calls of one run share: the engine that does nested work, the policies, the async runtime.
#[derive(Clone)]
pub struct RunContext {
    engine: Arc<dyn Engine>,
    policy: ErrorPolicy,
    #[cfg(feature = "async")]
    host: Arc<crate::async_host::AsyncHost>,
}

impl RunContext {
    pub(crate) fn new(engine: Arc<dyn Engine>, policy: ErrorPolicy) -> Self {
        Self {
            engine,
            policy,
            #[cfg(feature = "async")]
            host: Arc::new(crate::async_host::AsyncHost::own()),
        }
    }

    /// The same run on another engine, for a nested pipeline that has its own.
    pub(crate) fn on(&self, engine: Arc<dyn Engine>) -> Self {
        Self {
            engine,
            ..self.clone()
        }
    }

    #[cfg(feature = "async")]
    pub(crate) fn hosted_by(mut self, host: crate::async_host::AsyncHost) -> Self {
        self.host = Arc::new(host);
        self
    }

    /// Where async nodes run.
    #[cfg(feature = "async")]
    #[must_use]
    pub fn host(&self) -> &crate::async_host::AsyncHost {
        &self.host
    }

    /// The engine of this run; nested maps go back to it.
    #[must_use]
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// What happens when an item fails.
    #[must_use]
    pub fn policy(&self) -> ErrorPolicy {
        self.policy
    }

    pub(crate) fn fail_fast(&self) -> bool {
        self.policy == ErrorPolicy::FailFast
    }
}

impl fmt::Debug for RunContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunContext")
            .field("engine", &self.engine)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
