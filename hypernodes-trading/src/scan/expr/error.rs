//! What can be wrong with an expression, and with its values.

use std::ops::Range;

use crate::atc::AtcError;
use crate::bars::BarsError;
use crate::indicators::IndicatorError;

/// Why a text is no expression.
///
/// `Display` is one line for logs; [`ExprError::pointed`] shows the text with a caret under the
/// offending place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}, at character {} of `{}`", self.column() + 1, brief(text))]
pub struct ExprError {
    pub(super) problem: Problem,
    pub(super) text: String,
    /// Where, in bytes.
    pub(super) at: Range<usize>,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A value, an operator or a parenthesis is missing, or another stands there.
    #[error("expected {expected}, found {found}")]
    Syntax {
        /// What may stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A name is neither a column nor an indicator nor a function.
    #[error("unknown name `{name}`{}", hint(candidates, reason.as_deref()))]
    UnknownName {
        /// The name.
        name: String,
        /// Names that are like it.
        candidates: Vec<String>,
        /// What more is known.
        reason: Option<String>,
    },
    /// A number stands where a condition is needed, or the other way round.
    #[error("{what} needs {expected}, found {found}{}", sort_hint(expected))]
    Sort {
        /// What needs it.
        what: String,
        /// `a number` or `a condition`.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A function has too many or too few arguments.
    #[error("`{usage}` has {found} arguments here")]
    Arguments {
        /// How it is written.
        usage: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A number of bars is no whole number in its range.
    #[error("expected a whole number of bars from {least} to {most}, found {found}")]
    Bars {
        /// The smallest.
        least: usize,
        /// The largest.
        most: usize,
        /// What stands there.
        found: String,
    },
    /// A number is too large.
    #[error("the number `{text}` is too large")]
    Number {
        /// The number.
        text: String,
    },
    /// Parentheses or signs are nested too deeply.
    #[error("nested more than {most} deep; write it in parts")]
    TooDeep {
        /// The deepest that is read.
        most: usize,
    },
    /// The text is too long.
    #[error("{found} bytes are too long for an expression, of which {most} are read")]
    TooLong {
        /// The longest that is read, in bytes.
        most: usize,
        /// How long it is.
        found: usize,
    },
    /// There is nothing.
    #[error("the expression is empty; write a condition such as `close > SMA_200`")]
    Empty,
}

fn hint(candidates: &[String], reason: Option<&str>) -> String {
    if let Some(reason) = reason {
        return format!(": {reason}");
    }
    let names: Vec<_> = candidates.iter().map(|name| format!("`{name}`")).collect();
    match names.is_empty() {
        true => "; there are `open`, `high`, `low`, `close`, `volume`, `hl2`, `hlc3`, `ohlc4`, \
                 functions such as `highest`, and indicators such as `SMA_200`"
            .to_owned(),
        false => format!("; did you mean {}?", names.join(" or ")),
    }
}

fn sort_hint(expected: &str) -> &'static str {
    match expected {
        "a condition" => "; compare it, as in `close > 10`",
        _ => "",
    }
}

/// The beginning of a text, in one line.
fn brief(text: &str) -> String {
    let mut shown: String = plain(text).take(60).collect();
    if text.chars().count() > 60 {
        shown.push_str("...");
    }
    shown
}

/// Its characters, with spaces for what would move a caret.
fn plain(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c })
}

impl ExprError {
    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The offending place, in bytes of the text.
    #[must_use]
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }

    /// Characters before the offending place.
    fn column(&self) -> usize {
        self.text
            .char_indices()
            .filter(|(at, _)| *at < self.at.start)
            .count()
    }

    /// Two lines: the text behind `prefix`, and below it a caret with what is wrong.
    ///
    /// A long text is shown around the offending place. `indent` is how many characters stand
    /// before `prefix` on the first line.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::scan::Expr;
    /// let error = "close > SMAA_20 and volume > 0".parse::<Expr>().unwrap_err();
    /// assert_eq!(
    ///     error.pointed("--where: ", 0),
    ///     "--where: close > SMAA_20 and volume > 0\n                 \
    ///      ^^^^^^^ unknown name `SMAA_20`; did you mean `SMA_20`?"
    /// );
    /// ```
    #[must_use]
    pub fn pointed(&self, prefix: &str, indent: usize) -> String {
        const BEFORE: usize = 40;
        const WIDTH: usize = 100;
        let column = self.column();
        let carets = self.text.get(self.at.clone()).unwrap_or_default();
        let carets = carets.chars().count().clamp(1, WIDTH - BEFORE);
        let all: Vec<char> = plain(&self.text).collect();
        let (from, dots) = match column + carets > WIDTH {
            true => (column - BEFORE, "..."),
            false => (0, ""),
        };
        let to = all.len().min(from + WIDTH);
        let shown: String = all[from.min(to)..to].iter().collect();
        let more = if to < all.len() { "..." } else { "" };
        let margin = indent + prefix.chars().count() + dots.len() + column - from;
        let (margin, carets) = (" ".repeat(margin), "^".repeat(carets));
        let problem = &self.problem;
        format!("{prefix}{dots}{shown}{more}\n{margin}{carets} {problem}")
    }
}

/// Why an expression has no values for some bars.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The bars do not have a column that is named.
    #[error("`{symbol}` has no column `{column}`, which the expression names")]
    MissingColumn {
        /// The symbol.
        symbol: String,
        /// The column.
        column: &'static str,
    },
    /// A price source needs a column that is not there.
    #[error(transparent)]
    Bars(#[from] BarsError),
    /// ATC refuses its settings or the prices.
    #[error(transparent)]
    Atc(#[from] AtcError),
    /// An indicator refuses the bars.
    #[error(transparent)]
    Indicator(#[from] IndicatorError),
    /// A column has no stream.
    #[error("`{name}` cannot be followed bar by bar; it is computed from all bars")]
    NotStreamed {
        /// The column.
        name: String,
    },
}
