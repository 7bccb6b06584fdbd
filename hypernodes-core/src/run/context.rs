//! What the calls of one run share.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(feature = "async")]
use super::current::Within;
use super::progress::{Progress, RowsOf, Track};
use super::scope::{ROOT, RunScope};
use crate::config::ErrorPolicy;
use crate::engine::Engine;
use crate::event::SpanId;

/// What the calls of one run share: the engine that does nested work, the policies, the async runtime.
#[derive(Clone)]
pub struct RunContext {
    engine: Arc<dyn Engine>,
    policy: ErrorPolicy,
    /// `None`: nobody asked for more than an engine and an error policy.
    scope: Option<Arc<RunScope>>,
    /// What the calls happen in.
    span: SpanId,
    /// The node that is called, with the nested pipelines around it.
    path: Option<Arc<str>>,
    /// When the item around a nested pipeline must have ended, and the limit that is told.
    deadline: Option<(Instant, Duration)>,
    /// Where another process looks how far this one is.
    track: Option<Arc<Track>>,
    #[cfg(feature = "async")]
    host: Arc<crate::async_host::AsyncHost>,
}

impl RunContext {
    pub(crate) fn new(
        engine: Arc<dyn Engine>,
        policy: ErrorPolicy,
        scope: Option<Arc<RunScope>>,
    ) -> Self {
        Self {
            engine,
            policy,
            scope,
            span: ROOT,
            path: None,
            deadline: None,
            track: None,
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

    /// The same run, inside a span of it: a chunk or a node's call.
    pub(crate) fn inside(&self, span: SpanId, path: &Arc<str>) -> Self {
        Self {
            span,
            path: Some(Arc::clone(path)),
            ..self.clone()
        }
    }

    /// The same run with policies of its own.
    pub(crate) fn with_scope(&self, scope: Arc<RunScope>) -> Self {
        Self {
            scope: Some(scope),
            ..self.clone()
        }
    }

    /// The same run, inside nested pipelines.
    pub(crate) fn at_path(&self, path: &str) -> Self {
        Self {
            path: Some(path.into()),
            ..self.clone()
        }
    }

    pub(crate) fn in_span(&self, span: SpanId) -> Self {
        Self {
            span,
            ..self.clone()
        }
    }

    /// The same run, inside an item that must have ended then.
    pub(crate) fn until(&self, deadline: (Instant, Duration)) -> Self {
        Self {
            deadline: Some(deadline),
            ..self.clone()
        }
    }

    /// The same run, which tells where it is: row `i` of what is computed with it is row `i` of a chunk.
    pub(crate) fn tracked(&self, progress: Progress) -> Self {
        self.tracked_by(Track::new(progress, RowsOf::From(0)))
    }

    pub(crate) fn tracked_by(&self, track: Track) -> Self {
        Self {
            track: Some(Arc::new(track)),
            ..self.clone()
        }
    }

    /// How this run tells where it is, if it does.
    #[inline]
    pub(crate) fn track(&self) -> Option<&Track> {
        self.track.as_deref()
    }

    /// The context of a step that begins, where a run tells that: `origin` has the row of each row that is left.
    pub(crate) fn at_step(&self, name: &str, rows: usize, origin: Option<&[u32]>) -> Option<Self> {
        let track = self.track()?;
        let path = self.path_of(name);
        let track = match origin {
            None => track.clone(),
            Some(origin) => track.selected(rows, &|row| origin[row] as usize),
        };
        track.step(&path, rows);
        Some(Self {
            path: Some(path),
            track: Some(Arc::new(track)),
            ..self.clone()
        })
    }

    /// The context of a call of some of a step's rows, where a run tells where it is.
    pub(crate) fn at_rows(&self, rows: usize, row_of: &dyn Fn(usize) -> usize) -> Option<Self> {
        let track = self.track()?.selected(rows, row_of);
        track.begin(rows);
        Some(self.tracked_by(track))
    }

    /// The context of a piece of a chunk that begins at this row of it.
    pub(crate) fn at_piece(&self, first: usize) -> Option<Self> {
        let track = self.track()?.from(first);
        Some(self.tracked_by(track))
    }

    /// The context of what is computed inside a call of so many rows.
    pub(crate) fn inside_call(self, rows: usize) -> Self {
        match self.track() {
            None => self,
            Some(track) => self.tracked_by(track.within(rows)),
        }
    }

    /// When the item around this must have ended, and the limit that is told.
    pub(crate) fn deadline(&self) -> Option<(Instant, Duration)> {
        self.deadline
    }

    /// Says what `stop_requested` answers on this thread for as long as it is kept.
    #[cfg(feature = "async")]
    pub(crate) fn within(&self, deadline: Option<Instant>) -> Option<Within> {
        self.scope
            .as_ref()
            .map(|scope| Within::call(scope, deadline))
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

    /// Whether the run was cancelled: a node that may run for long should end early.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.scope
            .as_ref()
            .is_some_and(|scope| scope.is_cancelled())
    }

    /// Whether somebody could ask the run to end.
    #[cfg(feature = "async")]
    pub(crate) fn can_be_cancelled(&self) -> bool {
        let scope = self.scope.as_ref();
        scope.is_some_and(|scope| !scope.policies.cancel.is_empty() || scope.memory.is_some())
    }

    pub(crate) fn fail_fast(&self) -> bool {
        self.policy == ErrorPolicy::FailFast
    }

    #[inline]
    pub(crate) fn scope(&self) -> Option<&Arc<RunScope>> {
        self.scope.as_ref()
    }

    pub(crate) fn span(&self) -> SpanId {
        self.span
    }

    /// A node's name with the nested pipelines around it.
    pub(crate) fn path_of(&self, node: &str) -> Arc<str> {
        match &self.path {
            None => node.into(),
            Some(path) => format!("{path}/{node}").into(),
        }
    }

    /// The node that is called.
    pub(crate) fn path(&self) -> Option<&Arc<str>> {
        self.path.as_ref()
    }
}

impl fmt::Debug for RunContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunContext")
            .field("engine", &self.engine)
            .field("policy", &self.policy)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
