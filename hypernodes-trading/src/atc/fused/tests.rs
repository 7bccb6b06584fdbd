//! The fused kernel against the slow reference, bit for bit.

use proptest::prelude::*;

use super::*;
use crate::atc::{AtcConfig, AtcOutput, MaKind, Profile, Robustness};
use crate::reference;

fn bits(x: &[f64]) -> Vec<u64> {
    // All NaNs count as one.
    x.iter()
        .map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() })
        .collect()
}

fn assert_same(name: &str, ours: &[f64], theirs: &[f64]) {
    if bits(ours) != bits(theirs) {
        let bar = (0..theirs.len())
            .find(|&i| bits(&ours[i..=i]) != bits(&theirs[i..=i]))
            .unwrap();
        panic!(
            "{name} differs first at bar {bar}: {:?}, reference {:?}",
            ours[bar], theirs[bar]
        );
    }
}

fn assert_reference(close: &[f64], source: Option<&[f64]>, config: &AtcConfig) {
    let theirs = reference::atc(close, source.unwrap_or(close), config);
    let mut workspace = AtcWorkspace::new(config).unwrap();
    let ours = workspace.run(close, source).unwrap();
    assert_same("R", ours.ret_simple(), &theirs.ret);
    for kind in MaKind::ALL {
        let k = kind.index();
        assert_same(
            &format!("{kind}_Signal"),
            ours.signal(kind),
            &theirs.signals[k],
        );
        assert_same(&format!("{kind}_S"), ours.equity(kind), &theirs.equities[k]);
    }
    assert_same("Average_Signal", ours.average_signal(), &theirs.average);

    // Used memory, the last bar alone, and baseline instructions: the same bits.
    let last = workspace.last(close, source).unwrap();
    let at = close.len() - 1;
    assert_same("last", &[last.average_signal], &theirs.average[at..]);
    for kind in MaKind::ALL {
        assert_same(
            "last signal",
            &[last.signals[kind.index()]],
            &ours.signal(kind)[at..],
        );
        assert_same(
            "last equity",
            &[last.equities[kind.index()]],
            &ours.equity(kind)[at..],
        );
    }
    let plain = workspace.without_dispatch().run(close, source).unwrap();
    for ((name, a), b) in AtcOutput::COLUMNS
        .iter()
        .zip(plain.columns())
        .zip(ours.columns())
    {
        assert_same(&format!("baseline {name}"), a, b);
    }
}

#[test]
fn walks_agree_with_the_reference() {
    for profile in Profile::ALL {
        for robustness in Robustness::ALL {
            for bars in [1, 2, 5, 22, 28, 34, 63, 64, 65, 66, 129, 400] {
                let close = reference::lcg_walk(bars, 7, 100.0, 0.02);
                let config = AtcConfig {
                    robustness,
                    ..AtcConfig::new(profile)
                };
                assert_reference(&close, None, &config);
            }
        }
    }
}

#[test]
fn flat_stretches_agree_with_the_reference() {
    for profile in Profile::ALL {
        for price in [100.0, 0.1, 7.3, 1.0 / 3.0] {
            let flat = vec![price; 150];
            assert_reference(&flat, None, &AtcConfig::new(profile));
            let mut step = flat.clone();
            step.extend(vec![price * 1.1; 150]);
            step.extend(flat);
            assert_reference(&step, None, &AtcConfig::new(profile));
            assert_reference(&step, None, &AtcConfig::new(profile).with_length(100));
        }
    }
}

#[test]
fn a_short_series_after_a_long_one_starts_afresh() {
    let mut workspace = AtcWorkspace::new(&AtcConfig::default()).unwrap();
    for bars in [300, 20, 131, 1] {
        let close = reference::lcg_walk(bars, 3, 50.0, 0.05);
        let used = workspace.run(&close, None).unwrap();
        let fresh = atc(&close, None, &AtcConfig::default()).unwrap();
        for (a, b) in used.columns().zip(fresh.columns()) {
            assert_same("column", a, b);
        }
    }
}

#[test]
fn a_prefix_of_the_bars_gives_a_prefix_of_the_columns() {
    let close = reference::lcg_walk(300, 5, 10.0, 0.03);
    for profile in Profile::ALL {
        let config = AtcConfig {
            cutout: 20,
            ..AtcConfig::new(profile)
        };
        let all = atc(&close, None, &config).unwrap();
        for bars in [21, 64, 150, 299] {
            let part = atc(&close[..bars], None, &config).unwrap();
            for (a, b) in part.columns().zip(all.columns()) {
                assert_same("column", a, &b[..bars]);
            }
        }
    }
}

fn series() -> impl Strategy<Value = Vec<f64>> {
    let piece = prop_oneof![
        // A walk, a flat stretch, a straight line, ticks of a cent, a jump.
        (1_usize..120, any::<u32>(), 0.001_f64..0.2)
            .prop_map(|(n, seed, vol)| { reference::lcg_walk(n + 1, u64::from(seed), 1.0, vol) }),
        (1_usize..90).prop_map(|n| vec![1.0; n]),
        (1_usize..90, -0.005_f64..0.02)
            .prop_map(|(n, slope)| { (0..n).map(|i| 1.0 + slope * i as f64).collect() }),
        proptest::collection::vec(-3_i32..=3, 1..90).prop_map(|ticks| {
            ticks
                .into_iter()
                .map(|t| 1.0 + 0.01 * f64::from(t))
                .collect()
        }),
        (0.2_f64..5.0).prop_map(|jump| vec![jump]),
    ];
    (
        0.01_f64..5_000.0,
        proptest::collection::vec(piece, 1..5),
        any::<bool>(),
    )
        .prop_map(|(start, pieces, cents)| {
            let mut price = start;
            let mut all = Vec::new();
            for piece in pieces {
                all.extend(piece.iter().map(|f| {
                    let p = price * f;
                    if cents {
                        (p * 100.0).round().max(1.0) / 100.0
                    } else {
                        p
                    }
                }));
                price = *all.last().unwrap();
            }
            all
        })
}

prop_compose! {
    fn config()(
        profile in prop_oneof![Just(Profile::Lts), Just(Profile::Pine)],
        robustness in proptest::sample::select(Robustness::ALL.to_vec()),
        lengths in proptest::array::uniform6(8_u32..90),
        weights in proptest::array::uniform6(0.0_f64..3.0),
        lambda in -1.0_f64..5.0,
        decay in prop_oneof![Just(0.0), Just(1.0), 0.0_f64..1.0],
        cutout in prop_oneof![Just(0_usize), 0_usize..200],
        thresholds in (0.0_f64..0.6, -0.6_f64..0.0),
        strategy_mode in any::<bool>(),
    ) -> AtcConfig {
        AtcConfig {
            profile, robustness, lambda, decay, cutout, strategy_mode,
            ema_len: lengths[0], hma_len: lengths[1], wma_len: lengths[2],
            dema_len: lengths[3], lsma_len: lengths[4], kama_len: lengths[5],
            ema_weight: weights[0], hma_weight: weights[1], wma_weight: weights[2],
            dema_weight: weights[3], lsma_weight: weights[4], kama_weight: weights[5],
            long_threshold: thresholds.0, short_threshold: thresholds.1,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_series_and_settings_agree_with_the_reference(
        close in series(),
        mut config in config(),
        other_source in any::<bool>(),
    ) {
        config.cutout = config.cutout.min(close.len() - 1);
        let source: Vec<f64> = close.iter().enumerate()
            .map(|(i, c)| c * (1.0 + 0.01 * ((i * i) as f64).sin())).collect();
        assert_reference(&close, other_source.then_some(source.as_slice()), &config);
    }
}
