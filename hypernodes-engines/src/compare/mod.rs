//! Engines side by side on one pipeline: how long each takes over several sizes, and which one to take.
//!
//! | file | job |
//! |---|---|
//! | `check` | whether two maps gave the same |
//! | `contender` | an engine that takes part; the same with a fixed number of partitions |
//! | `measure` | one size: checked, swept, timed in interleaved rounds |
//! | `stopwatch` | samples of a map's time |
//! | `noise` | medians, and when two times differ |
//! | `choice` | which engine to take, and why |
//! | `report` | what was found, as plain data |
//! | `display` | the same as a table |

mod check;
mod choice;
mod contender;
mod display;
mod error;
mod measure;
mod noise;
mod report;
mod stopwatch;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hypernodes_core::{CancelToken, Engine, Inputs, MapOver, Pipeline, PortValue, Sequential};
use serde::Serialize;
use serde::de::DeserializeOwned;

use check::Checked;
use contender::Contender;

pub use display::{seconds_in_words, whole_number};
pub use error::ComparisonError;
pub use report::{
    Choice, ComparisonReport, Crossover, HandSet, Measured, SizeChoice, SizeReport, Span,
    Unavailable,
};

/// The sizes that are measured when none are given.
const SIZES: [usize; 6] = [10, 100, 1_000, 10_000, 100_000, 1_000_000];

/// Measures a pipeline on several engines, over several sizes: automatic partitions against the best of a sweep of
/// partitions set by hand.
///
/// Sequential takes part always, as the first. Before anything is timed, what an engine gives is compared with what
/// Sequential gives, in each [`output`](Self::output) that is named. Then all are timed in turn, round after round, so
/// that whatever else the machine does hits all alike. Sizes for which the time is not enough are left out, and the
/// report says so.
///
/// | setting | default | |
/// |---|---|---|
/// | [`sizes`](Self::sizes) | 10, 100, .. 1,000,000 | how many items |
/// | [`repeats`](Self::repeats) | 5 | rounds; the median counts |
/// | [`budget`](Self::budget) | 30 s | for all sizes together |
/// | [`most_partitions`](Self::most_partitions) | 64 | where the sweep 1, 2, 4, .. ends |
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use std::time::Duration;
/// use hypernodes::prelude::*;
/// use hypernodes_engines::compare::Comparison;
/// #[node(output = "root")]
/// fn root(x: f64) -> f64 { x.sqrt() }
///
/// let p = Pipeline::new("roots", nodes![root])?;
/// let numbers = |items: usize| (0..items).map(|i| i as f64).collect::<Vec<_>>();
/// let report = Comparison::new()
///     .sizes([10, 100])
///     .budget(Duration::from_secs(10))
///     .output::<f64>("root")
///     .run(&p, ["x"], |items| inputs! { x: numbers(items) })?;
/// assert_eq!(report.sizes.len(), 2);
/// assert_eq!(report.choice.engine.as_deref(), Some("sequential"));
/// println!("{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Comparison {
    contenders: Vec<Contender>,
    unavailable: Vec<Unavailable>,
    sizes: Vec<usize>,
    repeats: usize,
    budget: Duration,
    most_partitions: usize,
    cancel: CancelToken,
    outputs: Vec<Checked>,
}

impl Default for Comparison {
    fn default() -> Self {
        Self::new()
    }
}

impl Comparison {
    /// A comparison with Sequential alone.
    #[must_use]
    pub fn new() -> Self {
        Self {
            contenders: vec![Contender::new(
                "sequential",
                Arc::new(Sequential::default()),
            )],
            unavailable: Vec::new(),
            sizes: SIZES.to_vec(),
            repeats: 5,
            budget: Duration::from_secs(30),
            most_partitions: 64,
            cancel: CancelToken::new(),
            outputs: Vec::new(),
        }
    }

    /// Adds an engine under its own name. Where two are equally fast, the one that was added first is taken, so add the
    /// simpler ones first.
    #[must_use]
    pub fn engine(self, engine: impl Engine + 'static) -> Self {
        let name = engine.name().to_owned();
        self.shared_engine(name, Arc::new(engine))
    }

    /// Adds an engine under a name: the same engine may take part with several settings. A name that is taken gets a
    /// number: `threaded-2`.
    #[must_use]
    pub fn shared_engine(mut self, name: impl Into<String>, engine: Arc<dyn Engine>) -> Self {
        let given = name.into();
        let (mut name, mut number) = (given.clone(), 2);
        while self.contenders.iter().any(|other| other.name == name) {
            name = format!("{given}-{number}");
            number += 1;
        }
        self.contenders.push(Contender::new(&name, engine));
        self
    }

    /// Lists an engine that cannot take part, with the reason.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// # use hypernodes::prelude::*;
    /// # use hypernodes_engines::compare::Comparison;
    /// # let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: f64| x + 1.0) }])?;
    /// let report = Comparison::new()
    ///     .unavailable("ray", "no cluster")
    ///     .sizes([4])
    ///     .output::<f64>("y")
    ///     .run(&p, ["x"], |items| inputs! { x: vec![1.0; items] })?;
    /// assert_eq!(report.unavailable[0].reason, "no cluster");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn unavailable(mut self, engine: impl Into<String>, reason: impl Into<String>) -> Self {
        self.unavailable.push(Unavailable {
            engine: engine.into(),
            reason: reason.into(),
        });
        self
    }

    /// The numbers of items; they are measured from the smallest on.
    #[must_use]
    pub fn sizes(mut self, sizes: impl IntoIterator<Item = usize>) -> Self {
        self.sizes = sizes.into_iter().collect();
        self.sizes.sort_unstable();
        self.sizes.dedup();
        self
    }

    /// How many rounds are timed. There are fewer for a size that would take too much of the budget, but never fewer
    /// than three, if so many are asked for.
    #[must_use]
    pub fn repeats(mut self, repeats: usize) -> Self {
        self.repeats = repeats.max(1);
        self
    }

    /// How long all sizes may take together. A size that would take longer, by what the smaller ones took, is left out.
    #[must_use]
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Where the sweep over partitions set by hand ends: 1, 2, 4 and so on, up to this. 0 sweeps nothing.
    #[must_use]
    pub fn most_partitions(mut self, most: usize) -> Self {
        self.most_partitions = most;
        self
    }

    /// A token that ends the comparison; the report then has what was measured before.
    #[must_use]
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Compares this output of each engine with Sequential's, bit by bit in serialised form.
    #[must_use]
    pub fn output<T>(mut self, name: impl Into<String>) -> Self
    where
        T: PortValue + Clone + Serialize + DeserializeOwned,
    {
        self.outputs.push(Checked::bits::<T>(name.into()));
        self
    }

    /// Compares this output of each engine with Sequential's: `same` says whether two values are equal.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// # use hypernodes::prelude::*;
    /// # use hypernodes_engines::compare::Comparison;
    /// # let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: f64| x + 1.0) }])?;
    /// let report = Comparison::new()
    ///     .sizes([4])
    ///     .output_by("y", |a: &f64, b: &f64| (a - b).abs() < 1e-9)
    ///     .run(&p, ["x"], |items| inputs! { x: vec![1.0; items] })?;
    /// assert_eq!(report.sizes[0].engines[0].engine, "sequential");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn output_by<T: PortValue>(
        mut self,
        name: impl Into<String>,
        same: impl Fn(&T, &T) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.outputs.push(Checked::by(name.into(), same));
        self
    }

    /// Measures `pipeline`, mapped over `over`. `inputs` makes what a map of so many items takes; it is called again and
    /// again, and its time does not count.
    ///
    /// # Errors
    /// No output to compare or no size; a pipeline that fails; an engine that gives something else than Sequential. An
    /// engine that refuses the pipeline is no error: the report lists it.
    pub fn run(
        &self,
        pipeline: &Pipeline,
        over: impl Into<MapOver>,
        inputs: impl Fn(usize) -> Inputs,
    ) -> Result<ComparisonReport, ComparisonError> {
        if self.outputs.is_empty() {
            return Err(ComparisonError::NoOutput);
        }
        if self.sizes.first().is_none_or(|&smallest| smallest == 0) {
            return Err(ComparisonError::NoSize);
        }
        measure::Measurement::new(self, pipeline, over.into(), &inputs).run()
    }
}

impl fmt::Debug for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Comparison")
            .field("engines", &self.contenders)
            .field("sizes", &self.sizes)
            .field("repeats", &self.repeats)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
