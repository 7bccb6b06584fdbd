//! Columns of several indicators, for one symbol.

use serde::{Deserialize, Serialize};

use super::{IndicatorError, Request};
use crate::bars::Bars;

/// The columns that were asked for, in that order, a value a bar.
///
/// # Example
/// ```
/// use hypernodes_trading::indicators::{IndicatorTable, Request, sample};
/// let columns = ["SMA_2", "MOM_1"].map(|name| name.parse::<Request>().unwrap());
/// let table = IndicatorTable::of(&sample(), &columns)?;
/// assert_eq!(table.names().collect::<Vec<_>>(), ["SMA_2", "MOM_1"]);
/// let [sma, mom] = [&table.columns()[0], &table.columns()[1]];
/// assert_eq!(sma[1], 89.0 + mom[1] / 2.0);
/// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndicatorTable {
    requests: Vec<Request>,
    columns: Vec<Vec<f64>>,
}

impl IndicatorTable {
    /// Computes the columns; an indicator with several outputs once.
    ///
    /// # Errors
    /// [`IndicatorError::MissingColumn`] when the bars have not all that one reads.
    pub fn of(bars: &Bars, requests: &[Request]) -> Result<Self, IndicatorError> {
        Ok(Self {
            requests: requests.to_vec(),
            columns: Request::compute_each(requests, bars)?,
        })
    }

    /// The columns' names, as they were asked for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.requests.iter().map(Request::name)
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }
}
