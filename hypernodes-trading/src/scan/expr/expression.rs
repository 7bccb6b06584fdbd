//! [`Expr`]: a checked expression.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::eval::Program;
use super::{EvalError, ExprError, ExprState, Place, Sort, Step, Steps, parse};
use crate::atc::AtcConfig;
use crate::bars::Bars;
use crate::data::{CsvColumns, Needs};

/// An expression over the columns of bars and over indicators, checked when it is read.
///
/// It is a number or a condition at each bar. A value at a bar depends on that bar and those
/// before it, never on later ones.
///
/// | part | how it is written |
/// |---|---|
/// | columns | `open high low close volume`, `hl2 hlc3 ohlc4`, `atc_signal` |
/// | indicators | their names with parameters: `SMA_200`; in any case |
/// | arithmetic | `+ - * / %`, numbers such as `1.5` or `1e-3` |
/// | comparisons | `< <= > >= == !=`; two of them are joined by `and` |
/// | logic | `and or not`, also `&& \|\| !` |
/// | the bar before | `close[1]`; `(close > open)[2]` two bars before |
/// | functions | `abs(x)`, `min(a, b)`, `max(a, b)`, `highest(x, bars)`, `lowest(x, bars)`, `change(x, bars)`, `crosses_above(a, b)`, `crosses_below(a, b)` |
///
/// `highest` and `lowest` include the present bar; `change(x, n)` is `x - x[n]`;
/// `crosses_above(a, b)` is `a > b and a[1] <= b[1]`. `%` has the sign of what is divided.
///
/// # Missing values
/// A value is undefined where its indicator has too few bars, before the first bar, and where
/// arithmetic has no finite result (`1 / 0`). What is made of an undefined value is undefined, a
/// comparison too: neither it nor its `not` is true. `false and x` is false and `true or x` is
/// true, whatever `x`. At the last bar of a scan an undefined condition is no match, and the
/// symbol is reported as skipped with the reason; as a signal it is false.
///
/// # Example
/// ```
/// use hypernodes_trading::{Bars, scan::Expr};
/// let bars = Bars::new("A", vec![1, 2, 3, 4], vec![10.0, 12.0, 11.0, 13.0])?;
/// let change: Expr = "change(close, 1) / close[1] * 100".parse()?;
/// assert_eq!(change.values(&bars)?[1], 20.0);
/// let rising: Expr = "close > SMA_2 and close > close[1]".parse()?;
/// assert_eq!(rising.signals(&bars)?, [false, true, false, true]);
/// assert_eq!(rising.to_string(), "close > SMA_2 and close > close[1]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Expr {
    pub(super) steps: Arc<Steps>,
    pub(super) place: Place,
    sort: Sort,
    /// As it was written.
    text: Arc<str>,
}

impl Expr {
    /// The longest text that is read, in bytes.
    pub const MAX_BYTES: usize = parse::MAX_BYTES;
    /// The deepest nesting that is read.
    pub const MAX_DEPTH: usize = parse::MAX_DEPTH;

    /// Whether it is a condition; otherwise it is a number.
    #[must_use]
    pub fn is_condition(&self) -> bool {
        self.sort == Sort::Condition
    }

    /// The columns and indicators that it names, in the order of their first mention.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let all = self.steps.all().iter();
        all.filter_map(|step| match step {
            Step::Column(name) => Some(name.to_string()),
            _ => None,
        })
        .collect()
    }

    /// The columns that must have a value in every row.
    #[must_use]
    pub fn needed_columns(&self) -> CsvColumns {
        self.needs().into()
    }

    pub(crate) fn needs(&self) -> Needs {
        let all = self.steps.all().iter();
        all.fold(Needs::default(), |needs, step| match step {
            Step::Column(name) => needs.and(name.needs()),
            _ => needs,
        })
    }

    /// Its streaming state, before the first bar.
    ///
    /// # Errors
    /// [`EvalError::NotStreamed`] when it names `atc_signal`.
    pub fn state(&self) -> Result<ExprState, EvalError> {
        ExprState::new(self.program())
    }

    fn program(&self) -> Program {
        let mut program = Program::default();
        program.add(self);
        program
    }

    /// The value at every bar: a number, or 1 and 0 for a condition; NaN where it is undefined.
    ///
    /// `atc_signal` has its default settings here.
    ///
    /// # Errors
    /// [`EvalError`] when the bars lack a column, or ATC or an indicator refuses them.
    pub fn values(&self, bars: &Bars) -> Result<Vec<f64>, EvalError> {
        let program = self.program();
        let found = program.evaluate(bars, &AtcConfig::default(), bars.len())?;
        Ok(found.root(0).to_vec())
    }

    /// The value at the last bar, to the bit that of [`values`](Self::values); NaN where it is
    /// undefined, and without bars.
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn last(&self, bars: &Bars) -> Result<f64, EvalError> {
        let program = self.program();
        let found = program.evaluate(bars, &AtcConfig::default(), 1)?;
        Ok(found.last_of(0))
    }

    /// Whether the condition holds at each bar; false where it is undefined. Of a number, whether
    /// it is above 0.
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn signals(&self, bars: &Bars) -> Result<Vec<bool>, EvalError> {
        Ok(self.values(bars)?.into_iter().map(|v| v > 0.0).collect())
    }
}

impl FromStr for Expr {
    type Err = ExprError;

    fn from_str(text: &str) -> Result<Self, ExprError> {
        let (steps, place, sort) = parse::parse(text)?;
        Ok(Self {
            steps: Arc::new(steps),
            place,
            sort,
            text: text.trim().into(),
        })
    }
}

/// In one form: names as they are called, no parenthesis that is not needed. It reads back as the
/// same expression, if that is not too long.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.write(self.place, f)
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({self})")
    }
}

/// Whether both are made of the same steps, however they were written.
impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place && self.steps == other.steps
    }
}

/// As it was written: what was read once can be read again.
impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}
