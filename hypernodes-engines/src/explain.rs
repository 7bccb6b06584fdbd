//! How an engine would cut a map up, in words and numbers.

use std::fmt;
use std::time::Duration;

use hypernodes_core::{Engine, PartitionRule, Plan, Sequential, Sizing, Workload, format_size};
use serde::Serialize;

use crate::config::ProcessConfig;

/// How an engine would cut a map up: partitions, the rule with its numbers, threads, chunks.
///
/// Prints as a few lines of text.
///
/// # Example
/// ```standalone_crate
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
            Some(workload) => {
                let shared = PartitionRule::SHARED;
                rule_in_numbers(shared, items, sizing.workers, workload, partitions)
            }
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
            most_items_in_chunk: sizing.rows_in_chunk(plan),
        }
    }

    /// What the engine with worker processes does.
    #[must_use]
    pub fn process(plan: &Plan, items: usize, config: &ProcessConfig) -> Self {
        let (workers, threads) = (config.resolved_workers(), config.resolved_threads());
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let memory = config
            .worker_memory
            .map(|bytes| format!(", which may allocate {}", format_size(bytes)));
        let text = format!(
            "{workers} worker process{} of {threads} thread{}{}",
            if workers == 1 { "" } else { "es" },
            plural(threads),
            memory.unwrap_or_default()
        );
        let sizing = config.sizing(plan, items);
        let mut this = Self::new("process", text, &sizing, plan, items, None);
        if sizing.fixed.is_none() && items > 0 {
            let by_rule = config
                .rule()
                .partitions(items, workers * threads, config.workload);
            this.rule = rule_in_numbers(
                config.rule(),
                items,
                workers * threads,
                config.workload,
                by_rule,
            );
            let (each, most) = (plan.bytes_per_item(), config.chunk_bytes());
            this.rule.push(format!(
                "n = max({by_rule}, ceil({items} x {each} B / {most} B)) = {}    (columns of a partition fit into a slot of \
                 shared memory{})",
                sizing.partitions,
                if config.worker_memory.is_some() { ", and into a sixteenth of a worker's memory" } else { "" }
            ));
        }
        this
    }
}

/// The rule of [`hypernodes_core::npartitions`] with its numbers put in.
fn rule_in_numbers(
    rule: PartitionRule,
    items: usize,
    workers: usize,
    workload: Workload,
    result: usize,
) -> Vec<String> {
    let PartitionRule { least, most } = rule;
    let factor = workload.factor();
    let wished = factor.saturating_mul(workers).min(items);
    let enough = wished.min(workers.max(items / least)).min(items);
    let r = enough.max(items.div_ceil(most));
    let p = 1_usize << r.ilog2();
    let mut lines = vec![
        format!(
            "r = min({factor} x {workers}, {items}) = {wished}    ({workload}: {factor} per worker)"
        ),
        format!(
            "r = min({wished}, max({workers}, {items} / {least})) = {enough}    (at least {least} items each, for every worker one)"
        ),
        format!("r = max({enough}, ceil({items} / {most})) = {r}    (at most {most} items each)"),
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
            "chunks      one item first, then as many as take about {target:?}, at most {most} ({})",
            if self.engine == "process" {
                "their columns are handed over at once"
            } else {
                "their columns stay in the cache"
            }
        )
    }
}
