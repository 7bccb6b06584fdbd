//! What can be wrong with bytes that came from another process.

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
}
