//! What can go wrong when engines are compared.

use hypernodes_core::Error;

/// Why engines could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComparisonError {
    /// No output was named.
    #[error("no output to compare: name at least one with `output` or `output_by`")]
    NoOutput,
    /// There is no size, or one is 0.
    #[error("no sizes to measure: give at least one, each 1 or more")]
    NoSize,
    /// The pipeline fails on Sequential, so there is nothing to compare with.
    #[error("the pipeline fails on `sequential` with {items} items")]
    Reference {
        /// How many items there were.
        items: usize,
        /// The failure.
        #[source]
        source: Box<Error>,
    },
    /// An engine fails where Sequential does not.
    #[error("engine `{engine}` fails with {items} items, and `sequential` does not")]
    Failed {
        /// The engine.
        engine: String,
        /// How many items there were.
        items: usize,
        /// The failure.
        #[source]
        source: Box<Error>,
    },
    /// An engine gives something else than Sequential.
    #[error(
        "engine `{engine}` differs from `sequential` with {items} items: output `{output}`, item {item}; nothing was timed with so many items"
    )]
    Differs {
        /// The engine.
        engine: String,
        /// How many items there were.
        items: usize,
        /// The output.
        output: String,
        /// The first item that differs.
        item: usize,
    },
}
