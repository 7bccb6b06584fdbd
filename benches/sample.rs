//! The stopwatch: the only place of the benchmarks that reads the clock.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::group::Implementation;

/// How long one sample should take at least. Short, so that some samples fit between two disturbances.
const SAMPLE: Duration = Duration::from_millis(2);

/// Rounds that are made even when the time is up.
const FEWEST_ROUNDS: usize = 3;

/// The times that single executions took, in seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampled(Vec<f64>);

impl Sampled {
    /// The shortest: what the code costs when nothing else disturbs it.
    #[must_use]
    pub fn best(&self) -> f64 {
        self.0.iter().copied().fold(f64::NAN, f64::min)
    }

    /// The one in the middle.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Adds the samples of another measurement of the same.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// The time now.
#[must_use]
pub fn now() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "measuring time is the purpose of this crate"
    )]
    Instant::now()
}

/// The time of so many executions, the destruction of their results included.
pub fn repeated<T>(times: u64, mut run: impl FnMut() -> T) -> Duration {
    let began = now();
    for _ in 0..times {
        drop(black_box(run()));
    }
    began.elapsed()
}

/// Samples implementations in turn for so many rounds, or until the budget is spent.
pub(crate) fn interleaved(
    all: &mut [Implementation],
    rounds: usize,
    budget: Duration,
) -> Vec<Sampled> {
    let began = now();
    let times: Vec<u64> = all.iter_mut().map(executions_in_a_sample).collect();
    let mut sampled = vec![Sampled::default(); all.len()];
    for round in 0..rounds.max(FEWEST_ROUNDS) {
        if round >= FEWEST_ROUNDS && began.elapsed() > budget {
            break;
        }
        for ((one, &times), sampled) in all.iter_mut().zip(&times).zip(&mut sampled) {
            sampled.0.push(one.time(times).as_secs_f64() / times as f64);
        }
    }
    sampled
}

/// As many executions as fill a sample; finding it out warms caches and pools up.
fn executions_in_a_sample(one: &mut Implementation) -> u64 {
    let mut times = 1;
    loop {
        let took = one.time(times);
        if took >= SAMPLE {
            return times;
        }
        times = if took < SAMPLE / 8 {
            times * 8
        } else {
            times * 2
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_and_median_are_of_all_samples() {
        let mut sampled = Sampled(vec![3.0, 1.0]);
        sampled.extend(Sampled(vec![2.0]));
        assert_eq!(
            (sampled.best().to_string(), sampled.median().to_string()),
            ("1".to_owned(), "2".to_owned())
        );
        assert!(Sampled::default().best().is_nan());
    }
}
