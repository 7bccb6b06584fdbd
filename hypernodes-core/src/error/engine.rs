//! What an engine could not do; a failing node is no such thing.

use super::LeavingProblem;

/// What an engine could not do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The engine cannot do what the pipeline or the run asks for.
    #[error("engine `{engine}` does not support {capability}{}", node.as_ref().map(|n| format!(" (node `{n}`)")).unwrap_or_default())]
    Unsupported {
        /// The engine.
        engine: String,
        /// What it cannot do.
        capability: String,
        /// The node that asks for it.
        node: Option<String>,
    },
    /// The engine runs nodes in other processes, and something of the pipeline cannot go there: every problem at once, of
    /// which the first twenty are printed.
    #[error(
        "engine `{engine}` cannot take pipeline `{pipeline}` out of this process{}",
        LeavingProblem::list(problems)
    )]
    StaysHere {
        /// The engine.
        engine: String,
        /// The pipeline.
        pipeline: String,
        /// What cannot go.
        problems: Vec<LeavingProblem>,
    },
    /// The engine cannot be used here.
    #[error("engine `{engine}` is not available: {reason}")]
    Unavailable {
        /// The engine.
        engine: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// The engine could not go on: no memory to hand values over, workers that end before they compute anything, results
    /// beyond their limit.
    #[error("engine `{engine}` failed: {reason}")]
    Failed {
        /// The engine.
        engine: String,
        /// Why, and what to do where that is known.
        reason: String,
    },
    /// A setting of the engine is out of range.
    #[error("engine `{engine}`: {problem}")]
    Config {
        /// The engine.
        engine: String,
        /// What is wrong, and what is right.
        problem: String,
    },
    /// Something panicked outside of every node: a defect of the engine, of this crate or of a destructor.
    #[error("engine `{engine}` panicked outside of a node: {message}")]
    Panicked {
        /// The engine.
        engine: String,
        /// What the panic said.
        message: String,
    },
    /// The engine returned before every chunk was done: a defect of the engine.
    #[error("engine `{engine}` stopped with {missing} of {items} items not delivered")]
    Incomplete {
        /// The engine.
        engine: String,
        /// How many items are missing.
        missing: usize,
        /// How many items there were.
        items: usize,
    },
}

impl EngineError {
    /// Whether the engine cannot do what was asked.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::EngineError;
    /// let error = EngineError::Unsupported { engine: "toy".into(), capability: "async nodes".into(), node: None };
    /// assert!(error.is_unsupported());
    /// assert_eq!(error.to_string(), "engine `toy` does not support async nodes");
    /// ```
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::Unsupported { .. } | Self::StaysHere { .. })
    }
}
