//! The market scan: ATC's last value of every symbol, ranked.
//!
//! Reading files belongs to [`crate::data`], running many symbols in parallel to a pipeline;
//! here is what one symbol gives ([`score`]) and what all of them make ([`ScanReport::rank`]).

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use crate::atc::{AtcConfig, AtcError, AtcWorkspace};
use crate::bars::{Bars, BarsError, PriceSource};

/// The settings of a scan beside those of ATC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScanConfig {
    /// The newest bars that are used, in bars; a symbol with fewer is skipped.
    pub limit: usize,
    /// The smallest absolute signal that is listed.
    pub min_signal: f64,
    /// The most rows of either table; `None` for all.
    pub top: Option<usize>,
    /// What the averages are taken over.
    pub source: PriceSource,
}

impl Default for ScanConfig {
    fn default() -> Self {
        Self {
            limit: 1_500,
            min_signal: 0.01,
            top: None,
            source: PriceSource::Close,
        }
    }
}

/// Why a scan was not run, or a symbol of it failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// ATC refuses its settings or the prices.
    #[error(transparent)]
    Atc(#[from] AtcError),
    /// The price source needs a column that is not there.
    #[error(transparent)]
    Bars(#[from] BarsError),
    /// The smallest signal is negative or no number.
    #[error("`min_signal` is {value}, expected 0 or more")]
    MinSignal {
        /// What it is.
        value: f64,
    },
    /// No bar is to be used.
    #[error("`limit` is 0, expected at least 1 bar")]
    Limit,
}

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

/// A row of the long or short table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanRow {
    /// The symbol.
    pub symbol: String,
    /// ATC's average signal at the last bar.
    pub signal: f64,
    /// Its sign: 1 or -1.
    pub trend: i8,
    /// The last price of the source.
    pub price: f64,
    /// The exchange, `UNKNOWN` where there is none.
    pub exchange: String,
}

/// A symbol that was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedSymbol {
    /// The symbol.
    pub symbol: String,
    /// Why, as text.
    pub reason: String,
}

/// A symbol that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedSymbol {
    /// The symbol.
    pub symbol: String,
    /// The error's text.
    pub error: String,
}

/// The result of a scan; as JSON it has exactly these fields.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ScanReport {
    /// Rising symbols, the strongest signal first.
    pub long: Vec<ScanRow>,
    /// Falling symbols, the most negative signal first.
    pub short: Vec<ScanRow>,
    /// Symbols in neither table, in input order.
    pub skipped: Vec<SkippedSymbol>,
    /// Symbols with an error, in input order.
    pub failed: Vec<FailedSymbol>,
    /// How many symbols were looked at.
    pub symbols: usize,
}

impl ScanConfig {
    /// Checks these settings, and those of ATC against the limit.
    ///
    /// # Errors
    /// [`ScanError::Limit`], [`ScanError::MinSignal`], or [`ScanError::Atc`] with what
    /// [`AtcConfig::validate`] reports for `limit` bars.
    pub fn validate(&self, atc: &AtcConfig) -> Result<(), ScanError> {
        if self.limit == 0 {
            return Err(ScanError::Limit);
        }
        if !(self.min_signal.is_finite() && self.min_signal >= 0.0) {
            return Err(ScanError::MinSignal {
                value: self.min_signal,
            });
        }
        Ok(atc.validate(self.limit)?)
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

impl ScanReport {
    /// Ranks the scores of all symbols, given in input order.
    ///
    /// Long by signal descending, short by signal ascending, equal signals in input order; each
    /// table cut to `top` rows. A signal of exactly `min_signal` is listed.
    ///
    /// # Complexity
    /// O(n log n) for n symbols.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::scan::{ScanConfig, ScanReport, Score, SymbolScore};
    /// let scored = |signal| SymbolScore::Scored(Score { signal, price: 1.0, exchange: None });
    /// let report = ScanReport::rank(
    ///     [("A", scored(0.2)), ("B", scored(-0.5)), ("C", scored(0.7)), ("D", scored(0.001))],
    ///     &ScanConfig::default(),
    /// );
    /// let long: Vec<_> = report.long.iter().map(|r| r.symbol.as_str()).collect();
    /// assert_eq!(long, ["C", "A"]);
    /// assert_eq!(report.short[0].trend, -1);
    /// assert_eq!(report.skipped[0].reason, "signal 0.001 below the minimum 0.01");
    /// assert_eq!(report.symbols, 4);
    /// ```
    pub fn rank<S: Into<String>>(
        scores: impl IntoIterator<Item = (S, SymbolScore)>,
        config: &ScanConfig,
    ) -> Self {
        let mut report = Self::default();
        for (symbol, score) in scores {
            report.symbols += 1;
            report.sort_in(symbol.into(), score, config);
        }
        report.long.sort_by(|a, b| b.signal.total_cmp(&a.signal));
        report.short.sort_by(|a, b| a.signal.total_cmp(&b.signal));
        let most = config.top.unwrap_or(usize::MAX);
        report.long.truncate(most);
        report.short.truncate(most);
        report
    }

    fn sort_in(&mut self, symbol: String, score: SymbolScore, config: &ScanConfig) {
        let score = match score {
            SymbolScore::Scored(score) => score,
            SymbolScore::Skipped(reason) => {
                self.skipped.push(SkippedSymbol {
                    symbol,
                    reason: reason.to_string(),
                });
                return;
            }
            SymbolScore::Failed(error) => {
                self.failed.push(FailedSymbol { symbol, error });
                return;
            }
        };
        let Score {
            signal,
            price,
            exchange,
        } = score;
        let min_signal = config.min_signal;
        let reason = if signal.is_nan() {
            Some(SkipReason::UndefinedSignal)
        } else if signal.abs() < min_signal {
            Some(SkipReason::BelowMinSignal { signal, min_signal })
        } else if signal.abs() <= 0.0 {
            Some(SkipReason::NoTrend)
        } else {
            None
        };
        if let Some(reason) = reason {
            self.skipped.push(SkippedSymbol {
                symbol,
                reason: reason.to_string(),
            });
            return;
        }
        let exchange = exchange.unwrap_or_else(|| "UNKNOWN".to_owned());
        let trend = if signal > 0.0 { 1 } else { -1 };
        let row = ScanRow {
            symbol,
            signal,
            trend,
            price,
            exchange,
        };
        if trend > 0 {
            self.long.push(row);
        } else {
            self.short.push(row);
        }
    }

    /// Writes both tables as one: `side,symbol,signal,trend,price,exchange`, long first.
    ///
    /// # Errors
    /// What `writer` reports.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::scan::ScanReport;
    /// let mut text = Vec::new();
    /// ScanReport::default().write_csv(&mut text)?;
    /// assert_eq!(text, b"side,symbol,signal,trend,price,exchange\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write_csv(&self, writer: &mut impl io::Write) -> io::Result<()> {
        use crate::atc::quoted;
        writeln!(writer, "side,symbol,signal,trend,price,exchange")?;
        for (side, rows) in [("long", &self.long), ("short", &self.short)] {
            for ScanRow {
                symbol,
                signal,
                trend,
                price,
                exchange,
            } in rows
            {
                let (symbol, exchange) = (quoted(symbol), quoted(exchange));
                writeln!(
                    writer,
                    "{side},{symbol},{signal:?},{trend},{price:?},{exchange}"
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(signal: f64) -> SymbolScore {
        SymbolScore::Scored(Score {
            signal,
            price: 2.0,
            exchange: Some("X".into()),
        })
    }

    #[test]
    fn ties_keep_input_order_and_top_cuts_each_side() {
        let scores = [
            ("a", scored(0.5)),
            ("b", scored(-0.5)),
            ("c", scored(0.9)),
            ("d", scored(0.5)),
            ("e", scored(-0.9)),
            ("f", scored(-0.9)),
            ("g", SymbolScore::Failed("bad row".into())),
            ("h", scored(f64::NAN)),
            ("i", scored(-0.01)),
        ];
        let names = |rows: &[ScanRow]| rows.iter().map(|r| r.symbol.clone()).collect::<String>();
        let all = ScanReport::rank(scores.clone(), &ScanConfig::default());
        assert_eq!(
            (names(&all.long), names(&all.short)),
            ("cad".into(), "efbi".into())
        );
        assert_eq!(
            (all.failed.len(), all.skipped.len(), all.symbols),
            (1, 1, 9)
        );
        let config = ScanConfig {
            top: Some(2),
            ..ScanConfig::default()
        };
        let two = ScanReport::rank(scores, &config);
        assert_eq!(
            (names(&two.long), names(&two.short)),
            ("ca".into(), "ef".into())
        );
    }

    #[test]
    fn a_signal_of_zero_is_on_no_side() {
        let config = ScanConfig {
            min_signal: 0.0,
            ..ScanConfig::default()
        };
        let report = ScanReport::rank([("a", scored(0.0)), ("b", scored(-0.0))], &config);
        assert!(report.long.is_empty() && report.short.is_empty());
        assert_eq!(report.skipped[1].reason, "signal is 0");
    }

    #[test]
    fn json_has_the_documented_fields() {
        let report = ScanReport::rank(
            [("a", scored(0.5)), ("b", SymbolScore::Failed("no".into()))],
            &ScanConfig::default(),
        );
        assert_eq!(
            serde_json::to_string(&report).unwrap(),
            r#"{"long":[{"symbol":"a","signal":0.5,"trend":1,"price":2.0,"exchange":"X"}],"#
                .to_owned()
                + r#""short":[],"skipped":[],"failed":[{"symbol":"b","error":"no"}],"symbols":2}"#
        );
    }

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

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let atc = AtcConfig {
            cutout: 1_500,
            ..AtcConfig::default()
        };
        assert!(matches!(
            ScanConfig::default().validate(&atc),
            Err(ScanError::Atc(_))
        ));
        let bad = ScanConfig {
            min_signal: f64::NAN,
            ..ScanConfig::default()
        };
        assert!(bad.validate(&AtcConfig::default()).is_err());
        let bad = ScanConfig {
            limit: 0,
            ..ScanConfig::default()
        };
        assert_eq!(bad.validate(&AtcConfig::default()), Err(ScanError::Limit));
    }
}
