//! Expressions bar by bar.

use std::borrow::Cow;

use super::eval::{Program, computed};
use super::{ColumnName, EvalError, Step};
use crate::bars::PriceSource;
use crate::indicators::RequestState;
use crate::indicators::own::Window;
use crate::resample::Bar;

/// An [`Expr`](super::Expr) that is fed bar by bar: the same bits as [`Expr::values`](super::Expr::values) gives.
///
/// Of each column it keeps as many values as the expression looks back; of indicators what they need themselves. So a bar
/// costs the same, however many came before. A clone is a snapshot.
///
/// # Missing values
/// A column that a bar does not have is undefined at that bar.
///
/// # Example
/// ```
/// use hypernodes_trading::{resample::Bar, scan::Expr};
/// let mut rising = "close > SMA_2 and close > close[1]".parse::<Expr>()?.state()?;
/// let closes = [10.0, 12.0, 11.0, 13.0];
/// let holds = (0..).zip(closes).map(|(time, close)| rising.update(&Bar::new(time, close)) > 0.0);
/// assert_eq!(holds.collect::<Vec<_>>(), [false, true, false, true]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ExprState {
    program: Program,
    /// How many of the newest values of each step are looked at.
    tails: Vec<usize>,
    /// For each step that is a column.
    columns: Vec<Option<Column>>,
}

#[derive(Debug, Clone)]
struct Column {
    source: Source,
    newest: Window,
}

#[derive(Debug, Clone)]
enum Source {
    Plain(ColumnName),
    Indicator(RequestState),
}

impl ExprState {
    pub(super) fn new(program: Program) -> Result<Self, EvalError> {
        let tails = program.tails(usize::MAX, 1);
        let column = |(step, &tail): (&Step, &usize)| {
            let Step::Column(name) = step else {
                return Ok(None);
            };
            let source = match name {
                ColumnName::AtcSignal => {
                    let name = name.to_string();
                    return Err(EvalError::NotStreamed { name });
                }
                ColumnName::Indicator(indicator) => Source::Indicator(indicator.0.state()),
                plain => Source::Plain(plain.clone()),
            };
            let newest = Window::of(&[], tail.max(1));
            Ok(Some(Column { source, newest }))
        };
        let columns = program.steps().iter().zip(&tails).map(column);
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(Self {
            program,
            tails,
            columns,
        })
    }

    /// Takes the next bar; the value there: a number, or 1 and 0 for a condition; NaN where it is undefined.
    pub fn update(&mut self, bar: &Bar) -> f64 {
        for column in self.columns.iter_mut().flatten() {
            let value = match &mut column.source {
                Source::Plain(name) => plain(name, bar),
                Source::Indicator(state) => state.update(bar),
            };
            column.newest.push(value);
        }
        self.value()
    }

    /// The value that the next bar would have if it were this one; nothing is kept of it.
    #[must_use]
    pub fn peek(&self, bar: &Bar) -> f64 {
        self.clone().update(bar)
    }

    fn value(&self) -> f64 {
        let steps = self.program.steps();
        let mut values: Vec<Cow<'_, [f64]>> = Vec::with_capacity(steps.len());
        for (at, step) in steps.iter().enumerate() {
            let own = match &self.columns[at] {
                Some(column) => Cow::Borrowed(column.newest.values()),
                None => Cow::Owned(computed(step, self.tails[at], &values)),
            };
            values.push(own);
        }
        let root = self.program.root_place(0).and_then(|root| values.get(root));
        root.and_then(|values| values.last())
            .copied()
            .unwrap_or(f64::NAN)
    }
}

/// What a bar has in a column that is no indicator.
fn plain(name: &ColumnName, bar: &Bar) -> f64 {
    let or_none = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let (open, high, low) = (or_none(bar.open), or_none(bar.high), or_none(bar.low));
    match name {
        ColumnName::Open => open,
        ColumnName::High => high,
        ColumnName::Low => low,
        ColumnName::Close | ColumnName::Source(PriceSource::Close) => bar.close,
        ColumnName::Volume => or_none(bar.volume),
        ColumnName::Source(PriceSource::Hl2) => f64::midpoint(high, low),
        ColumnName::Source(PriceSource::Hlc3) => (high + low + bar.close) / 3.0,
        ColumnName::Source(PriceSource::Ohlc4) => (open + high + low + bar.close) / 4.0,
        // They have streams of their own, or none.
        ColumnName::AtcSignal | ColumnName::Indicator(_) => f64::NAN,
    }
}
