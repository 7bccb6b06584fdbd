//! How generated code finds out, on stable Rust, what a type can do: method resolution prefers the more specific
//! implementation ("autoref specialisation"). It works for concrete types only, which is all that `#[node]` accepts.
//!
//! Each probe answers with a zero-sized strategy, so the answer costs nothing at run time.
#![expect(
    missing_docs,
    missing_debug_implementations,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "only named by expansions"
)]

mod bounds;
mod by_reference;
mod by_value;
mod facts;
mod results;

pub use bounds::*;
pub use by_reference::*;
pub use by_value::*;
pub use facts::*;
pub use results::*;

#[cfg(feature = "async")]
pub use super::call_async::AsyncLimit;
use super::signature::NodeOptions;
use crate::config::Workload;

/// The options of a node.
#[must_use]
pub fn options(
    version: u32,
    workload: Option<Workload>,
    is_async: bool,
    concurrency: Option<usize>,
    path: &'static str,
    tokens: u64,
) -> NodeOptions {
    NodeOptions {
        version,
        workload,
        is_async,
        concurrency,
        path,
        tokens,
        ..NodeOptions::default()
    }
}

/// Stands for an argument in a call that is written down to learn its type, and never made.
pub fn never<T>() -> T {
    unreachable!("only the type of this call is used")
}
