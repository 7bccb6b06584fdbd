//! The nodes: each a plain function that can be called as well.
//!
//! | node | from | to |
//! |---|---|---|
//! | [`load_bars`] | `source`, `read` | `bars` |
//! | [`resample_bars`] | `bars`, `timeframe` | `resampled` |
//! | [`bars_stats`] | `bars`, `stats_of` | `stats` |
//! | [`symbol_name`] | `bars` | `symbol` |
//! | [`atc_table`] | `bars`, `atc`, `price_source` | `table` |
//! | [`atc_score`] | `bars`, `atc`, `scan` | `score` |
//! | [`bar_columns`] | `bars` | `open`, `high`, `low`, `close`, `volume` |
//! | [`indicator_table`] | `bars`, `columns` | `table` |
//! | [`rank_symbols`] | `symbols`, `scores`, `scan` | `report` |
//! | [`where_match`] | `bars`, `spec`, `atc` | `found` |
//! | [`rank_matches`] | `symbols`, `all_found`, `spec` | `matches` |
//! | [`bar_values`], [`bar_signals`] | `bars`, `expr` | `values`, `signals` |
//! | [`cross_rank`], [`cross_percentile`], [`cross_zscore`] | `across` | `ranks`, `percentiles`, `zscores` |
//!
//! The indicators, a node each, are in [`crate::indicators`].
//!
//! They adapt what the other modules compute; nothing is computed here. So a cache does not see when what they call
//! changes: raise the node's `version` when [`crate::data`] reads other bars of the same file, or [`crate::atc`] and
//! [`crate::scan`] compute other numbers. Pipelines of them are in
//! [`crate::pipelines`].

mod scan;

pub use scan::{
    bar_signals, bar_values, cross_percentile, cross_rank, cross_zscore, rank_matches, where_match,
};

use std::sync::Arc;

use hypernodes_core::node;

use crate::atc::{AtcConfig, AtcError, AtcOutput, AtcWorkspace};
use crate::bars::{Bars, BarsError, PriceSource};
use crate::data::{CsvOptions, SymbolError, SymbolSource};
use crate::indicators::{IndicatorError, IndicatorTable, Request};
use crate::resample::resample;
use crate::scan::{ScanConfig, ScanError, ScanReport, SymbolScore, try_score};
use crate::stats::{StatsOf, SymbolStats, symbol_stats};
use crate::timeframe::Timeframe;

/// Loads the bars of one symbol.
///
/// # Errors
/// What is wrong with the symbol's rows or its file.
#[node(coarse, output = "bars", workload = "io", cache)]
pub fn load_bars(
    source: SymbolSource,
    #[default(CsvOptions::default())] read: &CsvOptions,
) -> Result<Bars, Arc<SymbolError>> {
    source.load(read)
}

/// Takes bars together into longer ones.
///
/// # Errors
/// As [`resample`].
#[node(coarse, output = "resampled")]
pub fn resample_bars(bars: &Bars, timeframe: Timeframe) -> Result<Bars, BarsError> {
    resample(bars, timeframe)
}

/// Computes a symbol's statistics.
#[node(coarse, output = "stats", cache)]
pub fn bars_stats(bars: &Bars, #[default(StatsOf::Levels)] stats_of: StatsOf) -> SymbolStats {
    symbol_stats(bars, stats_of)
}

/// Names the symbol of the bars.
#[node(coarse, output = "symbol")]
pub fn symbol_name(bars: &Bars) -> String {
    bars.symbol().to_owned()
}

/// Takes the bars apart, for nodes that are wired by the names of columns. A column that the bars do not have is all NaN.
#[node(coarse, outputs = ("open", "high", "low", "close", "volume"))]
pub fn bar_columns(bars: &Bars) -> (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>) {
    let column =
        |values: Option<&[f64]>| values.map_or_else(|| vec![f64::NAN; bars.len()], <[f64]>::to_vec);
    (
        column(bars.open()),
        column(bars.high()),
        column(bars.low()),
        bars.close().to_vec(),
        column(bars.volume()),
    )
}

/// Computes columns of indicators that are asked for by name.
///
/// # Errors
/// [`IndicatorError::MissingColumn`] when the bars have not all that one reads.
#[node(coarse, output = "table", cache)]
pub fn indicator_table(bars: &Bars, columns: &[Request]) -> Result<IndicatorTable, IndicatorError> {
    IndicatorTable::of(bars, columns)
}

/// Computes every column of ATC.
///
/// # Errors
/// What [`crate::atc::atc`] reports, and a price source whose columns are not there.
#[node(output = "table", init = workspace, cache)]
pub fn atc_table(
    #[state] workspace: &mut AtcWorkspace,
    bars: &Bars,
    #[default(AtcConfig::default())] atc: &AtcConfig,
    #[default(PriceSource::Close)] price_source: PriceSource,
) -> Result<AtcOutput, ScanError> {
    fit(workspace, atc)?;
    let source = match price_source {
        PriceSource::Close => None,
        other => Some(bars.source(other)?),
    };
    Ok(workspace.run(bars.close(), source.as_deref())?)
}

/// Scores a symbol by ATC's signal at its last bar.
///
/// # Errors
/// As [`atc_table`].
#[node(output = "score", init = workspace, cache)]
pub fn atc_score(
    #[state] workspace: &mut AtcWorkspace,
    bars: &Bars,
    #[default(AtcConfig::default())] atc: &AtcConfig,
    #[default(ScanConfig::default())] scan: &ScanConfig,
) -> Result<SymbolScore, ScanError> {
    fit(workspace, atc)?;
    try_score(bars, scan, workspace)
}

/// Ranks scored symbols into a long and a short table.
#[node(coarse, output = "report")]
pub fn rank_symbols(
    symbols: &[String],
    scores: &[SymbolScore],
    #[default(ScanConfig::default())] scan: &ScanConfig,
) -> ScanReport {
    ScanReport::rank(symbols.iter().zip(scores.iter().cloned()), scan)
}

/// What each worker keeps from symbol to symbol.
fn workspace() -> Result<AtcWorkspace, AtcError> {
    AtcWorkspace::new(&AtcConfig::default())
}

/// Makes the workspace one for these settings; almost always it is.
fn fit(workspace: &mut AtcWorkspace, config: &AtcConfig) -> Result<(), AtcError> {
    if workspace.config() != config {
        *workspace = AtcWorkspace::new(config)?;
    }
    Ok(())
}
