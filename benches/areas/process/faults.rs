//! What it costs when workers die.

use std::path::PathBuf;
use std::rc::Rc;

use hypernodes::{Column, ErrorPolicy, Inputs, Pipeline, node, nodes};

use super::items::{spin, turns_of};
use super::process;
use crate::nodes::last;
use crate::process::Scratch;
use crate::{BoxError, Group, Implementation, Unit, fixtures};

const ITEMS: usize = 100;

/// An item in the middle.
const FATAL: i64 = 50;

/// Computes for 1 ms. One item ends its process: always, or when there is a file, which is gone then.
#[node(output = "d")]
fn fatal(x: i64, turns: u64, always: bool, once: &str) -> i64 {
    if x == FATAL && (always || std::fs::remove_file(once).is_ok()) {
        std::process::exit(3);
    }
    spin(x, turns)
}

/// The results; what the poisonous item would have given stands in for it.
fn map(pipeline: &Pipeline, column: &Column, always: bool, once: &str) -> Vec<i64> {
    let inputs = Inputs::new()
        .with_column("x", column.clone())
        .with("turns", turns_of(1_000))
        .with("always", always)
        .with("once", once.to_owned());
    let runs = pipeline.map(inputs, ["x"]).expect("failures are collected");
    let results = runs.results::<i64>("d").unwrap_or_default();
    (0..)
        .zip(results)
        .map(|(x, result)| result.map_or(x, |y| *y))
        .collect()
}

pub(super) fn crash() -> Result<Group, BoxError> {
    let pipeline = last("fatal", nodes![fatal], "d")?.on_error(ErrorPolicy::Collect);
    let pipeline = Rc::new(pipeline.with_engine(process(super::WORKERS)?));
    let column = Column::from_vec(fixtures::integers(ITEMS));
    let scratch = Scratch::new("crash")?;
    let file: PathBuf = scratch.path().join("once");
    let once = file.to_string_lossy().into_owned();
    let (second, third) = (Rc::clone(&pipeline), Rc::clone(&pipeline));
    let (column_2, column_3) = (column.clone(), column.clone());
    let title = "map, 100 items of 1 ms, 2 workers";
    Ok(Group::new(title, ITEMS as u64, Unit::Millis)
        .slow()
        .with(Implementation::new("Process, no crash", move || {
            map(&pipeline, &column, false, "")
        }))
        .with(Implementation::prepared(
            "Process, a worker dies once",
            move || {
                std::fs::write(&file, "").expect("the folder for temporary files can be written");
            },
            move |()| {
                // It goes when the group does.
                let _ = &scratch;
                map(&second, &column_2, false, &once)
            },
        ))
        .with(Implementation::new(
            "Process, an item kills every worker",
            move || map(&third, &column_3, true, ""),
        )))
}
