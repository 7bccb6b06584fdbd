//! The work that other frameworks were measured on, done by hypernodes: a chain of four functions of about 1 ns, a
//! function that computes for 2 ms, and one that waits for 2 ms.
//!
//! Not part of the table: `--bin table -- peers/` measures it, beside the other frameworks.

use hypernodes::{Column, Inputs, Pipeline, nodes};
use hypernodes_engines::{Process, Threaded};

use super::Case;
use super::async_io::{blocking, waiting};
use super::engines::compute;
use super::statics::not_inlined::four_calls;
use crate::nodes::{by_hand, calls, last, map_column};
use crate::{BoxError, Group, Implementation, Unit, fixtures};

/// How the ids begin.
pub const PREFIX: &str = "peers/";

pub(super) const GROUPS: &[Case] = &[
    ("peers/chain/n=10000", || chain("chain, n=10000", 10_000)),
    ("peers/chain/n=100000", || chain("chain, n=100000", 100_000)),
    ("peers/chain/n=1000000", || {
        chain("chain, n=1000000", 1_000_000)
    }),
    ("peers/run/n=10000", run),
    ("peers/cpu/n=10", || cpu("cpu, n=10", 10)),
    ("peers/cpu/n=100", || cpu("cpu, n=100", 100)),
    ("peers/cpu/n=500", || cpu("cpu, n=500", 500)),
    ("peers/io/n=10", || io("io, n=10", 10)),
    ("peers/io/n=100", || io("io, n=100", 100)),
    ("peers/io/n=500", || io("io, n=500", 500)),
];

const BY_HAND: &str = "hand-written loop";
const SEQUENTIAL: &str = "hypernodes, Sequential";
const THREADED: &str = "hypernodes, Threaded";
const PROCESS: &str = "hypernodes, Process";

fn four_nodes() -> Result<Pipeline, BoxError> {
    use calls::{flip, minus, plus, times};
    Ok(last("calls", nodes![plus, times, flip, minus], "d")?)
}

fn mapped(name: &'static str, pipeline: Pipeline, items: usize) -> Implementation {
    let column = Column::from_vec(fixtures::integers(items));
    Implementation::new(name, move || map_column::<i64>(&pipeline, &column))
}

fn looped(name: &'static str, items: usize, function: fn(i64) -> i64) -> Implementation {
    let x = fixtures::integers(items);
    Implementation::new(name, move || {
        x.iter().map(|&x| function(x)).collect::<Vec<i64>>()
    })
}

fn chain(title: &'static str, items: usize) -> Result<Group, BoxError> {
    let pipeline = four_nodes()?;
    let parallel = pipeline.with_engine(Threaded::new());
    let workers = pipeline.with_engine(Process::new()?);
    let unit = Unit::NanosPer("node call", 4.0 * items as f64);
    Ok(Group::new(title, items as u64, unit)
        .with(looped(BY_HAND, items, by_hand::calls))
        .with(looped("hypernodes, `pipeline!` in a loop", items, |x| {
            four_calls(x).d
        }))
        .with(mapped(SEQUENTIAL, pipeline, items))
        .with(mapped(THREADED, parallel, items))
        .with(mapped(PROCESS, workers, items)))
}

/// What frameworks without a map do: one run for each item.
fn run() -> Result<Group, BoxError> {
    const ITEMS: usize = 10_000;
    let pipeline = four_nodes()?;
    let x = fixtures::integers(ITEMS);
    let one = move |&x: &i64| {
        let outputs = pipeline.run(Inputs::new().with("x", x));
        outputs
            .and_then(|mut outputs| outputs.take::<i64>("d"))
            .unwrap_or_default()
    };
    let unit = Unit::NanosPer("node call", 4.0 * ITEMS as f64);
    Ok(Group::new("run, n=10000", ITEMS as u64, unit)
        .with(looped(BY_HAND, ITEMS, by_hand::calls))
        .with(Implementation::new(
            "hypernodes, one `run` per item",
            move || x.iter().map(&one).collect::<Vec<i64>>(),
        )))
}

fn cpu(title: &'static str, items: usize) -> Result<Group, BoxError> {
    let pipeline = last("cpu", nodes![compute], "d")?;
    let parallel = pipeline.with_engine(Threaded::new());
    let workers = pipeline.with_engine(Process::new()?);
    Ok(Group::new(title, items as u64, Unit::Millis)
        .slow()
        .with(looped(BY_HAND, items, compute))
        .with(mapped(SEQUENTIAL, pipeline, items))
        .with(mapped(THREADED, parallel, items))
        .with(mapped(PROCESS, workers, items)))
}

fn io(title: &'static str, items: usize) -> Result<Group, BoxError> {
    let pipeline = last("blocking", nodes![blocking], "d")?;
    let workers = pipeline.with_engine(Process::new()?);
    let pipeline = pipeline.with_engine(Threaded::new());
    let asynchronous = last("async", nodes![waiting], "d")?;
    Ok(Group::new(title, items as u64, Unit::Millis)
        .slow()
        .with(looped(BY_HAND, items, blocking))
        .with(mapped(THREADED, pipeline, items))
        .with(mapped(PROCESS, workers, items))
        .with(mapped("hypernodes, async node", asynchronous, items)))
}
