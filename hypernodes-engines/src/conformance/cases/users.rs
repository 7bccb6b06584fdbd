//! Nodes that do what they like: use threads, hold locks, wait, run pipelines.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use hypernodes_core::{NodeRef, Pipeline, inputs, node_fn, nodes};

use super::scramble;
use crate::conformance::{On, Subject, of, one, outputs, runs};

fn items(n: u64) -> Vec<u64> {
    (0..n).collect()
}

fn sum_in_parallel(parallel: crate::conformance::Parallel, n: usize, x: u64) -> u64 {
    let parts: Vec<Mutex<u64>> = (0..n).map(|_| Mutex::new(0)).collect();
    parallel(n, &|i| {
        *parts[i].lock().expect("no part panics") = scramble(x + i as u64) >> 8;
    });
    parts
        .iter()
        .map(|part| *part.lock().expect("no part panics"))
        .fold(0, u64::wrapping_add)
}

/// A node that computes in parallel inside, down to two levels.
pub fn parallel_inside(subject: &Subject) {
    let parallel = subject.parallel();
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("a", move |x: u64| sum_in_parallel(parallel, 4, x)),
            node_fn!("b", move |a: u64| {
                let total = Mutex::new(0_u64);
                parallel(3, &|i| {
                    let part = sum_in_parallel(parallel, 3, (a >> 1) + i as u64);
                    let mut total = total.lock().expect("no part panics");
                    *total = total.wrapping_add(part);
                });
                let total = total.lock().expect("no part panics");
                *total
            }),
        ]);
        runs(p.map(inputs! { x: items(100) }, ["x"]), &[("b", of::<u64>)])
    });
}

/// Nodes that hold a lock while they compute in parallel inside, in maps that keep coming. An engine whose threads,
/// waiting for the parts, take up the node of another item, waits for itself.
pub fn a_lock_held_meanwhile(subject: &Subject) {
    let parallel = subject.parallel();
    let part = move |x: u64| {
        let began = (0..2_000).fold(x, |x, _| scramble(x));
        sum_in_parallel(parallel, 4, began >> 8)
    };
    let parts = move |x: u64, lock_of_last: Option<&Mutex<()>>| {
        let total = Mutex::new(0_u64);
        parallel(6, &|i| {
            let held = lock_of_last
                .filter(|_| i == 5)
                .map(|lock| lock.lock().expect("no part panics"));
            let part = part(x + i as u64);
            drop(held);
            let mut total = total.lock().expect("no part panics");
            *total = total.wrapping_add(part);
        });
        let total = total.lock().expect("no part panics");
        *total
    };
    subject.agree(|on| {
        let lock = Mutex::new(());
        let node_holds = on.pipeline(nodes![node_fn!("y", move |x: u64| {
            let _held = lock.lock().expect("no item panics");
            parts(x, None)
        })]);
        // Here a part holds the lock. One item of this at a time: a part that waits inside rayon may take up a part of
        // another item, whatever the engine does.
        let lock = Arc::new(Mutex::new(()));
        let own = Arc::clone(&lock);
        let part_holds = on.pipeline(nodes![node_fn!("y", move |x: u64| parts(x, Some(&own)))]);
        let takes = on.pipeline(nodes![node_fn!("y", move |x: u64| {
            let _held = lock.lock().expect("no item panics");
            (0..1_000).fold(x, |x, _| scramble(x))
        })]);
        let shown = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..8_u64)
                .map(|caller| {
                    let (p, items) = match caller {
                        0 => (&part_holds, 1),
                        1..5 => (&node_holds, 2),
                        _ => (&takes, 3),
                    };
                    scope.spawn(move || {
                        let map = |round: u64| p.map(inputs! { x: vec![round; items] }, ["x"]);
                        (0..25)
                            .map(|round| runs(map(round), &[("y", of::<u64>)]))
                            .collect::<String>()
                    })
                })
                .collect();
            callers
                .into_iter()
                .map(|caller| caller.join().expect("no caller panics"))
                .collect::<Vec<_>>()
        });
        shown.concat()
    });
}

/// Nodes that wait: for a while, and for another thread.
pub fn blocking(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("slept", |x: u64| {
                std::thread::sleep(Duration::from_micros(500));
                x
            }),
            node_fn!("answered", |x: u64| {
                let (ask, asked) = mpsc::channel::<u64>();
                let (answer, answered) = mpsc::channel::<u64>();
                std::thread::scope(|scope| {
                    scope.spawn(move || {
                        asked
                            .iter()
                            .for_each(|x| answer.send(x * 7).unwrap_or_default());
                    });
                    ask.send(x).expect("the thread listens");
                    drop(ask);
                    answered.recv().expect("the thread answers")
                })
            }),
            node_fn!("y", |slept: u64, answered: u64| slept + answered),
        ]);
        let single = outputs(p.run(inputs! { x: 3_u64 }), &[("y", one::<u64>)]);
        runs(p.map(inputs! { x: items(40) }, ["x"]), &[("y", of::<u64>)]) + &single
    });
}

/// A pipeline on the same engine that a node runs and maps itself.
fn calls(on: &On, inner: Vec<NodeRef>) -> Vec<NodeRef> {
    let inner: Pipeline = on.pipeline(inner);
    let mapped = inner.clone();
    nodes![
        node_fn!("ran", move |x: u64| *inner
            .run(inputs! { x: x })
            .expect("nothing fails")
            .get::<u64>("y")
            .expect("there")),
        node_fn!("y", move |x: u64, ran: u64| {
            let runs = mapped
                .map(inputs! { x: items(x % 7) }, ["x"])
                .expect("nothing fails");
            let column: Vec<u64> = runs.column("y").expect("it is an output");
            column
                .iter()
                .fold(ran, |sum, y| sum.wrapping_mul(3).wrapping_add(*y))
        }),
    ]
}

fn simple() -> Vec<NodeRef> {
    nodes![
        node_fn!("a", |x: u64| x + 1),
        node_fn!("b", |x: u64| x * 5),
        node_fn!("y", |a: u64, b: u64| a ^ b),
    ]
}

/// Nodes that run and map a pipeline on the same engine.
pub fn pipelines_inside(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(calls(on, simple()));
        runs(p.map(inputs! { x: items(60) }, ["x"]), &[("y", of::<u64>)])
            + &outputs(p.run(inputs! { x: 6_u64 }), &[("y", one::<u64>)])
    });
}

/// The same, three deep.
pub fn pipelines_inside_three_deep(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(calls(on, calls(on, calls(on, simple()))));
        runs(p.map(inputs! { x: items(13) }, ["x"]), &[("y", of::<u64>)])
    });
}

/// Several threads use the engine at the same time.
pub fn several_callers(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(calls(on, simple()));
        let shown = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..6_u64)
                .map(|caller| {
                    let p = &p;
                    scope.spawn(move || {
                        let x = (caller * 10..caller * 10 + 40).collect::<Vec<_>>();
                        runs(p.map(inputs! { x: x }, ["x"]), &[("y", of::<u64>)])
                    })
                })
                .collect();
            callers
                .into_iter()
                .map(|caller| caller.join().expect("no caller panics"))
                .collect::<Vec<_>>()
        });
        shown.concat()
    });
}

/// A node that maps over an iterator on the same engine.
pub fn an_iterator_inside(subject: &Subject) {
    subject.agree(|on| {
        let inner = on.pipeline(simple());
        let p = on.pipeline(nodes![node_fn!("y", move |x: u64| {
            let rows = inner
                .map_iter(inputs! {}, "x", (0_u64..).skip(x as usize))
                .expect("the inputs are right");
            let values = rows.take(50).map(|row| {
                *row.expect("nothing fails")
                    .get::<u64>("y")
                    .expect("it is an output")
            });
            values.fold(0_u64, |sum, y| sum.wrapping_mul(3).wrapping_add(y))
        })]);
        runs(p.map(inputs! { x: items(30) }, ["x"]), &[("y", of::<u64>)])
    });
}

/// A node that waits for a thread that maps on the same engine: with one worker nobody but that thread can do it.
pub fn a_map_from_another_thread(subject: &Subject) {
    let expected: Vec<u64> = items(5).into_iter().map(|x| (x + 1) ^ (x * 5)).collect();
    let inner = subject.on().pipeline(simple());
    let p = subject.on().pipeline(nodes![node_fn!("y", move |x: u64| {
        let map = || {
            inner
                .map(inputs! { x: items(5) }, ["x"])
                .expect("nothing fails")
                .column::<u64>("y")
        };
        let column =
            std::thread::scope(|scope| scope.spawn(map).join().expect("the thread does not panic"));
        column.expect("it is an output")[x as usize % 5]
    })]);
    let found = p
        .map(inputs! { x: items(5) }, ["x"])
        .expect("nothing fails")
        .column::<u64>("y");
    assert_eq!(found.expect("it is an output"), expected);
}
