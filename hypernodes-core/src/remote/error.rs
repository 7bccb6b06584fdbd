//! What can be wrong with bytes that came from another process.

use crate::error::EngineError;
use crate::value::CodecError;

/// Why bytes of another process mean nothing here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The bytes are damaged, or were written by another version.
    #[error("the bytes of a {what} from another process are damaged: {reason}")]
    Damaged {
        /// What they should be: `plan`, `chunk`, `outcome`.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Values cannot be read.
    #[error("{what} cannot be read")]
    Values {
        /// What: ``output `y` ``.
        what: String,
        /// Why not.
        source: CodecError,
    },
    /// Something panicked in the worker, outside of every node.
    #[error("a worker panicked outside of a node: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The worker could not use what it was sent.
    #[error("a worker refused what it was sent: {reason}")]
    Refused {
        /// What it said.
        reason: String,
    },
}

impl RemoteError {
    /// The same as an error of an engine: the whole run is given up for it.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::remote::RemoteError;
    /// let error = RemoteError::Panicked { message: "out of luck".into() }.into_engine_error("process");
    /// assert_eq!(error.to_string(), "engine `process` panicked outside of a node: out of luck");
    /// ```
    #[must_use]
    pub fn into_engine_error(self, engine: &str) -> EngineError {
        let engine = engine.to_owned();
        match self {
            Self::Panicked { message } => EngineError::Panicked { engine, message },
            other => EngineError::Failed {
                engine,
                reason: other.in_full(),
            },
        }
    }

    /// The text, with all that it was caused by.
    pub(crate) fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            text.push_str(&format!(": {error}"));
            source = error.source();
        }
        text
    }

    pub(crate) fn damaged(what: &'static str, reason: impl Into<String>) -> Self {
        Self::Damaged {
            what,
            reason: reason.into(),
        }
    }
}
