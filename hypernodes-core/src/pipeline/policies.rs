//! What is asked of the runs of a pipeline: who listens, when they end, what is tried again, kept, limited.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Pipeline;
use crate::cache::CacheStore;
use crate::error::{Error, RunError};
use crate::event::{Listener, Listening};
use crate::node::Passing;
use crate::plan::Plan;
use crate::policy::{CancelToken, Retry};
use crate::resource::MemoryLimits;
use crate::run::Policies;

/// Where a map keeps what is finished, so that it can go on after an interruption.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::{RunDir, prelude::*};
/// let folder = std::env::temp_dir().join(format!("hypernodes-doc-{}", std::process::id()));
/// // What is kept needs a codec: a closure has one when it says what it returns.
/// let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: f64| -> f64 { x + 1.0 }) }])?;
/// let first = p.with_run_dir(RunDir::new(&folder)).map(inputs! { x: [1.0, 2.0] }, ["x"])?;
/// // Everything is finished, so nothing is computed again.
/// let again = p.with_run_dir(RunDir::new(&folder).resume(true)).map(inputs! { x: [1.0, 2.0] }, ["x"])?;
/// assert_eq!(first.slice::<f64>("y")?, again.slice::<f64>("y")?);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RunDir {
    pub(crate) path: PathBuf,
    pub(crate) resume: bool,
    pub(crate) every: usize,
}

impl RunDir {
    /// A folder for a new run. It is made if it is not there; one that holds a run already is refused.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            resume: false,
            every: 1,
        }
    }

    /// Goes on with the run in the folder, if there is one: what is finished is not computed again. A pipeline or inputs
    /// that have changed are refused, with what differs. Items that failed are tried again.
    #[must_use]
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Writes whenever so many items are finished; each chunk as it ends by default. Fewer are lost when the process is
    /// killed, more cost less.
    #[must_use]
    pub fn checkpoint_every(mut self, items: usize) -> Self {
        self.every = items.max(1);
        self
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Pipeline {
    fn asked(&self, ask: impl FnOnce(&mut Policies)) -> Self {
        let mut policies = Policies::clone(&self.policies);
        ask(&mut policies);
        Self {
            policies: Arc::new(policies),
            ..self.clone()
        }
    }

    /// Tells a listener what happens in runs. May be called for several.
    #[must_use]
    pub fn with_listener(&self, listener: impl Listener) -> Self {
        self.with_listening(&Listening::new(listener))
    }

    /// As [`with_listener`](Self::with_listener), for one that hears other pipelines too.
    #[must_use]
    pub fn with_listening(&self, listening: &Arc<Listening>) -> Self {
        self.asked(|policies| policies.listeners.push(Arc::clone(listening)))
    }

    /// Ends runs when this token is cancelled. May be called for several tokens.
    ///
    /// A map then gives [`RunError::Cancelled`] with what was finished; chunks under way end at their next step.
    #[must_use]
    pub fn with_cancel(&self, token: &CancelToken) -> Self {
        self.asked(|policies| policies.cancel.push(token.clone()))
    }

    /// Tries failed rows again, in every node that has no `retry` of its own.
    #[must_use]
    pub fn with_retry(&self, retry: Retry) -> Self {
        self.asked(|policies| policies.retry = Some(retry))
    }

    /// How long the nodes may take for one item, all together.
    ///
    /// A thread cannot be stopped from outside: a sync node that takes longer fails when it returns, and should ask
    /// [`stop_requested`](crate::stop_requested) now and then. An async node is dropped at once.
    #[must_use]
    pub fn with_item_timeout(&self, limit: Duration) -> Self {
        self.asked(|policies| policies.item_timeout = Some(limit))
    }

    /// Keeps the outputs of nodes marked `cache`, and takes them from there.
    ///
    /// The key is made of the function (its path, tokens and `version`) and of the typed contents of its inputs. What the
    /// function calls is not seen: raise `version` when that changes.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
    /// use hypernodes::{MemoryCache, prelude::*};
    /// static CALLS: AtomicUsize = AtomicUsize::new(0);
    /// #[node(cache)]
    /// fn slow(x: u64) -> u64 { CALLS.fetch_add(1, Ordering::Relaxed); x * 2 }
    ///
    /// let p = Pipeline::new("p", nodes![slow])?.with_cache(Arc::new(MemoryCache::new(1 << 20)));
    /// for _ in 0..3 {
    ///     assert_eq!(p.map(inputs! { x: [1_u64, 2] }, ["x"])?.slice::<u64>("slow")?, [2, 4]);
    /// }
    /// assert_eq!(CALLS.load(Ordering::Relaxed), 2);
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    #[must_use]
    pub fn with_cache(&self, store: Arc<dyn CacheStore>) -> Self {
        self.asked(|policies| policies.cache = Some(store))
    }

    /// Keeps the inputs of nodes that fail, so that the failure can be [reproduced](crate::Failure::reproduce) and
    /// [saved](crate::Snapshot::save). Inputs need a codec: serde's `Serialize` and `Deserialize`.
    #[must_use]
    pub fn with_snapshots(&self) -> Self {
        self.asked(|policies| policies.snapshots = true)
    }

    /// How much memory the process may use while a map runs.
    ///
    /// Above the target an iteration takes no more items in than it needs; above `spill` finished columns go to disk
    /// (where their types have a codec); above `pause` no further chunk begins until those under way are done; above
    /// `terminate` the run ends with [`RunError::OutOfMemory`].
    #[must_use]
    pub fn with_memory_limits(&self, limits: MemoryLimits) -> Self {
        self.asked(|policies| policies.memory = Some(limits))
    }

    /// Keeps what is finished of a map in a folder, to go on after an interruption. Outputs and inputs need a codec.
    ///
    /// A single run has nothing to go on with: it pays no attention to the folder.
    #[must_use]
    pub fn with_run_dir(&self, folder: RunDir) -> Self {
        self.asked(|policies| policies.folder = Some(folder))
    }

    /// Whether every node can do what is asked of it.
    pub(super) fn check_policies(&self, plan: &Plan) -> Result<(), Error> {
        let asked = match (&self.policies.retry, self.policies.snapshots) {
            (Some(retry), _) if retry.attempts() > 1 => "retried",
            (_, true) => "reproduced",
            _ => return Ok(()),
        };
        check_moves(plan, "", asked)
    }
}

/// Nothing may be moved into a node that is called again.
fn check_moves(plan: &Plan, around: &str, asked: &'static str) -> Result<(), Error> {
    for step in &plan.steps {
        if let Some(nested) = step.node.nested() {
            check_moves(
                &nested.pipeline.plan,
                &format!("{around}{}/", step.name),
                asked,
            )?;
            continue;
        }
        let moved = |input: &&crate::InputPort| input.passing == Passing::Move;
        if let Some(input) = step.node.signature().inputs.iter().find(moved) {
            return Err(RunError::Policy {
                node: format!("{around}{}", step.name),
                asked,
                reason: format!(
                    "it takes `{}` by value, and `{}` cannot be cloned; take it by reference, or derive `Clone`",
                    input.name, input.port
                ),
            }
            .into());
        }
    }
    Ok(())
}
