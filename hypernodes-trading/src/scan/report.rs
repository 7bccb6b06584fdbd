//! What all symbols of a scan make.

use std::borrow::Cow;
use std::io;

use serde::{Deserialize, Serialize};

use super::{RankedRow, ScanConfig, ScanTally, SymbolScore};
use crate::atc::quoted;

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
    pub exchange: Cow<'static, str>,
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
    pub fn rank<S: AsRef<str>>(
        scores: impl IntoIterator<Item = (S, SymbolScore)>,
        config: &ScanConfig,
    ) -> Self {
        let mut tally = ScanTally::new(config.clone());
        for (symbol, score) in scores {
            tally.add(symbol.as_ref(), score);
        }
        tally.ranked().into_report()
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
        let [long, short] = [&self.long, &self.short].map(|rows| rows.iter().map(RankedRow::from));
        write_csv(writer, long, short)
    }
}

impl From<RankedRow<'_>> for ScanRow {
    fn from(row: RankedRow<'_>) -> Self {
        Self {
            symbol: row.symbol.to_owned(),
            signal: row.signal,
            trend: row.trend,
            price: row.price,
            exchange: match row.exchange {
                "UNKNOWN" => Cow::Borrowed("UNKNOWN"),
                exchange => Cow::Owned(exchange.to_owned()),
            },
        }
    }
}

impl<'a> From<&'a ScanRow> for RankedRow<'a> {
    fn from(row: &'a ScanRow) -> Self {
        Self {
            symbol: &row.symbol,
            signal: row.signal,
            trend: row.trend,
            price: row.price,
            exchange: &row.exchange,
        }
    }
}

pub(super) fn write_csv<'a>(
    writer: &mut impl io::Write,
    long: impl Iterator<Item = RankedRow<'a>>,
    short: impl Iterator<Item = RankedRow<'a>>,
) -> io::Result<()> {
    writeln!(writer, "side,symbol,signal,trend,price,exchange")?;
    let long = long.map(|row| ("long", row));
    for (side, row) in long.chain(short.map(|row| ("short", row))) {
        let RankedRow {
            symbol,
            signal,
            trend,
            price,
            exchange,
        } = row;
        let (symbol, exchange) = (quoted(symbol), quoted(exchange));
        writeln!(
            writer,
            "{side},{symbol},{signal:?},{trend},{price:?},{exchange}"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Score;

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
    fn what_is_cut_while_scores_come_is_what_would_be_cut_at_the_end() {
        let signal = |i: u32| f64::from(i * 7_919 % 1_000) / 1_000.0 - 0.5;
        let scores = (0..2_000).map(|i| (format!("s{i}"), scored(signal(i))));
        let config = |top| ScanConfig {
            top,
            ..ScanConfig::default()
        };
        let mut all = ScanReport::rank(scores.clone(), &config(None));
        let cut = ScanReport::rank(scores, &config(Some(10)));
        all.long.truncate(10);
        all.short.truncate(10);
        assert_eq!(cut, all);
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
}
