//! The engine for most work: threads of its own, one pool for computing and a wider one for waiting.
//!
//! | file | job |
//! |---|---|
//! | `pool` | the two rayon pools |
//! | `place` | what a thread knows of itself |
//! | `board` | what there is to compute, and the loop of the threads that do |
//! | `drive` | maps: who computes, how the caller waits |
//! | `ready` | single runs: steps as they become ready |
//!
//! Chunk sizes, order, failures and results are the core's. `README.md` tells how the parts work together.

mod board;
mod drive;
mod place;
mod pool;
mod ready;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hypernodes_core::{
    Assist, Capabilities, ChunkRun, Engine, EngineError, Feed, Plan, Sizing, Workload, npartitions,
};

use crate::config::ThreadedConfig;
use crate::explain::Explanation;
use board::Board;
use pool::Kind;

/// The name, as settings and messages write it.
pub(crate) const NAME: &str = "threaded";

/// How long a chunk should take.
const TARGET: Duration = Duration::from_micros(100);

/// Runs maps on threads of its own, and independent steps of a run side by side.
///
/// A clone is a handle on the same threads, which start when they are first needed and end with the last handle. Nodes
/// may use rayon (they get the threads of this engine), block, hold locks meanwhile, and run pipelines themselves, on
/// this engine too: all of that shares the one budget of threads.
///
/// | setting | default | |
/// |---|---|---|
/// | [`workers`](Self::workers) | the CPUs that this process may use, cgroup limits included | threads for computing; four times as many for waiting |
/// | [`workload`](Self::workload) | [`Workload::Mixed`] | which of them a map uses, and how many partitions it starts with |
/// | [`npartitions`](Self::npartitions) | [the rule](hypernodes_core::npartitions), then chunks that take about 100 us | exactly this many chunks |
///
/// With `Io` a map runs on the threads for waiting, with `Cpu` on those for computing, with `Mixed` on those for
/// waiting if one of its nodes is async or marked `workload = "io"`.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// use hypernodes_engines::Threaded;
/// #[node(output = "square")]
/// fn square(x: f64) -> f64 { x * x }
///
/// let engine = Threaded::new().workers(2).workload(Workload::Cpu);
/// let p = Pipeline::new("squares", nodes![square])?.with_engine(engine);
/// let runs = p.map(inputs! { x: [1.0, 2.0, 3.0] }, MapOver::zip(["x"]))?;
/// assert_eq!(runs.column::<f64>("square")?, [1.0, 4.0, 9.0]);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[derive(Clone)]
pub struct Threaded {
    config: ThreadedConfig,
    capabilities: Capabilities,
    board: Arc<Board>,
}

impl Default for Threaded {
    fn default() -> Self {
        Self::new()
    }
}

impl Threaded {
    /// An engine with the default settings. No thread is started before the first map.
    #[must_use]
    pub fn new() -> Self {
        Self::with(ThreadedConfig::default())
    }

    fn with(config: ThreadedConfig) -> Self {
        let board = Board::new(config.resolved_workers());
        Self {
            config,
            capabilities: Capabilities::default(),
            board,
        }
    }

    /// An engine with these settings.
    ///
    /// # Errors
    /// A setting that is out of range; the message says what is in range.
    ///
    /// # Example
    /// ```
    /// use hypernodes_engines::{Threaded, ThreadedConfig};
    /// assert!(Threaded::from_config(ThreadedConfig { workers: 2, ..Default::default() }).is_ok());
    /// let error = Threaded::from_config(ThreadedConfig { npartitions: Some(0), ..Default::default() }).unwrap_err();
    /// assert_eq!(error.to_string(), "engine `threaded`: `npartitions` is 0; leave it out, or give 1 or more");
    /// ```
    pub fn from_config(config: ThreadedConfig) -> Result<Self, EngineError> {
        config.check()?;
        Ok(Self::with(config))
    }

    /// How many threads compute at the same time; 0 takes the CPUs that this process may use. A number that is out of
    /// range is told by the first run.
    ///
    /// The result is an engine of its own, as from the other settings: it shares no thread with the one before.
    #[must_use]
    pub fn workers(self, workers: usize) -> Self {
        Self::with(ThreadedConfig {
            workers,
            ..self.config
        })
    }

    /// What the items of maps mostly do.
    #[must_use]
    pub fn workload(self, workload: Workload) -> Self {
        Self::with(ThreadedConfig {
            workload,
            ..self.config
        })
    }

    /// Cuts every map into exactly this many chunks (or one per item, if there are fewer items), whose sizes differ by
    /// at most one.
    #[must_use]
    pub fn npartitions(self, npartitions: usize) -> Self {
        Self::with(ThreadedConfig {
            npartitions: Some(npartitions),
            ..self.config
        })
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &ThreadedConfig {
        &self.config
    }

    /// How a map of `items` items would be cut up, and on which threads it would run.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::prelude::*;
    /// use hypernodes_engines::Threaded;
    /// let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: f64| x + 1.0) }])?;
    /// let explanation = Threaded::new().workers(8).explain(p.plan(), 500);
    /// assert_eq!((explanation.partitions, explanation.workers), (16, 8));
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    #[must_use]
    pub fn explain(&self, plan: &Plan, items: usize) -> Explanation {
        let kind = self.kind(plan);
        let of = |kind: Kind| format!("{} {kind} threads", self.board.threads(kind));
        let threads = format!(
            "{} and {}; this map runs on the {kind} threads",
            of(Kind::Cpu),
            of(Kind::Io)
        );
        let sizing = self.sizing(plan, items);
        Explanation::new(
            NAME,
            threads,
            &sizing,
            plan,
            items,
            Some(self.config.workload),
        )
    }

    /// Which threads a plan runs on.
    fn kind(&self, plan: &Plan) -> Kind {
        match self.config.workload {
            Workload::Io => Kind::Io,
            Workload::Mixed if plan.has_workload(Workload::Io) || plan.has_async() => Kind::Io,
            Workload::Mixed | Workload::Cpu => Kind::Cpu,
        }
    }
}

impl Engine for Threaded {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, plan: &Plan, items: usize) -> Sizing {
        let workers = self.board.threads(self.kind(plan));
        let fixed = self.config.npartitions.filter(|&parts| parts > 0);
        Sizing {
            partitions: fixed.map_or_else(
                || npartitions(items, workers, self.config.workload),
                |n| n.min(items),
            ),
            fixed,
            workers,
            target: TARGET,
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        self.config.check()?;
        let kind = self.kind(feed.plan());
        let span = tracing::debug_span!(
            "drive",
            plan = feed.plan().name(),
            items = feed.items_left(),
            pool = kind.as_str()
        );
        let _entered = span.enter();
        drive::drive(&self.board, kind, feed)
    }

    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        self.config.check()?;
        ready::run(&self.board, self.kind(run.plan()), run)
    }

    fn assist(&self, feed: &Arc<Feed>) -> Assist {
        let assisted = self
            .config
            .check()
            .and_then(|()| drive::assist(&self.board, self.kind(feed.plan()), feed));
        // An error is told when the feed is driven.
        assisted.unwrap_or(Assist::None)
    }
}

impl fmt::Debug for Threaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threaded")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
