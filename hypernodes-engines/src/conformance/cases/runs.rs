//! Single runs.

use hypernodes_core::{Inputs, NodeRef, inputs, nodes};

use super::nodes::{called, runs as n};
use crate::conformance::{Notes, ShowOne, Subject, one, outputs};

/// One node.
pub fn one_node(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::square_root]);
        outputs(p.run(inputs! { x: 2.0 }), &[("y", one::<f64>)])
    });
}

/// Each node needs the one before it.
pub fn chain(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::third, n::exponential, n::written, n::length]);
        outputs(
            p.run(inputs! { x: 2.0 }),
            &[("a", one::<f64>), ("c", one::<String>), ("d", one::<usize>)],
        )
    });
}

/// Two branches that meet again.
pub fn diamond(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::third, n::sine, n::cosine, n::difference]);
        outputs(
            p.run(inputs! { x: 2.0 }),
            &[("d", one::<f64>), ("b", one::<f64>)],
        )
    });
}

/// Nodes that multiply the same input, each with a number of its own.
fn many(n: usize) -> Vec<NodeRef> {
    let node = |i: usize| n::times::node().rename_input("k", format!("k{i}"));
    (0..n).map(|i| called(node(i), format!("out{i}"))).collect()
}

fn factors(n: usize) -> Inputs {
    (0..n).fold(Inputs::new(), |inputs, i| {
        inputs.with(format!("k{i}"), i as f64 + 0.1)
    })
}

/// Many nodes that need the same input.
pub fn fan_out(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(many(50));
        let found = p.run(factors(50).with("x", 0.7)).expect("nothing fails");
        (0..50)
            .map(|i| one::<f64>(&found, &format!("out{i}")) + "\n")
            .collect()
    });
}

/// One node that needs many, through pairs of them.
pub fn fan_in(subject: &Subject) {
    subject.agree(|on| {
        let mut nodes = many(32);
        for width in [16, 8, 4, 2, 1] {
            for i in 0..width {
                let level = |width: usize| {
                    if width == 32 {
                        "out".to_owned()
                    } else {
                        format!("sum{width}_")
                    }
                };
                let add = called(n::add::node(), format!("{}{i}", level(width)));
                let from = |j: usize| format!("{}{j}", level(2 * width));
                nodes.push(
                    add.rename_input("a", from(2 * i))
                        .rename_input("b", from(2 * i + 1)),
                );
            }
        }
        outputs(
            on.pipeline(nodes).run(factors(32).with("x", 0.3)),
            &[("sum1_0", one::<f64>)],
        )
    });
}

/// A node with two outputs, read by different nodes.
pub fn several_outputs(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::divide, n::twice, n::negative]);
        let all = [
            ("q", one::<i64> as ShowOne),
            ("r", one::<i64>),
            ("twice", one::<i64>),
            ("negative", one::<i64>),
        ];
        outputs(p.run(inputs! { a: 17_i64, b: 5_i64 }), &all)
    });
}

/// Values that are taken by value, with and without a clone.
pub fn values_are_moved_or_cloned(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            n::text,
            n::longer,
            n::shorter,
            n::unique,
            n::opened,
            n::seen
        ]);
        let p = p
            .select(["longer", "shorter", "opened", "seen"])
            .expect("these are outputs");
        let all = [
            ("longer", one::<String> as ShowOne),
            ("shorter", one::<String>),
            ("opened", one::<u64>),
            ("seen", one::<u64>),
        ];
        outputs(p.run(inputs! { x: 12_u64 }), &all)
    });
}

/// Defaults, bound inputs, and inputs of the run before them.
pub fn defaults_and_bound_inputs(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::scaled, n::shifted]);
        let p = p.bind("shift", 0.1).expect("it is an input");
        let show = |inputs: Inputs| outputs(p.run(inputs), &[("b", one::<f64>)]);
        show(inputs! { x: 1.5 })
            + &show(inputs! { x: 1.5, k: 3.0 })
            + &show(inputs! { x: 1.5, shift: 0.2 })
    });
}

/// Only what is asked for is computed.
pub fn selected_outputs(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::one_more, n::doubled, n::dear]);
        let p = p.select(["b"]).expect("it is an output");
        outputs(
            p.run(inputs! { x: 1.5 }),
            &[("b", one::<f64>), ("a", one::<f64>)],
        )
    });
}

/// A value that nobody reads and that cannot be dropped: the node that made it is told.
pub fn an_unwanted_value_that_panics(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::armed, n::slow, n::sum]);
        let p = p.select(["sum"]).expect("it is an output");
        let run = |n: u64| outputs(p.run(inputs! { n }), &[("sum", one::<u64>)]);
        run(2) + &run(3)
    });
}

/// A value that the caller brings instead of a node.
pub fn supplied_outputs(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::not_computed, n::doubled, n::minus]);
        outputs(
            p.run(Inputs::new().supply("a", 0.3)),
            &[("c", one::<f64>), ("a", one::<f64>)],
        )
    });
}

/// A graph of ten thousand nodes, in which a hundred could run at any time.
pub fn ten_thousand_nodes(subject: &Subject) {
    let nodes: Vec<NodeRef> = (0..10_000_usize)
        .map(|i| {
            let node = called(n::step::node(), format!("n{i}"));
            // No two nodes of a level get the same number, so that a wrong wire shows.
            let node = node.rename_input("k", format!("k{}", i % 101));
            if i < 100 {
                node
            } else {
                node.rename_input("x", format!("n{}", i - 100))
            }
        })
        .collect();
    let last: Vec<String> = (9_900..10_000).map(|i| format!("n{i}")).collect();
    subject.agree(|on| {
        let p = on
            .pipeline(nodes.clone())
            .select(last.clone())
            .expect("these are outputs");
        let given = (0..101_u64).fold(inputs! { x: 1_u64 }, |given, k| {
            given.with(format!("k{k}"), k)
        });
        let found = p.run(given).expect("nothing fails");
        last.iter()
            .map(|name| one::<u64>(&found, name) + "\n")
            .collect()
    });
}

/// Several steps fail: the error is that of the lowest, whoever fails first.
pub fn the_lowest_failing_step_is_told(subject: &Subject) {
    for failing in 0..4_u64 {
        subject.agree(|on| {
            let node = |i: u64| {
                let node = n::one_of_four::node().rename_input("i", format!("i{i}"));
                called(node, format!("n{i}"))
            };
            let p = on.pipeline((0..4).map(node).collect());
            let given = (0..4_u64).fold(inputs! { x: 1_u64, failing: failing }, |given, i| {
                given.with(format!("i{i}"), i)
            });
            outputs(p.run(given), &[("n0", one::<u64>)])
        });
    }
}

/// A panic is told as an error.
pub fn a_panic_is_an_error(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::as_it_is, n::panicking, n::behind]);
        outputs(p.run(inputs! { x: 1_u64 }), &[("c", one::<u64>)])
    });
}

/// What needs a failed step does not run.
pub fn nothing_after_a_failure_is_told(subject: &Subject) {
    let notes = Notes::new();
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::refusing, n::handed_on, n::noted]);
        outputs(
            p.run(inputs! { x: 1_u64, notes: notes.path() }),
            &[("c", one::<u64>)],
        )
    });
    assert_eq!(notes.count(), 0, "a step ran without its argument");
}
