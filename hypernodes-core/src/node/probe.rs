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

use std::borrow::Borrow;
use std::marker::PhantomData;

use super::call::{Args, Call, OutputTuple};
#[cfg(feature = "async")]
pub use super::call_async::AsyncLimit;
use super::signature::{DefaultValue, InputPort, Name, NodeOptions, OutputPort, Passing};
use crate::config::Workload;
use crate::error::BoxError;
use crate::value::{Lane, PortType, PortValue, Values};

// ---- parameters taken by reference

/// Asks how a `&U` parameter is stored: as `U`, or through `ToOwned` where `U` is unsized.
pub struct RefProbe<U: ?Sized>(PhantomData<fn(&U)>);

impl<U: ?Sized> RefProbe<U> {
    pub const NEW: Self = Self(PhantomData);
}
impl<U: ?Sized> Clone for RefProbe<U> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<U: ?Sized> Copy for RefProbe<U> {}

/// A sized type is stored as itself (the preferred answer).
pub trait RefAsSelf<U> {
    fn strategy(self) -> AsSelf<U>;
}
impl<U: PortValue> RefAsSelf<U> for &RefProbe<U> {
    fn strategy(self) -> AsSelf<U> {
        AsSelf(PhantomData)
    }
}

/// An unsized type is stored as what `ToOwned` makes of it.
pub trait RefAsOwned<U: ?Sized> {
    fn strategy(self) -> AsOwned<U>;
}
impl<U: ToOwned + ?Sized> RefAsOwned<U> for RefProbe<U>
where
    U::Owned: PortValue,
{
    fn strategy(self) -> AsOwned<U> {
        AsOwned(PhantomData)
    }
}

pub struct AsSelf<U>(PhantomData<fn(&U)>);
impl<U> Clone for AsSelf<U> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<U> Copy for AsSelf<U> {}

pub struct AsOwned<U: ?Sized>(PhantomData<fn(&U)>);
impl<U: ?Sized> Clone for AsOwned<U> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<U: ?Sized> Copy for AsOwned<U> {}

/// A parameter taken by reference.
pub trait RefParam: Copy {
    type Stored: PortValue;
    type View: ?Sized;

    fn view(self, stored: &Self::Stored) -> &Self::View;

    fn port(self) -> PortType {
        PortType::of::<Self::Stored>()
    }
    fn passing(self) -> Passing {
        Passing::Ref
    }
    fn input(self, name: &'static str, default: Option<DefaultValue>) -> InputPort {
        InputPort {
            name: Name::Borrowed(name),
            port: self.port(),
            passing: self.passing(),
            default,
        }
    }
    fn lane(self, args: &Args, index: usize, rows: usize) -> Lane<'_, Self::Stored> {
        args.at(index).lane(rows)
    }
}
impl<U: PortValue> RefParam for AsSelf<U> {
    type Stored = U;
    type View = U;
    #[inline(always)]
    fn view(self, stored: &U) -> &U {
        stored
    }
}
impl<U: ToOwned + ?Sized> RefParam for AsOwned<U>
where
    U::Owned: PortValue,
{
    type Stored = U::Owned;
    type View = U;
    #[inline(always)]
    fn view(self, stored: &U::Owned) -> &U {
        stored.borrow()
    }
}

impl<U: PortValue> AsSelf<U> {
    /// A default for a `&U` parameter is a `U`.
    pub fn default_value(self, value: U) -> U {
        value
    }
}
impl<U: ToOwned + ?Sized> AsOwned<U>
where
    U::Owned: PortValue,
{
    /// A default for a `&str` parameter is a `&str`.
    pub fn default_value(self, value: &U) -> U::Owned {
        value.to_owned()
    }
}

// ---- parameters taken by value

/// Asks whether a by-value parameter can be cloned.
pub struct ValueProbe<T>(PhantomData<fn(T)>);

impl<T> ValueProbe<T> {
    pub const NEW: Self = Self(PhantomData);
}
impl<T> Clone for ValueProbe<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for ValueProbe<T> {}

/// A type that can be cloned (the preferred answer).
pub trait ValueCloned<T> {
    fn strategy(self) -> Cloned<T>;
}
impl<T: Clone + PortValue> ValueCloned<T> for &ValueProbe<T> {
    fn strategy(self) -> Cloned<T> {
        Cloned(PhantomData)
    }
}

/// A type that can only be moved.
pub trait ValueMoved<T> {
    fn strategy(self) -> Moved<T>;
}
impl<T: PortValue> ValueMoved<T> for ValueProbe<T> {
    fn strategy(self) -> Moved<T> {
        Moved(PhantomData)
    }
}

pub struct Cloned<T>(PhantomData<fn(T)>);
impl<T> Clone for Cloned<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Cloned<T> {}

pub struct Moved<T>(PhantomData<fn(T)>);
impl<T> Clone for Moved<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Moved<T> {}

/// A parameter taken by value.
pub trait ValueParam: Copy {
    type Stored: PortValue;
    const CLONES: bool;

    fn duplicate(self, value: &Self::Stored) -> Self::Stored;

    fn port(self) -> PortType {
        PortType::of::<Self::Stored>()
    }
    fn passing(self) -> Passing {
        if Self::CLONES {
            Passing::Clone
        } else {
            Passing::Move
        }
    }
    fn input(self, name: &'static str, default: Option<DefaultValue>) -> InputPort {
        InputPort {
            name: Name::Borrowed(name),
            port: self.port(),
            passing: self.passing(),
            default,
        }
    }
    fn values(self, args: &mut Args, index: usize, rows: usize) -> Values<Self::Stored> {
        args.take(index).into_values(rows, Self::CLONES)
    }
}
impl<T: Clone + PortValue> ValueParam for Cloned<T> {
    type Stored = T;
    const CLONES: bool = true;
    #[inline(always)]
    fn duplicate(self, value: &T) -> T {
        value.clone()
    }
}
impl<T: PortValue> ValueParam for Moved<T> {
    type Stored = T;
    const CLONES: bool = false;
    fn duplicate(self, _: &T) -> T {
        unreachable!("a value that cannot be cloned has one use only, checked at build")
    }
}

/// The values of a by-value argument, one row after the other.
pub enum ValueLane<'a, T> {
    /// The values, and how many rows were passed.
    Moved(&'a mut std::vec::IntoIter<T>, usize),
    Shared(Lane<'a, T>),
}

impl<T: PortValue> Values<T> {
    /// Opens the values for a loop over rows.
    pub fn open(&mut self, rows: usize) -> ValueLane<'_, T> {
        match self {
            Self::Moved(values) => ValueLane::Moved(values, 0),
            Self::Shared(arg) => ValueLane::Shared(arg.lane(rows)),
        }
    }
}

impl<T: PortValue> ValueLane<'_, T> {
    #[inline]
    pub fn is_dense(&self) -> bool {
        matches!(self, Self::Shared(Lane::Dense(_)))
    }
    #[inline]
    pub fn is_flat(&self) -> bool {
        matches!(self, Self::Shared(lane) if lane.is_flat())
    }
    #[inline]
    pub fn dense(&self) -> &[T] {
        match self {
            Self::Shared(lane) => lane.dense(),
            Self::Moved(..) => &[],
        }
    }
    #[inline]
    pub fn masked(&self) -> (&[T], usize) {
        match self {
            Self::Shared(lane) => lane.masked(),
            Self::Moved(..) => (&[], 0),
        }
    }
    /// The value of a row. Rows are asked for in order, each at most once: one that panicked before it came to this
    /// argument is passed over.
    #[inline]
    pub fn next(&mut self, row: usize, strategy: impl ValueParam<Stored = T>) -> T {
        match self {
            Self::Moved(values, passed) => {
                let skip = row - *passed;
                *passed = row + 1;
                values.nth(skip).expect("one value per row")
            }
            Self::Shared(lane) => strategy.duplicate(lane.at(row)),
        }
    }
}

// ---- results

/// Asks whether a result is a `Result`.
pub struct ResultProbe<R>(PhantomData<fn() -> R>);

impl<R> ResultProbe<R> {
    pub const NEW: Self = Self(PhantomData);
    /// Asks of what a closure returns; it is never called.
    pub fn of(_: &impl FnOnce() -> R) -> Self {
        Self(PhantomData)
    }
    /// Asks of what the future returns that a closure returns; neither is ever run.
    pub fn of_future<F: Future<Output = R>>(_: &impl FnOnce() -> F) -> Self {
        Self(PhantomData)
    }
}
impl<R> Clone for ResultProbe<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for ResultProbe<R> {}

/// A `Result` (the preferred answer).
pub trait ResultFallible<R> {
    fn strategy(self) -> Fallible<R>;
}
impl<T, E> ResultFallible<Result<T, E>> for &ResultProbe<Result<T, E>> {
    fn strategy(self) -> Fallible<Result<T, E>> {
        Fallible(PhantomData)
    }
}

/// Anything else.
pub trait ResultPlain<T> {
    fn strategy(self) -> Plain<T>;
}
impl<T> ResultPlain<T> for ResultProbe<T> {
    fn strategy(self) -> Plain<T> {
        Plain(PhantomData)
    }
}

/// The answer for a type that is written as a `Result`.
#[must_use]
pub fn fallible<R>() -> Fallible<R> {
    Fallible(PhantomData)
}

/// The answer for a type that is written as anything else.
#[must_use]
pub fn plain<T>() -> Plain<T> {
    Plain(PhantomData)
}

pub struct Fallible<R>(PhantomData<fn() -> R>);
impl<R> Clone for Fallible<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Fallible<R> {}

pub struct Plain<T>(PhantomData<fn() -> T>);
impl<T> Clone for Plain<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Plain<T> {}

/// Whether a type is a `Result`, as a constant: `<IsResult<R>>::YES`. The inherent constant wins where it exists.
pub struct IsResult<R>(PhantomData<fn() -> R>);
impl<T, E> IsResult<Result<T, E>> {
    pub const YES: bool = true;
}
/// The answer for everything else.
pub trait IsNoResult {
    const YES: bool = false;
}
impl<R> IsNoResult for IsResult<R> {}

/// What a node returns: fallible or not, one value or a tuple.
pub trait ReturnKind: Copy {
    type Returned;
    type Value;

    /// Computes rows by number.
    fn emit(self, call: &mut Call<'_>, row: impl FnMut(usize) -> Self::Returned)
    where
        Self::Value: PortValue;
    fn emit_tuple(self, call: &mut Call<'_>, row: impl FnMut(usize) -> Self::Returned)
    where
        Self::Value: OutputTuple;
    /// Computes rows with an iterator that starts at a row: one over slices checks no bounds, so its loop vectorises.
    fn emit_dense<I: Iterator<Item = Self::Returned>>(
        self,
        call: &mut Call<'_>,
        rows: impl FnMut(usize) -> I,
    ) where
        Self::Value: PortValue;
    fn emit_dense_tuple<I: Iterator<Item = Self::Returned>>(
        self,
        call: &mut Call<'_>,
        rows: impl FnMut(usize) -> I,
    ) where
        Self::Value: OutputTuple;
    /// Computes rows as futures, several at a time; says whether one panicked.
    #[cfg(feature = "async")]
    fn emit_async<F: Future<Output = Self::Returned> + Send>(
        self,
        call: &mut Call<'_>,
        limit: &AsyncLimit,
        row: impl FnMut(usize) -> F + Send,
    ) -> impl Future<Output = bool> + Send
    where
        Self::Value: PortValue;
    #[cfg(feature = "async")]
    fn emit_async_tuple<F: Future<Output = Self::Returned> + Send>(
        self,
        call: &mut Call<'_>,
        limit: &AsyncLimit,
        row: impl FnMut(usize) -> F + Send,
    ) -> impl Future<Output = bool> + Send
    where
        Self::Value: OutputTuple;
    fn port(self) -> PortType
    where
        Self::Value: PortValue,
    {
        PortType::of::<Self::Value>()
    }
    fn ports(self) -> Vec<PortType>
    where
        Self::Value: OutputTuple,
    {
        Self::Value::ports()
    }
    fn output(self, name: impl Into<Name>) -> Vec<OutputPort>
    where
        Self::Value: PortValue,
    {
        vec![OutputPort {
            name: name.into(),
            port: self.port(),
        }]
    }
    fn outputs(self, names: <Self::Value as OutputTuple>::Names) -> Vec<OutputPort>
    where
        Self::Value: OutputTuple,
    {
        let names = names.into_iter().map(Name::Borrowed);
        names
            .zip(self.ports())
            .map(|(name, port)| OutputPort { name, port })
            .collect()
    }
    /// Brings a returned value into the form of a `Result`.
    fn into_result(self, returned: Self::Returned) -> Result<Self::Value, BoxError>;
}

impl<R: AnyResult> ReturnKind for Fallible<R> {
    type Returned = R;
    type Value = R::Value;
    #[inline(always)]
    fn emit(self, call: &mut Call<'_>, mut row: impl FnMut(usize) -> R)
    where
        R::Value: PortValue,
    {
        call.emit_fallible(|i| row(i).into_std());
    }
    #[inline(always)]
    fn emit_tuple(self, call: &mut Call<'_>, mut row: impl FnMut(usize) -> R)
    where
        R::Value: OutputTuple,
    {
        call.emit_tuple_fallible(|i| row(i).into_std());
    }
    #[inline(always)]
    fn emit_dense<I: Iterator<Item = R>>(
        self,
        call: &mut Call<'_>,
        mut rows: impl FnMut(usize) -> I,
    ) where
        R::Value: PortValue,
    {
        call.emit_dense_fallible(|from| rows(from).map(R::into_std));
    }
    #[inline(always)]
    fn emit_dense_tuple<I: Iterator<Item = R>>(
        self,
        call: &mut Call<'_>,
        mut rows: impl FnMut(usize) -> I,
    ) where
        R::Value: OutputTuple,
    {
        call.emit_dense_tuple_fallible(|from| rows(from).map(R::into_std));
    }
    #[cfg(feature = "async")]
    fn emit_async<F: Future<Output = R> + Send>(
        self,
        call: &mut Call<'_>,
        limit: &AsyncLimit,
        mut row: impl FnMut(usize) -> F + Send,
    ) -> impl Future<Output = bool> + Send
    where
        R::Value: PortValue,
    {
        call.emit_async(limit, move |i| {
            let future = row(i);
            async move { future.await.into_std().map_err(Into::into) }
        })
    }
    #[cfg(feature = "async")]
    fn emit_async_tuple<F: Future<Output = R> + Send>(
        self,
        call: &mut Call<'_>,
        limit: &AsyncLimit,
        mut row: impl FnMut(usize) -> F + Send,
    ) -> impl Future<Output = bool> + Send
    where
        R::Value: OutputTuple,
    {
        call.emit_async_tuple(limit, move |i| {
            let future = row(i);
            async move { future.await.into_std().map_err(Into::into) }
        })
    }
    fn into_result(self, returned: R) -> Result<R::Value, BoxError> {
        returned.into_std().map_err(Into::into)
    }
}

impl<T> ReturnKind for Plain<T> {
    type Returned = T;
    type Value = T;
    #[inline(always)]
    fn emit(self, call: &mut Call<'_>, row: impl FnMut(usize) -> T)
    where
        T: PortValue,
    {
        call.emit(row);
    }
    #[inline(always)]
    fn emit_tuple(self, call: &mut Call<'_>, row: impl FnMut(usize) -> T)
    where
        T: OutputTuple,
    {
        call.emit_tuple(row);
    }
    #[inline(always)]
    fn emit_dense<I: Iterator<Item = T>>(self, call: &mut Call<'_>, rows: impl FnMut(usize) -> I)
    where
        T: PortValue,
    {
        call.emit_dense(rows);
    }
    #[inline(always)]
    fn emit_dense_tuple<I: Iterator<Item = T>>(
        self,
        call: &mut Call<'_>,
        rows: impl FnMut(usize) -> I,
    ) where
        T: OutputTuple,
    {
        call.emit_dense_tuple(rows);
    }
    #[cfg(feature = "async")]
    fn emit_async<F: Future<Output = T> + Send>(
        self,
        call: &mut Call<'_>,
        limit: &AsyncLimit,
        mut row: impl FnMut(usize) -> F + Send,
    ) -> impl Future<Output = bool> + Send
    where
        T: PortValue,
    {
        call.emit_async(limit, move |i| {
            let future = row(i);
            async move { Ok(future.await) }
        })
    }
    #[cfg(feature = "async")]
    fn emit_async_tuple<F: Future<Output = T> + Send>(
        self,
        call: &mut Call<'_>,
        limit: &AsyncLimit,
        mut row: impl FnMut(usize) -> F + Send,
    ) -> impl Future<Output = bool> + Send
    where
        T: OutputTuple,
    {
        call.emit_async_tuple(limit, move |i| {
            let future = row(i);
            async move { Ok(future.await) }
        })
    }
    fn into_result(self, returned: T) -> Result<T, BoxError> {
        Ok(returned)
    }
}

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
    }
}

// ---- what the types of a node must be
//
// Generated code puts these bounds on its `impl`s: where one does not hold, the compiler says so there, with our words,
// and takes it for granted inside, so that nothing else is reported.

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

/// Stands for an argument in a call that is written down to learn its type, and never made.
pub fn never<T>() -> T {
    unreachable!("only the type of this call is used")
}
