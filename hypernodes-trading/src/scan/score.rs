//! What a scan finds out about one symbol.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ScanConfig, ScanError};
use crate::atc::AtcWorkspace;
use crate::bars::{Bars, PriceSource};

/// What a scan found out about one symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SymbolScore {
    /// A signal that can be ranked.
    Scored(Score),
    /// Nothing to rank, and why.
    Skipped(SkipReason),
    /// An error; its text.
    Failed(String),
}

/// The last values of one symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// ATC's average signal at the last bar, from -1 to 1.
    pub signal: f64,
    /// The last price of the source.
    pub price: f64,
    /// The exchange, where the data names one.
    pub exchange: Option<String>,
}

/// Why a symbol is in neither table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SkipReason {
    /// It has fewer bars than the limit.
    TooFewBars {
        /// Bars it has.
        found: usize,
        /// Bars wanted.
        limit: usize,
    },
    /// Its signal is undefined at the last bar.
    UndefinedSignal,
    /// Its signal is too weak.
    BelowMinSignal {
        /// The signal.
        signal: f64,
        /// The smallest that is listed.
        min_signal: f64,
    },
    /// Its signal is exactly 0, so it has no side.
    NoTrend,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewBars { found, limit } => write!(f, "{found} bars, fewer than {limit}"),
            Self::UndefinedSignal => f.write_str("signal undefined at the last bar"),
            Self::BelowMinSignal { signal, min_signal } => {
                write!(f, "signal {signal} below the minimum {min_signal}")
            }
            Self::NoTrend => f.write_str("signal is 0"),
        }
    }
}
/// The score of one symbol: ATC over its newest `limit` bars.
///
/// Allocates nothing when the source is the close; `workspace` carries the settings of ATC.
///
/// # Example
/// ```
/// use hypernodes_trading::atc::{AtcConfig, AtcWorkspace};
/// use hypernodes_trading::scan::{score, ScanConfig, SkipReason, SymbolScore};
/// use hypernodes_trading::Bars;
/// let bars = Bars::new("ACME", vec![1, 2], vec![10.0, 11.0])?;
/// let mut workspace = AtcWorkspace::new(&AtcConfig::default())?;
/// let scan = ScanConfig { limit: 100, ..ScanConfig::default() };
/// assert_eq!(
///     score(&bars, &scan, &mut workspace),
///     SymbolScore::Skipped(SkipReason::TooFewBars { found: 2, limit: 100 })
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score(bars: &Bars, scan: &ScanConfig, workspace: &mut AtcWorkspace) -> SymbolScore {
    match try_score(bars, scan, workspace) {
        Ok(score) => score,
        Err(error) => SymbolScore::Failed(error.to_string()),
    }
}

/// As [`score`], with the error as it is.
pub(crate) fn try_score(
    bars: &Bars,
    scan: &ScanConfig,
    workspace: &mut AtcWorkspace,
) -> Result<SymbolScore, ScanError> {
    let Some(first) = bars.len().checked_sub(scan.limit.max(1)) else {
        let (found, limit) = (bars.len(), scan.limit);
        return Ok(SymbolScore::Skipped(SkipReason::TooFewBars {
            found,
            limit,
        }));
    };
    let close = &bars.close()[first..];
    let other = match scan.source {
        PriceSource::Close => None,
        source => Some(bars.source(source)?),
    };
    let source = other.as_deref().map(|s| &s[first..]);
    let last = workspace.last(close, source)?;
    let signal = last.average_signal;
    if signal.is_nan() {
        return Ok(SymbolScore::Skipped(SkipReason::UndefinedSignal));
    }
    let price = source.unwrap_or(close).last().copied().unwrap_or(f64::NAN);
    let exchange = bars.exchange().map(str::to_owned);
    Ok(SymbolScore::Scored(Score {
        signal,
        price,
        exchange,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::atc::AtcConfig;

    #[test]
    fn the_newest_bars_are_scored() {
        let close = crate::reference::lcg_walk(300, 4, 20.0, 0.03);
        let time: Vec<i64> = (0..300).collect();
        let bars = Bars::new("A", time, close.clone()).unwrap();
        let scan = ScanConfig {
            limit: 200,
            ..ScanConfig::default()
        };
        let config = AtcConfig::default();
        let mut workspace = AtcWorkspace::new(&config).unwrap();
        let expected = crate::atc::atc(&close[100..], None, &config).unwrap();
        let signal = expected.average_signal()[199];
        assert_eq!(
            score(&bars, &scan, &mut workspace),
            SymbolScore::Scored(Score {
                signal,
                price: close[299],
                exchange: None
            })
        );
        let scan = ScanConfig {
            source: PriceSource::Hl2,
            ..scan
        };
        assert!(matches!(
            score(&bars, &scan, &mut workspace),
            SymbolScore::Failed(_)
        ));
    }
}
