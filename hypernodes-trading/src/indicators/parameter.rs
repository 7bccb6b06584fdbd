//! What an indicator can be set to.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ta_lib::MAType;

use super::IndicatorError;
use crate::bars::{UnknownName, brief, by_name};

/// The moving average inside an indicator that lets one choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Average {
    /// Simple: the mean of the window.
    #[default]
    Sma,
    /// Exponential, weight 2 / (n + 1).
    Ema,
    /// Linearly weighted.
    Wma,
    /// Double exponential.
    Dema,
    /// Triple exponential.
    Tema,
    /// Triangular.
    Trima,
    /// Kaufman's adaptive.
    Kama,
    /// MESA adaptive.
    Mama,
    /// Tillson's T3.
    T3,
    /// Hull's.
    Hma,
    /// None: the input as it is.
    Disabled,
    /// Exponential with its lag taken out.
    Zlema,
    /// Wilder's, weight 1 / n.
    Rma,
    /// Chande's variable index dynamic average.
    Vidya,
    /// Arnaud Legoux's.
    Alma,
}

impl Average {
    /// Every average, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::Sma,
        Self::Ema,
        Self::Wma,
        Self::Dema,
        Self::Tema,
        Self::Trima,
        Self::Kama,
        Self::Mama,
        Self::T3,
        Self::Hma,
        Self::Disabled,
        Self::Zlema,
        Self::Rma,
        Self::Vidya,
        Self::Alma,
    ];

    /// Its name: `sma`, `ema`...
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sma => "sma",
            Self::Ema => "ema",
            Self::Wma => "wma",
            Self::Dema => "dema",
            Self::Tema => "tema",
            Self::Trima => "trima",
            Self::Kama => "kama",
            Self::Mama => "mama",
            Self::T3 => "t3",
            Self::Hma => "hma",
            Self::Disabled => "disabled",
            Self::Zlema => "zlema",
            Self::Rma => "rma",
            Self::Vidya => "vidya",
            Self::Alma => "alma",
        }
    }

    /// Its number in TA-Lib, which column names use: 0 is `sma`, 1 `ema`...
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Sma => 0,
            Self::Ema => 1,
            Self::Wma => 2,
            Self::Dema => 3,
            Self::Tema => 4,
            Self::Trima => 5,
            Self::Kama => 6,
            Self::Mama => 7,
            Self::T3 => 8,
            Self::Hma => 9,
            Self::Disabled => 10,
            Self::Zlema => 12,
            Self::Rma => 13,
            Self::Vidya => 14,
            Self::Alma => 15,
        }
    }
}

impl fmt::Display for Average {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Average {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        by_name("moving average", text, &Self::ALL, Self::name)
    }
}

/// A parameter of an indicator, for people and for programs that make indicators by name.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name, as the node's input is called.
    pub name: &'static str,
    /// What it is.
    pub kind: ParameterKind,
    /// The value where none is given.
    pub default: f64,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
}

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterKind {
    /// A whole number, mostly of bars.
    Whole,
    /// A number.
    Real,
    /// An [`Average`], by its number.
    Average,
}

/// A type that parameters have.
pub(super) trait ParameterValue: Copy {
    /// As the library takes it.
    type Native;
    const KIND: ParameterKind;
    fn from_number(number: f64) -> Option<Self>;
    fn number(self) -> f64;
    fn native(self) -> Self::Native;
}

impl ParameterValue for usize {
    type Native = i32;
    const KIND: ParameterKind = ParameterKind::Whole;

    fn from_number(number: f64) -> Option<Self> {
        let is_whole = number.fract().abs() <= 0.0 && (0.0..=f64::from(i32::MAX)).contains(&number);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole and in range"
        )]
        is_whole.then_some(number as Self)
    }

    fn number(self) -> f64 {
        self as f64
    }

    fn native(self) -> i32 {
        i32::try_from(self).unwrap_or(i32::MAX)
    }
}

impl ParameterValue for f64 {
    type Native = Self;
    const KIND: ParameterKind = ParameterKind::Real;

    fn from_number(number: f64) -> Option<Self> {
        Some(number)
    }

    fn number(self) -> f64 {
        self
    }

    fn native(self) -> Self {
        self
    }
}

impl ParameterValue for Average {
    type Native = MAType;
    const KIND: ParameterKind = ParameterKind::Average;

    fn from_number(number: f64) -> Option<Self> {
        let of_number = |average: &Self| (f64::from(average.number()) - number).abs() <= 0.0;
        Self::ALL.into_iter().find(of_number)
    }

    fn number(self) -> f64 {
        f64::from(self.number())
    }

    fn native(self) -> MAType {
        MAType::try_from(i32::from(self.number())).unwrap_or(MAType::SMA)
    }
}

impl Parameter {
    /// The error that `found` is none of its values.
    #[cold]
    pub(super) fn refused(&self, indicator: &'static str, found: f64) -> IndicatorError {
        let (min, max) = (brief(self.min), brief(self.max));
        let range = match (self.kind, self.max < 1e30) {
            (ParameterKind::Average, _) => {
                "the number of a moving average, 0 to 10 or 12 to 15".to_owned()
            }
            (ParameterKind::Whole, true) => format!("a whole number from {min} to {max}"),
            (ParameterKind::Whole, false) => format!("a whole number of {min} or more"),
            (ParameterKind::Real, true) => format!("a number from {min} to {max}"),
            (ParameterKind::Real, false) if self.min > -1e30 => {
                format!("a number of {min} or more")
            }
            (ParameterKind::Real, false) => "a finite number".to_owned(),
        };
        IndicatorError::Parameter {
            indicator: Cow::Borrowed(indicator),
            parameter: Cow::Borrowed(self.name),
            found,
            expected: range,
        }
    }

    /// Checks a value of the parameter's type.
    pub(super) fn check<T: ParameterValue>(
        &self,
        indicator: &'static str,
        value: T,
    ) -> Result<(), IndicatorError> {
        let number = value.number();
        match T::KIND == ParameterKind::Average || (self.min..=self.max).contains(&number) {
            true => Ok(()),
            false => Err(self.refused(indicator, number)),
        }
    }

    /// The value of the parameter's type that a number stands for.
    pub(super) fn value<T: ParameterValue>(
        &self,
        indicator: &'static str,
        number: f64,
    ) -> Result<T, IndicatorError> {
        T::from_number(number).ok_or_else(|| self.refused(indicator, number))
    }
}
