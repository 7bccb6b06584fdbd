//! How an engine would cut a map up, in words and numbers.

use std::fmt;
use std::time::Duration;

use hypernodes_core::{Engine, Plan, Sequential, Sizing, Workload};
use serde::Serialize;

/// How an engine would cut a map up: partitions, the rule with its numbers, threads, chunks.
///
/// Prints as a few lines of text.
///
/// # Example
/// ```
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// use hypernodes_engines::Explanation;
/// let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: f64| x + 1.0) }])?;
/// let text = Explanation::sequential(p.plan(), 500).to_string();
/// assert!(text.starts_with("engine      sequential: the calling thread\npartitions  1 of 500 items\n"), "{text}");
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The engine.
    pub engine: String,
    /// Its threads, and which of them the map runs on.
    pub threads: String,
    /// How many chunks are computed at the same time.
    pub workers: usize,
    /// How many items there are.
    pub items: usize,
    /// How many partitions the map starts with.
    pub partitions: usize,
    /// Whether it stays with exactly these partitions.
    pub is_fixed: bool,
    /// The rule that gave the partitions, with its numbers, line by line.
    pub rule: Vec<String>,
    /// How long a chunk should take.
    pub target: Duration,
    /// How many items fit into the cache of one core.
    pub most_items_in_chunk: usize,
}

impl Explanation {
    /// What Sequential does.
    #[must_use]
    pub fn sequential(plan: &Plan, items: usize) -> Self {
        let sizing = Sequential::default().sizing(plan, items);
        Self::new(
            "sequential",
            "the calling thread".to_owned(),
            &sizing,
            plan,
            items,
            None,
        )
    }

    /// What an engine of one's own does; `rule` says whether the partitions come from
    /// [the rule](hypernodes_core::npartitions), and for which workload.
    #[must_use]
    pub fn new(
        engine: &str,
        threads: String,
        sizing: &Sizing,
        plan: &Plan,
        items: usize,
        rule: Option<Workload>,
    ) -> Self {
        let partitions = sizing.fixed.unwrap_or(sizing.partitions).min(items);
        let rule = match rule {
            Some(_) if sizing.fixed.is_some() || items == 0 => Vec::new(),
            Some(workload) => rule_in_numbers(items, sizing.workers, workload, partitions),
            None => Vec::new(),
        };
        Self {
            engine: engine.to_owned(),
            threads,
            workers: sizing.workers,
            items,
            partitions,
            is_fixed: sizing.fixed.is_some(),
            rule,
            target: sizing.target,
            most_items_in_chunk: sizing.rows_in_cache(plan),
        }
    }
}

/// The rule of [`hypernodes_core::npartitions`] with its numbers put in.
fn rule_in_numbers(items: usize, workers: usize, workload: Workload, result: usize) -> Vec<String> {
    let factor = workload.factor();
    let wished = factor.saturating_mul(workers).min(items);
    let enough = wished.min(workers.max(items / 10)).min(items);
    let r = enough.max(items.div_ceil(1000));
    let p = 1_usize << r.ilog2();
    let mut lines = vec![
        format!(
            "r = min({factor} x {workers}, {items}) = {wished}    ({workload}: {factor} per worker)"
        ),
        format!(
            "r = min({wished}, max({workers}, {items} / 10)) = {enough}    (at least 10 items each, for every worker one)"
        ),
        format!("r = max({enough}, ceil({items} / 1000)) = {r}    (at most 1000 items each)"),
    ];
    if p != r {
        let verdict = if result == p {
            "taken"
        } else {
            "not taken: too far from r, or too few"
        };
        lines.push(format!(
            "p = {p}, the largest power of two below {r}: {verdict}"
        ));
    }
    lines
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            engine,
            threads,
            items,
            partitions,
            target,
            most_items_in_chunk: most,
            ..
        } = self;
        writeln!(f, "engine      {engine}: {threads}")?;
        if self.is_fixed {
            writeln!(
                f,
                "partitions  exactly {partitions} of {items} items, as asked for"
            )?;
            return write!(
                f,
                "chunks      one per partition, computed in pieces of at most {most} items"
            );
        }
        let start = if self.rule.is_empty() {
            ""
        } else {
            " to start with"
        };
        writeln!(f, "partitions  {partitions}{start} of {items} items")?;
        for line in &self.rule {
            writeln!(f, "            {line}")?;
        }
        write!(
            f,
            "chunks      one item first, then as many as take about {target:?}, at most {most} (their columns stay in the cache)"
        )
    }
}
