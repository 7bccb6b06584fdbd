//! Indicators beside the `ta-lib` crate called directly: what a node, its checks and its column cost.

use std::sync::LazyLock;

use hypernodes::{Inputs, Pipeline, nodes};
use hypernodes_trading::Bars;
use hypernodes_trading::indicators::overlap::{Dema, Ema, Hma, Kama, Wma};
use hypernodes_trading::indicators::statistics::Linearreg;
use hypernodes_trading::indicators::{
    Entry, Indicator, IndicatorError, IndicatorTable, Input, Request, find,
};
use hypernodes_trading::nodes::indicator_table;
use ta_lib::{Core, RetCode};

use super::Case;
use super::talib::{ALL, Direct};
use crate::{Bar, BoxError, Digest, Group, Implementation, Unit, fixtures, group};

pub(super) const GROUPS: &[Case] = &[("indicators/six/symbols=1000,bars=1500", six)];

/// How many bars each function of the library is given.
pub const BARS: usize = 1_000_000;

/// How the crate called directly is called in tables.
pub const DIRECT: &str = "the ta-lib crate called directly";

/// A pipeline of one node over bars, whose columns were looked at when they were made.
pub const OF_BARS: &str = "node over bars";

/// A pipeline of one node over any columns, so that they are looked at first.
pub const NODE: &str = "node over columns";

/// Columns of bars, as long as each other.
pub(super) struct Prices {
    pub(super) open: Vec<f64>,
    pub(super) high: Vec<f64>,
    pub(super) low: Vec<f64>,
    pub(super) close: Vec<f64>,
    pub(super) volume: Vec<f64>,
    pub(super) periods: Vec<f64>,
}

impl Prices {
    fn of(bars: usize) -> Self {
        let close = fixtures::walk(bars, 1);
        let around = fixtures::numbers(bars);
        let beside = |by: f64| {
            close
                .iter()
                .zip(&around)
                .map(|(c, a)| c * (1.0 + by * a))
                .collect()
        };
        Self {
            open: beside(0.001),
            high: beside(0.01),
            low: beside(-0.01),
            volume: around.iter().map(|a| 1e6 * a).collect(),
            periods: around.iter().map(|a| (10.0 * a).round()).collect(),
            close,
        }
    }

    fn bars(&self) -> Result<Bars, BoxError> {
        let time = (0..).take(self.close.len()).collect::<Vec<i64>>();
        let bars = Bars::new("WALK", time, self.close.clone())?
            .with_open(self.open.clone())?
            .with_high(self.high.clone())?
            .with_low(self.low.clone())?;
        Ok(bars.with_volume(self.volume.clone())?)
    }

    fn column(&self, input: Input) -> &[f64] {
        match input {
            Input::Open => &self.open,
            Input::High => &self.high,
            Input::Low => &self.low,
            Input::Volume => &self.volume,
            Input::Periods => &self.periods,
            _ => &self.close,
        }
    }
}

/// A column as the crate gives it.
pub(super) enum Written {
    Real(Vec<f64>),
    Whole(Vec<i32>),
}

impl From<Vec<f64>> for Written {
    fn from(values: Vec<f64>) -> Self {
        Self::Real(values)
    }
}

impl From<Vec<i32>> for Written {
    fn from(values: Vec<i32>) -> Self {
        Self::Whole(values)
    }
}

/// What the crate gives: values from the bar `first` on, at the beginning of the columns.
pub(super) struct Values {
    pub(super) first: usize,
    pub(super) columns: Vec<Written>,
}

impl Digest for Values {
    fn digest(&self) -> u64 {
        let column = |column: &Written| match column {
            Written::Real(values) => digest(self.first, values.iter().copied()),
            Written::Whole(values) => digest(self.first, values.iter().map(|&v| f64::from(v))),
        };
        self.columns.iter().map(column).fold(0, group::mix)
    }
}

/// Of a column whose values begin at `first`.
fn digest(first: usize, values: impl ExactSizeIterator<Item = f64>) -> u64 {
    let bars = values.len();
    let bits = |value: f64| {
        if value.is_nan() {
            f64::NAN.to_bits()
        } else {
            value.to_bits()
        }
    };
    let missing = std::iter::repeat_n(f64::NAN, first);
    let all = missing.chain(values.take(bars - first));
    all.fold(bars as u64, |digest, value| group::mix(digest, bits(value)))
}

/// The columns of a node.
struct Columns(Vec<Vec<f64>>);

/// The columns of a node over bars.
struct Table(Option<IndicatorTable>);

impl Digest for Table {
    fn digest(&self) -> u64 {
        all(self.0.as_ref().map_or(&[], IndicatorTable::columns))
    }
}

/// Of columns without a gap in front.
fn all(columns: &[Vec<f64>]) -> u64 {
    let columns = columns
        .iter()
        .map(|column| digest(0, column.iter().copied()));
    columns.fold(0, group::mix)
}

impl Digest for Columns {
    fn digest(&self) -> u64 {
        all(&self.0)
    }
}

static CORE: LazyLock<Core> = LazyLock::new(Core::new);
static PRICES: LazyLock<Prices> = LazyLock::new(|| Prices::of(BARS));
static PRICES_AS_BARS: LazyLock<Bars> =
    LazyLock::new(|| PRICES.bars().expect("such prices are bars"));

/// Every function of the library: a group each, made when it is its turn.
pub fn each() -> impl Iterator<Item = (&'static str, Result<Group, BoxError>)> {
    ALL.iter().map(|direct| (direct.name, one(direct)))
}

/// A pipeline of one node, run once: the check of the input, the warm-up of NaN and the new column are in its time.
fn one(direct: &'static Direct) -> Result<Group, BoxError> {
    let entry = find(direct.name).ok_or("the catalog has every function")?;
    let mut pipeline = Pipeline::new("one", vec![(entry.node)()])?;
    for &input in entry.inputs {
        pipeline = pipeline.bind(input.name(), PRICES.column(input).to_vec())?;
    }
    let names: Vec<String> = pipeline.describe().nodes[0]
        .outputs
        .iter()
        .map(|port| port.value.clone())
        .collect();
    let node = Implementation::new(NODE, move || {
        let ran = pipeline.run(Inputs::new());
        let columns = ran.and_then(|mut ran| {
            names
                .iter()
                .map(|name| ran.take::<Vec<f64>>(name))
                .collect()
        });
        Columns(columns.unwrap_or_default())
    });
    let alone = Implementation::new(DIRECT, move || {
        let none = Values {
            first: 0,
            columns: Vec::new(),
        };
        (direct.call)(&CORE, &PRICES).unwrap_or(none)
    });
    let bars = over_bars(entry)?;
    let unit = Unit::NanosPer("bar", BARS as f64);
    let bar = Bar::Within {
        of: DIRECT,
        factor: 1.0,
    };
    Ok(Group::new(direct.name, BARS as u64, unit)
        .with(alone)
        .with(bars.bar(bar))
        .with(node.bar(bar)))
}

/// The node that computes columns of bars by name. Bars have no periods: MAVP is given its columns.
fn over_bars(entry: &'static Entry) -> Result<Implementation, BoxError> {
    if entry.inputs.contains(&Input::Periods) {
        let (indicator, outputs) = (entry.with(&[])?, entry.outputs.len());
        return Ok(Implementation::new(OF_BARS, move || {
            let inputs = entry.inputs.iter().map(|&input| PRICES.column(input));
            let mut found: Vec<Vec<f64>> = (0..outputs).map(|_| vec![0.0; BARS]).collect();
            let mut slices: Vec<&mut [f64]> = found.iter_mut().map(Vec::as_mut_slice).collect();
            let filled = indicator.fill_finite(&inputs.collect::<Vec<_>>(), &mut slices);
            filled.map_or(Columns(Vec::new()), |()| Columns(found))
        }));
    }
    let name = |label: &&str| match *label {
        "" => entry.name.to_owned(),
        label => format!("{}.{label}", entry.name),
    };
    let requests = entry.outputs.iter().map(|label| name(label).parse());
    let pipeline = Pipeline::new("over_bars", nodes![indicator_table])?
        .bind("bars", PRICES_AS_BARS.clone())?
        .bind("columns", requests.collect::<Result<Vec<Request>, _>>()?)?;
    Ok(Implementation::new(OF_BARS, move || {
        let ran = pipeline.run(Inputs::new());
        Table(ran.and_then(|mut ran| ran.take("table")).ok())
    }))
}

const SYMBOLS: usize = 1_000;
const BARS_OF_SYMBOL: usize = 1_500;

/// Six averages of many symbols into one column that is used again.
fn six() -> Result<Group, BoxError> {
    const PERIOD: usize = 20;
    let closes: Vec<Vec<f64>> = (0..SYMBOLS)
        .map(|n| fixtures::walk(BARS_OF_SYMBOL, n as u64))
        .collect();
    let days: Vec<i64> = (0_i64..).take(BARS_OF_SYMBOL).collect();
    let bars = |close: &Vec<f64>| Bars::new("S", days.clone(), close.clone());
    let symbols: Vec<Bars> = closes.iter().map(bars).collect::<Result<_, _>>()?;
    let mut out = vec![0.0; BARS_OF_SYMBOL];
    let direct = Implementation::new(DIRECT, move || {
        let all = closes.iter().map(|close| -> Result<f64, RetCode> {
            let (last, core) = (close.len() - 1, &*CORE);
            let mut total = 0.0;
            for average in [
                Core::ema,
                Core::hma,
                Core::wma,
                Core::dema,
                Core::linearreg,
                Core::kama,
            ] {
                let range = average(core, 0, last, close, 20, &mut out)?;
                total += out[range.count - 1];
            }
            Ok(total)
        });
        all.collect::<Result<Vec<f64>, RetCode>>()
            .unwrap_or_default()
    });
    let (ema, hma, wma) = (Ema::new(PERIOD)?, Hma::new(PERIOD)?, Wma::new(PERIOD)?);
    let (dema, line, kama) = (
        Dema::new(PERIOD)?,
        Linearreg::new(PERIOD)?,
        Kama::new(PERIOD)?,
    );
    let mut out = vec![0.0; BARS_OF_SYMBOL];
    let own = Implementation::new(
        "columns of bars into a reused buffer, NaN in the warm-up",
        move || {
            let mut last = |filled: &dyn Fn(&mut [f64]) -> Result<(), IndicatorError>| {
                filled(&mut out)?;
                Ok::<f64, IndicatorError>(out.last().copied().unwrap_or_default())
            };
            let all = symbols.iter().map(|bars| -> Result<f64, IndicatorError> {
                let close = bars.close();
                let mut total = 0.0;
                total += last(&|out| ema.fill_finite([close], [out]))?;
                total += last(&|out| hma.fill_finite([close], [out]))?;
                total += last(&|out| wma.fill_finite([close], [out]))?;
                total += last(&|out| dema.fill_finite([close], [out]))?;
                total += last(&|out| line.fill_finite([close], [out]))?;
                total += last(&|out| kama.fill_finite([close], [out]))?;
                Ok(total)
            });
            all.collect::<Result<Vec<f64>, IndicatorError>>()
                .unwrap_or_default()
        },
    );
    let unit = Unit::Millis;
    let title = "EMA, HMA, WMA, DEMA, LINEARREG, KAMA of 1,000 symbols x 1,500 bars, one core";
    Ok(Group::new(title, SYMBOLS as u64, unit)
        .with(direct)
        .with(own.bar(Bar::Within {
            of: DIRECT,
            factor: 1.0,
        })))
}
