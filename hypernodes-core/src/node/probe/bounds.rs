//! What the types of a node must be.
//!
//! Generated code puts these bounds on its `impl`s: where one does not hold, the compiler says so there, with our words,
//! and takes it for granted inside, so that nothing else is reported.

use crate::error::BoxError;
use crate::node::call::OutputTuple;
use crate::value::PortValue;

/// What can be lent to a node.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel through a pipeline",
    label = "a port's type must be `Send + Sync + 'static`",
    note = "share it through `Arc<Mutex<_>>`, or keep it inside the node"
)]
pub trait RefPort: Send + Sync + 'static {}
impl<U: Send + Sync + 'static + ?Sized> RefPort for U {}

/// What a node can keep between calls.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the state of a node",
    label = "state moves from thread to thread, so it must be `Send + 'static`"
)]
pub trait State: Send + 'static {}
impl<S: Send + 'static> State for S {}

/// What several async calls can share.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the state of an async node",
    label = "several calls share the state, so it must be `Send + Sync + 'static`"
)]
pub trait SharedState: Send + Sync + 'static {}
impl<S: Send + Sync + 'static> SharedState for S {}

/// A `Result` whose error can be told.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `Result`",
    label = "a node with `fallible`, or one that returns a type named `Result`, returns a `std::result::Result`"
)]
pub trait AnyResult {
    type Value;
    type Error: Into<BoxError>;
    fn into_std(self) -> Result<Self::Value, Self::Error>;
}
impl<T, E: Into<BoxError>> AnyResult for Result<T, E> {
    type Value = T;
    type Error = E;
    #[inline(always)]
    fn into_std(self) -> Self {
        self
    }
}

/// What a fallible node with one output returns.
pub trait FalliblePort: AnyResult<Value: PortValue> {}
impl<R: AnyResult<Value: PortValue>> FalliblePort for R {}

/// What a fallible node with several outputs returns.
pub trait FallibleTuple: AnyResult<Value: OutputTuple> {}
impl<R: AnyResult<Value: OutputTuple>> FallibleTuple for R {}
