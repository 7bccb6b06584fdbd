//! Nodes of scans by expression, and of many symbols at one time.

use hypernodes_core::node;

use crate::atc::AtcConfig;
use crate::bars::Bars;
use crate::scan::{
    EvalError, Expr, MatchReport, Order, ScanSpec, SymbolMatch, Ties, match_symbol,
    percentile_rank, rank, zscore,
};

/// Finds out whether an expression holds for a symbol at its last bar, and what it is ranked by.
///
/// # Errors
/// What [`match_symbol`] reports.
#[node(coarse, output = "found", cache)]
pub fn where_match(
    bars: &Bars,
    spec: &ScanSpec,
    #[default(AtcConfig::default())] atc: &AtcConfig,
) -> Result<SymbolMatch, EvalError> {
    match_symbol(bars, spec, atc)
}

/// Puts the symbols that match into their order.
#[node(coarse, output = "matches")]
pub fn rank_matches(symbols: &[String], all_found: &[SymbolMatch], spec: &ScanSpec) -> MatchReport {
    MatchReport::rank(symbols.iter().cloned().zip(all_found.iter().cloned()), spec)
}

/// Computes an expression at every bar.
///
/// # Errors
/// What [`Expr::values`] reports.
#[node(coarse, output = "values", cache)]
pub fn bar_values(bars: &Bars, expr: &Expr) -> Result<Vec<f64>, EvalError> {
    expr.values(bars)
}

/// Finds the bars at which a condition holds.
///
/// # Errors
/// What [`Expr::signals`] reports.
#[node(coarse, output = "signals", cache)]
pub fn bar_signals(bars: &Bars, expr: &Expr) -> Result<Vec<bool>, EvalError> {
    expr.signals(bars)
}

/// Ranks the values of many symbols at one time, from 1.
#[node(coarse, output = "ranks")]
pub fn cross_rank(
    across: &[f64],
    #[default(Ties::Average)] ties: Ties,
    #[default(Order::Desc)] order: Order,
) -> Vec<f64> {
    rank(across, ties, order)
}

/// Places the values of many symbols at one time between 0 and 1.
#[node(coarse, output = "percentiles")]
pub fn cross_percentile(across: &[f64]) -> Vec<f64> {
    percentile_rank(across)
}

/// Measures the values of many symbols at one time in standard deviations from their mean.
#[node(coarse, output = "zscores")]
pub fn cross_zscore(across: &[f64]) -> Vec<f64> {
    zscore(across)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "ranks are exact")]
mod tests {
    use hypernodes_core::{Pipeline, inputs, nodes};

    use super::*;

    #[test]
    fn the_nodes_of_a_cross_section_compose() {
        let nodes = nodes![cross_rank, cross_percentile, cross_zscore];
        let pipeline = Pipeline::new("across", nodes).unwrap();
        let across = vec![2.0, 6.0, f64::NAN, 4.0];
        let out = pipeline.run(inputs! { across }).unwrap();
        let of = |name: &str| {
            let all = out.get::<Vec<f64>>(name).unwrap();
            [all[0], all[1], all[3]]
        };
        assert_eq!(of("ranks"), [3.0, 1.0, 2.0]);
        assert_eq!(of("percentiles"), [0.0, 1.0, 0.5]);
        assert_eq!(of("zscores")[2], 0.0);
        assert!(out.get::<Vec<f64>>("zscores").unwrap()[2].is_nan());
    }

    #[test]
    fn signals_are_where_values_are_true() {
        let pipeline = Pipeline::new("signals", nodes![bar_signals, bar_values]).unwrap();
        let bars = Bars::new("A", vec![1, 2, 3], vec![1.0, 2.0, 1.0]).unwrap();
        let expr: Expr = "close > close[1]".parse().unwrap();
        let out = pipeline.run(inputs! { bars, expr }).unwrap();
        assert_eq!(
            *out.get::<Vec<bool>>("signals").unwrap(),
            [false, true, false]
        );
        assert_eq!(out.get::<Vec<f64>>("values").unwrap()[1..], [1.0, 0.0]);
    }
}
