//! What is known of the type of a port besides its identity: whether its values can leave the process, and be shown.

use std::error::Error;
use std::fmt::Debug;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::node::ErrorCodec;
use crate::value::{Codec, PortFacts, PortValue, Show};

/// Asks what a type can do besides travelling through a pipeline.
pub struct Probe<T>(PhantomData<fn(T)>);

impl<T> Probe<T> {
    pub const NEW: Self = Self(PhantomData);
}

/// A reference cannot be read back, whatever serde says of it for some lifetimes (the preferred answer).
pub trait CodecOfReference {
    fn codec(&self) -> Option<Codec> {
        None
    }
}
impl<U: ?Sized> CodecOfReference for &&Probe<&'static U> {}

/// A type with both traits of serde.
pub trait CodecOfSerde {
    fn codec(&self) -> Option<Codec>;
}
impl<T: Serialize + DeserializeOwned + PortValue> CodecOfSerde for &Probe<T> {
    fn codec(&self) -> Option<Codec> {
        Some(Codec::of::<T>())
    }
}

/// Anything else.
pub trait CodecOfNothing {
    fn codec(&self) -> Option<Codec> {
        None
    }
}
impl<T> CodecOfNothing for Probe<T> {}

/// A type with `Debug` (the preferred answer).
pub trait ShowByDebug {
    fn show(&self) -> Option<Show>;
}
impl<T: Debug + PortValue> ShowByDebug for &Probe<T> {
    fn show(&self) -> Option<Show> {
        Some(Show::of::<T>())
    }
}

/// Anything else.
pub trait ShowNothing {
    fn show(&self) -> Option<Show> {
        None
    }
}
impl<T> ShowNothing for Probe<T> {}

/// An error that can leave the process as itself (the preferred answer).
pub trait ErrorOfSerde {
    fn error(&self) -> Option<ErrorCodec>;
}
impl<E: Error + Send + Sync + Serialize + DeserializeOwned + 'static> ErrorOfSerde for &Probe<E> {
    fn error(&self) -> Option<ErrorCodec> {
        Some(ErrorCodec::of::<E>())
    }
}

/// Any other error.
pub trait ErrorOfText {
    fn error(&self) -> Option<ErrorCodec> {
        None
    }
}
impl<E> ErrorOfText for Probe<E> {}

/// What generated code found out.
#[must_use]
pub fn facts(codec: Option<Codec>, show: Option<Show>) -> PortFacts {
    PortFacts { codec, show }
}

/// The type of one value of a tuple.
pub trait TupleAt<const I: usize> {
    type Item;
}

/// Asks for the probe of one value of a tuple.
pub struct TupleProbe<T, const I: usize>(PhantomData<fn(T)>);

impl<T, const I: usize> TupleProbe<T, I> {
    pub const NEW: Self = Self(PhantomData);
}

/// A tuple that is long enough (the preferred answer).
pub trait ItemOfTuple<U> {
    fn item(&self) -> Probe<U>;
}
impl<T: TupleAt<I>, const I: usize> ItemOfTuple<T::Item> for &TupleProbe<T, I> {
    fn item(&self) -> Probe<T::Item> {
        Probe::NEW
    }
}

/// Anything else: that it is no such tuple is told elsewhere, once.
pub trait ItemOfNothing {
    fn item(&self) -> Probe<()> {
        Probe::NEW
    }
}
impl<T, const I: usize> ItemOfNothing for TupleProbe<T, I> {}
