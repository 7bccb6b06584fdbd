//! The engine for isolation: worker processes of this same program. A node that crashes, leaks or hangs costs its own item
//! and nothing else.
//!
//! | file | job |
//! |---|---|
//! | `entry` | how a program becomes its own worker |
//! | `wire`, `message` | frames, and what is in them |
//! | `link` | a socket with frames and descriptors |
//! | `shm`, `parcels` | shared memory, and values on their way through it |
//! | `child` | a worker process: started, greeted, ended, buried |
//! | `pool` | the workers of an engine |
//! | `lane` | a thread of the parent with one worker |
//! | `workers` | maps and single runs: which lanes there are |
//! | `worker` | the other side |
//! | `isolated` | one node, called once, in a process of its own |
//! | `fuzzing` | the decoders, for the targets in `fuzz/` |
//!
//! What becomes of an item whose worker died is decided by the [`Feed`], once for all engines; what plans, chunks and
//! outcomes look like as bytes, by `hypernodes_core::remote`. `README.md` tells how the parts work together.

#[cfg(hypernodes_process)]
mod child;
#[cfg(hypernodes_process)]
mod entry;
#[cfg(hypernodes_process)]
#[doc(hidden)]
pub mod fuzzing;
mod isolated;
#[cfg(hypernodes_process)]
mod lane;
#[cfg(hypernodes_process)]
mod link;
#[cfg(hypernodes_process)]
mod message;
#[cfg(hypernodes_process)]
mod parcels;
#[cfg(hypernodes_process)]
mod pool;
#[cfg(hypernodes_process)]
mod shm;
#[cfg(not(hypernodes_process))]
mod unsupported;
#[cfg(hypernodes_process)]
#[doc(hidden)]
pub mod wire;
#[cfg(hypernodes_process)]
mod worker;
#[cfg(hypernodes_process)]
mod workers;

use std::fmt;
use std::sync::Arc;

use hypernodes_core::{
    Assist, Capabilities, ChunkRun, Engine, EngineError, Feed, Plan, Sizing, Workload,
};

use crate::config::ProcessConfig;
use crate::explain::Explanation;
#[cfg(hypernodes_process)]
pub use entry::{TEST_ENTRIES, WorkerCommand, init, serve_if_worker};
pub use isolated::{Isolated, isolated};
#[cfg(not(hypernodes_process))]
use unsupported::Workers;
#[cfg(not(hypernodes_process))]
pub use unsupported::init;
#[cfg(hypernodes_process)]
use workers::Workers;

/// The name, as settings and messages write it.
pub(crate) const NAME: &str = "process";

/// How many plans a worker remembers; both sides forget the oldest by the same rule.
#[cfg(hypernodes_process)]
const MOST_PLANS: usize = 16;

/// So many workers may die in a row before they compute anything.
#[cfg(hypernodes_process)]
const MOST_BARREN: u32 = 8;

/// How a worker ends that cannot reach its parent any more.
#[cfg(hypernodes_process)]
const LINK_LOST: i32 = 86;

/// Runs maps and single runs in worker processes of this same program.
///
/// A node that segfaults, aborts, overflows its stack, exits, runs out of memory or hangs beyond its time limit costs its
/// own item, which fails with what happened: ``killed by SIGSEGV while running node `x` on item 17``. All other items
/// arrive, once and in order. An item is blamed only after it has died alone in three fresh workers; what a lost worker
/// had under way is computed again by another, so side effects of nodes may happen more than once, results never do.
///
/// The program starts itself again, so it needs [`init`] on the first line of `main` (in a test crate
/// [`enable_process_tests!`](crate::enable_process_tests)). Nodes must be functions with `#[node]`: closures exist in one
/// process only. What enters or leaves the pipeline needs serde's `Serialize` and `Deserialize`; what nodes hand to each
/// other does not. All of that is checked before anything runs.
///
/// Workers start when they are needed, are kept for later runs, and end with the last handle on the engine, or when this
/// process ends, whatever ends it. They write to this process's standard output and error, and run in process groups of
/// their own, so that Ctrl-C in a terminal reaches this process only. A change of the working folder or of the environment
/// is seen by the next run.
///
/// | setting | default | |
/// |---|---|---|
/// | [`workers`](Self::workers) | the CPUs that this process may use, over the threads of each; no more than the memory limits of all fit into | worker processes |
/// | [`threads_per_worker`](Self::threads_per_worker) | 1 | chunks that a worker computes at the same time |
/// | [`worker_memory`](Self::worker_memory) | no limit | bytes that a worker may allocate beyond what it starts with |
/// | [`workload`](Self::workload) | [`Workload::Mixed`] | how many partitions a map starts with |
/// | [`npartitions`](Self::npartitions) | [the rule](ProcessConfig::rule), then chunks that take about 4 ms | exactly this many chunks |
/// | [`recycle_after`](Self::recycle_after) | never | items after which a worker is replaced |
/// | [`recycle_above`](Self::recycle_above) | never | bytes in use above which a worker is replaced |
///
/// Linux only; elsewhere [`new`](Self::new) gives [`EngineError::Unavailable`].
#[derive(Clone)]
pub struct Process {
    config: ProcessConfig,
    capabilities: Capabilities,
    workers: Arc<Workers>,
}

impl Process {
    /// An engine with the default settings. No worker is started before the first run.
    ///
    /// # Errors
    /// This program cannot start itself as a worker ([`init`] was not called), or the system is not supported.
    pub fn new() -> Result<Self, EngineError> {
        Self::from_config(ProcessConfig::default())
    }

    /// An engine with these settings.
    ///
    /// # Errors
    /// As [`new`](Self::new), and for a setting that is out of range.
    ///
    /// # Example
    /// ```
    /// use hypernodes_engines::{Process, ProcessConfig, process::init};
    /// init();
    /// let error = Process::from_config(ProcessConfig { npartitions: Some(0), ..Default::default() }).unwrap_err();
    /// assert_eq!(error.to_string(), "engine `process`: `npartitions` is 0; leave it out, or give 1 or more");
    /// ```
    pub fn from_config(config: ProcessConfig) -> Result<Self, EngineError> {
        config.check()?;
        Ok(Self::with(config, Workers::new(config)?))
    }

    /// An engine whose workers are started by a command of its own: by a wrapper, say, that gives them other limits and
    /// then becomes this same program.
    ///
    /// # Errors
    /// A setting that is out of range. What is no worker of this same program is told by the first run.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::prelude::*;
    /// use hypernodes_engines::process::{WorkerCommand, init};
    /// use hypernodes_engines::{Process, ProcessConfig};
    /// #[node(output = "square")]
    /// fn square(x: f64) -> f64 { x * x }
    ///
    /// init();
    /// let mut command = WorkerCommand::of_this_program()?;
    /// command.exe = "/bin/true".into();
    /// let engine = Process::with_command(ProcessConfig::default(), command)?;
    /// let p = Pipeline::new("squares", nodes![square])?.with_engine(engine);
    /// let error = p.run(inputs! { x: 3.0 }).unwrap_err();
    /// assert!(error.to_string().contains("a worker does not start: it ended before it answered"));
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    #[cfg(hypernodes_process)]
    pub fn with_command(
        config: ProcessConfig,
        command: WorkerCommand,
    ) -> Result<Self, EngineError> {
        config.check()?;
        Ok(Self::with(config, Workers::with(config, command)))
    }

    fn with(config: ProcessConfig, workers: Workers) -> Self {
        let mut capabilities = Capabilities::default();
        capabilities.leaves_process = true;
        Self {
            config,
            capabilities,
            workers: Arc::new(workers),
        }
    }

    fn changed(&self, change: impl FnOnce(&mut ProcessConfig)) -> Self {
        let mut config = self.config;
        change(&mut config);
        let workers = self.workers.changed(&config);
        Self::with(config, workers)
    }

    /// How many worker processes there may be; 0 takes what the CPUs and the memory allow. A number that is out of range is
    /// told by the first run.
    ///
    /// The result is an engine of its own, as from the other settings: it shares no worker with the one before.
    #[must_use]
    pub fn workers(self, workers: usize) -> Self {
        self.changed(|config| config.workers = workers)
    }

    /// How many chunks a worker computes at the same time. What a crash costs grows with it, what values that all of a
    /// worker's threads share cost falls.
    #[must_use]
    pub fn threads_per_worker(self, threads: usize) -> Self {
        self.changed(|config| config.threads_per_worker = threads)
    }

    /// How many bytes a worker may allocate beyond what it starts with. An item that needs more fails.
    #[must_use]
    pub fn worker_memory(self, bytes: u64) -> Self {
        self.changed(|config| config.worker_memory = Some(bytes))
    }

    /// What the items of maps mostly do.
    #[must_use]
    pub fn workload(self, workload: Workload) -> Self {
        self.changed(|config| config.workload = workload)
    }

    /// Cuts every map into exactly this many chunks (or one per item, if there are fewer items), whose sizes differ by at
    /// most one.
    #[must_use]
    pub fn npartitions(self, npartitions: usize) -> Self {
        self.changed(|config| config.npartitions = Some(npartitions))
    }

    /// Replaces a worker when it has computed so many items: for nodes that leak.
    #[must_use]
    pub fn recycle_after(self, items: u64) -> Self {
        self.changed(|config| config.recycle_after = Some(items))
    }

    /// Replaces a worker that has more bytes of memory in use than this when it ends a chunk.
    #[must_use]
    pub fn recycle_above(self, bytes: u64) -> Self {
        self.changed(|config| config.recycle_above = Some(bytes))
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &ProcessConfig {
        &self.config
    }

    /// The numbers of the worker processes that wait for work now: for monitors and tests.
    #[must_use]
    pub fn idle_workers(&self) -> Vec<u32> {
        self.workers.idle()
    }

    /// How a map of `items` items would be cut up, and how many workers would compute it.
    #[must_use]
    pub fn explain(&self, plan: &Plan, items: usize) -> Explanation {
        Explanation::process(plan, items, &self.config)
    }
}

impl Engine for Process {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, plan: &Plan, items: usize) -> Sizing {
        // To find out what the CPUs and the memory allow takes longer than a small run: the pool has done it once.
        let config = ProcessConfig {
            workers: self.workers.most(),
            ..self.config
        };
        config.sizing(plan, items)
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        self.config.check()?;
        let span = tracing::debug_span!(
            "drive",
            plan = feed.plan().name(),
            items = feed.items_left()
        );
        let _entered = span.enter();
        self.workers.drive(feed)
    }

    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        self.config.check()?;
        let feed = run.as_feed(self.sizing(run.plan(), 1));
        self.workers.drive(&feed)?;
        run.take_from(&feed)?;
        Ok(())
    }

    fn assist(&self, feed: &Arc<Feed>) -> Assist {
        // An error is told when the feed is driven.
        match self.config.check().and_then(|()| self.workers.assist(feed)) {
            Ok(()) => Assist::Background,
            Err(_) => Assist::None,
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
