//! `pipeline!` and the dynamic builder say the same of the same mistake, word for word: what rustc printed for the
//! cases in `tests/ui/pipeline` is compared with what the builder says of the same nodes.

use std::path::Path;

use hypernodes::prelude::*;
use hypernodes::{BuildErrors, NodeRef};

#[node(output = "words")]
fn split(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[node(output = "words")]
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[node(output = "count")]
fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
    words.iter().filter(|word| word.len() >= min_len).count()
}

#[node]
fn longest(words: &[String], #[default(2)] min_len: usize) -> usize {
    words
        .iter()
        .map(String::len)
        .filter(|len| *len >= min_len)
        .max()
        .unwrap_or(0)
}

#[node]
fn a(x: f64, b: f64) -> f64 {
    x + b
}

#[node]
fn b(a: f64) -> f64 {
    a
}

fn build(nodes: Vec<NodeRef>, inputs: &[&str], outputs: &[&str]) -> Result<Pipeline, BuildErrors> {
    let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
    Pipeline::builder("p")
        .nodes(nodes)
        .inputs(inputs)
        .outputs(outputs)
        .build()
}

/// The messages that rustc printed for a case.
fn printed(case: &str) -> Vec<String> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/ui/pipeline/{case}.stderr"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .filter_map(|line| line.strip_prefix("error: "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn both_builders_use_the_same_words() {
    let cases = [
        ("cycle", build(nodes![a, b], &["x"], &["b"])),
        (
            "input_declared_twice",
            build(nodes![split, count], &["text", "text"], &["count"]),
        ),
        (
            "input_is_never_used",
            build(nodes![split, count], &["text", "minlen"], &["count"]),
        ),
        (
            "input_is_produced",
            build(nodes![split, count], &["text", "words"], &["count"]),
        ),
        (
            "missing_input",
            build(nodes![split, count], &["txt"], &["count"]),
        ),
        (
            "output_asked_for_twice",
            build(nodes![split, count], &["text"], &["count", "count"]),
        ),
        (
            "output_produced_twice",
            build(nodes![split, lines], &["text"], &["words"]),
        ),
        (
            "output_unknown",
            build(nodes![split, count], &["text"], &["cuont"]),
        ),
        (
            "conflicting_defaults",
            build(
                nodes![split, count, longest],
                &["text"],
                &["count", "longest"],
            ),
        ),
    ];
    for (case, built) in cases {
        let mut said: Vec<String> = built
            .expect_err("each case is a mistake")
            .problems
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut printed = printed(case);
        said.sort();
        printed.sort();
        assert_eq!(said, printed, "{case}");
    }
}
