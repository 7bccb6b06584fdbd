//! The market scan of the command line, as a program: every CSV file of a folder, on all cores.
//!
//! `cargo run --release --example scan --features trading`
#![expect(clippy::print_stdout, reason = "an example that prints a table")]

use std::path::Path;

use hypernodes::Threaded;
use hypernodes::inputs;
use hypernodes::trading::data::{CsvOptions, expand, sources};
use hypernodes::trading::pipelines;
use hypernodes::trading::scan::{ScanConfig, ScanTally, SymbolScore};

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
    let mut tally = ScanTally::new(scan);
    for row in pipeline.map_iter(inputs, "source", sources(&files, &read))? {
        let row = row?;
        tally.add(
            row.get::<String>("symbol")?,
            row.get::<SymbolScore>("score")?.clone(),
        );
    }

    let ranking = tally.ranked();
    for row in ranking.long().chain(ranking.short()) {
        println!("{:10} {:+.2} at {}", row.symbol, row.signal, row.price);
    }
    assert_eq!(ranking.symbols(), 3);
    Ok(())
}
