//! All indicators by name, for the command line, for expressions, and for tests over each of them.

use std::fmt;

use hypernodes_core::NodeRef;

use super::{Indicator, IndicatorError, Parameter, State};

/// A column of bars that an indicator reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Input {
    /// The time, in whole seconds since 1970-01-01 UTC.
    Time,
    /// The opening price.
    Open,
    /// The highest price.
    High,
    /// The lowest price.
    Low,
    /// The closing price.
    Close,
    /// The volume.
    Volume,
    /// A period for each bar, which bars do not have: it is given by the caller.
    Periods,
}

impl Input {
    /// The column's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Volume => "volume",
            Self::Periods => "periods",
        }
    }
}

/// One indicator: what it is called, reads, takes and gives.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Entry {
    /// Its name as columns are called: `MACD`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// How its values come about.
    pub formula: &'static str,
    /// The columns that it reads, where no others are given.
    pub inputs: &'static [Input],
    /// Its parameters, in the order in which a name gives them.
    pub parameters: &'static [Parameter],
    /// What its outputs are called, behind a point; of a single output the name is not written.
    pub outputs: &'static [&'static str],
    /// Its node.
    pub node: fn() -> NodeRef,
    pub(super) make: fn(&[f64]) -> Result<Box<dyn AnyIndicator>, IndicatorError>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// The indicator with these parameters; those that are not given are the defaults.
    ///
    /// # Errors
    /// [`IndicatorError::Parameter`] for a value out of range, [`IndicatorError::TooManyParameters`].
    pub fn with(&self, parameters: &[f64]) -> Result<Box<dyn AnyIndicator>, IndicatorError> {
        if parameters.len() > self.parameters.len() {
            let names: Vec<String> = self
                .parameters
                .iter()
                .map(|p| format!("`{}`", p.name))
                .collect();
            return Err(IndicatorError::TooManyParameters {
                name: self.name.to_owned(),
                indicator: self.name.into(),
                most: self.parameters.len(),
                found: parameters.len(),
                parameters: if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                },
            });
        }
        let left = self
            .parameters
            .iter()
            .skip(parameters.len())
            .map(|p| p.default);
        let all: Vec<f64> = parameters.iter().copied().chain(left).collect();
        (self.make)(&all)
    }
}

/// Every indicator, by name.
#[must_use]
pub fn all() -> &'static [Entry] {
    static ALL: std::sync::LazyLock<Vec<Entry>> = std::sync::LazyLock::new(|| {
        let mut all: Vec<Entry> = [super::talib::entries(), super::own::entries()].concat();
        all.sort_by_key(|entry| entry.name);
        all
    });
    &ALL
}

/// The indicator of this name, in any case.
///
/// # Example
/// ```
/// use hypernodes_trading::indicators::find;
/// let macd = find("macd").unwrap();
/// assert_eq!(macd.outputs, ["macd", "signal", "hist"]);
/// assert_eq!(macd.parameters[1].default, 26.0);
/// assert_eq!(macd.with(&[])?.warmup_bars(), 33); // 26 - 1 + 9 - 1
/// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
/// ```
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    all()
        .iter()
        .find(|entry| entry.name.eq_ignore_ascii_case(name))
}

/// An indicator with its parameters, whose number of columns is known at run time only.
pub trait AnyIndicator: fmt::Debug + Send + Sync {
    /// See [`Indicator::warmup_bars`].
    fn warmup_bars(&self) -> usize;

    /// See [`Indicator::fill`].
    ///
    /// # Errors
    /// [`IndicatorError::Length`] when the columns differ in length or another number of them is given than the indicator
    /// has.
    fn fill(&self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), IndicatorError>;

    /// See [`Indicator::fill_finite`].
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    fn fill_finite(
        &self,
        inputs: &[&[f64]],
        outputs: &mut [&mut [f64]],
    ) -> Result<(), IndicatorError>;

    /// See [`Indicator::state`].
    fn state(&self) -> Box<dyn AnyState>;
}

/// A streaming state whose number of columns is known at run time only.
pub trait AnyState: fmt::Debug + Send + Sync {
    /// Takes the next bar and writes its values; see [`State::update`]. What is missing in `bar` is NaN.
    fn update(&mut self, bar: &[f64], values: &mut [f64]);

    /// Writes the values that the next bar would have; see [`State::peek`].
    fn peek(&self, bar: &[f64], values: &mut [f64]);

    /// A copy that goes on independently.
    fn snapshot(&self) -> Box<dyn AnyState>;
}

/// A typed indicator behind [`AnyIndicator`].
pub(super) struct Erased<X, const I: usize, const O: usize>(pub(super) X);

impl<X: Indicator<I, O>, const I: usize, const O: usize> fmt::Debug for Erased<X, I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(X::NAME)
    }
}

impl<X: Indicator<I, O>, const I: usize, const O: usize> AnyIndicator for Erased<X, I, O> {
    fn warmup_bars(&self) -> usize {
        self.0.warmup_bars()
    }

    fn fill(&self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), IndicatorError> {
        let (inputs, outputs) = columns(X::NAME, inputs, outputs)?;
        self.0.fill(inputs, outputs)
    }

    fn fill_finite(
        &self,
        inputs: &[&[f64]],
        outputs: &mut [&mut [f64]],
    ) -> Result<(), IndicatorError> {
        let (inputs, outputs) = columns(X::NAME, inputs, outputs)?;
        self.0.fill_finite(inputs, outputs)
    }

    fn state(&self) -> Box<dyn AnyState> {
        Box::new(self.0.state())
    }
}

/// As many columns as the indicator has.
fn columns<'a, const I: usize, const O: usize>(
    indicator: &'static str,
    inputs: &[&'a [f64]],
    outputs: &'a mut [&mut [f64]],
) -> Result<([&'a [f64]; I], [&'a mut [f64]; O]), IndicatorError> {
    let wrong = |expected, found| IndicatorError::Length {
        indicator: indicator.into(),
        expected,
        found,
    };
    let given: [&[f64]; I] = inputs.try_into().map_err(|_| wrong(I, inputs.len()))?;
    if outputs.len() != O {
        return Err(wrong(O, outputs.len()));
    }
    let mut outputs = outputs.iter_mut();
    let taken = std::array::from_fn(|_| outputs.next().map_or(&mut [][..], |o| &mut **o));
    Ok((given, taken))
}

impl<X: Indicator<I, O>, const I: usize, const O: usize> AnyState for State<X, I, O> {
    fn update(&mut self, bar: &[f64], values: &mut [f64]) {
        copy(Self::update(self, array(bar)), values);
    }

    fn peek(&self, bar: &[f64], values: &mut [f64]) {
        copy(Self::peek(self, array(bar)), values);
    }

    fn snapshot(&self) -> Box<dyn AnyState> {
        Box::new(self.clone())
    }
}

fn array<const I: usize>(bar: &[f64]) -> [f64; I] {
    std::array::from_fn(|at| bar.get(at).copied().unwrap_or(f64::NAN))
}

fn copy<const O: usize>(from: [f64; O], to: &mut [f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from;
    }
}
