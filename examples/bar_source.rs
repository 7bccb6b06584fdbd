//! A scan over whoever has bars: here a broker that answers one symbol at a time.
//!
//! `cargo run --release --example bar_source --features trading`
#![expect(clippy::print_stdout, reason = "an example that prints a table")]

use std::sync::Arc;

use hypernodes::trading::Bars;
use hypernodes::trading::data::{BarSource, Fetch, SymbolSource, fetched};
use hypernodes::trading::pipelines;
use hypernodes::trading::scan::{ScanConfig, ScanReport};
use hypernodes::{BoxError, Threaded, inputs};

/// Stands for a client of a broker: it knows symbols, and gives minutes when asked.
struct Broker;

impl BarSource for Broker {
    fn symbols(&self) -> Result<Vec<String>, BoxError> {
        Ok(["RISES", "FALLS"].map(str::to_owned).to_vec())
    }

    /// Called from several threads at a time; here a request to the broker would be made and waited for.
    fn fetch(&self, symbol: &str, fetch: Fetch) -> Result<Bars, BoxError> {
        let minute = 60_000_000_000;
        let step = if symbol == "RISES" { 0.01 } else { -0.01 };
        let close: Vec<f64> = (0..3_000_i32)
            .map(|n| 100.0 + step * f64::from(n))
            .collect();
        let time: Vec<i64> = (0..3_000).map(|n| n * minute).collect();
        // The broker has minutes; what was asked for is made of them.
        fetch.of(Bars::new(symbol, time, close)?)
    }
}

pub(crate) fn main() -> Result<(), BoxError> {
    let broker: Arc<dyn BarSource> = Arc::new(Broker);
    let scan = ScanConfig {
        limit: 150,
        ..ScanConfig::default()
    };
    let fetch = Fetch {
        limit: Some(scan.limit),
        timeframe: Some("15m".parse()?),
    };
    let sources: Vec<SymbolSource> = fetched(&broker, fetch)?.collect();
    let scan = pipelines::market_scan()
        .with_engine(Threaded::default())
        .run(inputs! { sources, scan })?;
    let report = scan.get::<ScanReport>("report")?;
    for row in report.long.iter().chain(&report.short) {
        println!("{:10} {:+.2} at {}", row.symbol, row.signal, row.price);
    }
    assert_eq!(report.long[0].symbol, "RISES");
    assert_eq!(report.short[0].symbol, "FALLS");
    Ok(())
}
