//! The columns that an expression can name.

use std::borrow::Cow;
use std::fmt;

use super::EvalError;
use crate::atc::{AtcConfig, AtcWorkspace};
use crate::bars::{Bars, PriceSource};
use crate::data::Needs;
use crate::indicators::{IndicatorError, Input, Request};

/// A column that an expression names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ColumnName {
    Open,
    High,
    Low,
    Close,
    Volume,
    Source(PriceSource),
    /// ATC's average signal.
    AtcSignal,
    Indicator(Indicator),
}

/// Names that are known without their parameters.
const PLAIN: [(&str, ColumnName); 9] = [
    ("open", ColumnName::Open),
    ("high", ColumnName::High),
    ("low", ColumnName::Low),
    ("close", ColumnName::Close),
    ("volume", ColumnName::Volume),
    ("hl2", ColumnName::Source(PriceSource::Hl2)),
    ("hlc3", ColumnName::Source(PriceSource::Hlc3)),
    ("ohlc4", ColumnName::Source(PriceSource::Ohlc4)),
    ("atc_signal", ColumnName::AtcSignal),
];

impl ColumnName {
    /// The column of that name, in any case.
    pub(super) fn named(name: &str) -> Result<Self, Unknown> {
        let known = PLAIN.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        match known {
            Some((_, column)) => Ok(column.clone()),
            None => Indicator::named(name).map(Self::Indicator),
        }
    }

    /// The plain names.
    pub(super) fn plain() -> impl Iterator<Item = &'static str> {
        PLAIN.iter().map(|(name, _)| *name)
    }

    /// How many bars it takes to have a value.
    pub(crate) fn least_bars(&self) -> usize {
        match self {
            Self::Indicator(indicator) => indicator.least_bars(),
            _ => 1,
        }
    }

    /// Which of open, high or low, and volume it is made of.
    pub(crate) fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        match self {
            Self::Open => needs.open = true,
            Self::High | Self::Low => needs.high_low = true,
            Self::Volume => needs.volume = true,
            Self::Close | Self::AtcSignal => {}
            Self::Source(source) => {
                needs.high_low = *source != PriceSource::Close;
                needs.open = *source == PriceSource::Ohlc4;
            }
            Self::Indicator(indicator) => needs = indicator.0.needs(),
        }
        needs
    }
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Indicator(indicator) = self {
            return indicator.fmt(f);
        }
        let own = PLAIN.iter().find(|(_, column)| column == self);
        f.write_str(own.map_or("", |(name, _)| name))
    }
}

/// A name that is no column: what is wrong with it, and names that it may have been.
#[derive(Debug)]
pub(super) struct Unknown {
    /// What is wrong, where more than the name is known to be.
    pub(super) reason: Option<String>,
    /// An indicator of a name like it.
    pub(super) suggestion: Option<String>,
}

/// An indicator with its parameters, under the name that all ways to write it have in common.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Indicator(pub(crate) Request);

impl Indicator {
    fn named(name: &str) -> Result<Self, Unknown> {
        // `macd_12_26_9.SIGNAL` is `MACD_12_26_9.signal`.
        let common = match name.rsplit_once('.') {
            Some((head, output)) if !output.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("{}.{}", head.to_uppercase(), output.to_lowercase())
            }
            _ => name.to_uppercase(),
        };
        let read: Result<Request, IndicatorError> = common.parse();
        if read
            .as_ref()
            .is_ok_and(|r| r.inputs().contains(&Input::Periods))
        {
            let reason = Some("it reads a period for each bar, which bars do not have".to_owned());
            let suggestion = None;
            return Err(Unknown { reason, suggestion });
        }
        read.map(Self).map_err(|error| match error {
            IndicatorError::Unknown { suggestion, .. } => Unknown {
                reason: None,
                suggestion,
            },
            error => Unknown {
                reason: Some(error.to_string()),
                suggestion: None,
            },
        })
    }

    fn least_bars(&self) -> usize {
        self.0.warmup_bars().saturating_add(1)
    }
}

impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One value a bar of a column.
pub(crate) fn column<'a>(
    name: &ColumnName,
    bars: &'a Bars,
    atc: &AtcConfig,
) -> Result<Cow<'a, [f64]>, EvalError> {
    let stored = |column: &'static str, values: Option<&'a [f64]>| match values {
        Some(values) => Ok(Cow::Borrowed(values)),
        None => Err(EvalError::MissingColumn {
            symbol: bars.symbol().to_owned(),
            column,
        }),
    };
    match name {
        ColumnName::Open => stored("open", bars.open()),
        ColumnName::High => stored("high", bars.high()),
        ColumnName::Low => stored("low", bars.low()),
        ColumnName::Close => Ok(Cow::Borrowed(bars.close())),
        ColumnName::Volume => stored("volume", bars.volume()),
        ColumnName::Source(source) => Ok(Cow::Owned(bars.source(*source)?.to_vec())),
        ColumnName::AtcSignal => {
            if bars.is_empty() {
                return Ok(Cow::Borrowed(&[]));
            }
            let table = AtcWorkspace::new(atc)?.run(bars.close(), None)?;
            Ok(Cow::Owned(table.average_signal().to_vec()))
        }
        ColumnName::Indicator(indicator) => Ok(Cow::Owned(indicator.0.compute(bars)?)),
    }
}
