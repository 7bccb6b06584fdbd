//! Every function of the indicator library beside ours: one row for all of bars, one for all nodes.

use std::time::Duration;

use hypernodes_benches::sample::Sampled;
use hypernodes_benches::{BoxError, Group, areas};

use crate::machine;
use crate::options::Options;
use crate::report::Report;
use crate::row::Verdict;

/// The time that the rounds of one measurement of one function may take.
const BUDGET: Duration = Duration::from_millis(600);

/// What noise does to two measurements of the same on a machine with other users.
const NOISE: f64 = 1.03;

pub(crate) fn add_rows(
    report: &mut Report,
    options: &Options,
    patience: &mut Duration,
) -> Result<(), BoxError> {
    if !options.wants("functions/talib") {
        return Ok(());
    }
    let mut ratios: [Vec<f64>; 2] = Default::default();
    for (name, group) in areas::indicators::each() {
        eprintln!("functions/talib/{name}");
        let mut group = group?;
        group.check()?;
        let sampled = measure(&mut group, options, patience);
        for (all, ratio) in ratios.iter_mut().zip(by_direct(&sampled)) {
            all.push(ratio);
        }
    }
    let names = [areas::indicators::OF_BARS, areas::indicators::NODE];
    for (name, mut ratios) in names.into_iter().zip(ratios) {
        ratios.sort_by(f64::total_cmp);
        let all = ratios.len();
        let within = ratios.iter().filter(|&&ratio| ratio <= NOISE).count();
        let at = |percent: usize| ratios[(percent * all / 100).min(all - 1)];
        let direct = areas::indicators::DIRECT;
        report.add_verdict(Verdict {
            title: format!("every function of ta-lib, {} bars", areas::indicators::BARS),
            name: name.to_owned(),
            bar: format!("<= 1 x {direct} ({NOISE} x with noise)"),
            best: format!("{within} of {all}"),
            median: format!(
                "{:.2} x (10 %: {:.2}, 90 %: {:.2}, worst {:.2})",
                at(50),
                at(10),
                at(90),
                at(100)
            ),
            passes: Some(within == all),
        });
    }
    Ok(())
}

/// The best of the others by the best of the first.
fn by_direct(sampled: &[Sampled]) -> [f64; 2] {
    match sampled {
        [direct, bars, node] => [bars, node].map(|other| other.best() / direct.best()),
        _ => [f64::NAN; 2],
    }
}

fn measure(group: &mut Group, options: &Options, patience: &mut Duration) -> Vec<Sampled> {
    let mut sampled = vec![Sampled::default(); group.implementations.len()];
    for _ in 0..options.tries.max(1) {
        machine::wait_until_quiet(patience);
        let new = group.sample(options.rounds, BUDGET);
        let pairs = sampled.iter_mut().zip(new);
        pairs.for_each(|(all, new)| all.extend(new));
        if by_direct(&sampled).iter().all(|&ratio| ratio <= NOISE) {
            break;
        }
    }
    sampled
}
