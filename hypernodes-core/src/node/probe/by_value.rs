//! Parameters taken by value.

use std::marker::PhantomData;

use super::facts::Probe;
use crate::node::call::Args;
use crate::node::signature::{DefaultValue, InputPort, Name, Passing};
use crate::value::{Lane, PortFacts, PortType, PortValue, Values};

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
    /// Takes the values out of the arguments. `None`: plain data is not moved, and stays where it can be shown when a row
    /// fails.
    #[inline]
    fn values(self, args: &mut Args, index: usize, rows: usize) -> Option<Values<Self::Stored>> {
        let stays = Self::CLONES && !std::mem::needs_drop::<Self::Stored>();
        (!stays).then(|| args.take(index).into_values(rows, Self::CLONES))
    }
    /// Opens the values for a loop over rows.
    #[inline]
    fn open<'a>(
        self,
        values: &'a mut Option<Values<Self::Stored>>,
        args: &'a Args,
        index: usize,
        rows: usize,
    ) -> ValueLane<'a, Self::Stored> {
        match values {
            Some(Values::Moved(values)) => ValueLane::Moved(values, 0),
            Some(Values::Shared(arg)) => ValueLane::Shared(arg.lane(rows)),
            None => ValueLane::Shared(args.at(index).lane(rows)),
        }
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
