//! Pipelines of the trading [nodes](crate::nodes), ready to run and to be built upon.
//!
//! | pipeline | from | to |
//! |---|---|---|
//! | [`atc()`] | one symbol | its bars and ATC columns |
//! | [`indicators()`] | one symbol | columns of indicators |
//! | [`symbol_bars`] | one symbol | its bars |
//! | [`symbol_stats`] | one symbol | its statistics |
//! | [`symbol_scan`] | one symbol | its score |
//! | [`market_scan`] | many symbols | the ranked report |
//! | [`symbol_where`] | one symbol | whether an expression holds for it |
//! | [`market_where`] | many symbols | those for which it holds, ranked |
//!
//! Each takes `read` ([`CsvOptions`](crate::data::CsvOptions)) and `atc`
//! ([`AtcConfig`](crate::atc::AtcConfig)) where the defaults do not fit.

use hypernodes_core::{Pipeline, nodes};

use crate::nodes::{
    atc_score, atc_table, bars_stats, indicator_table, load_bars, rank_matches, rank_symbols,
    symbol_name, where_match,
};

/// ATC of one symbol: from `source` the outputs `bars` and `table`.
///
/// # Panics
/// Never: its nodes fit together, as its tests prove.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::inputs;
/// use hypernodes_trading::{Bars, atc::AtcOutput, data::SymbolSource, pipelines};
/// let bars = Bars::new("ACME", vec![1, 2, 3], vec![100.0, 110.0, 99.0])?;
/// let out = pipelines::atc().run(inputs! { source: SymbolSource::from(bars) })?;
/// assert_eq!(out.get::<AtcOutput>("table")?.ret_simple()[1], 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn atc() -> Pipeline {
    Pipeline::builder("atc")
        .doc("Adaptive Trend Classification of one symbol.")
        .nodes(nodes![load_bars, atc_table])
        .outputs(["bars", "table"])
        .build()
        .expect("the nodes fit together")
}

/// Indicators of one symbol by name: from `source` and `columns` the outputs `bars` and `table`.
///
/// # Panics
/// Never: its nodes fit together, as its tests prove.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::inputs;
/// use hypernodes_trading::indicators::{IndicatorTable, Request};
/// use hypernodes_trading::{Bars, data::SymbolSource, pipelines};
/// let bars = Bars::new("ACME", vec![1, 2, 3], vec![100.0, 110.0, 99.0])?;
/// let columns: Vec<Request> = vec!["SMA_3".parse()?];
/// let out = pipelines::indicators().run(inputs! { source: SymbolSource::from(bars), columns })?;
/// assert_eq!(out.get::<IndicatorTable>("table")?.columns()[0][2], 103.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn indicators() -> Pipeline {
    Pipeline::builder("indicators")
        .doc("Columns of indicators of one symbol, by name.")
        .nodes(nodes![load_bars, indicator_table])
        .outputs(["bars", "table"])
        .build()
        .expect("the nodes fit together")
}

/// The bars of one symbol: from `source` the output `bars`, of the timeframe that `read` asks for.
///
/// # Panics
/// Never: its node fits, as its tests prove.
#[must_use]
pub fn symbol_bars() -> Pipeline {
    Pipeline::builder("symbol_bars")
        .doc("The bars of one symbol.")
        .nodes(nodes![load_bars])
        .outputs(["bars"])
        .build()
        .expect("the node fits")
}

/// The statistics of one symbol: from `source` the output `stats`.
///
/// Mapped over [`sources`](crate::data::sources) it holds the prices of a few symbols at a time.
///
/// # Panics
/// Never: its nodes fit together, as its tests prove.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::inputs;
/// use hypernodes_trading::{Bars, data::SymbolSource, pipelines, stats::SymbolStats};
/// let bars = Bars::new("ACME", vec![1, 2, 3], vec![100.0, 110.0, 120.0])?;
/// let out = pipelines::symbol_stats().run(inputs! { source: SymbolSource::from(bars) })?;
/// assert_eq!(out.get::<SymbolStats>("stats")?.columns[0].std, 10.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn symbol_stats() -> Pipeline {
    Pipeline::builder("symbol_stats")
        .doc("Statistics of one symbol's columns.")
        .nodes(nodes![load_bars, bars_stats])
        .outputs(["stats"])
        .build()
        .expect("the nodes fit together")
}

/// The scan of one symbol: from `source` the outputs `symbol` and `score`.
///
/// Map it over [`sources`](crate::data::sources) with `map_iter`, select `score`, and the
/// prices of a few symbols are held at a time, whatever their number;
/// [`ScanTally`](crate::scan::ScanTally) takes the scores.
///
/// # Panics
/// Never: its nodes fit together, as its tests prove.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::inputs;
/// use hypernodes_trading::scan::{ScanConfig, SymbolScore};
/// use hypernodes_trading::{Bars, data::SymbolSource, pipelines};
/// let bars = Bars::new("ACME", vec![1, 2, 3], vec![100.0, 110.0, 121.0])?;
/// let scan = ScanConfig { limit: 3, ..ScanConfig::default() };
/// let out = pipelines::symbol_scan().run(inputs! { source: SymbolSource::from(bars), scan })?;
/// let SymbolScore::Scored(score) = out.get::<SymbolScore>("score")? else { panic!() };
/// assert_eq!(score.price, 121.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn symbol_scan() -> Pipeline {
    Pipeline::builder("symbol_scan")
        .doc("Scores one symbol by Adaptive Trend Classification.")
        .nodes(nodes![load_bars, symbol_name, atc_score])
        .outputs(["symbol", "score"])
        .build()
        .expect("the nodes fit together")
}

/// The scan of a market: from the list `sources` the output `report`.
///
/// It is [`symbol_scan`] mapped over the sources, and the ranking. A symbol that fails fails the
/// scan; to go on without it, map [`symbol_scan`] with `ErrorPolicy::Collect`.
///
/// # Panics
/// Never: its nodes fit together, as its tests prove.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::inputs;
/// use hypernodes_trading::scan::{ScanConfig, ScanReport};
/// use hypernodes_trading::{Bars, data::SymbolSource, pipelines};
/// let close = |step: f64| (0..99).map(|i| 100.0 + step * f64::from(i)).collect::<Vec<_>>();
/// let time: Vec<i64> = (0..99).collect();
/// let sources: Vec<SymbolSource> = vec![
///     Bars::new("UP", time.clone(), close(0.5))?.into(),
///     Bars::new("DOWN", time, close(-0.5))?.into(),
/// ];
/// let scan = ScanConfig { limit: 99, ..ScanConfig::default() };
/// let out = pipelines::market_scan().run(inputs! { sources, scan })?;
/// let report = out.get::<ScanReport>("report")?;
/// assert_eq!(report.long[0].symbol, "UP");
/// assert_eq!(report.short[0].symbol, "DOWN");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn market_scan() -> Pipeline {
    let each = symbol_scan()
        .as_node()
        .map_over(["sources"])
        .rename_input("source", "sources")
        .rename_output("symbol", "symbols")
        .rename_output("score", "scores");
    Pipeline::builder("market_scan")
        .doc("Ranks the symbols of a market by Adaptive Trend Classification.")
        .nodes(nodes![{ each }, rank_symbols])
        .outputs(["report"])
        .build()
        .expect("the nodes fit together")
}

/// The scan of one symbol by expression: from `source` and `spec` the outputs `symbol` and `found`.
///
/// # Panics
/// Never: its nodes fit together, as its tests prove.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::inputs;
/// use hypernodes_trading::scan::{ScanSpec, SymbolMatch};
/// use hypernodes_trading::{Bars, data::SymbolSource, pipelines};
/// let spec = ScanSpec::new(Some("close > SMA_2".parse()?), None)?;
/// let bars = Bars::new("ACME", vec![1, 2], vec![11.0, 10.0])?;
/// let out = pipelines::symbol_where().run(inputs! { source: SymbolSource::from(bars), spec })?;
/// assert_eq!(*out.get::<SymbolMatch>("found")?, SymbolMatch::Unmatched);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn symbol_where() -> Pipeline {
    Pipeline::builder("symbol_where")
        .doc("Whether an expression holds for one symbol.")
        .nodes(nodes![load_bars, symbol_name, where_match])
        .outputs(["symbol", "found"])
        .build()
        .expect("the nodes fit together")
}

/// The scan of a market by expression: from the list `sources` and `spec` the output `matches`.
///
/// It is [`symbol_where`] mapped over the sources, and the ranking. A symbol that fails fails the
/// scan; to go on without it, map [`symbol_where`] with `ErrorPolicy::Collect`.
///
/// # Panics
/// Never: its nodes fit together, as its tests prove.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::inputs;
/// use hypernodes_trading::scan::{MatchReport, ScanSpec};
/// use hypernodes_trading::{Bars, data::SymbolSource, pipelines};
/// let spec = ScanSpec::new(None, Some("change(close, 1)".parse()?))?;
/// let sources: Vec<SymbolSource> = vec![
///     Bars::new("SLOW", vec![1, 2], vec![10.0, 11.0])?.into(),
///     Bars::new("FAST", vec![1, 2], vec![10.0, 15.0])?.into(),
/// ];
/// let out = pipelines::market_where().run(inputs! { sources, spec })?;
/// let matched = &out.get::<MatchReport>("matches")?.matched;
/// assert_eq!((matched[0].symbol.as_str(), matched[0].score), ("FAST", Some(5.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn market_where() -> Pipeline {
    let each = symbol_where()
        .as_node()
        .map_over(["sources"])
        .rename_input("source", "sources")
        .rename_output("symbol", "symbols")
        .rename_output("found", "all_found");
    Pipeline::builder("market_where")
        .doc("The symbols of a market for which an expression holds, ranked.")
        .nodes(nodes![{ each }, rank_matches])
        .outputs(["matches"])
        .build()
        .expect("the nodes fit together")
}
