//! The ATC scan: the last value of the indicator for many symbols, in memory and in files.

use hypernodes::{Column, ErrorPolicy, Inputs, IterRow, Pipeline, inputs, nodes};
use hypernodes_engines::Threaded;
use hypernodes_trading::atc::{AtcConfig, AtcWorkspace};
use hypernodes_trading::data::{CsvOptions, expand, sources};
use hypernodes_trading::nodes::atc_score;
use hypernodes_trading::scan::{ScanConfig, SymbolScore, score};
use hypernodes_trading::{Bars, pipelines};

use super::Case;
use crate::nodes::last;
use crate::process::{Scratch, write_price_files};
use crate::{Bar, BoxError, Digest, Group, Implementation, Unit, fixtures};

pub(super) const GROUPS: &[Case] = &[
    ("atc/scan/symbols=200,bars=1500", scan),
    ("atc/files/symbols=200,bars=1500", files),
];

const SYMBOLS: usize = 200;
const BARS: usize = 1_500;

/// The bar of the scan, in symbols a second on one core.
const BAR: Bar = Bar::AtLeast(5_000.0);

impl Digest for SymbolScore {
    fn digest(&self) -> u64 {
        match self {
            Self::Scored(score) => score.signal.digest(),
            other => format!("{other:?}").digest(),
        }
    }
}

fn symbol(number: usize) -> Result<Bars, BoxError> {
    let close = fixtures::walk(BARS, number as u64);
    let time: Vec<i64> = (0_i64..).take(BARS).map(|day| 86_400 * day).collect();
    Ok(Bars::new(format!("S{number}"), time, close)?)
}

fn scan() -> Result<Group, BoxError> {
    let symbols = (0..SYMBOLS)
        .map(symbol)
        .collect::<Result<Vec<Bars>, BoxError>>()?;
    let kernel = AtcWorkspace::new(&AtcConfig::default())?;
    let baseline = kernel.clone().without_dispatch();
    let (pipeline, column) = (
        last("scan", nodes![atc_score], "score")?,
        Column::from_vec(symbols.clone()),
    );
    let one_by_one = |name, mut workspace: AtcWorkspace| {
        let (symbols, scan) = (symbols.clone(), ScanConfig::default());
        Implementation::new(name, move || {
            symbols
                .iter()
                .map(|bars| score(bars, &scan, &mut workspace))
                .collect::<Vec<SymbolScore>>()
        })
    };
    let unit = Unit::PerSecond("symbols", SYMBOLS as f64);
    Ok(
        Group::new("ATC scan, 1,500 bars, one core", SYMBOLS as u64, unit)
            .with(one_by_one("kernel, instructions of any x86-64", baseline))
            .with(one_by_one("kernel", kernel).bar(BAR))
            .with(
                Implementation::new("pipeline", move || {
                    let runs =
                        pipeline.map(Inputs::new().with_column("bars", column.clone()), ["bars"]);
                    runs.and_then(|mut runs| runs.take_column::<SymbolScore>("score"))
                        .unwrap_or_default()
                })
                .bar(BAR),
            ),
    )
}

/// What the command line does: every file is read and scored as it comes.
fn files() -> Result<Group, BoxError> {
    let scratch = Scratch::new("atc")?;
    write_price_files(scratch.path(), SYMBOLS, BARS)?;
    let (files, read) = (
        expand([scratch.path().display().to_string()])?,
        CsvOptions::default(),
    );
    let pipeline = pipelines::symbol_scan().select(["score"])?;
    let sequential = pipeline.on_error(ErrorPolicy::Collect);
    let threaded = sequential.with_engine(Threaded::new());
    let mapped = |name, pipeline: Pipeline| {
        let (files, read) = (files.clone(), read.clone());
        Implementation::new(name, move || {
            let rows = pipeline.map_iter(
                inputs! { read: read.clone() },
                "source",
                sources(&files, &read),
            );
            let score = |row: Result<IterRow, hypernodes::Error>| {
                Ok::<_, hypernodes::Error>(row?.get::<SymbolScore>("score")?.clone())
            };
            rows.and_then(|rows| rows.map(score).collect::<Result<Vec<_>, _>>())
                .unwrap_or_default()
        })
    };
    let (sequential, threaded) = (
        mapped("pipeline, Sequential", sequential),
        mapped("pipeline, Threaded, all cores", threaded),
    );
    let mut workspace = AtcWorkspace::new(&AtcConfig::default())?;
    let by_hand = Implementation::new("hand-written loop", move || {
        // The files go with the last of these closures.
        let _files_are_there = &scratch;
        let scan = ScanConfig::default();
        let bars = sources(&files, &read).filter_map(|source| source.load(&read).ok());
        bars.map(|bars| score(&bars, &scan, &mut workspace))
            .collect::<Vec<SymbolScore>>()
    });
    let unit = Unit::PerSecond("symbols", SYMBOLS as f64);
    let title = "ATC scan of CSV files, 1,500 bars, reading them included";
    Ok(Group::new(title, SYMBOLS as u64, unit)
        .with(by_hand)
        .with(sequential)
        .with(threaded))
}
