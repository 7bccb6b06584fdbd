//! Columns of indicators against TA-Lib's, against windows recomputed in 80 bits, and against our own definitions.

use std::collections::BTreeMap;

use hypernodes_trading::Bars;
use hypernodes_trading::data::{CsvOptions, read_csv_bytes};
use hypernodes_trading::indicators::Request;

use crate::fixture;

fn bars(series: &str) -> Bars {
    let text = fixture(&format!("indicators/{series}.csv.gz"));
    let mut symbols =
        read_csv_bytes(series, text.into_bytes(), &CsvOptions::default()).expect("good data");
    symbols.next().expect("one symbol").expect("good rows")
}

/// The columns of a reference by name; an empty cell is NaN.
fn reference(name: &str) -> BTreeMap<String, Vec<f64>> {
    let text = fixture(&format!("indicators/{name}.csv.gz"));
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let mut columns = vec![Vec::new(); names.len()];
    for line in lines {
        for (column, cell) in columns.iter_mut().zip(line.split(',')).skip(1) {
            column.push(if cell.is_empty() {
                f64::NAN
            } else {
                cell.parse().expect("a number")
            });
        }
    }
    names
        .into_iter()
        .map(str::to_owned)
        .zip(columns)
        .skip(1)
        .collect()
}

/// Every column of the reference, within `relative` of each value and `scaled` of the column's largest.
fn agrees(series: &str, kind: &str, relative: f64, scaled: f64) {
    let bars = bars(series);
    let reference = reference(&format!("{series}.{kind}"));
    assert!(reference.len() > 10, "{series} {kind}");
    for (name, expected) in reference {
        let found = name
            .parse::<Request>()
            .expect("a known name")
            .compute(&bars)
            .expect("all columns");
        assert_eq!(found.len(), expected.len(), "{series} {name}");
        let largest = expected
            .iter()
            .filter(|v| !v.is_nan())
            .fold(0.0_f64, |most, v| most.max(v.abs()));
        for (bar, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(
                found.is_nan(),
                expected.is_nan(),
                "{series} {kind} {name} bar {bar}: {found} {expected}"
            );
            let most = relative * expected.abs() + scaled * largest;
            let away = (found - expected).abs();
            assert!(
                away.is_nan() || away <= most,
                "{series} {kind} {name} bar {bar}: {found} {expected}"
            );
        }
    }
}

#[test]
fn columns_are_those_of_ta_lib() {
    agrees("goog_d", "talib", 1e-8, 1e-10);
    agrees("edge", "talib", 1e-8, 1e-10);
}

#[test]
fn columns_that_ta_lib_does_not_have_are_as_defined() {
    agrees("goog_d", "own", 1e-8, 1e-10);
    agrees("edge", "own", 1e-8, 1e-10);
}

#[test]
fn windows_are_exact() {
    agrees("goog_d", "exact", 1e-8, 1e-10);
    // Prices of very different sizes: the error is held against the largest input so far.
    agrees("edge", "exact", 1e-9, 1e-9);
}

#[test]
fn the_first_valid_bars_are_those_of_ta_lib() {
    let text = include_str!("../fixtures/indicators/first_valid_bar.json");
    let first: BTreeMap<String, usize> = serde_json::from_str(text).expect("good json");
    assert_eq!(first.len(), 91);
    for (name, bar) in first {
        assert_eq!(
            name.parse::<Request>().expect("a known name").warmup_bars(),
            bar,
            "{name}"
        );
    }
}
