//! The ATC scan: the last value of the indicator for many symbols.

use hypernodes::{Column, Inputs, nodes};
use hypernodes_trading::Bars;
use hypernodes_trading::atc::{AtcConfig, AtcWorkspace};
use hypernodes_trading::nodes::atc_score;
use hypernodes_trading::scan::{ScanConfig, SymbolScore, score};

use super::Case;
use crate::nodes::last;
use crate::{Bar, BoxError, Digest, Group, Implementation, Unit, fixtures};

pub(super) const GROUPS: &[Case] = &[("atc/scan/symbols=200,bars=1500", scan)];

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
