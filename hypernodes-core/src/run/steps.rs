//! The steps of one run, handed out to several threads.
//!
//! What must be the same on every engine is in here: a step is ready when those before it are done, and a failure is
//! the one that Sequential would tell. Which thread computes what does not belong here.

use std::any::Any;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::RunContext;
use super::chunk::Progress;
use super::guarded::{Computed, Failed, Guarded, Interrupted, details};
use super::scope::RunScope;
use super::slot::Slot;
use crate::error::Cause;
use crate::plan::{Plan, Step};
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::value::Arg;

/// The steps of one run, as an engine sees them.
///
/// ```text
/// while !steps.is_done() {
///     if !steps.turn() { steps.wait(None) }
/// }
/// ```
/// Any number of threads may do so at the same time. A step is ready as soon as the steps before it are done; the
/// lowest one goes first. After a failing step only those before it still run, so that the lowest failure is told.
pub struct Steps {
    plan: Arc<Plan>,
    context: RunContext,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    progress: Progress,
    /// Per step, how many of those before it are not done.
    waits: Vec<usize>,
    /// Per slot, how many reads are to come. The last one in order need not be the last one in time.
    reads: Vec<usize>,
    ready: BinaryHeap<Reverse<usize>>,
    in_flight: usize,
    /// The lowest step that failed: nothing after it is computed.
    limit: usize,
    woken: bool,
    /// The run was cancelled before all steps were computed.
    is_interrupted: bool,
}

impl State {
    fn is_done(&self) -> bool {
        self.in_flight == 0 && self.ready.is_empty()
    }
}

impl Steps {
    /// The steps from `next` on; those before it are done.
    pub(super) fn new(
        plan: Arc<Plan>,
        context: RunContext,
        progress: Progress,
        next: usize,
    ) -> Self {
        debug_assert!(
            progress.rows <= 1,
            "only the steps of a single run are shared"
        );
        let mut waits: Vec<usize> = plan.steps.iter().map(|step| step.waits_for).collect();
        for &after in plan.steps[..next].iter().flat_map(|done| &done.unblocks) {
            waits[after] -= 1;
        }
        let mut reads = vec![0; plan.slots];
        let args = plan.steps[next..]
            .iter()
            .flat_map(|step| &step.args)
            .map(|arg| arg.slot);
        args.chain(plan.outputs.iter().map(|output| output.slot))
            .for_each(|slot| reads[slot] += 1);
        let has_failed = !progress.failures.is_empty();
        let ready = (next..waits.len())
            .filter(|&step| waits[step] == 0 && !has_failed)
            .map(Reverse)
            .collect();
        let state = State {
            progress,
            waits,
            reads,
            ready,
            in_flight: 0,
            limit: usize::MAX,
            woken: false,
            is_interrupted: false,
        };
        Self {
            plan,
            context,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The plan that is run.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How many steps could be computed now.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.lock().ready.len()
    }

    /// Whether no step is ready or under way.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.lock().is_done()
    }

    /// Computes the lowest step that is ready on this thread. `false` when there is none now.
    pub fn turn(&self) -> bool {
        let mut state = self.lock();
        let Some(Reverse(at)) = state.ready.pop() else {
            return false;
        };
        let step = &self.plan.steps[at];
        let computed = match self.context.scope() {
            None => self.compute(state, step),
            Some(scope) => {
                let State {
                    progress, reads, ..
                } = &mut *state;
                let slots = progress.take_slots(step, |arg| {
                    reads[arg.slot] -= 1;
                    reads[arg.slot] == 0
                });
                // The time of an item that is a whole run is what its steps take together.
                let before = progress.spent.clone();
                let mut spent = before.clone();
                state.in_flight += 1;
                drop(state);
                let guarded = Guarded {
                    plan: &self.plan,
                    at,
                    rows: 1,
                    context: &self.context,
                    scope,
                    item: &|_| 0,
                    origin: None,
                    is_eager: true,
                };
                let computed =
                    catch_unwind(AssertUnwindSafe(|| guarded.compute(slots, spent.as_mut())))
                        .unwrap_or_else(|payload| Ok(panicked(payload)));
                self.within_limit(scope, before.zip(spent), computed)
            }
        };

        let mut state = self.lock();
        let state = &mut *state;
        state.in_flight -= 1;
        match computed {
            // What got lost in the cache cannot be: it was loaded at once.
            Err(Interrupted::Cancelled | Interrupted::Lost) => {
                state.is_interrupted = true;
                state.limit = 0;
                state.ready.clear();
            }
            Ok(Computed { outs, failures }) => match failures.into_iter().next() {
                Some(failure) if at < state.limit => {
                    state.limit = at;
                    state.ready.retain(|Reverse(step)| *step < at);
                    state.progress.failures = vec![failure.in_step(at, |_| 0)];
                }
                Some(_) => {}
                None => {
                    state.progress.keep_outs(step, outs);
                    for &after in &step.unblocks {
                        state.waits[after] -= 1;
                        if state.waits[after] == 0 && after < state.limit {
                            state.ready.push(Reverse(after));
                        }
                    }
                }
            },
        }
        if !state.ready.is_empty() || state.in_flight == 0 {
            self.changed.notify_all();
        }
        true
    }

    /// Adds what a step took to the time of the run. One that is over the limit only together with steps computed
    /// meanwhile has timed out too.
    fn within_limit(
        &self,
        scope: &RunScope,
        spent: Option<(Vec<Duration>, Vec<Duration>)>,
        computed: Result<Computed, Interrupted>,
    ) -> Result<Computed, Interrupted> {
        let mut state = self.lock();
        let all = state
            .progress
            .spent
            .as_mut()
            .and_then(|spent| spent.first_mut());
        let (Some((before, after)), Some(all), Some(limit)) =
            (spent, all, scope.policies.item_timeout)
        else {
            return computed;
        };
        *all += after[0].saturating_sub(before[0]);
        let is_over = *all >= limit;
        drop(state);
        match computed {
            Ok(done) if is_over && done.failures.is_empty() => {
                Ok(failed(Cause::TimedOut { limit }))
            }
            computed => computed,
        }
    }

    /// Computes a step of a run without policies.
    fn compute(
        &self,
        mut state: MutexGuard<'_, State>,
        step: &Step,
    ) -> Result<Computed, Interrupted> {
        let State {
            progress, reads, ..
        } = &mut *state;
        let context = self.context.at_step(&step.name, 1, None);
        let context = context.as_ref().unwrap_or(&self.context);
        let mut call = progress.prepare(step, context, |arg| {
            reads[arg.slot] -= 1;
            reads[arg.slot] == 0
        });
        state.in_flight += 1;
        drop(state);
        // Arguments that the node left behind are dropped by `finish`, and a destructor may panic.
        let finished = catch_unwind(AssertUnwindSafe(|| {
            step.compute(&mut call);
            let kept = if call.has_failed() {
                call.take_kept()
            } else {
                None
            };
            let (columns, failures) = call.finish();
            let failures = failures.into_iter().map(|failure| Failed {
                row: failure.row,
                cause: failure.cause,
                details: Box::new(details(step, kept.as_ref(), failure.row)),
            });
            Computed {
                failures: failures.collect(),
                outs: columns
                    .into_iter()
                    .map(|column| Slot::Values(Arg::dense(column)))
                    .collect(),
            }
        }));
        Ok(finished.unwrap_or_else(panicked))
    }

    /// Waits until a step is ready or all are done, until it is [woken](Self::wake), or for the given time.
    pub fn wait(&self, at_most: Option<Duration>) {
        let mut state = self.lock();
        while !state.woken && state.ready.is_empty() && state.in_flight > 0 {
            match at_most {
                None => {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Some(time) => {
                    state = self
                        .changed
                        .wait_timeout(state, time)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0;
                    break;
                }
            }
        }
        state.woken = false;
    }

    /// Ends the next or the current [`wait`](Self::wait).
    pub fn wake(&self) {
        self.lock().woken = true;
        self.changed.notify_all();
    }

    /// What was computed, when nothing is under way any more.
    ///
    /// Says also whether the run was cancelled.
    pub(super) fn finish(&self) -> (Progress, bool) {
        let mut state = self.lock();
        while state.in_flight > 0 {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let mut progress = state.progress.take();
        if !progress.failures.is_empty() {
            progress.rows = 0;
        }
        (progress, state.is_interrupted)
    }
}

/// A step that panicked outside of its rows.
#[cold]
fn panicked(payload: Box<dyn Any + Send>) -> Computed {
    failed(Cause::from_panic(payload))
}

#[cold]
fn failed(cause: Cause) -> Computed {
    let failed = Failed {
        row: 0,
        cause,
        details: Box::default(),
    };
    Computed {
        outs: Default::default(),
        failures: vec![failed],
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Steps")
            .field("plan", &self.plan)
            .field("ready", &state.ready.len())
            .field("in_flight", &state.in_flight)
            .finish_non_exhaustive()
    }
}
