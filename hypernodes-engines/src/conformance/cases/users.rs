//! Nodes that do what they like: use threads, hold locks, wait, run pipelines.

use hypernodes_core::{Pipeline, inputs, nodes};

use super::nodes::users as n;
use crate::conformance::loan::{Loan, lent};
use crate::conformance::{Subject, of, one, outputs, runs};

fn items(n: u64) -> Vec<u64> {
    (0..n).collect()
}

/// A node that computes in parallel inside, down to two levels.
pub fn parallel_inside(subject: &Subject) {
    subject.agree(|on| {
        let loan = subject.lend(on);
        let p = on.pipeline(nodes![n::in_parallel, n::in_parallel_twice]);
        runs(
            p.map(inputs! { x: items(100), loan: loan.number() }, ["x"]),
            &[("b", of::<u64>)],
        )
    });
}

/// Nodes that hold a lock while they compute in parallel inside, in maps that keep coming. An engine whose threads,
/// waiting for the parts, take up the node of another item, waits for itself.
pub fn a_lock_held_meanwhile(subject: &Subject) {
    subject.agree(|on| {
        let loan = subject.lend(on);
        let number = loan.number();
        let node_holds = on.pipeline(nodes![n::node_holds]);
        // Here a part holds the lock. One item of this at a time: a part that waits inside rayon may take up a part of
        // another item, whatever the engine does.
        let part_holds = on.pipeline(nodes![n::part_holds]);
        let takes = on.pipeline(nodes![n::takes]);
        let shown = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..8_u64)
                .map(|caller| {
                    let (p, items) = match caller {
                        0 => (&part_holds, 1),
                        1..5 => (&node_holds, 2),
                        _ => (&takes, 3),
                    };
                    scope.spawn(move || {
                        let map = |round: u64| {
                            p.map(inputs! { x: vec![round; items], loan: number }, ["x"])
                        };
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
        let p = on.pipeline(nodes![n::slept, n::answered, n::sum]);
        let single = outputs(p.run(inputs! { x: 3_u64 }), &[("y", one::<u64>)]);
        runs(p.map(inputs! { x: items(40) }, ["x"]), &[("y", of::<u64>)]) + &single
    });
}

/// A pipeline whose nodes run and map a pipeline, and so on, so many levels deep.
fn levels(loan: &Loan, depth: u64) -> Pipeline {
    n::levels(&lent(loan.number()), depth)
}

/// Nodes that run and map a pipeline on the same engine.
pub fn pipelines_inside(subject: &Subject) {
    subject.agree(|on| {
        let loan = subject.lend(on);
        let p = levels(&loan, 1);
        runs(p.map(inputs! { x: items(60) }, ["x"]), &[("y", of::<u64>)])
            + &outputs(p.run(inputs! { x: 6_u64 }), &[("y", one::<u64>)])
    });
}

/// The same, three deep.
pub fn pipelines_inside_three_deep(subject: &Subject) {
    subject.agree(|on| {
        let loan = subject.lend(on);
        let p = levels(&loan, 3);
        runs(p.map(inputs! { x: items(13) }, ["x"]), &[("y", of::<u64>)])
    });
}

/// Several threads use the engine at the same time.
pub fn several_callers(subject: &Subject) {
    subject.agree(|on| {
        let loan = subject.lend(on);
        let p = levels(&loan, 1);
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
        let loan = subject.lend(on);
        let p = on.pipeline(nodes![n::iterates_inside]);
        runs(
            p.map(inputs! { x: items(30), loan: loan.number() }, ["x"]),
            &[("y", of::<u64>)],
        )
    });
}

/// A node that waits for a thread that maps on the same engine: with one worker nobody but that thread can do it.
pub fn a_map_from_another_thread(subject: &Subject) {
    let expected: Vec<u64> = items(5).into_iter().map(|x| (x + 1) ^ (x * 5)).collect();
    let loan = subject.lend(&subject.on());
    let p = subject.on().pipeline(nodes![n::maps_on_another_thread]);
    let found = p
        .map(inputs! { x: items(5), loan: loan.number() }, ["x"])
        .expect("nothing fails")
        .column::<u64>("y");
    assert_eq!(found.expect("it is an output"), expected);
}
