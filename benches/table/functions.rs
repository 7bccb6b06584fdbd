//! Every function of the indicator library beside its node: one row in all, and one for each that misses.

use std::time::Duration;

use hypernodes_benches::sample::Sampled;
use hypernodes_benches::{BoxError, Group, areas};

use crate::machine;
use crate::options::Options;
use crate::report::Report;
use crate::row::{self, Verdict};

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
    let mut ratios = Vec::new();
    let mut misses = Vec::new();
    for (name, group) in areas::indicators::each() {
        eprintln!("functions/talib/{name}");
        let mut group = group?;
        group.check()?;
        let sampled = measure(&mut group, options, patience);
        let ratio = ratio(&sampled);
        ratios.push(ratio);
        if ratio > NOISE {
            misses.extend(row::verdicts(&group, &sampled));
        }
    }
    ratios.sort_by(f64::total_cmp);
    let all = ratios.len();
    let within = all - misses.len();
    let at = |part: usize| ratios[(part * all / 100).min(all - 1)];
    report.add_verdict(Verdict {
        title: format!("every function of ta-lib, {} bars", areas::indicators::BARS),
        name: "node".to_owned(),
        bar: format!(
            "<= 1 x {} ({NOISE} x with noise)",
            areas::indicators::DIRECT
        ),
        best: format!("{within} of {all}"),
        median: format!(
            "{:.2} x (10 %: {:.2}, 90 %: {:.2}, worst {:.2})",
            at(50),
            at(10),
            at(90),
            at(100)
        ),
        passes: Some(misses.is_empty()),
    });
    misses.into_iter().for_each(|miss| report.add_verdict(miss));
    Ok(())
}

/// The best of the second implementation by the best of the first.
fn ratio(sampled: &[Sampled]) -> f64 {
    match sampled {
        [direct, node] => node.best() / direct.best(),
        _ => f64::NAN,
    }
}

fn measure(group: &mut Group, options: &Options, patience: &mut Duration) -> Vec<Sampled> {
    let mut sampled = vec![Sampled::default(); group.implementations.len()];
    for _ in 0..options.tries.max(1) {
        machine::wait_until_quiet(patience);
        let new = group.sample(options.rounds, BUDGET);
        let pairs = sampled.iter_mut().zip(new);
        pairs.for_each(|(all, new)| all.extend(new));
        if ratio(&sampled) <= NOISE {
            break;
        }
    }
    sampled
}
