//! The contract of an engine: plain data and one trait.
//!
//! ```text
//! graph -> plan -> engine
//! ```
//! An engine only runs plans. Names, types, order, failures and results are not its business: [`Feed`] keeps them.

mod partition;
mod sequential;
mod sizing;

pub use partition::{PartitionRule, npartitions, split};
pub use sequential::Sequential;
pub use sizing::Sizing;

use std::fmt;
use std::sync::Arc;

use crate::error::EngineError;
use crate::plan::Plan;
use crate::run::{ChunkRun, Feed};

/// Runs plans.
///
/// The duty of each engine: outputs equal to [`Sequential`]'s bit for bit, nothing lost, nothing computed twice, no
/// global state, nested work inside its own budget of workers. Order, failures and policies are kept by the [`Feed`].
/// Prove it with `engine_conformance!`.
///
/// # Example
/// The smallest engine there is:
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use std::sync::Arc;
/// use hypernodes::{Capabilities, Engine, EngineError, Feed, Plan, Sizing};
///
/// #[derive(Debug, Default)]
/// struct Mine(Capabilities);
///
/// impl Engine for Mine {
///     fn name(&self) -> &str { "mine" }
///     fn capabilities(&self) -> &Capabilities { &self.0 }
///     fn sizing(&self, _: &Plan, _: usize) -> Sizing { Sizing::default() }
///     fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
///         while let Some(mut chunk) = feed.next() {
///             let outcome = feed.execute(&mut chunk);
///             feed.put(chunk, outcome);
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Engine: Send + Sync + fmt::Debug {
    /// The name, as settings and messages write it.
    fn name(&self) -> &str;

    /// What the engine can do; checked before a run.
    fn capabilities(&self) -> &Capabilities;

    /// How the items of a map are cut into chunks.
    fn sizing(&self, plan: &Plan, items: usize) -> Sizing;

    /// Computes every chunk of a map; returns when all are put back.
    ///
    /// Called for nested maps too, then on the thread that computes the outer item: it should pull chunks itself
    /// while others may join, so that no pool can run dry.
    ///
    /// # Errors
    /// What the engine itself could not do; a failing node is no error of the engine.
    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError>;

    /// Computes a single run. By default in order, on this thread; override it to overlap independent steps.
    ///
    /// # Errors
    /// What the engine itself could not do.
    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        run.run();
        Ok(())
    }

    /// Begins to compute, in the background, the chunks that a feed holds now, and says whether it did.
    ///
    /// `map_iter` calls it whenever it has filled the feed. By default an engine does not: chunks are then driven in
    /// batches.
    fn assist(&self, feed: &Arc<Feed>) -> Assist {
        let _ = feed;
        Assist::None
    }
}

/// How an engine helps with a feed that is consumed while it is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assist {
    /// Not at all; use [`Engine::drive`].
    None,
    /// In the background; the consumer only waits.
    Background,
    /// In the background, but the consumer must compute too: it stands on one of the engine's own threads.
    Shared,
}

/// What an engine can do besides running plain nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Nodes that are `async fn`.
    pub async_nodes: bool,
    /// Whether nodes run in other processes. Then a run is refused, before anything runs, when a node cannot be made
    /// there or a value cannot travel.
    pub leaves_process: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            async_nodes: true,
            leaves_process: false,
        }
    }
}
