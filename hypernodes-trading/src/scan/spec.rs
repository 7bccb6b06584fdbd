//! The scan by expression: what one symbol gives.

use serde::{Deserialize, Serialize};

use super::expr::Program;
use super::{EvalError, Expr, Order};
use crate::atc::AtcConfig;
use crate::bars::Bars;
use crate::data::{CsvColumns, Needs};

/// A scan by expression: which symbols, in which order.
///
/// # Example
/// ```
/// use hypernodes_trading::scan::{ScanSpec, SymbolMatch, match_symbol};
/// use hypernodes_trading::{Bars, atc::AtcConfig};
/// let spec = ScanSpec::new(Some("close > SMA_2".parse()?), Some("close / SMA_2".parse()?))?;
/// assert_eq!(spec.columns(), ["close", "SMA_2"]);
/// let bars = Bars::new("ACME", vec![1, 2, 3], vec![10.0, 9.0, 11.0])?;
/// let SymbolMatch::Matched(found) = match_symbol(&bars, &spec, &AtcConfig::default())? else {
///     panic!("11 is above 10, the mean of 9 and 11");
/// };
/// assert_eq!((found.score, found.values), (Some(1.1), vec![Some(11.0), Some(10.0)]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ReadSpec")]
#[non_exhaustive]
pub struct ScanSpec {
    filter: Option<Expr>,
    rank_by: Option<Expr>,
    /// Which end of the scores comes first.
    pub order: Order,
    /// The most rows; `None` for all.
    pub top: Option<usize>,
    /// Only the newest bars, so many; a symbol with fewer is skipped. `None` for all bars there
    /// are.
    pub limit: Option<usize>,
}

/// What is read, before it is known that the expressions are of the right sorts.
#[derive(Deserialize)]
struct ReadSpec {
    filter: Option<Expr>,
    rank_by: Option<Expr>,
    order: Order,
    top: Option<usize>,
    limit: Option<usize>,
}

impl TryFrom<ReadSpec> for ScanSpec {
    type Error = SpecError;

    fn try_from(read: ReadSpec) -> Result<Self, SpecError> {
        let spec = Self::new(read.filter, read.rank_by)?;
        Ok(Self {
            order: read.order,
            top: read.top,
            limit: read.limit,
            ..spec
        })
    }
}

/// Why expressions make no scan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// The filter is a number.
    #[error("`{text}` is a number, expected a condition such as `{text} > 0`")]
    NoCondition {
        /// The expression.
        text: String,
    },
    /// What is ranked by is a condition.
    #[error("`{text}` is a condition, expected a number to rank by, such as `close`")]
    NoNumber {
        /// The expression.
        text: String,
    },
}

impl ScanSpec {
    /// A scan of the symbols for which `filter` holds at the last bar, ranked by `rank_by`;
    /// without a filter of all symbols, without a rank in input order.
    ///
    /// # Errors
    /// [`SpecError`] when the filter is no condition, or the rank no number.
    pub fn new(filter: Option<Expr>, rank_by: Option<Expr>) -> Result<Self, SpecError> {
        if let Some(number) = filter.as_ref().filter(|filter| !filter.is_condition()) {
            let text = number.to_string();
            return Err(SpecError::NoCondition { text });
        }
        if let Some(condition) = rank_by.as_ref().filter(|rank| rank.is_condition()) {
            let text = condition.to_string();
            return Err(SpecError::NoNumber { text });
        }
        Ok(Self {
            filter,
            rank_by,
            order: Order::default(),
            top: None,
            limit: None,
        })
    }

    /// The condition.
    #[must_use]
    pub fn filter(&self) -> Option<&Expr> {
        self.filter.as_ref()
    }

    /// What is ranked by.
    #[must_use]
    pub fn rank_by(&self) -> Option<&Expr> {
        self.rank_by.as_ref()
    }

    /// The columns and indicators that are named, in the order of their first mention.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        let program = self.program();
        program.columns().map(|place| program.text(place)).collect()
    }

    /// The columns that must have a value in every row.
    #[must_use]
    pub fn needed_columns(&self) -> CsvColumns {
        let all = [&self.filter, &self.rank_by].into_iter().flatten();
        let needs = all.map(Expr::needs).fold(Needs::default(), Needs::and);
        needs.into()
    }

    /// Both expressions, the filter first.
    fn program(&self) -> Program {
        let mut program = Program::default();
        for expr in [&self.filter, &self.rank_by].into_iter().flatten() {
            program.add(expr);
        }
        program
    }
}

/// What a scan by expression found out about one symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SymbolMatch {
    /// The condition holds.
    Matched(Match),
    /// It does not.
    Unmatched,
    /// It is not known, and why.
    Skipped(String),
    /// An error; its text.
    Failed(String),
}

/// The last values of a symbol that matches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// What it is ranked by, where it is.
    pub score: Option<f64>,
    /// The last close.
    pub price: f64,
    /// The exchange, where the data names one.
    pub exchange: Option<String>,
    /// The values of [`ScanSpec::columns`]; `None` where undefined.
    pub values: Vec<Option<f64>>,
}

/// What a scan by expression finds out about one symbol, at its last bar.
///
/// A symbol whose condition or score is undefined there is skipped with the reason: see
/// [`Expr`] for when that is. Each column and indicator is computed once, in whatever number of
/// places it is named. `atc` has the settings of `atc_signal`.
///
/// # Errors
/// [`EvalError`] when the bars lack a column, or ATC or an indicator refuses them.
pub fn match_symbol(
    bars: &Bars,
    spec: &ScanSpec,
    atc: &AtcConfig,
) -> Result<SymbolMatch, EvalError> {
    let bars = match spec.limit.map(|limit| bars.len().checked_sub(limit)) {
        None => bars.clone(),
        Some(Some(from)) => newest(bars, from)?,
        Some(None) => {
            let (found, limit) = (bars.len(), spec.limit.unwrap_or_default());
            let reason = super::SkipReason::TooFewBars { found, limit };
            return Ok(SymbolMatch::Skipped(reason.to_string()));
        }
    };
    let Some(&price) = bars.close().last() else {
        return Ok(SymbolMatch::Skipped("no bars".to_owned()));
    };
    let program = spec.program();
    let found = program.evaluate(&bars, atc, 1)?;
    let of_rank = usize::from(spec.filter.is_some());
    if spec.filter.is_some() {
        let holds = found.last_of(0);
        if holds.is_nan() {
            return Ok(SymbolMatch::Skipped(found.why_undefined(0)));
        }
        if holds <= 0.0 {
            return Ok(SymbolMatch::Unmatched);
        }
    }
    let mut score = None;
    if spec.rank_by.is_some() {
        let value = found.last_of(of_rank);
        if value.is_nan() {
            return Ok(SymbolMatch::Skipped(found.why_undefined(of_rank)));
        }
        score = Some(value);
    }
    let last = |place| Some(found.last(place)).filter(|v| !v.is_nan());
    Ok(SymbolMatch::Matched(Match {
        score,
        price,
        exchange: bars.exchange().map(str::to_owned),
        values: program.columns().map(last).collect(),
    }))
}

/// The bars from one of them on.
fn newest(bars: &Bars, from: usize) -> Result<Bars, EvalError> {
    match from {
        0 => Ok(bars.clone()),
        from => Ok(crate::cut::rows(bars, from..bars.len())?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(filter: &str, rank_by: &str) -> ScanSpec {
        let read = |text: &str| match text {
            "" => None,
            text => Some(text.parse().unwrap()),
        };
        ScanSpec::new(read(filter), read(rank_by)).unwrap()
    }

    fn bars(count: u32) -> Bars {
        let close: Vec<f64> = (1..=count).map(f64::from).collect();
        let time: Vec<i64> = (0..i64::from(count)).collect();
        Bars::new("A", time, close).unwrap()
    }

    fn found(spec: &ScanSpec, count: u32) -> SymbolMatch {
        match_symbol(&bars(count), spec, &AtcConfig::default()).unwrap()
    }

    #[test]
    fn a_condition_decides_and_says_why_it_cannot() {
        let one = spec("close > SMA_3 or close > 90", "change(close, 2) * SMA_3");
        let SymbolMatch::Matched(matched) = found(&one, 5) else {
            panic!()
        };
        assert_eq!((matched.score, matched.price), (Some(8.0), 5.0));
        assert_eq!(matched.values, [Some(5.0), Some(4.0)]);
        let low = spec("close < SMA_3", "");
        assert_eq!(found(&low, 5), SymbolMatch::Unmatched);
        let reason = "undefined at the last bar: `SMA_3` needs 3 bars, there are 2";
        assert_eq!(found(&low, 2), SymbolMatch::Skipped(reason.to_owned()));
        assert!(matches!(
            found(&spec("", "SMA_9"), 5),
            SymbolMatch::Skipped(_)
        ));
        let SymbolMatch::Matched(matched) = found(&spec("close > 1 or SMA_9 > 1", ""), 5) else {
            panic!()
        };
        assert_eq!(
            (matched.score, matched.values),
            (None, vec![Some(5.0), None])
        );
        assert_eq!(found(&low, 0), SymbolMatch::Skipped("no bars".to_owned()));
    }

    #[test]
    fn a_limit_takes_the_newest_bars() {
        let mut one = spec("lowest(close, 3) == 8 and not SMA_4 > 0", "");
        one.limit = Some(3);
        let reason = "undefined at the last bar: `SMA_4` needs 4 bars, there are 3";
        assert_eq!(found(&one, 10), SymbolMatch::Skipped(reason.to_owned()));
        let reason = "2 bars, fewer than 3".to_owned();
        assert_eq!(found(&one, 2), SymbolMatch::Skipped(reason));
        let mut one = spec("lowest(close, 3) == 8", "");
        for limit in [Some(3), Some(10), None] {
            one.limit = limit;
            assert!(matches!(found(&one, 10), SymbolMatch::Matched(_)));
        }
    }

    #[test]
    fn sorts_are_checked_also_of_what_is_read() {
        let error = |filter: Option<&str>, rank: Option<&str>| {
            let read = |text: Option<&str>| text.map(|text| text.parse().unwrap());
            ScanSpec::new(read(filter), read(rank))
                .unwrap_err()
                .to_string()
        };
        assert!(error(Some("close"), None).contains("expected a condition such as `close > 0`"));
        assert!(error(None, Some("close > 1")).contains("expected a number to rank by"));
        let one = spec("close > 1", "close");
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<ScanSpec>(&text).unwrap(), one);
        assert!(serde_json::from_str::<ScanSpec>(&text.replace("close > 1", "close")).is_err());
    }

    #[test]
    fn a_spec_needs_the_columns_of_both() {
        let needing = |open, high_low, volume| CsvColumns::Needing {
            open,
            high_low,
            volume,
        };
        assert_eq!(
            spec("hl2 > 1", "open").needed_columns(),
            needing(true, true, false)
        );
        assert_eq!(
            spec("hl2 > 1", "volume").needed_columns(),
            needing(false, true, true)
        );
        assert_eq!(
            spec("", "volume").needed_columns(),
            needing(false, false, true)
        );
    }
}
