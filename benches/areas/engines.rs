//! The engines side by side: what threads cost, and what they bring.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use hypernodes::{Column, Inputs, Pipeline, Workload, node, nodes};
use hypernodes_engines::Threaded;
use rayon::prelude::*;

use super::Case;
use crate::nodes::{by_hand, by_reference, last, map_column, plain};
use crate::{Bar, BoxError, Group, Implementation, Unit, fixtures, sample};

pub(super) const GROUPS: &[Case] = &[
    ("engines/cpu/100x2ms", cpu),
    ("engines/overhead/n=1e6", overhead),
    ("engines/latency/n=10", latency),
    ("engines/run/branches=2", run),
    ("engines/nested/1000x1000", nested),
];

/// The threads of every pool here.
const WORKERS: usize = 2;
const SEQUENTIAL: &str = "Sequential";
const THREADED: &str = "Threaded, 2 workers";

fn threaded(workload: Workload) -> Threaded {
    Threaded::new().workers(WORKERS).workload(workload)
}

fn pool() -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build()
}

/// Computes for about 2 ms, whatever else the machine does.
#[node(output = "d", workload = "cpu")]
pub(super) fn compute(x: i64) -> i64 {
    static TURNS: OnceLock<u64> = OnceLock::new();
    let turns = *TURNS.get_or_init(turns_of_2_ms);
    x + i64::from(spin(turns) == 0)
}

#[inline(never)]
fn spin(turns: u64) -> u64 {
    (0..turns).fold(1, |state, turn| {
        black_box(state ^ turn)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(7)
    })
}

fn turns_of_2_ms() -> u64 {
    const TRIED: u64 = 200_000;
    let tries = (0..50).map(|_| sample::repeated(1, || spin(TRIED)));
    let best = tries
        .min()
        .unwrap_or(Duration::from_millis(1))
        .as_nanos()
        .max(1);
    u64::try_from(u128::from(TRIED) * 2_000_000 / best).unwrap_or(TRIED)
}

fn cpu() -> Result<Group, BoxError> {
    const ITEMS: usize = 100;
    let x = fixtures::integers(ITEMS);
    let column = Column::from_vec(x.clone());
    let pipeline = last("cpu", nodes![compute], "d")?.with_engine(threaded(Workload::Cpu));
    let (pool, other) = (pool()?, x.clone());
    let one_by_one = "hand-written loop, one thread";
    Ok(
        Group::new("map, 100 items of 2 ms, cpu", ITEMS as u64, Unit::Millis)
            .slow()
            .with(Implementation::new(one_by_one, move || {
                x.iter().map(|&x| compute(x)).collect::<Vec<i64>>()
            }))
            .with(
                Implementation::new(THREADED, move || map_column::<i64>(&pipeline, &column)).bar(
                    Bar::SpeedUp {
                        over: one_by_one,
                        factor: 0.95 * WORKERS as f64,
                    },
                ),
            )
            .with(Implementation::new(
                "rayon, 2 threads, one item each",
                move || {
                    pool.install(|| {
                        other
                            .par_iter()
                            .with_max_len(1)
                            .map(|&x| compute(x))
                            .collect::<Vec<i64>>()
                    })
                },
            )),
    )
}

fn overhead() -> Result<Group, BoxError> {
    const ITEMS: usize = 1_000_000;
    let x = fixtures::numbers(ITEMS);
    let column = Column::from_vec(x.clone());
    let other = column.clone();
    let (sequential, parallel) = (plain()?, plain()?.with_engine(threaded(Workload::Cpu)));
    let pool = pool()?;
    Ok(Group::new(
        "map, 4 nodes, 1,000,000 trivial items",
        ITEMS as u64,
        Unit::NanosPer("item", ITEMS as f64),
    )
    .with(Implementation::new(
        "rayon, 2 threads, 4 calls inside",
        move || pool.install(|| x.par_iter().map(by_hand::reference).collect::<Vec<f64>>()),
    ))
    .with(Implementation::new(SEQUENTIAL, move || {
        map_column::<f64>(&sequential, &column)
    }))
    .with(Implementation::new(THREADED, move || {
        map_column::<f64>(&parallel, &other)
    })))
}

fn latency() -> Result<Group, BoxError> {
    let x = fixtures::numbers(10);
    let column = Column::from_vec(x.clone());
    let other = column.clone();
    let (sequential, parallel) = (plain()?, plain()?.with_engine(threaded(Workload::Cpu)));
    let pool = pool()?;
    Ok(Group::new(
        "map, 4 nodes, 10 trivial items",
        10,
        Unit::NanosPer("map", 1.0),
    )
    .with(Implementation::new(
        "rayon, 2 threads, 4 calls inside",
        move || pool.install(|| x.par_iter().map(by_hand::reference).collect::<Vec<f64>>()),
    ))
    .with(Implementation::new(SEQUENTIAL, move || {
        map_column::<f64>(&sequential, &column)
    }))
    .with(Implementation::new(THREADED, move || {
        map_column::<f64>(&parallel, &other)
    })))
}

/// A trivial run: the threads must not make it slower.
fn run() -> Result<Group, BoxError> {
    use by_reference::{minus, plus, square, times};
    let pipeline = Pipeline::new(
        "branches",
        nodes![
            plus,
            times,
            {
                minus::node()
                    .rename_input("b", "a")
                    .rename_output("c", "other")
            },
            square::node().rename_input("c", "other")
        ],
    )?;
    let parallel = pipeline.with_engine(threaded(Workload::Cpu));
    let run = |pipeline: &Pipeline| {
        let outputs = pipeline.run(Inputs::new().with("x", black_box(0.5)));
        outputs
            .and_then(|outputs| Ok(outputs.get::<f64>("b")? + outputs.get::<f64>("d")?))
            .unwrap_or_default()
    };
    Ok(Group::new(
        "one run, 4 trivial nodes on 2 branches",
        4,
        Unit::NanosPer("run", 1.0),
    )
    .with(Implementation::new(SEQUENTIAL, move || run(&pipeline)))
    .with(Implementation::new(THREADED, move || run(&parallel))))
}

#[node(output = "total")]
fn total(d: &[f64]) -> f64 {
    d.iter().sum()
}

fn nested() -> Result<Group, BoxError> {
    const OUTER: usize = 1_000;
    const INNER: usize = 1_000;
    let inner = plain()?.as_node().map_over(["x"]);
    let sequential = last("nested", nodes![{ inner }, total], "total")?;
    let parallel = sequential.with_engine(threaded(Workload::Cpu));
    let lists: Vec<Vec<f64>> = vec![fixtures::numbers(INNER); OUTER];
    let column = Column::from_vec(lists.clone());
    let other = column.clone();
    let (pool, for_rayon) = (pool()?, lists.clone());
    let by_hand = |list: &Vec<f64>| {
        list.iter()
            .map(by_hand::reference)
            .collect::<Vec<f64>>()
            .iter()
            .sum::<f64>()
    };
    let map = |pipeline: &Pipeline, column: &Column| {
        let runs = pipeline.map(Inputs::new().with_column("x", column.clone()), ["x"]);
        runs.and_then(|mut runs| runs.take_column::<f64>("total"))
            .unwrap_or_default()
    };
    let items = OUTER * INNER;
    Ok(Group::new(
        "nested map, 1,000 x 1,000 items, 4 nodes inside",
        items as u64,
        Unit::NanosPer("inner item", items as f64),
    )
    .with(Implementation::new("hand-written loop", move || {
        lists.iter().map(by_hand).collect::<Vec<f64>>()
    }))
    .with(Implementation::new("rayon, 2 threads", move || {
        pool.install(|| for_rayon.par_iter().map(by_hand).collect::<Vec<f64>>())
    }))
    .with(Implementation::new(SEQUENTIAL, move || {
        map(&sequential, &column)
    }))
    .with(Implementation::new(THREADED, move || {
        map(&parallel, &other)
    })))
}
