//! Samples of a map's time.

use std::time::Duration;

use hypernodes_core::{Error, Inputs, MapOver, Pipeline, Runs};

use crate::clock;

/// How long one sample should take at least: short maps are run several times.
const SAMPLE: f64 = 0.002;

/// Most maps in a sample: each has its inputs prepared before.
const MOST_MAPS: usize = 256;

/// What is timed: the maps of one pipeline with one number of items.
pub(super) struct Stopwatch<'a> {
    pub(super) inputs: &'a dyn Fn(usize) -> Inputs,
    pub(super) over: &'a MapOver,
    pub(super) items: usize,
}

impl Stopwatch<'_> {
    /// One map, and how long it took in seconds. The destruction of its results does not count.
    pub(super) fn once(&self, pipeline: &Pipeline) -> Result<(Runs, f64), Error> {
        let inputs = (self.inputs)(self.items);
        let began = clock::now();
        let runs = pipeline.map(inputs, self.over.clone())?;
        Ok((runs, seconds(began.elapsed())))
    }

    /// One sample of a map that takes about `expected` seconds: seconds of one map.
    pub(super) fn sample(&self, pipeline: &Pipeline, expected: f64) -> Result<f64, Error> {
        let maps = maps_in_sample(expected);
        let inputs: Vec<Inputs> = (0..maps).map(|_| (self.inputs)(self.items)).collect();
        let mut results = Vec::with_capacity(maps);
        let began = clock::now();
        for inputs in inputs {
            results.push(pipeline.map(inputs, self.over.clone())?);
        }
        Ok(seconds(began.elapsed()) / maps as f64)
    }
}

/// How many maps fill a sample.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is positive, and limited"
)]
fn maps_in_sample(expected: f64) -> usize {
    match expected > 0.0 {
        true => ((SAMPLE / expected).ceil() as usize).clamp(1, MOST_MAPS),
        false => MOST_MAPS,
    }
}

/// How long a sample takes of a map that takes so many seconds.
pub(super) fn seconds_of_sample(map: f64) -> f64 {
    map * maps_in_sample(map) as f64
}

/// No interval is 0, so that it can be divided by.
pub(super) fn seconds(time: Duration) -> f64 {
    time.as_secs_f64().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_maps_are_run_several_times() {
        assert_eq!(maps_in_sample(1.0), 1);
        assert_eq!(maps_in_sample(0.0005), 4);
        assert_eq!(maps_in_sample(1e-9), MOST_MAPS);
        assert_eq!(maps_in_sample(f64::NAN), MOST_MAPS);
    }
}
