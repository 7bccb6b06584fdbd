//! Maps that do not fail.

use hypernodes_core::{Inputs, MapOver, NodeRef, inputs, nodes};

use super::nodes::{Unique, called, maps as n};
use super::{numbers, scramble};
use crate::conformance::{Notes, Subject, of, runs};

fn diamond() -> Vec<NodeRef> {
    nodes![n::third, n::sine, n::weighed, n::difference]
}

/// Axes side by side.
pub fn zip(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let (x, mut y) = (numbers(1000), numbers(1000));
        y.reverse();
        runs(
            on.pipeline(diamond())
                .map(inputs! { x: x, y: y }, ["x", "y"]),
            &[("d", of::<f64>), ("c", of::<f64>)],
        )
    });
}

/// Every combination, the last axis fastest.
pub fn product(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let given = inputs! { x: numbers(37), y: numbers(23) };
        runs(
            on.pipeline(diamond())
                .map(given, MapOver::product(["y", "x"])),
            &[("d", of::<f64>), ("a", of::<f64>)],
        )
    });
}

/// An input that is the same for all items.
pub fn broadcast(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![n::folded, n::labelled]);
        let given = inputs! { x: numbers(300), k: vec![0.1, 0.2, 0.3], name: "n" };
        runs(
            p.map(given, ["x"]),
            &[("a", of::<f64>), ("b", of::<String>)],
        )
    });
}

/// No item at all.
pub fn an_empty_axis(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(diamond());
        let none = Vec::<f64>::new();
        let zipped = runs(
            p.map(inputs! { x: none.clone(), y: none.clone() }, ["x", "y"]),
            &[("d", of::<f64>)],
        );
        let crossed = p.map(
            inputs! { x: none, y: numbers(5) },
            MapOver::product(["x", "y"]),
        );
        zipped + &runs(crossed, &[("d", of::<f64>)])
    });
}

/// One item.
pub fn one_item(subject: &Subject) {
    subject.agree_on_maps(|on| {
        runs(
            on.pipeline(diamond())
                .map(inputs! { x: [0.4], y: 0.1 }, ["x"]),
            &[("d", of::<f64>)],
        )
    });
}

/// A hundred thousand items.
pub fn many_items(subject: &Subject) {
    let (x, y) = (numbers(100_000), numbers(100_000));
    subject.agree(|on| {
        let p = on.pipeline(diamond());
        runs(
            p.map(inputs! { x: x.clone(), y: y.clone() }, ["x", "y"]),
            &[("d", of::<f64>), ("b", of::<f64>)],
        )
    });
}

/// Values that own memory, by reference and by value.
pub fn text(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![n::longer, n::upper, n::joined]);
        let x: Vec<String> = (0..500)
            .map(|i| "x".repeat(scramble(i) as usize % 9))
            .collect();
        runs(
            p.map(inputs! { x: x }, ["x"]),
            &[("c", of::<String>), ("a", of::<String>)],
        )
    });
}

/// Values that can only be moved: from the axis into a node, between nodes, into the results.
pub fn values_that_cannot_be_cloned(subject: &Subject) {
    subject.agree_on_maps(|on| {
        // Two of them read what the others take, so they go before.
        let p = on.pipeline(nodes![n::next, n::multiplied, n::seen_x, n::seen_a]);
        let x: Vec<Unique> = (0..20_000).map(Unique).collect();
        let p = p
            .select(["b", "seen_a", "seen_x"])
            .expect("they are outputs");
        runs(
            p.map(inputs! { x: x, k: 3_u64 }, ["x"]),
            &[
                ("b", of::<Unique>),
                ("seen_a", of::<u64>),
                ("seen_x", of::<u64>),
            ],
        )
    });
}

/// Values that the caller brings instead of a node, one for each item; they are outputs all the same.
pub fn supplied_axes(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![n::not_computed, n::opened]);
        let a: Vec<Unique> = (0..20_000).map(Unique).collect();
        runs(
            p.map(Inputs::new().supply("a", a), ["a"]),
            &[("a", of::<Unique>), ("b", of::<u64>)],
        )
    });
}

/// Some items take much longer than others.
pub fn uneven_items_stay_in_order(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::uneven]);
        runs(
            p.map(inputs! { x: (0..300_u64).collect::<Vec<_>>() }, ["x"]),
            &[("y", of::<u64>)],
        )
    });
}

fn is_each_once(notes: &Notes, items: u64) -> bool {
    let mut noted = notes.all();
    noted.sort_unstable();
    noted.into_iter().eq(0..items)
}

/// No item is computed twice or left out.
pub fn every_item_is_computed_once(subject: &Subject) {
    let p = subject.on().pipeline(nodes![n::noted]);
    for _ in 0..5 {
        let notes = Notes::new();
        let x: Vec<u64> = (0..10_000).collect();
        let runs = p.map(inputs! { x: x.clone(), notes: notes.path() }, ["x"]);
        let runs = runs.expect("nothing fails");
        assert_eq!(runs.column::<u64>("y").expect("it is an output"), x);
        assert!(is_each_once(&notes, 10_000), "an item was lost or repeated");
    }
}

/// A graph of five hundred nodes, for many items.
pub fn a_deep_graph(subject: &Subject) {
    subject.agree(|on| {
        let node = |i: usize| {
            let node = called(n::step::node(), format!("n{i}"));
            let node = node.rename_input("k", format!("k{}", i % 101));
            if i < 5 {
                node
            } else {
                node.rename_input("x", format!("n{}", i - 5))
            }
        };
        let p = on
            .pipeline((0..500).map(node).collect())
            .select(["n499", "n495"])
            .expect("these are outputs");
        let given = (0..101).fold(inputs! { x: numbers(200) }, |given, k| {
            given.with(format!("k{k}"), f64::from(k))
        });
        runs(
            p.map(given, ["x"]),
            &[("n499", of::<f64>), ("n495", of::<f64>)],
        )
    });
}

/// A map that is to have exactly so many chunks has: what an engine asks for as `fixed` it is given.
pub fn exactly_so_many_chunks(subject: &Subject) {
    let sizing = subject
        .engine()
        .sizing(subject.on().pipeline(diamond()).plan(), 1000);
    assert!(sizing.workers >= 1 && sizing.partitions >= 1, "{sizing:?}");
    subject.agree_on_maps(|on| {
        let notes = Notes::new();
        let x: Vec<u64> = (0..777).collect();
        let map = on
            .pipeline(nodes![n::noted])
            .map(inputs! { x: x, notes: notes.path() }, ["x"]);
        assert!(is_each_once(&notes, 777), "each item once");
        runs(map, &[("y", of::<u64>)])
    });
}
