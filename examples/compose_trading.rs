//! A pipeline of one's own from prebuilt trading nodes and own functions: which symbols trend quietly?
//!
//! `cargo run --release --example compose_trading --features trading`
#![expect(clippy::print_stdout, reason = "an example that prints what it found")]

use std::path::Path;

use hypernodes::prelude::*;
use hypernodes::trading::Bars;
use hypernodes::trading::atc::AtcOutput;
use hypernodes::trading::data::{CsvOptions, SymbolSource, expand, sources};
use hypernodes::trading::nodes::{atc_table, load_bars, symbol_name};

/// Standard deviation of the simple returns of the last `window_bars` bars.
#[node(output = "volatility")]
fn volatility(bars: &Bars, #[default(250)] window_bars: usize) -> Result<f64, String> {
    let close = bars.close();
    if close.len() <= window_bars {
        return Err(format!(
            "{} bars are too few for a window of {window_bars}",
            close.len()
        ));
    }
    let tail = &close[close.len() - window_bars - 1..];
    let returns: Vec<f64> = tail
        .windows(2)
        .map(|pair| pair[1] / pair[0] - 1.0)
        .collect();
    let mean = returns.iter().sum::<f64>() / returns.len() as f64;
    Ok((returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / returns.len() as f64).sqrt())
}

/// Trend strength per unit of risk, from ATC's last signal.
#[node(output = "quality")]
fn quality(table: &AtcOutput, volatility: f64) -> f64 {
    table.average_signal().last().copied().unwrap_or(0.0) / volatility
}

/// The symbols, best first.
#[node(output = "ranking")]
fn ranking(symbols: &[String], qualities: &[f64]) -> Vec<String> {
    let mut order: Vec<usize> = (0..symbols.len()).collect();
    order.sort_by(|&a, &b| qualities[b].total_cmp(&qualities[a]));
    order.into_iter().map(|i| symbols[i].clone()).collect()
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `bars` comes from the library's node, `volatility` and `quality` are ours: they meet by name.
    let per_symbol = Pipeline::new(
        "per_symbol",
        nodes![load_bars, symbol_name, atc_table, volatility, quality],
    )?
    .select(["symbol", "quality"])?;
    let market = Pipeline::new(
        "market",
        nodes![
            per_symbol
                .as_node()
                .map_over(["sources"])
                .rename_input("source", "sources")
                .rename_output("symbol", "symbols")
                .rename_output("quality", "qualities"),
            ranking,
        ],
    )?
    .with_engine(Threaded::default());

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let files = expand([folder.to_string_lossy()])?;
    let sources: Vec<SymbolSource> = sources(&files, &CsvOptions::default()).collect();
    let out = market.run(inputs! { sources, window_bars: 250_usize })?;
    let ranking = out.get::<Vec<String>>("ranking")?;
    println!("{}", ranking.join(" > "));
    assert_eq!(ranking.len(), 3);
    Ok(())
}
