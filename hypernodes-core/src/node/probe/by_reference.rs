//! Parameters taken by reference.

use std::borrow::Borrow;
use std::marker::PhantomData;

use super::facts::Probe;
use crate::node::call::Args;
use crate::node::signature::{DefaultValue, InputPort, Name, Passing};
use crate::value::{Lane, PortFacts, PortType, PortValue};

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
    /// Asks what else is known of the type.
    fn probe(self) -> Probe<Self::Stored> {
        Probe::NEW
    }
    fn input(
        self,
        name: &'static str,
        default: Option<DefaultValue>,
        facts: PortFacts,
    ) -> InputPort {
        InputPort {
            name: Name::Borrowed(name),
            port: self.port(),
            facts,
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
