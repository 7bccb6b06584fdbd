//! Maps that do not fail.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes_core::{Inputs, MapOver, NodeRef, inputs, node_fn, nodes};

use super::{numbers, scramble};
use crate::conformance::{Exact, Subject, of, runs};

/// A value that cannot be cloned.
#[derive(Debug)]
struct Unique(u64);

impl Exact for Unique {
    fn exact(&self, text: &mut String) {
        self.0.exact(text);
    }
}

fn diamond() -> Vec<NodeRef> {
    nodes![
        node_fn!("a", |x: f64| x / 3.0),
        node_fn!("b", |a: f64| a.sin()),
        node_fn!("c", |a: f64, y: f64| a.cos() * y),
        node_fn!("d", |b: f64, c: f64| b - c),
    ]
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
        let p = on.pipeline(nodes![
            node_fn!("a", |x: f64, k: &[f64]| k.iter().fold(x, |sum, k| sum * k)),
            node_fn!("b", |a: f64, name: String| format!("{name}{a:?}")),
        ]);
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
        let p = on.pipeline(nodes![
            node_fn!("a", |x: String| x + "a"),
            node_fn!("b", |a: &str| a.to_uppercase()),
            node_fn!("c", |a: String, b: String| a + &b),
        ]);
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
        let p = on.pipeline(nodes![
            node_fn!("a", |x: Unique| Unique(x.0 + 1)),
            node_fn!("b", |a: Unique, k: u64| Unique(a.0 * k)),
            // These read what the others take, so they go before.
            node_fn!("seen_x", |x: &Unique| x.0 + 5),
            node_fn!("seen_a", |a: &Unique| a.0 + 7),
        ]);
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
        let p = on.pipeline(nodes![
            node_fn!("a", |x: u64| -> Unique { panic!("not computed: {x}") }),
            node_fn!("b", |a: &Unique| a.0 * 2),
        ]);
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
        let p = on.pipeline(nodes![node_fn!("y", |x: u64| {
            if scramble(x).is_multiple_of(20) {
                std::thread::sleep(Duration::from_millis(2));
            }
            x * 3
        })]);
        runs(
            p.map(inputs! { x: (0..300_u64).collect::<Vec<_>>() }, ["x"]),
            &[("y", of::<u64>)],
        )
    });
}

/// No item is computed twice or left out.
pub fn every_item_is_computed_once(subject: &Subject) {
    let counts: Arc<Vec<AtomicUsize>> =
        Arc::new((0..10_000).map(|_| AtomicUsize::new(0)).collect());
    let count = Arc::clone(&counts);
    let p = subject.on().pipeline(nodes![node_fn!("y", move |x: usize| {
        count[x].fetch_add(1, Ordering::Relaxed);
        x
    })]);
    for round in 1..=5 {
        p.map(inputs! { x: (0..10_000_usize).collect::<Vec<_>>() }, ["x"])
            .expect("nothing fails");
        assert!(
            counts
                .iter()
                .all(|count| count.load(Ordering::Relaxed) == round),
            "an item was lost or repeated"
        );
    }
}

/// A graph of five hundred nodes, for many items.
pub fn a_deep_graph(subject: &Subject) {
    subject.agree(|on| {
        let node = |i: usize| {
            let node = node_fn!(format!("n{i}"), move |x: f64| x.mul_add(0.99, i as f64));
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
        runs(
            p.map(inputs! { x: numbers(200) }, ["x"]),
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
        // Nodes see a chunk as one call: two nodes that note their items note them chunk by chunk.
        let seen = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&seen);
        let p = on.pipeline(nodes![node_fn!("y", move |x: u64| {
            note.lock().expect("no node panics").push(x);
            x
        })]);
        let shown = runs(
            p.map(inputs! { x: (0..777_u64).collect::<Vec<_>>() }, ["x"]),
            &[("y", of::<u64>)],
        );
        let mut items = std::mem::take(&mut *seen.lock().expect("no node panics"));
        items.sort_unstable();
        assert!(items.into_iter().eq(0..777), "each item once");
        shown
    });
}
