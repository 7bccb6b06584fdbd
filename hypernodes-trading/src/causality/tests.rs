//! What peeks is found, and named; what does not is left alone.

use std::convert::Infallible;

use hypernodes_core::{Pipeline, node_fn, nodes};
use proptest::prelude::*;

use super::*;
use crate::bars::Bars;
use crate::nodes::{atc_table, bar_signals, bar_values};
use crate::reference::lcg_walk;

fn prices(bars: usize) -> Vec<f64> {
    lcg_walk(bars, 5, 50.0, 0.03)
}

fn bars(count: usize) -> Bars {
    let time: Vec<i64> = (0..i64::try_from(count).unwrap()).collect();
    Bars::new("A", time, prices(count)).unwrap()
}

/// What a function of prices is found to be.
fn found(bars: usize, run: impl Fn(&[f64]) -> Vec<f64>) -> Result<(), String> {
    let run = |x: &Vec<f64>| Ok::<_, Infallible>(vec![("y", run(x))]);
    check(&prices(bars), &Prefixes::default(), run).map_err(|error| error.to_string())
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len().max(1) as f64
}

#[test]
fn peeking_functions_are_flagged_on_short_and_long_series() {
    let at = |x: &[f64], i: usize| x.get(i).copied().unwrap_or(f64::NAN);
    for count in [2, 50, 5_000] {
        let last = |x: &[f64]| (0..x.len()).map(|i| at(x, i + 1)).collect();
        assert!(
            found(count, last)
                .unwrap_err()
                .contains("`y` of bar 0 is NaN")
        );
        let centred = |x: &[f64]| {
            let mean = |i: usize| mean(&x[i.saturating_sub(1)..(i + 2).min(x.len())]);
            (0..x.len()).map(mean).collect()
        };
        assert!(found(count, centred).is_err());
        let by_mean = |x: &[f64]| x.iter().map(|v| v - mean(x)).collect();
        assert!(found(count, by_mean).is_err());
    }
    let highest = |x: &[f64]| x.iter().copied().fold(0.0, f64::max);
    let by_highest = |x: &[f64]| x.iter().map(|v| v / highest(x)).collect();
    assert!(found(300, by_highest).is_err());
    let filled_back = |x: &[f64]| {
        let mut y: Vec<f64> = x
            .iter()
            .map(|v| if *v > 50.0 { *v } else { f64::NAN })
            .collect();
        for i in (1..y.len()).rev() {
            if y[i - 1].is_nan() {
                y[i - 1] = y[i];
            }
        }
        y
    };
    assert!(found(300, filled_back).is_err());
    // One bit at one bar, and the sign of a zero.
    let one_bit = |x: &[f64]| {
        let bit = |i: usize| u64::from(i == 7 && x.len() > 20);
        let all = x.iter().enumerate();
        all.map(|(i, v)| f64::from_bits(v.to_bits() ^ bit(i)))
            .collect()
    };
    let told = found(40, one_bit).unwrap_err();
    assert!(
        told.contains("of bar 7") && told.contains("from the first 8 bars"),
        "{told}"
    );
    let zero = |x: &[f64]| vec![if x.len() > 20 { -0.0 } else { 0.0 }; x.len()];
    assert!(
        found(40, zero)
            .unwrap_err()
            .contains("is 0.0 from the first 1 bars, but -0.0")
    );
}

#[test]
fn causal_functions_are_left_alone() {
    let sum = |x: &[f64]| {
        let add = |sum: &mut f64, v: &f64| {
            *sum += v;
            Some(*sum)
        };
        x.iter().scan(0.0, add).collect()
    };
    for count in [0, 1, 50, 5_000] {
        assert_eq!(found(count, sum), Ok(()));
        assert_eq!(found(count, |x| vec![f64::NAN; x.len()]), Ok(()));
    }
}

#[test]
fn what_is_no_column_and_what_fails_is_told() {
    let few = |x: &[f64]| x[..x.len() / 2].to_vec();
    assert!(
        found(9, few)
            .unwrap_err()
            .contains("has 4 values for the first 9 bars")
    );
    let picky = |x: &Vec<f64>| match x.len() {
        0..5 => Err("too few"),
        _ => Ok(vec![("y", x.clone())]),
    };
    let told = check(&prices(9), &Prefixes::default(), picky).unwrap_err();
    assert_eq!(
        told.to_string(),
        "it fails on the first 1 bars; set `least` if it needs more"
    );
    let prefixes = Prefixes {
        least: 5,
        ..Prefixes::default()
    };
    assert!(check(&prices(9), &prefixes, picky).is_ok());
    let other = |x: &Vec<f64>| {
        let name = if x.len() > 5 { "late" } else { "early" };
        Ok::<_, Infallible>(vec![(name, x.clone())])
    };
    let told = check(&prices(9), &Prefixes::default(), other).unwrap_err();
    assert!(
        told.to_string()
            .contains("no output `late` from the first 1 bars")
    );
}

#[test]
fn only_the_node_that_peeks_is_named() {
    let nodes = nodes![
        {
            node_fn!("highest", |close: Vec<f64>| -> f64 {
                close.iter().copied().fold(0.0, f64::max)
            })
        },
        {
            node_fn!("scaled", |close: Vec<f64>, highest: f64| -> Vec<f64> {
                close.iter().map(|c| c / highest).collect()
            })
        },
        {
            node_fn!("is_high", |scaled: Vec<f64>| -> Vec<bool> {
                scaled.iter().map(|s| *s > 0.9).collect()
            })
        },
        {
            node_fn!("next_up", |is_high: Vec<bool>| -> Vec<bool> {
                (0..is_high.len())
                    .map(|i| is_high.get(i + 1).copied().unwrap_or(false))
                    .collect()
            })
        },
        {
            node_fn!("count", |is_high: Vec<bool>| -> Vec<i64> {
                is_high
                    .iter()
                    .scan(0, |n, up| {
                        *n += i64::from(*up);
                        Some(*n)
                    })
                    .collect()
            })
        },
    ];
    let pipeline = Pipeline::new("p", nodes).unwrap();
    let series = Series::new().with("close", prices(120));
    let told = check_pipeline(&pipeline, &series, &Prefixes::default()).unwrap();
    let named: Vec<&str> = told
        .peeking
        .iter()
        .map(|found| found.node.as_str())
        .collect();
    assert_eq!(named, ["scaled", "next_up"]);
    assert_eq!(told.causal, ["is_high", "count"]);
    assert_eq!(told.unjudged, ["highest"]);
    assert!(!told.is_clean());
    assert!(
        told.peeking[1]
            .to_string()
            .starts_with("node `next_up` peeks: output `next_up` of bar ")
    );
}

#[test]
fn a_pipeline_that_cannot_run_says_so() {
    let nodes = nodes![{
        node_fn!("y", |close: Vec<f64>, k: f64| -> Vec<f64> {
            close.iter().map(|c| c * k).collect()
        })
    }];
    let pipeline = Pipeline::new("p", nodes).unwrap();
    let series = Series::new().with("close", prices(5));
    let told = check_pipeline(&pipeline, &series, &Prefixes::default()).unwrap_err();
    assert!(told.to_string().contains("fails on all 5 bars"));
    let bound = pipeline.bind("k", 2.0).unwrap();
    assert!(
        check_pipeline(&bound, &series, &Prefixes::default())
            .unwrap()
            .is_clean()
    );
}

#[test]
fn the_nodes_of_this_crate_do_not_peek() {
    let pipeline = Pipeline::new("p", nodes![atc_table, bar_values, bar_signals]).unwrap();
    let expr: crate::scan::Expr = "close > highest(SMA_5, 9)[1] or atc_signal > 0.5"
        .parse()
        .unwrap();
    let pipeline = pipeline.bind("expr", expr).unwrap();
    let series = Series::new().with("bars", bars(90));
    let told = check_pipeline(&pipeline, &series, &Prefixes::default()).unwrap();
    assert_eq!(told.peeking, []);
    assert_eq!(told.causal.len(), 3);
}

#[test]
fn no_indicator_peeks() {
    let sample = crate::indicators::sample();
    let prefixes = Prefixes {
        all_up_to: 3,
        sample: 12,
        ..Prefixes::default()
    };
    let mut checked = 0;
    for entry in crate::indicators::all() {
        let mut node = (entry.node)();
        // An output may be called as a parameter is, which is a cycle in a pipeline.
        for (at, output) in node.signature().outputs.clone().iter().enumerate() {
            node = node.rename_output(&output.name, format!("out_{at}"));
        }
        let ports: Vec<String> = node
            .signature()
            .inputs
            .iter()
            .map(|i| i.name.to_string())
            .collect();
        let pipeline = Pipeline::new(entry.name, vec![node]).unwrap();
        let periods: Vec<f64> = (0..sample.len()).map(|i| [3.0, 9.0, 5.0][i % 3]).collect();
        let columns = [
            ("open", sample.open()),
            ("high", sample.high()),
            ("low", sample.low()),
            ("close", Some(sample.close())),
            ("volume", sample.volume()),
            ("periods", Some(&periods)),
        ];
        let mut series = Series::new();
        for (name, column) in columns {
            if ports.iter().any(|port| port == name) {
                series = series.with(name, column.unwrap().to_vec());
            }
        }
        if ports.iter().any(|port| port == "time") {
            series = series.with("time", sample.time().to_vec());
        }
        let told = check_pipeline(&pipeline, &series, &prefixes);
        let told = told.unwrap_or_else(|error| panic!("{} {ports:?}: {error:?}", entry.name));
        assert_eq!(
            (told.peeking, told.unjudged),
            (vec![], vec![]),
            "{}",
            entry.name
        );
        checked += told.causal.len();
    }
    assert_eq!(checked, crate::indicators::all().len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_look_ahead_within_the_series_is_found(ahead in 1..30_usize, more in 1..400_usize) {
        let count = ahead + more;
        let ahead_of = |x: &[f64]| {
            (0..x.len()).map(|i| x.get(i + ahead).copied().unwrap_or(f64::NAN)).collect()
        };
        prop_assert!(found(count, ahead_of).is_err());
    }
}
