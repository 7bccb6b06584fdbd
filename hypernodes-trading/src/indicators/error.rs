//! What can be wrong with an indicator.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Why an indicator could not be made or computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum IndicatorError {
    /// A parameter is outside its range, or no whole number where one is needed.
    #[error("`{parameter}` of {indicator} is {found}, expected {expected}")]
    Parameter {
        /// The indicator.
        indicator: Cow<'static, str>,
        /// The parameter.
        parameter: Cow<'static, str>,
        /// What was given.
        found: f64,
        /// What would do.
        expected: String,
    },
    /// More parameters than the indicator has.
    #[error(
        "{indicator} takes {most} parameter{} at most, `{name}` gives {found}: {parameters}",
        if *.most == 1 { "" } else { "s" }
    )]
    TooManyParameters {
        /// What was asked for.
        name: String,
        /// The indicator.
        indicator: Cow<'static, str>,
        /// How many it takes.
        most: usize,
        /// How many were given.
        found: usize,
        /// What they are.
        parameters: String,
    },
    /// No indicator has this name.
    #[error("no indicator `{name}`{}; `indicators --list` names all", hint(.suggestion.as_deref()))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The most similar name.
        suggestion: Option<String>,
    },
    /// An indicator with several outputs was asked for without saying which, or by a wrong one.
    #[error("`{name}` has {}; write one of {choices}", outputs(.found))]
    Output {
        /// What was asked for.
        name: String,
        /// The output asked for; empty if none was.
        found: String,
        /// What could be written.
        choices: String,
    },
    /// A parameter is no number.
    #[error(
        "`{text}` in `{name}` is not a number; write the parameters behind the name, as in `SMA_20`"
    )]
    NotANumber {
        /// What was asked for.
        name: String,
        /// The text in the place of a parameter.
        text: String,
    },
    /// The input columns differ in length.
    #[error(
        "the inputs of {indicator} have {expected} and {found} rows; give columns of one length"
    )]
    Length {
        /// The indicator.
        indicator: Cow<'static, str>,
        /// Rows of the first column.
        expected: usize,
        /// Rows of another.
        found: usize,
    },
    /// The bars have no such column.
    #[error("{indicator} needs column `{column}`, which `{symbol}` does not have")]
    MissingColumn {
        /// The indicator.
        indicator: Cow<'static, str>,
        /// The column.
        column: Cow<'static, str>,
        /// The symbol.
        symbol: String,
    },
    /// The library refuses what passed our checks: a defect.
    #[error("{indicator} was refused by the indicator library: {reason}")]
    Library {
        /// The indicator.
        indicator: Cow<'static, str>,
        /// What it said.
        reason: String,
    },
}

fn outputs(found: &str) -> String {
    match found {
        "" => "several outputs".to_owned(),
        found => format!("no output `{found}`"),
    }
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
