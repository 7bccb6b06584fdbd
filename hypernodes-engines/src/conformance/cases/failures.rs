//! Items that fail: the same item, node and text on every engine, whatever the chunks.

use hypernodes_core::{Inputs, NodeRef, inputs, nodes};

use super::nodes::{called, failures as n};
use crate::conformance::{Subject, of, runs};

fn items(n: u64) -> Vec<u64> {
    (0..n).collect()
}

/// A node that fails on items that look random; [`bad`] says on which.
fn fails(name: &'static str) -> NodeRef {
    called(n::picky::node(), name)
        .rename_input("one_in", format!("{name}_one_in"))
        .rename_input("salt", format!("{name}_salt"))
}

/// On which items the nodes fail: for each, one in so many, from where on.
fn bad(inputs: Inputs, nodes: &[(&str, u64, u64)]) -> Inputs {
    nodes.iter().fold(inputs, |inputs, (name, one_in, salt)| {
        inputs
            .with(format!("{name}_one_in"), *one_in)
            .with(format!("{name}_salt"), *salt)
    })
}

/// A few items fail in one node.
pub fn a_failing_item(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![fails("a"), n::doubled]);
        let given = bad(inputs! { x: items(1000) }, &[("a", 100, 0)]);
        runs(p.map(given, ["x"]), &[("b", of::<u64>), ("a", of::<u64>)])
    });
}

/// The first and the last item fail.
pub fn the_first_and_the_last_item(subject: &Subject) {
    for bad in [0_u64, 499] {
        subject.agree_on_maps(|on| {
            let p = on.pipeline(nodes![n::all_but]);
            runs(
                p.map(inputs! { x: items(500), bad: bad }, ["x"]),
                &[("a", of::<u64>)],
            )
        });
    }
}

/// Every item fails.
pub fn every_item(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![n::never, n::doubled]);
        runs(p.map(inputs! { x: items(100) }, ["x"]), &[("b", of::<u64>)])
    });
}

/// Some items panic.
pub fn panics(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![n::panics_now_and_then, n::doubled]);
        runs(p.map(inputs! { x: items(200) }, ["x"]), &[("b", of::<u64>)])
    });
}

/// Different items fail in different steps: failing fast tells the lowest item, not the lowest step.
pub fn items_in_different_steps(subject: &Subject) {
    for salt in 0..4 {
        subject.agree_on_maps(|on| {
            let p = on.pipeline(nodes![
                fails("a"),
                fails("b").rename_input("x", "a"),
                fails("c").rename_input("x", "b"),
            ]);
            let given = bad(
                inputs! { x: items(400) },
                &[
                    ("a", 60, 3 + salt),
                    ("b", 30, 5 + salt),
                    ("c", 20, 7 + salt),
                ],
            );
            runs(p.map(given, ["x"]), &[("c", of::<u64>), ("a", of::<u64>)])
        });
    }
}

/// An item fails in two branches that do not wait for each other.
pub fn branches_of_an_item(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![fails("a"), fails("b"), fails("c"), n::sum,]);
        let given = bad(
            inputs! { x: items(300) },
            &[("a", 25, 1), ("b", 20, 2), ("c", 15, 2)],
        );
        runs(p.map(given, ["x"]), &[("d", of::<u64>), ("b", of::<u64>)])
    });
}
