//! Bars as they come: what indicators and an expression say of each, at the cost of a bar.
//!
//! Reading lines belongs to [`crate::data`], waiting for them to whoever follows.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::{CsvColumns, Needs};
use crate::indicators::{Request, RequestState};
use crate::resample::{Bar, ResampleError, ResampleState};
use crate::scan::{EvalError, Expr, ExprState};
use crate::timeframe::Timeframe;

/// What is computed of each bar, for any number of symbols.
///
/// # Example
/// ```
/// use hypernodes_trading::{follow::Follower, resample::Bar};
/// let mut follower = Follower::new(vec!["SMA_2".parse()?], Some("close > SMA_2".parse()?), None)?;
/// assert!(follower.update("ACME", Bar::new(0, 10.0))?.expect("a bar").values[0].is_nan());
/// let second = follower.update("ACME", Bar::new(1, 12.0))?.expect("a bar");
/// assert_eq!((second.values, second.holds), (&[11.0][..], Some(true)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Follower {
    columns: Vec<RequestState>,
    filter: Option<ExprState>,
    needs: Needs,
    timeframe: Option<Timeframe>,
    symbols: BTreeMap<Arc<str>, Symbol>,
}

/// The state of one symbol.
#[derive(Debug, Clone)]
struct Symbol {
    columns: Vec<RequestState>,
    filter: Option<ExprState>,
    forming: Option<ResampleState>,
    values: Vec<f64>,
}

/// What a bar gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Followed<'a> {
    /// The bar; of a longer timeframe, the one that is finished.
    pub bar: Bar,
    /// The columns' values, in the order asked for.
    pub values: &'a [f64],
    /// Whether the expression holds; false where it is undefined. `None` without one.
    pub holds: Option<bool>,
}

impl Follower {
    /// A follower before the first bar.
    ///
    /// # Errors
    /// [`EvalError::NotStreamed`] when the expression names what has no stream.
    pub fn new(
        columns: Vec<Request>,
        filter: Option<Expr>,
        timeframe: Option<Timeframe>,
    ) -> Result<Self, EvalError> {
        let of_filter = filter.as_ref().map(Expr::needs);
        let of_columns = columns.iter().map(Request::needs);
        Ok(Self {
            needs: of_columns
                .chain(of_filter)
                .fold(Needs::default(), Needs::and),
            columns: columns.iter().map(Request::state).collect(),
            filter: filter.map(|filter| filter.state()).transpose()?,
            timeframe,
            symbols: BTreeMap::new(),
        })
    }

    /// The columns that must have a value in every bar.
    #[must_use]
    pub fn needed_columns(&self) -> CsvColumns {
        self.needs.into()
    }

    /// Takes the next bar of a symbol. `None` while a bar of the longer timeframe is forming.
    ///
    /// # Errors
    /// [`ResampleError`] when the bar is not later than the one before.
    ///
    /// # Complexity
    /// The same for each bar, however many came before.
    pub fn update(
        &mut self,
        symbol: &str,
        bar: Bar,
    ) -> Result<Option<Followed<'_>>, ResampleError> {
        if !self.symbols.contains_key(symbol) {
            let state = Symbol {
                columns: self.columns.clone(),
                filter: self.filter.clone(),
                forming: self.timeframe.map(ResampleState::new),
                values: vec![f64::NAN; self.columns.len()],
            };
            self.symbols.insert(symbol.into(), state);
        }
        let Some(state) = self.symbols.get_mut(symbol) else {
            return Ok(None);
        };
        let bar = match &mut state.forming {
            None => bar,
            Some(forming) => match forming.update(bar)? {
                Some(finished) => finished,
                None => return Ok(None),
            },
        };
        Ok(Some(state.take(bar)))
    }

    /// Ends: the bars that are forming are taken as finished, symbol by symbol.
    pub fn finish(&mut self, mut each: impl FnMut(&str, Followed<'_>)) {
        for (symbol, state) in &mut self.symbols {
            if let Some(bar) = state.forming.take().and_then(ResampleState::finish) {
                each(symbol, state.take(bar));
            }
        }
    }
}

impl Symbol {
    fn take(&mut self, bar: Bar) -> Followed<'_> {
        for (value, column) in self.values.iter_mut().zip(&mut self.columns) {
            *value = column.update(&bar);
        }
        let holds = self.filter.as_mut().map(|filter| filter.update(&bar) > 0.0);
        Followed {
            bar,
            values: &self.values,
            holds,
        }
    }
}
