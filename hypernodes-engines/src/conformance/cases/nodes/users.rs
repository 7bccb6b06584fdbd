//! Nodes that do what they like: use threads, hold locks, wait, run pipelines.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use hypernodes_core::{Pipeline, inputs, node, nodes};

use super::super::scramble;
use crate::conformance::Parallel;
use crate::conformance::loan::{Lent, lent};

fn sum_in_parallel(parallel: Parallel, n: usize, x: u64) -> u64 {
    let parts: Vec<Mutex<u64>> = (0..n).map(|_| Mutex::new(0)).collect();
    parallel(n, &|i| {
        *parts[i].lock().expect("no part panics") = scramble(x + i as u64) >> 8;
    });
    parts
        .iter()
        .map(|part| *part.lock().expect("no part panics"))
        .fold(0, u64::wrapping_add)
}

#[node(output = "a")]
pub(crate) fn in_parallel(x: u64, loan: u64) -> u64 {
    sum_in_parallel(lent(loan).parallel, 4, x)
}

#[node(output = "b")]
pub(crate) fn in_parallel_twice(a: u64, loan: u64) -> u64 {
    let parallel = lent(loan).parallel;
    let total = Mutex::new(0_u64);
    parallel(3, &|i| {
        let part = sum_in_parallel(parallel, 3, (a >> 1) + i as u64);
        let mut total = total.lock().expect("no part panics");
        *total = total.wrapping_add(part);
    });
    let total = total.lock().expect("no part panics");
    *total
}

/// Six parts in parallel, the last of which may hold a lock.
fn parts(parallel: Parallel, x: u64, lock_of_last: Option<&Mutex<()>>) -> u64 {
    let total = Mutex::new(0_u64);
    parallel(6, &|i| {
        let held = lock_of_last
            .filter(|_| i == 5)
            .map(|lock| lock.lock().expect("no part panics"));
        let began = (0..2_000).fold(x + i as u64, |x, _| scramble(x));
        let part = sum_in_parallel(parallel, 4, began >> 8);
        drop(held);
        let mut total = total.lock().expect("no part panics");
        *total = total.wrapping_add(part);
    });
    let total = total.lock().expect("no part panics");
    *total
}

#[node(output = "y")]
pub(crate) fn node_holds(x: u64, loan: u64) -> u64 {
    let lent = lent(loan);
    let _held = lent.locks[0].lock().expect("no item panics");
    parts(lent.parallel, x, None)
}

#[node(output = "y")]
pub(crate) fn part_holds(x: u64, loan: u64) -> u64 {
    let lent = lent(loan);
    parts(lent.parallel, x, Some(&lent.locks[1]))
}

#[node(output = "y")]
pub(crate) fn takes(x: u64, loan: u64) -> u64 {
    let lent = lent(loan);
    let _held = lent.locks[1].lock().expect("no item panics");
    (0..1_000).fold(x, |x, _| scramble(x))
}

#[node]
pub(crate) fn slept(x: u64) -> u64 {
    std::thread::sleep(Duration::from_micros(500));
    x
}

#[node]
pub(crate) fn answered(x: u64) -> u64 {
    let (ask, asked) = mpsc::channel::<u64>();
    let (answer, answers) = mpsc::channel::<u64>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            asked
                .iter()
                .for_each(|x| answer.send(x * 7).unwrap_or_default());
        });
        ask.send(x).expect("the thread listens");
        drop(ask);
        answers.recv().expect("the thread answers")
    })
}

#[node(output = "y")]
pub(crate) fn sum(slept: u64, answered: u64) -> u64 {
    slept + answered
}

#[node(output = "a")]
pub(crate) fn one_more(x: u64) -> u64 {
    x + 1
}

#[node(output = "b")]
pub(crate) fn times_five(x: u64) -> u64 {
    x * 5
}

#[node(output = "y")]
pub(crate) fn mixed(a: u64, b: u64) -> u64 {
    a ^ b
}

/// A pipeline so many levels deep: each runs and maps the one below it inside its nodes, on the engine that was lent.
pub(crate) fn levels(lent: &Lent, depth: u64) -> Pipeline {
    if depth == 0 {
        return lent.on.pipeline(nodes![one_more, times_five, mixed]);
    }
    lent.on
        .pipeline(nodes![runs_inside, maps_inside])
        .bind("loan", lent.number())
        .and_then(|p| p.bind("below", depth - 1))
        .expect("these are inputs")
}

/// The pipeline of this depth, which all nodes share.
fn inside(loan: u64, depth: u64) -> Pipeline {
    lent(loan).pipeline(depth, |lent| levels(lent, depth))
}

#[node(output = "ran")]
pub(crate) fn runs_inside(x: u64, loan: u64, below: u64) -> u64 {
    let found = inside(loan, below).run(inputs! { x: x });
    let found = found.expect("nothing fails");
    *found.get::<u64>("y").expect("it is an output")
}

#[node(output = "y")]
pub(crate) fn maps_inside(x: u64, ran: u64, loan: u64, below: u64) -> u64 {
    let items: Vec<u64> = (0..x % 7).collect();
    let runs = inside(loan, below).map(inputs! { x: items }, ["x"]);
    let column: Vec<u64> = runs
        .expect("nothing fails")
        .column("y")
        .expect("it is an output");
    column
        .iter()
        .fold(ran, |sum, y| sum.wrapping_mul(3).wrapping_add(*y))
}

#[node(output = "y")]
pub(crate) fn iterates_inside(x: u64, loan: u64) -> u64 {
    let rows = inside(loan, 0).map_iter(inputs! {}, "x", x..);
    let values = rows.expect("the inputs are right").take(50).map(|row| {
        *row.expect("nothing fails")
            .get::<u64>("y")
            .expect("it is an output")
    });
    values.fold(0_u64, |sum, y| sum.wrapping_mul(3).wrapping_add(y))
}

#[node(output = "y")]
pub(crate) fn maps_on_another_thread(x: u64, loan: u64) -> u64 {
    let inner = inside(loan, 0);
    let map = || {
        let items: Vec<u64> = (0..5).collect();
        let runs = inner.map(inputs! { x: items }, ["x"]);
        runs.expect("nothing fails").column::<u64>("y")
    };
    let column =
        std::thread::scope(|scope| scope.spawn(map).join().expect("the thread does not panic"));
    column.expect("it is an output")[x as usize % 5]
}
