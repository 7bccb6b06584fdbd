//! What a node returns: a value or a `Result`, one output or several.

use std::marker::PhantomData;

use super::bounds::AnyResult;
use super::facts::{Probe, TupleProbe};
use crate::error::BoxError;
use crate::node::call::{Call, OutputTuple};
#[cfg(feature = "async")]
use crate::node::call_async::AsyncLimit;
use crate::node::signature::{Name, OutputPort};
use crate::value::{PortFacts, PortType, PortValue};

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
    type Error;

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
    /// Asks what else is known of the one value.
    fn probe(self) -> Probe<Self::Value> {
        Probe::NEW
    }
    /// Asks what else is known of the error.
    fn probe_error(self) -> Probe<Self::Error> {
        Probe::NEW
    }
    /// Asks what else is known of a value of the tuple.
    fn probe_at<const I: usize>(self) -> TupleProbe<Self::Value, I> {
        TupleProbe::NEW
    }
    fn output(self, name: impl Into<Name>, facts: PortFacts) -> Vec<OutputPort>
    where
        Self::Value: PortValue,
    {
        vec![OutputPort {
            name: name.into(),
            port: self.port(),
            facts,
        }]
    }
    fn outputs<const N: usize>(
        self,
        names: <Self::Value as OutputTuple>::Names,
        facts: [PortFacts; N],
    ) -> Vec<OutputPort>
    where
        Self::Value: OutputTuple,
    {
        let names = names.into_iter().map(Name::Borrowed);
        names
            .zip(self.ports())
            .zip(facts)
            .map(|((name, port), facts)| OutputPort { name, port, facts })
            .collect()
    }
    /// Brings a returned value into the form of a `Result`.
    fn into_result(self, returned: Self::Returned) -> Result<Self::Value, BoxError>;
}

impl<R: AnyResult> ReturnKind for Fallible<R> {
    type Returned = R;
    type Value = R::Value;
    type Error = R::Error;
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
    type Error = std::convert::Infallible;
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
