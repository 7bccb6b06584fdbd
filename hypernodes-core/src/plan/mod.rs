//! The plan: which steps run, in which order, on which slots. It is made once and never changed.
//!
//! Steps stand in an order that does not depend on how the nodes were declared; slots hold arguments and know their
//! last use; nodes that contribute to no wanted output are left out. How a plan is run does not belong here.

mod build;

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::cache::Key;
use crate::config::Workload;
use crate::error::LeavingProblem;
use crate::graph::Graph;
use crate::node::{Name, Node, Passing};
use crate::remote::PlanImage;
use crate::run::node_identity;
use crate::value::{Column, PortFacts, PortType};

pub(crate) use build::PlanRequest;

/// What a pipeline does for the outputs that are wanted: an immutable list of steps over slots.
pub struct Plan {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) slots: usize,
    pub(crate) inputs: Vec<PlanInput>,
    pub(crate) outputs: Vec<PlanOutput>,
    pub(crate) traits: Traits,
    /// What it was made of; `None` for the plan of one node.
    pub(crate) origin: Option<Origin>,
    /// As other processes take it, or why they cannot.
    pub(crate) image: OnceLock<Result<Arc<PlanImage>, Vec<LeavingProblem>>>,
    bytes_per_item: usize,
    /// Nanoseconds of the last single run that was measured, 0 before; a hint, never part of a result.
    run_time: AtomicU64,
    /// Measured nanoseconds per item, a hint for the size of the first chunks; never part of a result.
    cost: AtomicU64,
    /// Measured bytes per item on the way to another process, and on the way back; a hint as well.
    travelled: [AtomicUsize; 2],
}

/// What a plan was made of.
pub(crate) struct Origin {
    pub(crate) graph: Arc<Graph>,
    /// The outputs whose values the caller brings along.
    pub(crate) supplied: Vec<String>,
}

/// What is asked of a plan again and again, found out once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    /// Each step waits for the one before it.
    is_chain: bool,
    has_async: bool,
    /// A node is tried again or limited in time.
    has_policies: bool,
    /// A nested pipeline was given an engine of its own.
    has_own_engines: bool,
    workloads: [bool; 3],
    /// How many steps there are, those of nested pipelines included.
    steps: u32,
}

impl Traits {
    pub(crate) fn of(steps: &[Step]) -> Self {
        // In an order where each step stands behind those it waits for, only neighbours can prove a chain.
        let is_chain = (1..steps.len()).all(|step| steps[step - 1].unblocks.contains(&step));
        let mut traits = Self {
            is_chain,
            has_async: false,
            has_policies: false,
            has_own_engines: false,
            workloads: [false; 3],
            steps: u32::try_from(steps.len()).unwrap_or(u32::MAX),
        };
        for step in steps {
            let options = &step.node.signature().options;
            traits.has_async |= options.is_async;
            traits.has_policies |= options.retry.is_some() || options.timeout.is_some();
            if let Some(workload) = options.workload {
                traits.workloads[workload as usize] = true;
            }
            if let Some(nested) = step.node.nested() {
                let inner = nested.pipeline.plan().traits;
                traits.has_async |= inner.has_async;
                traits.has_policies |= inner.has_policies;
                traits.has_own_engines |=
                    inner.has_own_engines || nested.pipeline.engine().is_some();
                traits.steps = traits.steps.saturating_add(inner.steps);
                traits
                    .workloads
                    .iter_mut()
                    .zip(inner.workloads)
                    .for_each(|(own, inner)| *own |= inner);
            }
        }
        traits
    }
}

/// One step: a node, the slots that it reads, and those that it fills.
pub(crate) struct Step {
    pub(crate) node: Arc<dyn Node>,
    /// Which node of the graph it is.
    pub(crate) at: usize,
    pub(crate) name: String,
    pub(crate) args: Vec<StepArg>,
    /// Per output of the node: its slot, or `None` where nobody wants it.
    pub(crate) outs: Vec<Option<usize>>,
    /// How many earlier steps it waits for.
    pub(crate) waits_for: usize,
    /// The steps that wait for it.
    pub(crate) unblocks: Vec<usize>,
    /// The names of all steps behind it, for failures.
    pub(crate) behind: OnceLock<Arc<[String]>>,
    /// The identity of its node, for keys.
    pub(crate) identity: OnceLock<Key>,
}

impl Step {
    pub(crate) fn identity(&self) -> &Key {
        self.identity
            .get_or_init(|| node_identity(self.node.signature()))
    }
}

/// One argument of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepArg {
    pub(crate) slot: usize,
    /// Whether nothing reads the slot afterwards, so the values can be moved.
    pub(crate) last: bool,
}

/// A value from outside.
pub(crate) struct PlanInput {
    pub(crate) name: Name,
    pub(crate) port: PortType,
    /// What any of its readers knows of the type.
    pub(crate) facts: PortFacts,
    pub(crate) slot: usize,
    pub(crate) fill: Fill,
    pub(crate) users: Vec<String>,
    /// How its last reader takes it; of several, only one that cannot clone it counts.
    pub(crate) passing: Passing,
}

/// Where a value from outside comes from when the caller gives none.
#[derive(Clone)]
pub(crate) enum Fill {
    /// The caller must give it.
    Required,
    /// It was bound.
    Bound(Column),
    /// It has a default.
    Default(Arc<dyn Fn() -> Column + Send + Sync>),
}

/// A wanted output.
#[derive(Clone, Debug)]
pub(crate) struct PlanOutput {
    pub(crate) name: Name,
    pub(crate) port: PortType,
    pub(crate) facts: PortFacts,
    pub(crate) slot: usize,
}

impl Plan {
    /// The pipeline's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many steps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is no step.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The names of the steps, in the order in which Sequential runs them.
    pub fn step_names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.name.as_str())
    }

    /// The names of the wanted outputs.
    pub fn output_names(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|output| &*output.name)
    }

    /// For each step, the steps that must be done before it.
    #[must_use]
    pub fn dependencies(&self) -> Vec<Vec<usize>> {
        let mut before = vec![Vec::new(); self.steps.len()];
        for (step, done) in self.steps.iter().enumerate() {
            for &next in &done.unblocks {
                before[next].push(step);
            }
        }
        before
    }

    /// Whether no two steps could ever run at the same time.
    #[must_use]
    pub fn is_chain(&self) -> bool {
        self.traits.is_chain
    }

    /// Whether a step, here or in a nested pipeline, is async.
    #[must_use]
    pub fn has_async(&self) -> bool {
        self.traits.has_async
    }

    /// Whether a node, here or in a nested pipeline, is tried again or limited in time.
    pub(crate) fn has_policies(&self) -> bool {
        self.traits.has_policies
    }

    /// Whether a nested pipeline, at any depth, was given an engine of its own.
    pub(crate) fn has_own_engines(&self) -> bool {
        self.traits.has_own_engines
    }

    /// The values from outside that a step reads. The others are only handed through.
    pub(crate) fn read_inputs(&self) -> impl Iterator<Item = &PlanInput> {
        self.inputs.iter().filter(|input| !input.users.is_empty())
    }

    /// The wanted outputs that a step computes, and the steps. The others are supplied, and only handed through.
    pub(crate) fn computed_outputs(&self) -> impl Iterator<Item = (&PlanOutput, &Step)> {
        let mut step_of = vec![None; self.slots];
        for (at, step) in self.steps.iter().enumerate() {
            for slot in step.outs.iter().flatten() {
                step_of[*slot] = Some(at);
            }
        }
        let computed = move |output| {
            let &PlanOutput { slot, .. } = output;
            step_of[slot].map(|at| (output, &self.steps[at]))
        };
        self.outputs.iter().filter_map(computed)
    }

    /// Whether a step, here or in a nested pipeline, was marked with this workload.
    #[must_use]
    pub fn has_workload(&self, workload: Workload) -> bool {
        self.traits.workloads[workload as usize]
    }

    /// Most bytes that the columns hold per item at any one step (what values own on the heap not counted).
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::prelude::*;
    /// let p = Pipeline::new("p", nodes![
    ///     { node_fn!("b", |a: f64| a + 1.0) },
    ///     { node_fn!("c", |b: f64| b * 2.0) },
    ///     { node_fn!("d", |c: f64| c - 1.0) },
    /// ])?;
    /// assert_eq!(p.plan().bytes_per_item(), 24); // `b`, `c` and `d` are asked for, so all three are there at the end
    /// assert_eq!(p.select(["d"])?.plan().bytes_per_item(), 16); // never more than two at a time
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    #[must_use]
    pub fn bytes_per_item(&self) -> usize {
        self.bytes_per_item
    }

    /// The names of the values that come from outside, sorted.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|input| &*input.name)
    }

    /// How many steps a chunk goes through, those of nested pipelines included.
    pub(crate) fn steps_in_all(&self) -> u32 {
        self.traits.steps
    }

    /// The names of the steps that wait for the outputs of a step, directly or not, in order.
    pub(crate) fn steps_behind(&self, step: usize) -> Arc<[String]> {
        let behind = self.steps[step].behind.get_or_init(|| {
            let mut is_behind = vec![false; self.steps.len()];
            is_behind[step] = true;
            for at in step..self.steps.len() {
                if is_behind[at] {
                    self.steps[at]
                        .unblocks
                        .iter()
                        .for_each(|&next| is_behind[next] = true);
                }
            }
            let names = self.steps.iter().zip(is_behind).skip(step + 1);
            names
                .filter(|(_, is_behind)| *is_behind)
                .map(|(step, _)| step.name.clone())
                .collect()
        });
        Arc::clone(behind)
    }

    /// The node of a path such as `inner/clean`, for a plan that stands inside the pipelines of `around`.
    pub(crate) fn find_node(&self, path: &str, around: Option<&str>) -> Option<Arc<dyn Node>> {
        let path = match around {
            Some(around) => path.strip_prefix(around)?.strip_prefix('/')?,
            None => path,
        };
        let (first, rest) = match path.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let step = self.steps.iter().find(|step| step.name == first)?;
        match rest {
            None => Some(Arc::clone(&step.node)),
            Some(rest) => step.node.nested()?.pipeline.plan().find_node(rest, None),
        }
    }

    /// Whether a chunk may be computed a second time from its first arguments: nothing is moved that cannot be cloned.
    pub(crate) fn may_begin_again(&self) -> bool {
        self.inputs
            .iter()
            .all(|input| input.passing != Passing::Move)
    }

    /// Measured nanoseconds per item, 0 where nothing was measured yet.
    pub(crate) fn cost_hint(&self) -> u64 {
        self.cost.load(Ordering::Relaxed)
    }

    /// How long the last single run took that was measured.
    pub(crate) fn run_time(&self) -> Option<Duration> {
        Some(self.run_time.load(Ordering::Relaxed))
            .filter(|&time| time > 0)
            .map(Duration::from_nanos)
    }

    pub(crate) fn learn_run_time(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.run_time.store(nanoseconds.max(1), Ordering::Relaxed);
    }

    /// Bytes that an item takes on its way to another process or back, whichever are more; 0 where none was seen.
    pub(crate) fn bytes_hint(&self) -> usize {
        let [there, back] = &self.travelled;
        there
            .load(Ordering::Relaxed)
            .max(back.load(Ordering::Relaxed))
    }

    pub(crate) fn learn_bytes_there(&self, per_item: usize) {
        self.travelled[0].store(per_item, Ordering::Relaxed);
    }

    pub(crate) fn learn_bytes_back(&self, per_item: usize) {
        self.travelled[1].store(per_item, Ordering::Relaxed);
    }

    pub(crate) fn learn_cost(&self, nanoseconds_per_item: u64) {
        self.cost
            .store(nanoseconds_per_item.max(1), Ordering::Relaxed);
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<&str> = self.step_names().collect();
        let outputs: Vec<&str> = self.output_names().collect();
        f.debug_struct("Plan")
            .field("name", &self.name)
            .field("steps", &steps)
            .field("outputs", &outputs)
            .finish()
    }
}
