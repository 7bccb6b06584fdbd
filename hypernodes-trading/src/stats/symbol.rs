//! [`symbol_stats`]: the statistics of one symbol.

use serde::{Deserialize, Serialize};

use super::Moments;
use crate::bars::Bars;

/// What statistics are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum StatsOf {
    /// The columns as they are: open, high, low, close, volume, those there are.
    #[default]
    Levels,
    /// Of the price columns the simple return from each bar to the next: x(t) / x(t-1) - 1. n bars have n - 1.
    Returns,
}

/// The statistics of one symbol.
///
/// # Shapes and units
/// `covariance` and `correlation` are square, in the order of `columns`. Undefined numbers are NaN; written as JSON,
/// `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SymbolStats {
    /// The symbol.
    pub symbol: String,
    /// How many bars it has.
    pub bars: usize,
    /// The time of the first bar, in nanoseconds since 1970-01-01 UTC.
    pub first: Option<i64>,
    /// The time of the last bar.
    pub last: Option<i64>,
    /// How many rows the numbers are of: the bars, or one less of returns.
    pub count: u64,
    /// The columns that there are: open, high, low, close, volume.
    pub columns: Vec<ColumnStats>,
    /// The sample covariances (n - 1).
    pub covariance: Vec<Vec<f64>>,
    /// The correlations; NaN where a column does not vary.
    pub correlation: Vec<Vec<f64>>,
}

/// The statistics of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnStats {
    /// Its name: `close`.
    pub name: String,
    /// The mean.
    pub mean: f64,
    /// The sample standard deviation (n - 1).
    pub std: f64,
    /// The sample variance (n - 1).
    pub var: f64,
    /// The least number.
    pub min: f64,
    /// The greatest number.
    pub max: f64,
}

/// The statistics of a symbol's columns, with the same bits however and wherever it is computed; see [`Moments`].
///
/// # Example
/// ```
/// use hypernodes_trading::Bars;
/// use hypernodes_trading::stats::{StatsOf, symbol_stats};
/// let bars = Bars::new("ACME", vec![1, 2, 3], vec![10.0, 20.0, 30.0])?;
/// let stats = symbol_stats(&bars, StatsOf::Levels);
/// assert_eq!((stats.columns[0].mean, stats.columns[0].std), (20.0, 10.0));
/// let returns = symbol_stats(&bars, StatsOf::Returns);
/// assert_eq!((returns.count, returns.columns[0].mean), (2, 0.75)); // 100% and 50%
/// # Ok::<(), hypernodes_trading::BarsError>(())
/// ```
#[must_use]
pub fn symbol_stats(bars: &Bars, of: StatsOf) -> SymbolStats {
    let volume = bars.volume().filter(|_| of == StatsOf::Levels);
    let columns: Vec<(&str, &[f64])> = [
        ("open", bars.open()),
        ("high", bars.high()),
        ("low", bars.low()),
        ("close", Some(bars.close())),
        ("volume", volume),
    ]
    .into_iter()
    .filter_map(|(name, column)| Some((name, column?)))
    .collect();
    let mut moments = Moments::new(columns.len());
    let mut row = vec![0.0; columns.len()];
    let first = usize::from(of == StatsOf::Returns);
    for bar in first..bars.len() {
        for (cell, (_, column)) in row.iter_mut().zip(&columns) {
            *cell = match of {
                StatsOf::Levels => column[bar],
                StatsOf::Returns => column[bar] / column[bar - 1] - 1.0,
            };
        }
        // Its width is that of the moments.
        moments.push(&row).ok();
    }
    let square = |cell: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
        let row = |a| (0..columns.len()).map(|b| cell(a, b)).collect();
        (0..columns.len()).map(row).collect()
    };
    let column = |(at, &(name, _)): (usize, &(&str, &[f64]))| ColumnStats {
        name: name.to_owned(),
        mean: moments.mean(at),
        std: moments.std(at),
        var: moments.variance(at),
        min: moments.min(at),
        max: moments.max(at),
    };
    SymbolStats {
        symbol: bars.symbol().to_owned(),
        bars: bars.len(),
        first: bars.time().first().copied(),
        last: bars.time().last().copied(),
        count: moments.rows(),
        columns: columns.iter().enumerate().map(column).collect(),
        covariance: square(&|a, b| moments.covariance(a, b)),
        correlation: square(&|a, b| moments.correlation(a, b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_are_not_there_have_no_numbers() {
        let bars = Bars::new("A", vec![1, 2], vec![1.0, 3.0]).unwrap();
        let bars = bars.with_volume(vec![0.0, 4.0]).unwrap();
        let names = |stats: &SymbolStats| -> Vec<String> {
            stats.columns.iter().map(|c| c.name.clone()).collect()
        };
        let levels = symbol_stats(&bars, StatsOf::Levels);
        assert_eq!(names(&levels), ["close", "volume"]);
        assert_eq!(levels.covariance, [[2.0, 4.0], [4.0, 8.0]]);
        let one = levels.correlation[0][1];
        assert!((one - 1.0).abs() < 1e-15, "{one}");
        let returns = symbol_stats(&bars, StatsOf::Returns);
        assert_eq!(
            (names(&returns), returns.count),
            (vec!["close".to_owned()], 1)
        );
        assert_eq!((returns.columns[0].mean, returns.bars), (2.0, 2));
        assert!(
            serde_json::to_string(&returns)
                .unwrap()
                .contains("\"std\":null")
        );
        let none = symbol_stats(
            &Bars::new("A", Vec::<i64>::new(), Vec::<f64>::new()).unwrap(),
            StatsOf::Returns,
        );
        assert_eq!((none.first, none.count), (None, 0));
    }
}
