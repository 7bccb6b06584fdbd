//! One node, called once, in a process of its own.

use std::time::Duration;

use hypernodes_core::{Error, Inputs, IntoNode, NodeRef, Outputs, Pipeline};

use super::Process;
use crate::config::ProcessConfig;

/// A node that will be called in a process of its own: [`isolated`] makes it.
#[derive(Clone, Debug)]
#[must_use = "nothing is called before `run`"]
pub struct Isolated {
    node: NodeRef,
    timeout: Option<Duration>,
    config: ProcessConfig,
}

/// Calls one node in a worker process of its own: it may crash, leak or hang without harm.
///
/// The node is a function with `#[node]` (or a whole pipeline, with `as_node()`), and the program has called
/// [`init`](super::init). Its result may have any size. What goes wrong is told apart by
/// [`RunError`](hypernodes_core::RunError): the node has failed, has crashed (with the signal or the exit code), or has
/// taken too long; then the process is killed, with all that it has started.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// use hypernodes_engines::process::{init, isolated};
/// #[node]
/// fn total(values: &[f64]) -> f64 { values.iter().sum() }
/// #[node]
/// fn crash(x: f64) -> f64 { std::process::exit(x as i32) }
///
/// init();
/// let out = isolated(total::node()).run(inputs! { values: [1.0, 2.5] })?;
/// assert_eq!(*out.get::<f64>("total")?, 3.5);
/// let error = isolated(crash::node()).run(inputs! { x: 3.0 }).unwrap_err();
/// assert_eq!(error.to_string(), "exited with code 3 while running node `crash`");
/// # use hypernodes::NodeType;
/// # Ok::<(), hypernodes::Error>(())
/// ```
pub fn isolated(node: impl IntoNode) -> Isolated {
    Isolated {
        node: node.into_node(),
        timeout: None,
        config: ProcessConfig {
            workers: 1,
            confirmations: 1,
            ..ProcessConfig::default()
        },
    }
}

impl Isolated {
    /// How long the call may take. Then the process is killed.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self {
            timeout: Some(timeout),
            ..self
        }
    }

    /// How many bytes the call may allocate. One that needs more fails.
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.config.worker_memory = Some(bytes);
        self
    }

    /// How many bytes the results may have on their way back, all together. By default any number.
    pub fn result_limit(mut self, bytes: u64) -> Self {
        self.config.result_limit = Some(bytes);
        self
    }

    /// Calls the node.
    ///
    /// # Errors
    /// As [`Pipeline::run`], and what keeps a process from being started.
    pub fn run(&self, inputs: Inputs) -> Result<Outputs, Error> {
        let name = self.node.signature().name.to_string();
        let mut pipeline = Pipeline::new(name, vec![self.node.clone()])?
            .with_engine(Process::from_config(self.config)?);
        if let Some(timeout) = self.timeout {
            pipeline = pipeline.with_item_timeout(timeout);
        }
        pipeline.run(inputs)
    }
}
