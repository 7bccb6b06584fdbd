//! A node that crashes costs its own item, and nothing else: the map runs in worker processes of this same program.
//!
//! `cargo run --example isolation`

use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{Process, isolated};

/// Parses a number, by way of a library that has its bad days.
#[node(output = "number")]
fn parse(text: &str) -> f64 {
    match text {
        "abort" => std::process::abort(),
        "exit" => std::process::exit(3),
        "hang" => loop {
            std::thread::sleep(Duration::from_secs(1));
        },
        text => text.parse().unwrap_or(f64::NAN),
    }
}

#[node(output = "half")]
fn halve(number: f64) -> f64 {
    number / 2.0
}

pub(crate) fn main() -> Result<(), hypernodes::Error> {
    // In a worker process this line serves the parent and never returns.
    hypernodes::init();

    let pipeline = Pipeline::new("halves", nodes![parse, halve])?
        .select(["half"])?
        .with_engine(Process::new()?.workers(2))
        .on_error(ErrorPolicy::Collect)
        .with_item_timeout(Duration::from_millis(500));
    let texts = ["1", "abort", "3", "hang", "5", "exit", "7"];
    let runs = pipeline.map(inputs! { text: texts }, ["text"])?;

    let halves: Vec<Option<f64>> = runs
        .results::<f64>("half")?
        .into_iter()
        .map(|half| half.ok().copied())
        .collect();
    assert_eq!(
        halves,
        [Some(0.5), None, Some(1.5), None, Some(2.5), None, Some(3.5)]
    );
    let told: Vec<String> = runs.failures().map(ToString::to_string).collect();
    assert_eq!(
        told[0],
        "killed by SIGABRT while running node `parse` on item 1"
    );
    assert_eq!(
        told[2],
        "exited with code 3 while running node `parse` on item 5"
    );

    // One call by itself, with limits.
    let call = isolated(parse::node())
        .timeout(Duration::from_secs(5))
        .memory_limit(1 << 30);
    let out = call.run(inputs! { text: "2.5" })?;
    assert!((out.get::<f64>("number")? - 2.5).abs() < f64::EPSILON);
    Ok(())
}
