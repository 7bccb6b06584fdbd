//! The scan by expression: what all symbols make.

use std::borrow::Cow;
use std::io;

use serde::{Deserialize, Serialize, Serializer};

use super::{FailedSymbol, Match, ScanSpec, SkippedSymbol, SymbolMatch};
use crate::atc::quoted;

/// A symbol that matches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatchRow {
    /// The symbol.
    pub symbol: String,
    /// What it is ranked by, where it is.
    pub score: Option<f64>,
    /// The last close.
    pub price: f64,
    /// The exchange, `UNKNOWN` where there is none.
    pub exchange: Cow<'static, str>,
    /// The values of [`MatchReport::columns`]; `None` where undefined.
    pub values: Vec<Option<f64>>,
}

/// The result of a scan by expression.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MatchReport {
    /// The columns and indicators that the expressions name.
    pub columns: Vec<String>,
    /// The symbols that match, in the order asked for.
    pub matched: Vec<MatchRow>,
    /// How many symbols do not.
    pub unmatched: usize,
    /// Symbols for which it is not known, in input order.
    pub skipped: Vec<SkippedSymbol>,
    /// Symbols with an error, in input order.
    pub failed: Vec<FailedSymbol>,
    /// How many symbols were looked at.
    pub symbols: usize,
}

impl MatchReport {
    /// An empty report of this scan.
    #[must_use]
    pub fn new(spec: &ScanSpec) -> Self {
        Self {
            columns: spec.columns(),
            ..Self::default()
        }
    }

    /// Ranks what was found out about all symbols, given in input order.
    ///
    /// By score in the order of `spec`, equal scores in input order; without a score in input
    /// order. Cut to the `top` rows of `spec`.
    ///
    /// # Complexity
    /// O(n log n) for n symbols.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::scan::{Match, MatchReport, ScanSpec, SymbolMatch};
    /// let spec = ScanSpec::new(None, Some("close".parse()?))?;
    /// let found = |price| SymbolMatch::Matched(Match {
    ///     score: Some(price), price, exchange: None, values: vec![Some(price)],
    /// });
    /// let report = MatchReport::rank(
    ///     [("A", found(2.0)), ("B", SymbolMatch::Unmatched), ("C", found(3.0)), ("D", found(2.0))],
    ///     &spec,
    /// );
    /// let symbols: Vec<_> = report.matched.iter().map(|row| row.symbol.as_str()).collect();
    /// assert_eq!(symbols, ["C", "A", "D"]);
    /// assert_eq!((report.unmatched, report.symbols), (1, 4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rank<S: Into<String>>(
        found: impl IntoIterator<Item = (S, SymbolMatch)>,
        spec: &ScanSpec,
    ) -> Self {
        let mut report = Self::new(spec);
        for (symbol, found) in found {
            report.add(symbol, found, spec);
        }
        report.ranked(spec)
    }

    /// Takes what was found out about the next symbol; for symbols that come one by one.
    ///
    /// Rows stand in input order until [`MatchReport::ranked`] puts them in theirs.
    pub fn add(&mut self, symbol: impl Into<String>, found: SymbolMatch, spec: &ScanSpec) {
        self.symbols += 1;
        let symbol = symbol.into();
        let Match {
            score,
            price,
            exchange,
            values,
        } = match found {
            SymbolMatch::Matched(found) => found,
            SymbolMatch::Unmatched => {
                self.unmatched += 1;
                return;
            }
            SymbolMatch::Skipped(reason) => {
                self.skipped.push(SkippedSymbol { symbol, reason });
                return;
            }
            SymbolMatch::Failed(error) => {
                self.failed.push(FailedSymbol { symbol, error });
                return;
            }
        };
        let exchange = exchange.map_or(Cow::Borrowed("UNKNOWN"), Cow::Owned);
        self.matched.push(MatchRow {
            symbol,
            score,
            price,
            exchange,
            values,
        });
        // What cannot be listed any more need not be held.
        let most = spec.top.unwrap_or(usize::MAX);
        if self.matched.len() / 2 > most.max(64) {
            self.cut(spec);
        }
    }

    /// The report with its rows in order, as [`MatchReport::rank`] says.
    #[must_use]
    pub fn ranked(mut self, spec: &ScanSpec) -> Self {
        self.cut(spec);
        self
    }

    fn cut(&mut self, spec: &ScanSpec) {
        if spec.rank_by().is_some() {
            let score = |row: &MatchRow| row.score.unwrap_or(f64::NAN);
            self.matched
                .sort_by(|a, b| spec.order.compare(score(a), score(b)));
        }
        self.matched.truncate(spec.top.unwrap_or(usize::MAX));
    }

    /// Writes the matches: `symbol,score,price,exchange`, then the columns that are named.
    ///
    /// What is undefined, and the score without a rank, is an empty cell.
    ///
    /// # Errors
    /// What `writer` reports.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::scan::{MatchReport, ScanSpec};
    /// let spec = ScanSpec::new(Some("close > SMA_20".parse()?), None)?;
    /// let mut text = Vec::new();
    /// MatchReport::new(&spec).write_csv(&mut text)?;
    /// assert_eq!(text, b"symbol,score,price,exchange,close,SMA_20\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_csv(&self, writer: &mut impl io::Write) -> io::Result<()> {
        write!(writer, "symbol,score,price,exchange")?;
        for name in &self.columns {
            write!(writer, ",{name}")?;
        }
        writeln!(writer)?;
        for row in &self.matched {
            write!(writer, "{},", quoted(&row.symbol))?;
            write_known(writer, row.score)?;
            write!(writer, ",{:?},{}", row.price, quoted(&row.exchange))?;
            for &value in &row.values {
                write!(writer, ",")?;
                write_known(writer, value)?;
            }
            writeln!(writer)?;
        }
        Ok(())
    }

    /// The report as JSON shows it: the values of a row by the names of their columns.
    #[must_use]
    pub fn by_name(&self) -> impl Serialize + '_ {
        ByName(self)
    }
}

fn write_known(writer: &mut impl io::Write, value: Option<f64>) -> io::Result<()> {
    value.map_or(Ok(()), |value| write!(writer, "{value:?}"))
}

struct ByName<'a>(&'a MatchReport);

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let Self(report) = self;
        let rows: Vec<_> = report
            .matched
            .iter()
            .map(|row| NamedRow {
                symbol: &row.symbol,
                score: row.score,
                price: row.price,
                exchange: &row.exchange,
                values: Values(&report.columns, &row.values),
            })
            .collect();
        let mut all = serializer.serialize_struct("MatchReport", 5)?;
        all.serialize_field("matched", &rows)?;
        all.serialize_field("unmatched", &report.unmatched)?;
        all.serialize_field("skipped", &report.skipped)?;
        all.serialize_field("failed", &report.failed)?;
        all.serialize_field("symbols", &report.symbols)?;
        all.end()
    }
}

#[derive(Serialize)]
struct NamedRow<'a> {
    symbol: &'a str,
    score: Option<f64>,
    price: f64,
    exchange: &'a str,
    values: Values<'a>,
}

struct Values<'a>(&'a [String], &'a [Option<f64>]);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Order;

    fn spec() -> ScanSpec {
        let read = |text: &str| text.parse().ok();
        ScanSpec::new(read("close > 1"), read("SMA_2")).unwrap()
    }

    fn found(score: f64) -> SymbolMatch {
        SymbolMatch::Matched(Match {
            score: Some(score),
            price: 2.0,
            exchange: None,
            values: vec![Some(2.0), None],
        })
    }

    #[test]
    fn rows_are_ordered_cut_and_counted() {
        let all = [
            ("a", found(1.0)),
            ("b", SymbolMatch::Unmatched),
            ("c", found(3.0)),
            ("d", SymbolMatch::Skipped("few".into())),
            ("e", found(1.0)),
            ("f", SymbolMatch::Failed("bad".into())),
            ("g", found(-2.0)),
        ];
        let names = |spec: &ScanSpec| -> String {
            let report = MatchReport::rank(all.clone(), spec);
            assert_eq!((report.symbols, report.unmatched), (7, 1));
            report.matched.into_iter().map(|row| row.symbol).collect()
        };
        let mut spec = spec();
        assert_eq!(names(&spec), "caeg");
        spec.top = Some(2);
        assert_eq!(names(&spec), "ca");
        spec.order = Order::Asc;
        assert_eq!(names(&spec), "ga");
        let mut spec = ScanSpec::new(spec.filter().cloned(), None).unwrap();
        spec.top = Some(3);
        assert_eq!(names(&spec), "ace");
    }

    #[test]
    fn what_is_cut_while_symbols_come_is_what_would_be_cut_at_the_end() {
        let score = |i: u32| f64::from(i * 7_919 % 500);
        let all = || (0..2_000).map(|i| (format!("s{i}"), found(score(i))));
        let mut spec = spec();
        let mut whole = MatchReport::rank(all(), &spec);
        whole.matched.truncate(10);
        spec.top = Some(10);
        assert_eq!(MatchReport::rank(all(), &spec), whole);
    }

    #[test]
    fn json_names_the_values_and_csv_leaves_cells_empty() {
        let report = MatchReport::rank([("a,b", found(1.5))], &spec());
        assert_eq!(
            serde_json::to_string(&report.by_name()).unwrap(),
            r#"{"matched":[{"symbol":"a,b","score":1.5,"price":2.0,"exchange":"UNKNOWN","#
                .to_owned()
                + r#""values":{"close":2.0,"SMA_2":null}}],"unmatched":0,"skipped":[],"failed":[],"symbols":1}"#
        );
        let mut text = Vec::new();
        report.write_csv(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.lines().nth(1), Some("\"a,b\",1.5,2.0,UNKNOWN,2.0,"));
    }
}
