//! What holds for every indicator of the catalog.

use proptest::prelude::*;

use super::{AnyIndicator, Entry, Input, Parameter, ParameterKind, all, find};

/// A market of random bars: `inputs` columns that fit together, with gaps where `gaps` says so.
#[derive(Debug, Clone)]
struct Market {
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
    time: Vec<f64>,
    periods: Vec<f64>,
}

impl Market {
    fn column(&self, input: Input) -> &[f64] {
        match input {
            Input::Time => &self.time,
            Input::Open => &self.open,
            Input::High => &self.high,
            Input::Low => &self.low,
            Input::Close => &self.close,
            Input::Volume => &self.volume,
            Input::Periods => &self.periods,
        }
    }

    fn inputs(&self, entry: &Entry, bars: usize) -> Vec<&[f64]> {
        entry
            .inputs
            .iter()
            .map(|&input| &self.column(input)[..bars])
            .collect()
    }

    fn bars(&self) -> usize {
        self.close.len()
    }
}

/// Steps in thousandths, a flatness of some bars, and what is bad: one column, all, NaN or infinite.
fn market(bars: std::ops::Range<usize>) -> impl Strategy<Value = Market> {
    let bar = (
        -30_i32..=30,
        0_u32..20,
        0_u32..20,
        0_u32..1000,
        0_u32..40,
        any::<u8>(),
    );
    proptest::collection::vec(bar, bars).prop_map(|steps| {
        let mut market = Market {
            open: vec![],
            high: vec![],
            low: vec![],
            close: vec![],
            volume: vec![],
            time: vec![],
            periods: vec![],
        };
        let mut close = 100.0;
        for (at, (step, up, down, volume, bad, how)) in steps.into_iter().enumerate() {
            let open = close;
            let is_flat = how % 7 == 0;
            if !is_flat {
                close *= 1.0 + f64::from(step) / 1_000.0;
            }
            let scale = if is_flat { 0.0 } else { close / 1_000.0 };
            let mut bar = [
                open,
                open.max(close) + scale * f64::from(up),
                open.min(close) - scale * f64::from(down),
                close,
                f64::from(volume / 20),
            ];
            let bad_value = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][usize::from(how % 3)];
            match bad {
                0..5 => bar[bad as usize] = bad_value,
                5 => bar = [bad_value; 5],
                _ => {}
            }
            market.open.push(bar[0]);
            market.high.push(bar[1]);
            market.low.push(bar[2]);
            market.close.push(bar[3]);
            market.volume.push(bar[4]);
            market.time.push(3_600.0 * at as f64);
            market.periods.push(f64::from(2 + how % 30));
        }
        market
    })
}

/// Parameters small enough for short series: by the seed, from the least value to a dozen above it.
fn parameters(entry: &Entry, seed: u64) -> Vec<f64> {
    let value = |(at, parameter): (usize, &Parameter)| {
        let drawn = (seed >> (7 * at % 57)) % 12;
        match parameter.kind {
            ParameterKind::Whole => (parameter.min + drawn as f64).min(parameter.max),
            ParameterKind::Real if drawn < 6 => parameter.default,
            ParameterKind::Real => {
                let away = parameter.default.abs().max(0.1) * (drawn as f64 - 6.0) / 10.0;
                (parameter.default + away).clamp(parameter.min, parameter.max)
            }
            ParameterKind::Average => [
                0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0, 12.0, 13.0, 15.0,
            ][drawn as usize],
        }
    };
    entry.parameters.iter().enumerate().map(value).collect()
}

fn batch(indicator: &dyn AnyIndicator, inputs: &[&[f64]], outputs: usize) -> Vec<Vec<f64>> {
    let bars = inputs[0].len();
    let mut columns = vec![vec![7.0; bars]; outputs];
    let mut slices: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
    indicator.fill(inputs, &mut slices).unwrap();
    columns
}

fn bits(column: &[f64]) -> Vec<u64> {
    let bits = |value: &f64| {
        if value.is_nan() {
            f64::NAN.to_bits()
        } else {
            value.to_bits()
        }
    };
    column.iter().map(bits).collect()
}

/// Every entry with some of its parameters.
fn each(seed: u64, mut check: impl FnMut(&'static Entry, &dyn AnyIndicator, &str)) {
    for (at, entry) in (0..).zip(all()) {
        let parameters = match seed % 3 {
            0 => Vec::new(),
            _ => parameters(entry, seed.rotate_left(at)),
        };
        // Some parameters exclude each other.
        if let Ok(indicator) = entry.with(&parameters) {
            check(
                entry,
                &*indicator,
                &format!("{} {parameters:?}", entry.name),
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_gives_the_bits_of_the_column(market in market(1..160), seed in any::<u64>()) {
        each(seed, |entry, indicator, what| {
            let outputs = entry.outputs.len();
            let inputs = market.inputs(entry, market.bars());
            let columns = batch(indicator, &inputs, outputs);
            let mut state = indicator.state();
            let mut streamed = vec![Vec::new(); outputs];
            let mut values = vec![0.0; outputs];
            let mut peeked = vec![0.0; outputs];
            for bar in 0..market.bars() {
                let cells: Vec<f64> = inputs.iter().map(|column| column[bar]).collect();
                state.peek(&cells, &mut peeked);
                let mut snapshot = state.snapshot();
                state.update(&cells, &mut values);
                assert_eq!(bits(&peeked), bits(&values), "peek {what} {bar}");
                if bar % 17 == 3 {
                    // The original has gone on; the copy has not, and gives the same when it does.
                    snapshot.update(&cells, &mut peeked);
                    assert_eq!(bits(&peeked), bits(&values), "snapshot {what} {bar}");
                    state = snapshot;
                }
                for (column, value) in streamed.iter_mut().zip(&values) {
                    column.push(*value);
                }
            }
            for (column, streamed) in columns.iter().zip(&streamed) {
                assert_eq!(bits(column), bits(streamed), "{what}");
            }
        });
    }

    #[test]
    fn a_bad_bar_is_as_if_it_were_not_there(market in market(1..160), seed in any::<u64>()) {
        each(seed, |entry, indicator, what| {
            let inputs = market.inputs(entry, market.bars());
            let columns = batch(indicator, &inputs, entry.outputs.len());
            let good: Vec<usize> =
                (0..market.bars()).filter(|&bar| inputs.iter().all(|column| column[bar].is_finite())).collect();
            let dense: Vec<Vec<f64>> =
                inputs.iter().map(|column| good.iter().map(|&bar| column[bar]).collect()).collect();
            let dense: Vec<&[f64]> = dense.iter().map(Vec::as_slice).collect();
            let without = batch(indicator, &dense, entry.outputs.len());
            for (column, without) in columns.iter().zip(&without) {
                let kept: Vec<f64> = good.iter().map(|&bar| column[bar]).collect();
                assert_eq!(bits(&kept), bits(without), "{what}");
                let is_bad = |bar: &usize| !good.contains(bar);
                assert!((0..market.bars()).filter(is_bad).all(|bar| column[bar].is_nan()), "{what}");
            }
        });
    }

    #[test]
    fn a_prefix_of_the_bars_gives_a_prefix_of_the_values(market in market(2..160), seed in any::<u64>(), cut in any::<u16>()) {
        let cut = 1 + usize::from(cut) % (market.bars() - 1);
        each(seed, |entry, indicator, what| {
            let outputs = entry.outputs.len();
            let whole = batch(indicator, &market.inputs(entry, market.bars()), outputs);
            let part = batch(indicator, &market.inputs(entry, cut), outputs);
            for (whole, part) in whole.iter().zip(&part) {
                assert_eq!(bits(&whole[..cut]), bits(part), "{what} {cut}");
            }
        });
    }

    #[test]
    fn the_warm_up_is_as_long_as_it_says(market in market(100..160), seed in any::<u64>()) {
        let market = Market {
            open: market.low.iter().map(|_| 5.0).collect(),
            ..market
        };
        each(seed, |entry, indicator, what| {
            let inputs = market.inputs(entry, market.bars());
            let columns = batch(indicator, &inputs, entry.outputs.len());
            let is_good = |&bar: &usize| inputs.iter().all(|column| column[bar].is_finite());
            let warmup: Vec<usize> = (0..market.bars()).filter(is_good).take(indicator.warmup_bars()).collect();
            assert!(warmup.iter().all(|&bar| columns.iter().all(|column| column[bar].is_nan())), "{what}");
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, ..ProptestConfig::default() })]

    /// Longer than the blocks in which columns are looked at and whole numbers are converted.
    #[test]
    fn a_stream_gives_the_bits_of_a_long_column(market in market(1_100..1_300), seed in any::<u64>()) {
        each(seed, |entry, indicator, what| {
            let inputs = market.inputs(entry, market.bars());
            let columns = batch(indicator, &inputs, entry.outputs.len());
            let mut state = indicator.state();
            let mut values = vec![0.0; entry.outputs.len()];
            for bar in 0..market.bars() {
                let cells: Vec<f64> = inputs.iter().map(|column| column[bar]).collect();
                state.update(&cells, &mut values);
                let of_columns: Vec<f64> = columns.iter().map(|column| column[bar]).collect();
                assert_eq!(bits(&of_columns), bits(&values), "{what} {bar}");
            }
        });
    }
}

#[test]
fn the_first_value_stands_behind_the_warm_up() {
    let bars = super::sample();
    let may_be_undefined = ["ACOS", "ASIN", "MAVP", "FRACTAL", "KVO"];
    for entry in all()
        .iter()
        .filter(|entry| !may_be_undefined.contains(&entry.name))
    {
        let indicator = entry.with(&[]).unwrap();
        let name = match entry.outputs {
            [""] => entry.name.to_owned(),
            [first, ..] => format!("{}.{first}", entry.name),
            [] => unreachable!(),
        };
        let values = name
            .parse::<super::Request>()
            .unwrap()
            .compute(&bars)
            .unwrap();
        let first = values.iter().position(|value| !value.is_nan());
        assert_eq!(first, Some(indicator.warmup_bars()), "{}", entry.name);
    }
}

#[test]
fn names_and_labels_are_unique() {
    for pair in all().windows(2) {
        assert!(pair[0].name < pair[1].name);
    }
    for entry in all() {
        let labels: std::collections::BTreeSet<_> = entry.outputs.iter().collect();
        assert_eq!(labels.len(), entry.outputs.len(), "{}", entry.name);
        assert_eq!(
            entry.outputs.len() == 1,
            entry.outputs == [""],
            "{}",
            entry.name
        );
    }
}

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    for entry in all() {
        for (at, parameter) in entry.parameters.iter().enumerate() {
            let defaults = entry.parameters.iter().map(|p| p.default);
            let with = |value: f64| {
                let mut values: Vec<f64> = defaults.clone().collect();
                values[at] = value;
                entry.with(&values)
            };
            assert!(with(parameter.default).is_ok(), "{}", entry.name);
            let bad = match parameter.kind {
                ParameterKind::Whole => [parameter.min - 1.0, parameter.max + 1.0, 2.5],
                ParameterKind::Real => [-1e38, 1e38, f64::NAN],
                ParameterKind::Average => [-1.0, 11.0, 16.0],
            };
            for value in bad {
                let told = with(value).unwrap_err().to_string();
                assert!(
                    told.contains(parameter.name) && told.contains(entry.name),
                    "{told}"
                );
            }
        }
        let too_many = vec![1.0; entry.parameters.len() + 1];
        assert!(entry.with(&too_many).is_err());
    }
}

#[test]
fn a_column_may_be_empty() {
    for entry in all() {
        let indicator = entry.with(&[]).unwrap();
        let empty: Vec<&[f64]> = vec![&[]; entry.inputs.len()];
        assert!(
            batch(&*indicator, &empty, entry.outputs.len())
                .iter()
                .all(Vec::is_empty)
        );
    }
}

#[test]
fn columns_of_different_lengths_are_refused() {
    let atr = find("atr").unwrap().with(&[]).unwrap();
    let (long, short) = ([1.0; 30], [1.0; 29]);
    let mut out = [0.0; 30];
    let error = atr
        .fill(&[&long, &short, &long], &mut [&mut out])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the inputs of ATR have 30 and 29 rows; give columns of one length"
    );
    assert!(atr.fill(&[&long, &long], &mut [&mut out]).is_err());
    assert!(atr.fill(&[&long, &long, &long], &mut []).is_err());
}
