//! The scores of a scan as they come: little is held of each, so that a market of any size fits.

use std::io;

use serde::{Serialize, Serializer};

use super::report::write_csv;
use super::{FailedSymbol, ScanConfig, ScanReport, Score, SkipReason, SkippedSymbol, SymbolScore};
use crate::blocks::Blocks;

/// Takes the scores of a scan one by one.
///
/// Of a symbol that is listed it holds its name and 40 bytes; a [`ScanReport`] holds three times as much.
///
/// # Example
/// ```
/// use hypernodes_trading::scan::{ScanConfig, ScanTally, Score, SymbolScore};
/// let mut tally = ScanTally::new(ScanConfig { top: Some(1), ..ScanConfig::default() });
/// for (symbol, signal) in [("A", 0.2), ("B", 0.7), ("C", -0.5)] {
///     tally.add(symbol, SymbolScore::Scored(Score { signal, price: 1.0, exchange: None }));
/// }
/// let ranking = tally.ranked();
/// let long: Vec<_> = ranking.long().map(|row| row.symbol).collect();
/// assert_eq!((long, ranking.symbols()), (vec!["B"], 3));
/// ```
#[derive(Debug, Clone)]
pub struct ScanTally {
    config: ScanConfig,
    long: Side,
    short: Side,
    skipped: Vec<SkippedSymbol>,
    failed: Vec<FailedSymbol>,
    symbols: usize,
}

impl ScanTally {
    /// Before the first score.
    #[must_use]
    pub fn new(config: ScanConfig) -> Self {
        Self {
            config,
            long: Side::default(),
            short: Side::default(),
            skipped: Vec::new(),
            failed: Vec::new(),
            symbols: 0,
        }
    }

    /// Takes the next symbol's score, in input order.
    pub fn add(&mut self, symbol: &str, score: SymbolScore) {
        self.symbols += 1;
        let reason = match score {
            SymbolScore::Scored(score) => match unlisted(score.signal, self.config.min_signal) {
                None => return self.list(symbol, &score),
                Some(reason) => reason,
            },
            SymbolScore::Skipped(reason) => reason,
            SymbolScore::Failed(error) => {
                let symbol = symbol.to_owned();
                return self.failed.push(FailedSymbol { symbol, error });
            }
        };
        self.skipped.push(SkippedSymbol {
            symbol: symbol.to_owned(),
            reason: reason.to_string(),
        });
    }

    fn list(&mut self, symbol: &str, score: &Score) {
        let most = self.most();
        let side = if score.signal > 0.0 {
            &mut self.long
        } else {
            &mut self.short
        };
        side.push(symbol, score);
        // What cannot be listed any more need not be held.
        if side.rows.len() / 2 > most.max(64) {
            side.cut(most);
        }
    }

    fn most(&self) -> usize {
        self.config.top.unwrap_or(usize::MAX)
    }

    /// Puts the rows in their order: long by signal descending, short by signal ascending, equal signals in input order;
    /// each table cut to `top` rows.
    #[must_use]
    pub fn ranked(mut self) -> ScanRanking {
        let most = self.most();
        for side in [&mut self.long, &mut self.short] {
            side.sort(most);
        }
        ScanRanking(self)
    }
}

/// Why a symbol with this signal is in neither table.
fn unlisted(signal: f64, min_signal: f64) -> Option<SkipReason> {
    if signal.is_nan() {
        Some(SkipReason::UndefinedSignal)
    } else if signal.abs() < min_signal {
        Some(SkipReason::BelowMinSignal { signal, min_signal })
    } else if signal.abs() <= 0.0 {
        Some(SkipReason::NoTrend)
    } else {
        None
    }
}

/// The rows of one table.
#[derive(Debug, Clone, Default)]
struct Side {
    /// The symbol and the exchange of each row, behind each other.
    text: String,
    /// In input order among those of equal signals.
    rows: Blocks<Row>,
    /// Which of them are listed, in their order, once that is known.
    order: Vec<usize>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    signal: f64,
    price: f64,
    /// Where its text begins.
    start: usize,
    symbol: u32,
    exchange: u32,
}

/// The length of no exchange.
const NONE: u32 = u32::MAX;

impl Side {
    fn push(&mut self, symbol: &str, score: &Score) {
        // No file has a name of 4 GiB: lines and cells have limits.
        let length = |text: &str| u32::try_from(text.len()).unwrap_or(NONE - 1);
        self.rows.push(Row {
            signal: score.signal,
            price: score.price,
            start: self.text.len(),
            symbol: length(symbol),
            exchange: score.exchange.as_deref().map_or(NONE, length),
        });
        self.text.push_str(symbol);
        self.text.push_str(score.exchange.as_deref().unwrap_or(""));
    }

    /// Finds the strongest rows and their order: those of equal signals in input order.
    fn sort(&mut self, most: usize) {
        let rows = &self.rows;
        let strength = |at: usize| rows.get(at).map_or(0.0, |row| row.signal.abs());
        self.order = (0..rows.len()).collect();
        self.order.sort_unstable_by(|&a, &b| {
            let by_signal = strength(b).total_cmp(&strength(a));
            by_signal.then(a.cmp(&b))
        });
        self.order.truncate(most);
    }

    /// Keeps the strongest rows; those of equal signals stay in input order, which is all that later sorting needs.
    fn cut(&mut self, most: usize) {
        self.sort(most);
        let mut kept = Self::default();
        for row in self.order.iter().filter_map(|&at| self.rows.get(at)) {
            kept.rows.push(Row {
                start: kept.text.len(),
                ..*row
            });
            kept.text.push_str(row.text(&self.text));
        }
        *self = kept;
    }

    fn rows(&self) -> impl ExactSizeIterator<Item = RankedRow<'_>> + Clone {
        let row = |at: &usize| self.rows.get(*at).copied().unwrap_or_default();
        self.order.iter().map(move |at| row(at).shown(&self.text))
    }
}

impl Row {
    /// The symbol and the exchange behind it.
    fn text<'a>(&self, all: &'a str) -> &'a str {
        let exchange = if self.exchange == NONE {
            0
        } else {
            self.exchange
        };
        let end = self.start + self.symbol as usize + exchange as usize;
        all.get(self.start..end).unwrap_or_default()
    }

    fn shown<'a>(&self, all: &'a str) -> RankedRow<'a> {
        let (symbol, exchange) = self
            .text(all)
            .split_at_checked(self.symbol as usize)
            .unwrap_or_default();
        RankedRow {
            symbol,
            signal: self.signal,
            trend: if self.signal > 0.0 { 1 } else { -1 },
            price: self.price,
            exchange: if self.exchange == NONE {
                "UNKNOWN"
            } else {
                exchange
            },
        }
    }
}

/// A row of the long or short table of a [`ScanRanking`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RankedRow<'a> {
    /// The symbol.
    pub symbol: &'a str,
    /// ATC's average signal at the last bar.
    pub signal: f64,
    /// Its sign: 1 or -1.
    pub trend: i8,
    /// The last price of the source.
    pub price: f64,
    /// The exchange, `UNKNOWN` where there is none.
    pub exchange: &'a str,
}

/// What a [`ScanTally`] has taken, in order. As JSON it is the [`ScanReport`].
#[derive(Debug, Clone)]
pub struct ScanRanking(ScanTally);

impl ScanRanking {
    /// Rising symbols, the strongest signal first.
    pub fn long(&self) -> impl ExactSizeIterator<Item = RankedRow<'_>> + Clone {
        self.0.long.rows()
    }

    /// Falling symbols, the most negative signal first.
    pub fn short(&self) -> impl ExactSizeIterator<Item = RankedRow<'_>> + Clone {
        self.0.short.rows()
    }

    /// Symbols in neither table, in input order.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedSymbol] {
        &self.0.skipped
    }

    /// Symbols with an error, in input order.
    #[must_use]
    pub fn failed(&self) -> &[FailedSymbol] {
        &self.0.failed
    }

    /// How many symbols were looked at.
    #[must_use]
    pub fn symbols(&self) -> usize {
        self.0.symbols
    }

    /// The same with rows of their own.
    #[must_use]
    pub fn into_report(self) -> ScanReport {
        ScanReport {
            long: self.long().map(Into::into).collect(),
            short: self.short().map(Into::into).collect(),
            skipped: self.0.skipped,
            failed: self.0.failed,
            symbols: self.0.symbols,
        }
    }

    /// As [`ScanReport::write_csv`].
    ///
    /// # Errors
    /// What `writer` reports.
    pub fn write_csv(&self, writer: &mut impl io::Write) -> io::Result<()> {
        write_csv(writer, self.long(), self.short())
    }
}

impl Serialize for ScanRanking {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut all = serializer.serialize_struct("ScanReport", 5)?;
        all.serialize_field("long", &Table(&self.0.long))?;
        all.serialize_field("short", &Table(&self.0.short))?;
        all.serialize_field("skipped", self.skipped())?;
        all.serialize_field("failed", self.failed())?;
        all.serialize_field("symbols", &self.symbols())?;
        all.end()
    }
}

struct Table<'a>(&'a Side);

impl Serialize for Table<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.rows())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(signal: f64, exchange: Option<&str>) -> SymbolScore {
        SymbolScore::Scored(Score {
            signal,
            price: 2.0,
            exchange: exchange.map(str::to_owned),
        })
    }

    #[test]
    fn rows_keep_their_text_when_others_are_cut() {
        let exchange = |i: u32| match i % 3 {
            0 => None,
            1 => Some("Börse"),
            _ => Some(""),
        };
        // Equal signals: only the input order tells which stay.
        let all = |top| {
            let mut tally = ScanTally::new(ScanConfig {
                top,
                ..ScanConfig::default()
            });
            for i in 0..1_000 {
                let signal = f64::from(i % 7 + 1) / 7.0;
                tally.add(&format!("ü{i}"), scored(signal, exchange(i)));
            }
            tally.ranked()
        };
        let (whole, cut) = (all(None), all(Some(80)));
        assert_eq!(whole.long().len(), 1_000);
        assert!(cut.long().eq(whole.long().take(80)));
        let first = whole.long().next().unwrap();
        assert_eq!((first.symbol, first.exchange), ("ü6", "UNKNOWN"));
        let second = whole.long().nth(1).unwrap();
        assert_eq!((second.symbol, second.exchange), ("ü13", "Börse"));
        assert_eq!(whole.long().nth(2).unwrap().exchange, "");
    }

    #[test]
    fn json_and_csv_are_those_of_the_report() {
        let mut tally = ScanTally::new(ScanConfig::default());
        tally.add("a,b", scored(0.5, Some("X")));
        tally.add("c", scored(-0.5, None));
        tally.add("d", scored(f64::NAN, None));
        tally.add("e", SymbolScore::Failed("no".into()));
        let ranking = tally.ranked();
        let json = serde_json::to_string(&ranking).unwrap();
        let mut csv = Vec::new();
        ranking.write_csv(&mut csv).unwrap();
        let report = ranking.into_report();
        assert_eq!(json, serde_json::to_string(&report).unwrap());
        let mut expected = Vec::new();
        report.write_csv(&mut expected).unwrap();
        assert_eq!(csv, expected);
        assert_eq!(report.skipped[0].reason, "signal undefined at the last bar");
    }
}
