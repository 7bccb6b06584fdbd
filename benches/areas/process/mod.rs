//! Worker processes beside threads, and beside what one would write by hand: what they cost, and what gets through.

mod columns;
mod faults;
mod items;
mod latency;

use hypernodes::{Column, Inputs, Pipeline, Workload};
use hypernodes_engines::{Process, Threaded};

use super::Case;
use crate::BoxError;

pub(super) const GROUPS: &[Case] = &[
    ("process/start/workers=1", || latency::start(1)),
    ("process/start/workers=2", || latency::start(2)),
    ("process/start/workers=4", || latency::start(4)),
    ("process/run/empty", latency::run),
    ("process/map/n=1", latency::map),
    ("process/cpu/200x1ms", || items::cpu(200, 1_000)),
    ("process/cpu/10000x10us", || items::cpu(10_000, 10)),
    ("process/cpu/100000x1us", || items::cpu(100_000, 1)),
    ("process/columns_in/n=1e6", || columns::inwards(1_000_000)),
    ("process/columns_in/n=16e6", || columns::inwards(16_000_000)),
    ("process/columns_out/n=1e6", || columns::outwards(1_000_000)),
    ("process/columns_out/n=16e6", || {
        columns::outwards(16_000_000)
    }),
    ("process/columns_both/n=1e6", || columns::both(1_000_000)),
    ("process/columns_both/n=16e6", || columns::both(16_000_000)),
    ("process/lists_in/64x250000", || {
        columns::lists_in(64, 250_000)
    }),
    ("process/lists_out/64x250000", || {
        columns::lists_out(64, 250_000)
    }),
    ("process/lists_in/1x16e6", || {
        columns::lists_in(1, 16_000_000)
    }),
    ("process/lists_out/1x16e6", || {
        columns::lists_out(1, 16_000_000)
    }),
    ("process/texts/n=1e5", items::texts),
    ("process/structs/n=1e5", items::structs),
    ("process/crash/100x1ms", faults::crash),
];

/// The workers of every engine here, if nothing else is said.
const WORKERS: usize = 2;
const BY_HAND: &str = "hand-written loop, one thread";
const THREADED: &str = "Threaded, 2 workers";
const PROCESS: &str = "Process, 2 workers";

fn process(workers: usize) -> Result<Process, BoxError> {
    Ok(Process::new()?.workers(workers))
}

/// The same pipeline on threads and on worker processes.
fn both_engines(pipeline: &Pipeline) -> Result<(Pipeline, Pipeline), BoxError> {
    let threaded = Threaded::new().workers(WORKERS).workload(Workload::Cpu);
    let process = process(WORKERS)?.workload(Workload::Cpu);
    Ok((
        pipeline.with_engine(threaded),
        pipeline.with_engine(process),
    ))
}

/// Maps over a shared column of `x`, beside inputs that all items share.
fn map_with<T: Clone + Send + Sync + 'static>(
    pipeline: &Pipeline,
    x: &Column,
    inputs: Inputs,
) -> Vec<T> {
    let runs = pipeline.map(inputs.with_column("x", x.clone()), ["x"]);
    runs.expect("no node of these fails")
        .take_column("d")
        .unwrap_or_default()
}
