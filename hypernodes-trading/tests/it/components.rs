//! The single-length kernels against all 54 averages, signals and equities of a short walk.

use hypernodes_trading::atc::{AtcConfig, AtcOutput, MaKind, Profile, Robustness, atc};
use hypernodes_trading::kernels::{
    DemaSeed, EmaStep, KamaStart, NeutralRule, crossing, dema, ema, equity, hull, kama, lsma, sma,
    wma,
};
use serde_json::Value;

use crate::{assert_close, fixture};

fn numbers(value: &Value) -> Vec<f64> {
    let all = value.as_array().expect("a list");
    all.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn average(profile: Profile, kind: MaKind, x: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    let pine = profile == Profile::Pine;
    let step = if pine {
        EmaStep::Increment
    } else {
        EmaStep::Blend
    };
    match kind {
        MaKind::Ema => ema(x, n, step, &mut out),
        MaKind::Hma if pine => sma(x, n, &mut out),
        MaKind::Hma => hull(x, n, &mut Vec::new(), &mut out),
        MaKind::Wma => wma(x, n, &mut out),
        MaKind::Dema if pine => dema(x, n, DemaSeed::Mean, step, &mut out),
        MaKind::Dema => dema(x, n, DemaSeed::Value, step, &mut out),
        MaKind::Lsma => lsma(x, n, &mut out),
        MaKind::Kama if pine => kama(x, n, KamaStart::Zero, &mut out),
        MaKind::Kama => kama(x, n, KamaStart::Price, &mut out),
    }
    out
}

#[test]
fn kernels_agree_with_every_component() {
    for profile in Profile::ALL {
        let text = fixture(&format!("components_lcg160__{profile}.json.gz"));
        let file: Value = serde_json::from_str(&text).expect("json");
        let close = numbers(&file["close"]);
        let returns = numbers(&file["outputs"]["R"]);
        let growth = |i: usize| (0.000_02 * i as f64).exp();
        let grown: Vec<f64> = returns
            .iter()
            .enumerate()
            .map(|(i, r)| r * growth(i))
            .collect();
        let rule = if profile == Profile::Pine {
            NeutralRule::Hold
        } else {
            NeutralRule::Zero
        };
        let mut worst = 0.0_f64;
        for kind in MaKind::ALL {
            let lengths = Robustness::Medium.lengths(kind, 28).expect("long enough");
            let parts = &file["components"][kind.name()];
            for (slot, n) in lengths.into_iter().enumerate() {
                let what = format!("{profile} {kind} {n}");
                let ours = average(profile, kind, &close, n as usize);
                let theirs = numbers(&parts["ma"][slot]);
                worst = worst.max(assert_close(&format!("{what} average"), &ours, &theirs));

                let mut signal = vec![0.0; close.len()];
                crossing(&close, &ours, &mut signal);
                let theirs = numbers(&parts["sig"][slot]);
                assert_close(&format!("{what} signal"), &signal, &theirs);

                let mut curve = vec![0.0; close.len()];
                equity(1.0, &signal, &grown, 0.000_3, 0, rule, &mut curve);
                let theirs = numbers(&parts["eq"][slot]);
                worst = worst.max(assert_close(&format!("{what} equity"), &curve, &theirs));
            }
        }
        println!("components {profile}: largest difference {worst:e}");
        let out = atc(&close, None, &AtcConfig::new(profile)).expect("good input");
        for (name, ours) in AtcOutput::COLUMNS.iter().zip(out.columns()) {
            assert_close(name, ours, &numbers(&file["outputs"][*name]));
        }
    }
}
