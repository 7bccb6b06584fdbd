//! The stopwatch: the only place of the benchmarks that reads the clock.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::group::Implementation;

/// How long one sample should take at least.
const SAMPLE: Duration = Duration::from_millis(10);

/// Rounds that are made even when the time is up.
const FEWEST_ROUNDS: usize = 3;

/// The time that one execution took, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampled {
    /// The shortest: what the code costs when nothing else disturbs it.
    pub best: f64,
    /// The one in the middle.
    pub median: f64,
    /// How many samples there were.
    pub rounds: usize,
}

/// The time now.
#[must_use]
pub fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "measuring time is the purpose of this crate")]
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
pub(crate) fn interleaved(all: &mut [Implementation], rounds: usize, budget: Duration) -> Vec<Sampled> {
    let began = now();
    let times: Vec<u64> = all.iter_mut().map(executions_in_a_sample).collect();
    let mut seconds = vec![Vec::with_capacity(rounds); all.len()];
    for round in 0..rounds.max(FEWEST_ROUNDS) {
        if round >= FEWEST_ROUNDS && began.elapsed() > budget {
            break;
        }
        for ((one, &times), seconds) in all.iter_mut().zip(&times).zip(&mut seconds) {
            seconds.push(one.time(times).as_secs_f64() / times as f64);
        }
    }
    seconds.into_iter().map(summary).collect()
}

/// As many executions as fill a sample; finding it out warms caches and pools up.
fn executions_in_a_sample(one: &mut Implementation) -> u64 {
    let mut times = 1;
    loop {
        let took = one.time(times);
        if took >= SAMPLE {
            return times;
        }
        times = if took < SAMPLE / 8 { times * 8 } else { times * 2 };
    }
}

fn summary(mut seconds: Vec<f64>) -> Sampled {
    seconds.sort_by(f64::total_cmp);
    Sampled { best: seconds[0], median: seconds[seconds.len() / 2], rounds: seconds.len() }
}
