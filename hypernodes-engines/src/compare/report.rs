//! What was found, as plain data.

use serde::{Deserialize, Serialize};

use super::noise;

/// Engines side by side on one pipeline. Prints as a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComparisonReport {
    /// The pipeline.
    pub pipeline: String,
    /// Each size that was asked for, the smallest first; those that were left out too.
    pub sizes: Vec<SizeReport>,
    /// Engines that took no part, or only in some sizes, and why.
    pub unavailable: Vec<Unavailable>,
    /// Which engine to take, and why.
    pub choice: Choice,
    /// Whether the comparison was cancelled.
    pub was_cancelled: bool,
    /// How long it took, in seconds.
    pub took_seconds: f64,
}

/// What was found with one number of items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SizeReport {
    /// How many items.
    pub items: usize,
    /// How many items the map itself goes through: fewer than `items` where each stands for a group.
    pub map_items: usize,
    /// Each engine, in the order in which they were added. Each gave what Sequential gives.
    pub engines: Vec<Measured>,
    /// Which engine to take for so many items.
    pub choice: Option<SizeChoice>,
    /// Why nothing was measured, or not all.
    pub skipped: Option<String>,
}

impl SizeReport {
    pub(super) fn new(items: usize) -> Self {
        Self {
            items,
            map_items: items,
            engines: Vec::new(),
            choice: None,
            skipped: None,
        }
    }
}

/// What one engine did with one number of items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Measured {
    /// The engine.
    pub engine: String,
    /// How many chunks it computes at the same time.
    pub workers: usize,
    /// How many partitions its rule starts with.
    pub partitions: usize,
    /// How many chunks it has made of them by measured cost, in the run that was checked; `None` if not known.
    pub chunks: Option<u64>,
    /// Seconds of a whole map, one sample a round.
    pub samples: Vec<f64>,
    /// Seconds of a whole map: the median of the samples.
    pub seconds: f64,
    /// Between these lies the middle half of the samples.
    pub middle_half: [f64; 2],
    /// Seconds for each item.
    pub seconds_per_item: f64,
    /// Items in a second.
    pub items_per_second: f64,
    /// How many times as fast as the first engine.
    pub speed_up: f64,
    /// The best number of partitions set by hand, timed again in the same rounds. `None` for an engine with one worker,
    /// or where the time was not enough.
    pub hand_set: Option<HandSet>,
    /// How many times as fast the partitions set by hand are, if that is more than noise.
    pub hand_set_gain: Option<f64>,
}

/// A number of partitions set by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HandSet {
    /// The best number of partitions.
    pub npartitions: usize,
    /// Seconds of a whole map, one sample a round.
    pub samples: Vec<f64>,
    /// Seconds of a whole map: the median of the samples.
    pub seconds: f64,
    /// What was swept: the number of partitions, and the better of two samples in seconds.
    pub sweep: Vec<(usize, f64)>,
    /// Numbers of partitions that were left out of the sweep, because they would have taken too long.
    pub left_out: Vec<usize>,
}

impl HandSet {
    pub(super) fn new(npartitions: usize, samples: Vec<f64>) -> Self {
        Self {
            npartitions,
            seconds: noise::median(&samples),
            samples,
            sweep: Vec::new(),
            left_out: Vec::new(),
        }
    }
}

impl Measured {
    pub(super) fn new(engine: &str, items: usize, samples: Vec<f64>) -> Self {
        let seconds = noise::median(&samples);
        let (low, high) = noise::middle(&samples);
        Self {
            engine: engine.to_owned(),
            workers: 1,
            partitions: 1,
            chunks: None,
            samples,
            seconds,
            middle_half: [low, high],
            seconds_per_item: seconds / items as f64,
            items_per_second: items as f64 / seconds,
            speed_up: 1.0,
            hand_set: None,
            hand_set_gain: None,
        }
    }

    /// Says what partitions set by hand took, and whether they are better.
    pub(super) fn with_hand_set(mut self, hand_set: HandSet) -> Self {
        let is_better = noise::is_faster(&hand_set.samples, &self.samples);
        self.hand_set_gain = is_better.then(|| self.seconds / hand_set.seconds);
        self.hand_set = Some(hand_set);
        self
    }

    /// Whether it is faster than another, beyond what noise explains.
    pub(super) fn is_faster_than(&self, other: &Self) -> bool {
        noise::is_faster(&self.samples, &other.samples)
    }
}

/// An engine that took no part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unavailable {
    /// The engine.
    pub engine: String,
    /// Why.
    pub reason: String,
}

/// Which engine to take for one number of items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SizeChoice {
    /// The engine.
    pub engine: String,
    /// Engines that are as fast: what lies between them is noise.
    pub as_fast: Vec<String>,
    /// Why, in a sentence.
    pub reason: String,
}

/// Which engine to take over all sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Choice {
    /// The engine for every size that was measured, if it is one.
    pub engine: Option<String>,
    /// The engine for each span of sizes, the smallest first.
    pub spans: Vec<Span>,
    /// Where one takes over from another.
    pub crossovers: Vec<Crossover>,
    /// Why, in a sentence.
    pub reason: String,
}

/// Sizes, measured one after the other, that ask for the same engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Span {
    /// The engine.
    pub engine: String,
    /// The smallest number of items.
    pub from: usize,
    /// The largest number of items.
    pub to: usize,
    /// How many times as fast as the first engine: the least and the most of these sizes.
    pub speed_up: [f64; 2],
}

/// Where another engine takes over: somewhere between two sizes that were measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Crossover {
    /// The last size at which the one engine was the one to take.
    pub after: usize,
    /// The first size at which the other is.
    pub from: usize,
    /// The one engine.
    pub old: String,
    /// The other engine.
    pub new: String,
}
