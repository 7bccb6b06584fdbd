//! The check of every node of a pipeline.

use hypernodes_core::{BuildErrors, Inputs, NodeDescription, Pipeline};

use super::function::peek;
use super::series::Value;
use super::{Peek, PerBar, Prefixes, Series};

/// A node that depends on later bars.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("node `{node}` peeks: {peek}")]
#[non_exhaustive]
pub struct PeekingNode {
    /// The node.
    pub node: String,
    /// Where it shows.
    pub peek: Peek,
}

/// What is known of the nodes of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PipelineCausality {
    /// Nodes that depend on later bars, in the order of the graph.
    pub peeking: Vec<PeekingNode>,
    /// Nodes whose values at a bar are the same whatever comes later.
    pub causal: Vec<String>,
    /// Nodes of which nothing is known, for no output has one value a bar of a known type. What
    /// depends on such an output is checked with what the first bars give.
    pub unjudged: Vec<String>,
}

impl PipelineCausality {
    /// Whether no node was found to peek.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.peeking.is_empty()
    }
}

/// Why the nodes could not be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanFailed {
    /// The pipeline does not run on all bars.
    #[error("the pipeline fails on all {bars} bars; give its inputs by `Series`, bind the others")]
    Whole {
        /// How many bars there are.
        bars: usize,
        /// What is wrong.
        source: Box<hypernodes_core::Error>,
    },
    /// A node does not run on the first bars.
    #[error("node `{node}` fails on the first {first} bars; set `least` if it needs more")]
    Node {
        /// The node.
        node: String,
        /// How many first bars were given.
        first: usize,
        /// What is wrong.
        source: Box<hypernodes_core::Error>,
    },
    /// The values of a node cannot be asked for.
    #[error("the values of node `{node}` cannot be asked for")]
    Select {
        /// The node.
        node: String,
        /// Why not.
        source: BuildErrors,
    },
}

/// Checks every node of a pipeline for itself: given what its inputs have at the first bars, does
/// it give what it gives for all bars?
///
/// So a node that only passes on what a peeking one made is not accused. `series` has the inputs
/// with one element a bar, by name; all others are to be bound ([`Pipeline::bind`]) or have
/// defaults. A nested pipeline is one node; check it separately to see into it.
///
/// # Errors
/// [`ScanFailed`] when the pipeline or a node of it does not run.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// use hypernodes_trading::causality::{Prefixes, Series, check_pipeline};
/// let pipeline = Pipeline::new("signals", nodes![
///     { node_fn!("returns", |price: Vec<f64>| -> Vec<f64> {
///         (0..price.len()).map(|i| price[i] / price[i.max(1) - 1] - 1.0).collect()
///     }) },
///     { node_fn!("centred", |returns: Vec<f64>| -> Vec<f64> {
///         let mean = returns.iter().sum::<f64>() / returns.len() as f64;
///         returns.iter().map(|r| r - mean).collect()
///     }) },
///     { node_fn!("is_up", |centred: Vec<f64>| -> Vec<bool> {
///         centred.iter().map(|c| *c > 0.0).collect()
///     }) },
/// ])?;
/// let series = Series::new().with("price", vec![10.0, 11.0, 12.0, 11.0]);
/// let found = check_pipeline(&pipeline, &series, &Prefixes::default())?;
/// assert_eq!(found.causal, ["returns", "is_up"]);
/// assert_eq!(found.peeking[0].node, "centred");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_pipeline(
    pipeline: &Pipeline,
    series: &Series,
    prefixes: &Prefixes,
) -> Result<PipelineCausality, ScanFailed> {
    let nodes = pipeline.describe().nodes;
    let bars = series.bars();
    let names = |node: &NodeDescription| -> Vec<String> {
        node.outputs.iter().map(|port| port.value.clone()).collect()
    };
    let mut known: Vec<(String, Value)> = series.first(bars).0;
    for node in &nodes {
        let outputs = names(node);
        let alone = selected(pipeline, node, &outputs)?;
        let found = alone.run(given(series));
        let found = found.map_err(|source| ScanFailed::Whole {
            bars,
            source: Box::new(source),
        })?;
        for name in &outputs {
            let value = Value::of(&found, name).filter(|value| value.bars() == bars);
            known.extend(value.map(|value| (name.clone(), value)));
        }
    }
    let mut told = PipelineCausality::default();
    for node in &nodes {
        let outputs = names(node);
        let judged: Vec<&(String, Value)> = known[series.0.len()..]
            .iter()
            .filter(|(name, _)| outputs.contains(name))
            .collect();
        if judged.is_empty() {
            told.unjudged.push(node.name.clone());
            continue;
        }
        let alone = selected(pipeline, node, &outputs)?;
        match first_peek(&alone, node, series, &known, &judged, prefixes)? {
            Some(peek) => told.peeking.push(PeekingNode {
                node: node.name.clone(),
                peek,
            }),
            None => told.causal.push(node.name.clone()),
        }
    }
    Ok(told)
}

fn selected(
    pipeline: &Pipeline,
    node: &NodeDescription,
    outputs: &[String],
) -> Result<Pipeline, ScanFailed> {
    let found = pipeline.select(outputs.iter().cloned());
    found.map_err(|source| ScanFailed::Select {
        node: node.name.clone(),
        source,
    })
}

fn given(series: &Series) -> Inputs {
    let all = series.0.iter();
    all.fold(Inputs::new(), |inputs, (name, value)| {
        value.give(inputs, name, false)
    })
}

/// Runs one node on what its inputs have at the first bars.
fn first_peek(
    alone: &Pipeline,
    node: &NodeDescription,
    series: &Series,
    known: &[(String, Value)],
    judged: &[&(String, Value)],
    prefixes: &Prefixes,
) -> Result<Option<Peek>, ScanFailed> {
    let bars = series.bars();
    let computed: Vec<&(String, Value)> = known[series.0.len()..]
        .iter()
        .filter(|(name, _)| node.inputs.iter().any(|port| port.value == *name))
        .collect();
    for first in prefixes.lengths(bars) {
        let inputs = computed
            .iter()
            .fold(given(&series.first(first)), |inputs, (name, value)| {
                value.first(first).give(inputs, name, true)
            });
        let found = alone.run(inputs).map_err(|source| ScanFailed::Node {
            node: node.name.clone(),
            first,
            source: Box::new(source),
        })?;
        for (name, long) in judged {
            let Some(short) = Value::of(&found, name) else {
                continue;
            };
            if let Some(peek) = peek(name, &short, long, bars) {
                return Ok(Some(peek));
            }
        }
    }
    Ok(None)
}
