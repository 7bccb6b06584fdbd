//! A step under policies: looked up in the cache, tried again, limited in time, told to listeners. A run without any
//! of that never comes here.

mod cached;
mod retried;
mod timed;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use crate::cache::CacheStore;
use crate::clock;
use crate::error::{Cause, FailureDetails};
use crate::event::EventKind;
use crate::node::{ArgList, Call, ColumnList};
use crate::plan::{Plan, Step};
use crate::run::RunContext;
use crate::run::scope::{RunScope, nanoseconds, spoken};
use crate::run::slot::{Lost, Slot};
use crate::run::snapshot::Snapshot;
use crate::value::Arg;

pub(in crate::run) type Slots = SmallVec<[Slot; 2]>;
pub(in crate::run) type Outs = SmallVec<[Slot; 1]>;

/// A row that failed in a step for good.
#[derive(Debug)]
pub(in crate::run) struct Failed {
    pub(in crate::run) row: usize,
    pub(in crate::run) cause: Cause,
    pub(in crate::run) details: Box<FailureDetails>,
}

/// What a step gave.
pub(in crate::run) struct Computed {
    /// Per output the rows that did not fail.
    pub(in crate::run) outs: Outs,
    pub(in crate::run) failures: Vec<Failed>,
}

/// Why a step gave nothing.
pub(in crate::run) enum Interrupted {
    /// The run was cancelled.
    Cancelled,
    /// A value that was found in the cache is not there any more: the chunk begins again.
    Lost,
}

impl From<Lost> for Interrupted {
    fn from(_: Lost) -> Self {
        Self::Lost
    }
}

/// A step that is about to be computed.
pub(in crate::run) struct Guarded<'a> {
    pub(in crate::run) plan: &'a Plan,
    pub(in crate::run) at: usize,
    pub(in crate::run) rows: usize,
    pub(in crate::run) context: &'a RunContext,
    pub(in crate::run) scope: &'a Arc<RunScope>,
    /// The item that a row belongs to, as far as it is known.
    pub(in crate::run) item: &'a dyn Fn(usize) -> usize,
    /// For each row its row in the chunk, where some are gone.
    pub(in crate::run) origin: Option<&'a [u32]>,
    /// What is found in the cache is loaded at once.
    pub(in crate::run) is_eager: bool,
}

impl Guarded<'_> {
    fn step(&self) -> &Step {
        &self.plan.steps[self.at]
    }

    /// Computes the step. `spent` is how long each row's nodes took so far, where an item's time is limited.
    pub(in crate::run) fn compute(
        self,
        slots: Slots,
        spent: Option<&mut Vec<Duration>>,
    ) -> Result<Computed, Interrupted> {
        let scope = self.scope;
        if scope.is_cancelled() {
            return Err(Interrupted::Cancelled);
        }
        let step = self.step();
        let parent = self.context.span();
        let node = self.context.path_of(&step.name);
        let span = scope.new_span();
        let rows = self.rows as u64;
        if scope.is_heard() {
            let node = Arc::clone(&node);
            scope.tell(span, Some(parent), EventKind::NodeStarted { node, rows });
        }
        let tracing_span = scope
            .has_spans
            .then(|| tracing::debug_span!("node", node = &*node, rows).entered());
        let began = clock::now();
        let told = self.context.at_step(&step.name, self.rows, self.origin);
        let call = NodeCall {
            guarded: &self,
            context: told.as_ref().unwrap_or(self.context).inside(span, &node),
            node: &node,
        };
        let is_cached = step.node.signature().options.cache;
        let mut cached = 0;
        let store = scope.policies.cache.as_deref().filter(|_| is_cached);
        // A value may panic when it is dropped; the span ends all the same.
        let computed = catch_unwind(AssertUnwindSafe(|| match store {
            Some(store) => call.cached(slots, store, spent, &mut cached),
            None => call.uncached(slots, spent),
        }))
        .unwrap_or_else(|payload| Ok(self.panicked(payload)));
        drop(tracing_span);
        if scope.is_heard() {
            let failed = computed.as_ref().map_or(0, |done| done.failures.len());
            let ended = EventKind::NodeEnded {
                node,
                rows,
                failed: failed as u64,
                cached,
                took_ns: nanoseconds(began.elapsed()),
            };
            scope.tell(span, Some(parent), ended);
        }
        computed
    }

    /// Every row failed, because of a panic outside of the rows.
    #[cold]
    fn panicked(&self, payload: Box<dyn Any + Send>) -> Computed {
        let ports = self.step().node.signature().outputs.iter();
        let ports: Vec<_> = ports.map(|output| output.port).collect();
        let mut call = Call::new(self.rows, ArgList::new(), self.context);
        call.panic_all(&ports, payload);
        let (columns, failures) = call.finish();
        let failures = failures.into_iter().map(|failure| Failed {
            row: failure.row,
            cause: failure.cause,
            details: Box::default(),
        });
        Computed {
            failures: failures.collect(),
            outs: columns
                .into_iter()
                .map(|column| Slot::Values(Arg::dense(column)))
                .collect(),
        }
    }
}

/// A step with the context that its calls see.
struct NodeCall<'a> {
    guarded: &'a Guarded<'a>,
    context: RunContext,
    node: &'a Arc<str>,
}

/// What calls of a node gave: columns of the rows that did not fail, and the others.
struct Called {
    columns: ColumnList,
    failures: Vec<Failed>,
}

impl NodeCall<'_> {
    fn uncached(
        &self,
        slots: Slots,
        spent: Option<&mut Vec<Duration>>,
    ) -> Result<Computed, Interrupted> {
        let store = self.guarded.scope.policies.cache.as_deref();
        let args = load(slots, store)?;
        let called = self.called(args, self.guarded.rows, &|row| row, spent)?;
        let outs = called
            .columns
            .into_iter()
            .map(|column| Slot::Values(Arg::dense(column)));
        Ok(Computed {
            outs: outs.collect(),
            failures: called.failures,
        })
    }

    /// Calls the node, again for rows that failed and may be tried again.
    fn called(
        &self,
        args: ArgList,
        rows: usize,
        row_of: &dyn Fn(usize) -> usize,
        mut spent: Option<&mut Vec<Duration>>,
    ) -> Result<Called, Interrupted> {
        let policies = &self.guarded.scope.policies;
        let options = &self.guarded.step().node.signature().options;
        let retry = options.retry.as_ref().or(policies.retry.as_ref());
        let retry = retry.filter(|retry| retry.attempts() > 1 && !self.is_nested());
        let kept = (retry.is_some() || policies.snapshots).then(|| args.clone());
        let mut called = match (retry, &kept) {
            (Some(retry), Some(kept)) => {
                drop(args);
                self.persistent(kept, rows, row_of, retry, spent.as_deref_mut())?
            }
            _ => self.once(args, rows, row_of, spent)?,
        };
        if policies.snapshots
            && let Some(kept) = &kept
            && !self.is_nested()
        {
            for failed in &mut called.failures {
                let node = &self.guarded.step().node;
                failed.details.snapshot = Some(Snapshot::taken(node, self.node, kept, failed.row));
            }
        }
        Ok(called)
    }

    fn is_nested(&self) -> bool {
        self.guarded.step().node.nested().is_some()
    }
}

/// What is told of a failing row's inputs.
#[cold]
pub(in crate::run) fn details(
    step: &Step,
    kept: Option<&crate::node::Args>,
    row: usize,
) -> FailureDetails {
    let shown = step
        .node
        .signature()
        .inputs
        .iter()
        .enumerate()
        .filter_map(|(i, input)| {
            let arg = kept?.get(i)?;
            let show = input.facts.show?;
            Some((input.name.to_string(), spoken(|| show.row(arg, row))))
        });
    FailureDetails {
        inputs: shown.collect(),
        ..FailureDetails::default()
    }
}

/// The values of slots.
fn load(slots: Slots, store: Option<&dyn CacheStore>) -> Result<ArgList, Lost> {
    slots
        .into_iter()
        .map(|slot| slot.into_arg(store).map(Some))
        .collect()
}
