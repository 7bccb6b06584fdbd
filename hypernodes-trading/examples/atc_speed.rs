//! Times the ATC scan path over one symbol: `cargo run --release --example atc_speed -- 1500 28`.
//!
//! A third argument keeps only the rows with that text, a fourth sets the rounds.
//! Prints microseconds per symbol, best and median of several rounds, for both profiles, with
//! the instruction set found at run time and with the baseline.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::time::Instant;

use hypernodes_trading::atc::{AtcConfig, AtcError, AtcOutput, AtcWorkspace, Profile};

fn walk(bars: usize, mut seed: u64) -> Vec<f64> {
    let mut price = 100.0;
    let step = |_| {
        let now = price;
        seed = (1_103_515_245 * seed + 12_345) % 2_147_483_648;
        price *= 1.0 + 0.01 * (2.0 * (seed as f64 / 2_147_483_648.0) - 1.0);
        now
    };
    (0..bars).map(step).collect()
}

fn main() -> Result<(), AtcError> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let number = |i: usize, or| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(or);
    let (bars, rounds_wanted) = (number(0, 1_500), number(3, 12).max(1));
    let length = u32::try_from(number(1, 28)).unwrap_or(28);
    let only = arguments.get(2).map_or("", String::as_str);
    let symbols: Vec<_> = (0..50).map(|seed| walk(bars, seed)).collect();
    let flat = vec![vec![100.0; bars]; 50];
    let out = &mut AtcOutput::default();
    for profile in Profile::ALL {
        let config = AtcConfig::new(profile).with_length(length);
        let fast = AtcWorkspace::new(&config)?;
        let plain = AtcWorkspace::new(&config)?.without_dispatch();
        for (name, mut workspace, data, full) in [
            ("scan, walks", fast.clone(), &symbols, false),
            ("scan, flat prices", fast.clone(), &flat, false),
            ("all columns", fast, &symbols, true),
            ("scan, baseline instructions", plain, &symbols, false),
        ] {
            if !format!("{profile} {name}").contains(only) {
                continue;
            }
            let mut rounds = Vec::new();
            let mut sum = 0.0;
            for _ in 0..rounds_wanted {
                let start = Instant::now();
                for close in data {
                    if full {
                        workspace.run_into(close, None, out)?;
                        sum += out.average_signal()[bars - 1];
                    } else {
                        sum += workspace.last(close, None)?.average_signal;
                    }
                }
                rounds.push(start.elapsed().as_secs_f64() * 1e6 / data.len() as f64);
            }
            rounds.sort_by(f64::total_cmp);
            let (best, median) = (rounds[0], rounds[rounds.len() / 2]);
            println!("{profile} {name:28} best {best:7.1} us  median {median:7.1} us  ({sum:.3})");
        }
    }
    Ok(())
}
