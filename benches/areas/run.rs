//! A single run, and what it costs to run at all.

use hypernodes::{Inputs, NodeRef, Pipeline, node_fn, nodes};

use super::Case;
use crate::nodes::{by_hand, by_reference, plain};
use crate::{Bar, BoxError, Group, Implementation, Unit, naive};

pub(super) const GROUPS: &[Case] = &[
    ("run/chain/nodes=4", chain_of_4),
    ("run/chain/nodes=10000", chain_of_10_000),
];

fn chain_of_4() -> Result<Group, BoxError> {
    use by_reference::{minus, plus, square, times};
    let selected = plain()?;
    let whole = Pipeline::new("whole", nodes![plus, times, minus, square])?;
    let steps =
        || naive::chain::<f64>(&[|x| plus(&x), |a| times(&a), |b| minus(&b), |c| square(&c)]);
    let (for_slots, for_names) = (steps(), steps());
    let run = |pipeline: &Pipeline| {
        let inputs = Inputs::new().with("x", std::hint::black_box(0.5));
        pipeline
            .run(inputs)
            .and_then(|mut outputs| outputs.take::<f64>("d"))
            .unwrap_or_default()
    };
    Ok(
        Group::new("one run, 4 nodes", 4, Unit::NanosPer("run", 1.0))
            .with(Implementation::new("hand-written function", || {
                by_hand::reference(&std::hint::black_box(0.5))
            }))
            .with(
                Implementation::new("pipeline, one output", move || run(&selected))
                    .bar(Bar::AtMost(500.0)),
            )
            .with(Implementation::new("pipeline, all outputs", move || {
                run(&whole)
            }))
            .with(Implementation::new("slots of Box<dyn Any>", move || {
                naive::slots(&for_slots, 0.5)
            }))
            .with(Implementation::new(
                "HashMap<String, Box<dyn Any>>",
                move || naive::names(&for_names, 0.5),
            )),
    )
}

fn chain_of_10_000() -> Result<Group, BoxError> {
    const NODES: usize = 10_000;
    let pipeline = Pipeline::new("long", links(NODES))?.select([format!("v{NODES}")])?;
    let add_one: fn(f64) -> f64 = |x| x + 1.0;
    let steps = naive::chain(&[add_one; NODES]);
    let unit = Unit::NanosPer("node", NODES as f64);
    Ok(
        Group::new("one run, a chain of 10,000 nodes", NODES as u64, unit)
            .with(Implementation::new("slots of Box<dyn Any>", move || {
                naive::slots(&steps, 0.5)
            }))
            .with(Implementation::new("pipeline", move || {
                let outputs = pipeline.run(Inputs::new().with("v0", 0.5));
                outputs
                    .and_then(|mut outputs| outputs.take::<f64>("v10000"))
                    .unwrap_or_default()
            })),
    )
}

/// Nodes that each add one to what the one before it gives.
pub(super) fn links(nodes: usize) -> Vec<NodeRef> {
    let link = |at: usize| {
        let node = node_fn!("next", |value: f64| value + 1.0);
        let node = node
            .named(format!("n{at}"))
            .rename_input("value", format!("v{at}"));
        node.rename_output("next", format!("v{}", at + 1))
    };
    (0..nodes).map(link).collect()
}
