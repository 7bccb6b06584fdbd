//! The table against what the crate tells of its functions.

use ta_lib::abstract_api::{OptInputType, funcs};

use super::super::{ParameterKind, sample};
use super::*;

fn entries() -> std::collections::BTreeMap<&'static str, Entry> {
    super::entries()
        .into_iter()
        .map(|entry| (entry.name, entry))
        .collect()
}

/// A zero of either sign is a zero.
fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| (value + 0.0).to_bits()).collect()
}

#[test]
fn every_function_of_the_crate_has_its_row() {
    let entries = entries();
    let names: Vec<&str> = funcs().map(|function| function.name).collect();
    assert_eq!(names.len(), 237);
    assert_eq!(entries.len(), names.len());
    for function in funcs() {
        let entry = entries
            .get(function.name)
            .unwrap_or_else(|| panic!("no row for {}", function.name));
        assert_eq!(entry.outputs.len(), function.nb_output(), "{}", entry.name);
        assert_eq!(
            entry.parameters.len(),
            function.nb_opt_input(),
            "{}",
            entry.name
        );
        for (ours, theirs) in entry.parameters.iter().zip(function.opt_inputs) {
            let what = format!("{} {} {:?}", entry.name, ours.name, theirs.kind);
            match theirs.kind {
                OptInputType::IntegerRange {
                    min, max, default, ..
                } => {
                    assert_eq!(ours.kind, ParameterKind::Whole, "{what}");
                    let theirs = [min, max, default].map(f64::from);
                    assert_eq!(
                        bits(&[ours.min, ours.max, ours.default]),
                        bits(&theirs),
                        "{what}"
                    );
                }
                OptInputType::RealRange {
                    min, max, default, ..
                } => {
                    assert_eq!(ours.kind, ParameterKind::Real, "{what}");
                    assert_eq!(
                        bits(&[ours.min, ours.max, ours.default]),
                        bits(&[min, max, default]),
                        "{what}"
                    );
                }
                OptInputType::IntegerList { default, .. } => {
                    assert_eq!(ours.kind, ParameterKind::Average, "{what}");
                    assert_eq!(bits(&[ours.default]), bits(&[default as f64]), "{what}");
                }
                other => panic!("{what}: {other:?}"),
            }
        }
    }
}

#[test]
fn the_documented_last_values_are_the_last_values() {
    let all = [
        cycle::LAST,
        math::LAST,
        momentum::LAST,
        overlap::LAST,
        pattern::LAST,
        price::LAST,
        statistics::LAST,
        volatility::LAST,
        volume::LAST,
    ];
    let mut found = String::new();
    let mut differ = Vec::new();
    for &(name, expected) in all.iter().flat_map(|group| group.iter()) {
        let values = last_values(name);
        let bits =
            |values: &[f64]| -> Vec<u64> { values.iter().map(|v| (v + 0.0).to_bits()).collect() };
        if bits(&values) != bits(expected) {
            differ.push(name);
        }
        found += &format!("{name} {values:?}\n");
    }
    if let Ok(path) = std::env::var("HYPERNODES_LAST_VALUES") {
        std::fs::write(path, &found).unwrap();
    }
    assert!(differ.is_empty(), "{differ:?}");
}

/// The last values over the sample, with the default parameters.
fn last_values(name: &str) -> Vec<f64> {
    let bars = sample();
    let entry = entries()[name];
    let periods: Vec<f64> = (0..bars.len()).map(|bar| 2.0 + (bar % 20) as f64).collect();
    let column = |input: &super::super::Input| match input {
        super::super::Input::Open => bars.open().unwrap(),
        super::super::Input::High => bars.high().unwrap(),
        super::super::Input::Low => bars.low().unwrap(),
        super::super::Input::Volume => bars.volume().unwrap(),
        super::super::Input::Periods => &periods,
        _ => bars.close(),
    };
    let inputs: Vec<&[f64]> = entry.inputs.iter().map(column).collect();
    let mut outputs = vec![vec![0.0; bars.len()]; entry.outputs.len()];
    let mut slices: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    entry.with(&[]).unwrap().fill(&inputs, &mut slices).unwrap();
    outputs
        .iter()
        .map(|column| column[bars.len() - 1])
        .collect()
}
