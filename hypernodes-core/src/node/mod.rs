//! Nodes: what a pipeline is made of.
//!
//! A node author writes one function and `#[node]`; everything here is what the macro makes of it. Wiring, order and
//! execution do not belong here.

mod call;
#[cfg(feature = "async")]
mod call_async;
mod error_codec;
mod function;
mod handle;
pub(crate) mod probe;
mod signature;
mod state;

pub(crate) use call::{ArgList, ColumnList, RowLimits};
pub use call::{Args, Call, OutputTuple, RowFailure};
pub use error_codec::ErrorCodec;
pub use function::FnNode;
pub use handle::{IntoNode, NodeRef, NodeType};
pub use signature::{DefaultValue, InputPort, Name, NodeOptions, OutputPort, Passing, Signature};
pub use state::{StateGuard, StateLease, StatePool};

use std::any::Any;
use std::sync::Arc;

use crate::graph::NestedInfo;

/// A unit of work with named, typed inputs and outputs, executed for a whole chunk of rows at once.
///
/// Implemented by what `#[node]` and [`node_fn!`](crate::node_fn) generate and by nested pipelines.
pub trait Node: Any + Send + Sync {
    /// Names, types and options.
    fn signature(&self) -> &Signature;

    /// Computes every row of the chunk.
    ///
    /// Reads the arguments with [`Call::take_args`] and gives one column per output, each holding the rows that did
    /// not fail; failures are told by row. Never panics for a failing row.
    fn call(&self, call: &mut Call<'_>);

    /// Computes every row of the chunk, several at a time. `None` for nodes that are not async (the default).
    #[cfg(feature = "async")]
    fn call_async<'a>(&'a self, call: &'a mut Call<'_>) -> Option<crate::BoxFuture<'a, ()>> {
        let _ = call;
        None
    }

    /// A version of this node that computes only the wanted outputs (the others are given as empty columns).
    /// `None`: there is none (the default).
    fn specialise(&self, wanted: &[bool]) -> Option<Arc<dyn Node>> {
        let _ = wanted;
        None
    }

    /// What is inside, for nested pipelines. `None`: a plain function (the default).
    fn nested(&self) -> Option<NestedInfo<'_>> {
        None
    }
}
