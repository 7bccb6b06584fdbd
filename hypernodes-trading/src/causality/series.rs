//! Values with one element for each bar, cut to the first bars.

use std::fmt;

use hypernodes_core::{Inputs, Outputs};

use crate::atc::AtcOutput;
use crate::bars::Bars;
use crate::cut;

/// What has one element for each bar, and can be cut to the first of them.
pub trait PerBar: Sized {
    /// How many bars there are.
    fn bars(&self) -> usize;

    /// The first `bars` of them; all where there are fewer.
    #[must_use]
    fn first(&self, bars: usize) -> Self;
}

impl<T: Clone> PerBar for Vec<T> {
    fn bars(&self) -> usize {
        self.len()
    }

    fn first(&self, bars: usize) -> Self {
        self[..bars.min(self.len())].to_vec()
    }
}

impl PerBar for Bars {
    fn bars(&self) -> usize {
        self.len()
    }

    fn first(&self, bars: usize) -> Self {
        // What holds of all rows holds of some: it does not fail.
        cut::rows(self, 0..bars).unwrap_or_else(|_| self.clone())
    }
}

/// The values that a pipeline computes from, by the names of its inputs.
///
/// # Example
/// ```
/// use hypernodes_trading::causality::{PerBar, Series};
/// let series = Series::new().with("price", vec![1.0, 2.0, 3.0]).with("is_open", vec![true; 3]);
/// assert_eq!((series.bars(), series.first(2).bars()), (3, 2));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Series(pub(super) Vec<(String, Value)>);

impl Series {
    /// No values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with another value: [`Bars`], or a `Vec` of `f64`, `bool`, `i32` or `i64`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }
}

impl PerBar for Series {
    fn bars(&self) -> usize {
        let all = self.0.iter().map(|(_, value)| value.bars());
        all.min().unwrap_or_default()
    }

    fn first(&self, bars: usize) -> Self {
        let all = self.0.iter();
        Self(
            all.map(|(name, value)| (name.clone(), value.first(bars)))
                .collect(),
        )
    }
}

/// A value with one element for each bar, of a type that is known here.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Value {
    /// The bars themselves.
    Bars(Bars),
    /// Numbers.
    Numbers(Vec<f64>),
    /// Conditions.
    Conditions(Vec<bool>),
    /// Whole numbers.
    Whole(Vec<i64>),
    /// Whole numbers, such as those of candlestick patterns.
    Small(Vec<i32>),
    /// The columns of ATC.
    Atc(AtcOutput),
}

macro_rules! values {
    ($($kind:ident: $Type:ty),*) => {
        $(impl From<$Type> for Value {
            fn from(value: $Type) -> Self {
                Self::$kind(value)
            }
        })*

        impl Value {
            /// The value of this name, if its type is known here.
            pub(super) fn of(outputs: &Outputs, name: &str) -> Option<Self> {
                $(if let Ok(found) = outputs.get::<$Type>(name) {
                    return Some(Self::$kind(found.clone()));
                })*
                None
            }

            /// Gives it to a pipeline: as an input, or in place of what a node would compute.
            pub(super) fn give(&self, inputs: Inputs, name: &str, is_computed: bool) -> Inputs {
                let name = name.to_owned();
                match self {
                    $(Self::$kind(value) if is_computed => inputs.supply(name, value.clone()),
                    Self::$kind(value) => inputs.with(name, value.clone()),)*
                }
            }
        }
    };
}

values!(
    Bars: Bars,
    Numbers: Vec<f64>,
    Conditions: Vec<bool>,
    Whole: Vec<i64>,
    Small: Vec<i32>,
    Atc: AtcOutput
);

/// An element that differs: its bar, the column if there are several, and both elements.
pub(super) struct Difference {
    pub(super) bar: usize,
    pub(super) column: Option<&'static str>,
    pub(super) short: String,
    pub(super) long: String,
}

impl Value {
    /// The first difference from a longer value, in the bars that both have.
    pub(super) fn differs(&self, longer: &Self) -> Option<Difference> {
        let differ = |a: &f64, b: &f64| a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan());
        match (self, longer) {
            (Self::Numbers(a), Self::Numbers(b)) => first(a, b, None, differ),
            (Self::Conditions(a), Self::Conditions(b)) => first(a, b, None, |a, b| a != b),
            (Self::Whole(a), Self::Whole(b)) => first(a, b, None, |a, b| a != b),
            (Self::Small(a), Self::Small(b)) => first(a, b, None, |a, b| a != b),
            (Self::Atc(a), Self::Atc(b)) => {
                let columns = a.columns().zip(b.columns()).zip(AtcOutput::COLUMNS);
                columns
                    .filter_map(|((a, b), name)| first(a, b, Some(name), differ))
                    .min_by_key(|difference| difference.bar)
            }
            (Self::Bars(a), Self::Bars(b)) => {
                let columns = |bars: &Bars| {
                    let others = [bars.open(), bars.high(), bars.low(), bars.volume()];
                    others.map(|column| column.map(<[f64]>::to_vec))
                };
                let times = first(a.time(), b.time(), Some("time"), |a, b| a != b);
                let close = first(a.close(), b.close(), Some("close"), differ);
                let names = ["open", "high", "low", "volume"];
                let (a, b) = (columns(a), columns(b));
                let others = a.iter().zip(&b).zip(names).filter_map(|((a, b), name)| {
                    let (a, b) = (a.as_deref()?, b.as_deref()?);
                    first(a, b, Some(name), differ)
                });
                let all = times.into_iter().chain(close).chain(others);
                all.min_by_key(|difference| difference.bar)
            }
            _ => None,
        }
    }
}

impl PerBar for Value {
    fn bars(&self) -> usize {
        match self {
            Self::Bars(value) => value.len(),
            Self::Numbers(value) => value.len(),
            Self::Conditions(value) => value.len(),
            Self::Whole(value) => value.len(),
            Self::Small(value) => value.len(),
            Self::Atc(value) => value.len(),
        }
    }

    fn first(&self, bars: usize) -> Self {
        match self {
            Self::Bars(value) => Self::Bars(value.first(bars)),
            Self::Numbers(value) => Self::Numbers(value.first(bars)),
            Self::Conditions(value) => Self::Conditions(value.first(bars)),
            Self::Whole(value) => Self::Whole(value.first(bars)),
            Self::Small(value) => Self::Small(value.first(bars)),
            Self::Atc(value) => Self::Atc(value.first(bars)),
        }
    }
}

fn first<T: fmt::Debug>(
    short: &[T],
    long: &[T],
    column: Option<&'static str>,
    differ: impl Fn(&T, &T) -> bool,
) -> Option<Difference> {
    let bar = short.iter().zip(long).position(|(a, b)| differ(a, b))?;
    Some(Difference {
        bar,
        column,
        short: format!("{:?}", short[bar]),
        long: format!("{:?}", long[bar]),
    })
}
