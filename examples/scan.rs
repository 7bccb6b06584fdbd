//! The market scan of the command line, as a program: every CSV file of a folder, on all cores.
//!
//! `cargo run --release --example scan --features trading`
#![expect(clippy::print_stdout, reason = "an example that prints a table")]

use std::path::Path;

use hypernodes::Threaded;
use hypernodes::inputs;
use hypernodes::trading::data::{CsvOptions, expand, sources};
use hypernodes::trading::pipelines;
use hypernodes::trading::scan::{ScanConfig, ScanReport, SymbolScore};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let files = expand([folder.to_string_lossy()])?;
    let (read, scan) = (
        CsvOptions::default(),
        ScanConfig {
            min_signal: 0.0,
            ..ScanConfig::default()
        },
    );

    // One symbol after the other, in input order; memory holds a few of them, however many there are.
    let pipeline = pipelines::symbol_scan().with_engine(Threaded::default());
    let inputs = inputs! { read: read.clone(), scan: scan.clone() };
    let mut scores = Vec::new();
    for row in pipeline.map_iter(inputs, "source", sources(&files, &read))? {
        let row = row?;
        scores.push((
            row.get::<String>("symbol")?.clone(),
            row.get::<SymbolScore>("score")?.clone(),
        ));
    }

    let report = ScanReport::rank(scores, &scan);
    for row in report.long.iter().chain(&report.short) {
        println!("{:10} {:+.2} at {}", row.symbol, row.signal, row.price);
    }
    assert_eq!(report.symbols, 3);
    Ok(())
}
