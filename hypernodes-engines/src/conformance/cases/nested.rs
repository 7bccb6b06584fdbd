//! Pipelines in pipelines.

use std::sync::Arc;

use hypernodes_core::{MapOver, NodeRef, Pipeline, Sequential, inputs, nodes};

use super::nodes::nested as n;
use super::{numbers, scramble};
use crate::conformance::{Subject, of, one, outputs, runs};

fn pipeline(name: &'static str, nodes: Vec<NodeRef>) -> Pipeline {
    Pipeline::new(name, nodes).expect("the pipelines of the cases are right")
}

fn leaf() -> Pipeline {
    pipeline("leaf", nodes![n::half, n::wave])
}

/// Lists of numbers of all lengths, none included.
fn lists(n: u64, longest: u64) -> Vec<Vec<f64>> {
    (0..n)
        .map(|i| numbers((scramble(i) % (longest + 1)) as usize))
        .collect()
}

/// Once per item.
pub fn inline(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![leaf().as_node(), n::tripled]);
        runs(
            p.map(inputs! { x: numbers(500), k: 0.1 }, ["x"]),
            &[("z", of::<f64>)],
        )
    });
}

/// Over the items of lists, some of them empty.
pub fn zipped_lists(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let inner = leaf()
            .as_node()
            .map_over(["xs", "ks"])
            .rename_input("x", "xs")
            .rename_input("k", "ks");
        let p = on.pipeline(nodes![{ inner }, n::sum]);
        let xs = lists(60, 20);
        let ks: Vec<Vec<f64>> = xs
            .iter()
            .map(|xs| xs.iter().rev().copied().collect())
            .collect();
        runs(
            p.map(inputs! { xs: xs, ks: ks }, ["xs", "ks"]),
            &[("y", of::<Vec<f64>>), ("sum", of::<f64>)],
        )
    });
}

/// Over every combination of two lists.
pub fn products_of_lists(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let inner = leaf().as_node().map_over(MapOver::product(["k", "x"]));
        let p = on.pipeline(nodes![{ inner }]);
        let (x, k) = (lists(30, 6), lists(30, 5));
        runs(
            p.map(inputs! { x: x, k: k }, ["x", "k"]),
            &[("y", of::<Vec<f64>>)],
        )
    });
}

/// A nested map in a nested map in a nested map.
pub fn three_deep(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let one = leaf().as_node().map_over(["x"]);
        let two = pipeline("two", nodes![{ one }, n::length])
            .as_node()
            .map_over(["x"]);
        let three = pipeline("three", nodes![{ two }]).as_node().map_over(["x"]);
        let x: Vec<Vec<Vec<Vec<f64>>>> = (0..12)
            .map(|i| {
                (0..scramble(i) % 4)
                    .map(|j| lists(scramble(i + j) % 5, 6))
                    .collect()
            })
            .collect();
        let p = on.pipeline(nodes![{ three }]);
        let shown = [
            ("y", of::<Vec<Vec<Vec<f64>>>> as _),
            ("length", of::<Vec<Vec<usize>>> as _),
        ];
        runs(p.map(inputs! { x: x, k: 0.5 }, ["x"]), &shown)
    });
}

/// A nested pipeline with an engine of its own, and one below it on the outer engine again.
pub fn an_engine_of_its_own(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let own = leaf().with_engine(Sequential::default());
        let inline = pipeline("own", nodes![own.as_node()]);
        let again = inline
            .with_shared_engine(Arc::clone(subject.engine()))
            .as_node()
            .map_over(["x"]);
        let middle = pipeline("middle", nodes![{ again }]).with_engine(Sequential::default());
        let p = on.pipeline(nodes![middle.as_node().map_over(["x"])]);
        let x: Vec<Vec<Vec<f64>>> = (0..20).map(|i| lists(scramble(i) % 4, 5)).collect();
        runs(
            p.map(inputs! { x: x, k: 0.5 }, ["x"]),
            &[("y", of::<Vec<Vec<f64>>>)],
        )
    });
}

/// A failure inside tells the way to it.
pub fn failures_tell_the_path(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let inner = pipeline(
            "inner",
            nodes![n::checked, leaf().as_node().rename_input("x", "checked")],
        );
        let middle = pipeline("middle", nodes![inner.as_node().map_over(["x"])]);
        let p = on.pipeline(nodes![middle.as_node().map_over(["x"]), n::lists]);
        let x: Vec<Vec<Vec<f64>>> = (0..20).map(|i| lists(scramble(i) % 3, 3)).collect();
        runs(
            p.map(inputs! { x: x, k: 0.5 }, ["x"]),
            &[("n", of::<usize>), ("y", of::<Vec<Vec<f64>>>)],
        )
    });
}

/// Lists of different lengths, side by side.
pub fn lists_that_do_not_fit(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![leaf().as_node().map_over(["x", "k"])]);
        let (x, mut k) = (lists(40, 5), lists(40, 5));
        k[17].push(1.0);
        k[23].clear();
        runs(
            p.map(inputs! { x: x, k: k }, ["x", "k"]),
            &[("y", of::<Vec<f64>>)],
        )
    });
}

/// One outer item with most of the work.
pub fn one_huge_item(subject: &Subject) {
    let x: Vec<Vec<f64>> = vec![numbers(3), numbers(60_000), Vec::new(), numbers(5)];
    subject.agree(|on| {
        let p = on.pipeline(nodes![leaf().as_node().map_over(["x"])]);
        runs(
            p.map(inputs! { x: x.clone(), k: 0.5 }, ["x"]),
            &[("y", of::<Vec<f64>>)],
        )
    });
}

/// Nested maps as steps of a single run.
pub fn in_a_single_run(subject: &Subject) {
    subject.agree(|on| {
        let both = |name: &'static str, k: f64| {
            let leaf = leaf()
                .bind("k", k)
                .expect("it is an input")
                .select(["y"])
                .expect("it is an output");
            leaf.as_node()
                .named(name)
                .map_over(["x"])
                .rename_output("y", name)
        };
        let p = on.pipeline(nodes![both("left", 0.25), both("right", 0.75), n::both,]);
        outputs(
            p.run(inputs! { x: numbers(2000) }),
            &[("both", one::<f64>), ("left", one::<Vec<f64>>)],
        )
    });
}
