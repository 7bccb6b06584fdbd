//! Nodes of maps that do not fail.

use std::time::Duration;

use hypernodes_core::node;

use super::super::scramble;
use super::Unique;
use crate::conformance::note;

#[node(output = "a")]
pub(crate) fn third(x: f64) -> f64 {
    x / 3.0
}

#[node(output = "b")]
pub(crate) fn sine(a: f64) -> f64 {
    a.sin()
}

#[node(output = "c")]
pub(crate) fn weighed(a: f64, y: f64) -> f64 {
    a.cos() * y
}

#[node(output = "d")]
pub(crate) fn difference(b: f64, c: f64) -> f64 {
    b - c
}

#[node(output = "a")]
pub(crate) fn folded(x: f64, k: &[f64]) -> f64 {
    k.iter().fold(x, |sum, k| sum * k)
}

#[node(output = "b")]
pub(crate) fn labelled(a: f64, name: String) -> String {
    format!("{name}{a:?}")
}

#[node(output = "a")]
pub(crate) fn longer(x: String) -> String {
    x + "a"
}

#[node(output = "b")]
pub(crate) fn upper(a: &str) -> String {
    a.to_uppercase()
}

#[node(output = "c")]
pub(crate) fn joined(a: String, b: String) -> String {
    a + &b
}

#[node(output = "a")]
pub(crate) fn next(x: Unique) -> Unique {
    Unique(x.0 + 1)
}

#[node(output = "b")]
pub(crate) fn multiplied(a: Unique, k: u64) -> Unique {
    Unique(a.0 * k)
}

#[node]
pub(crate) fn seen_x(x: &Unique) -> u64 {
    x.0 + 5
}

#[node]
pub(crate) fn seen_a(a: &Unique) -> u64 {
    a.0 + 7
}

#[node(output = "a")]
pub(crate) fn not_computed(x: u64) -> Unique {
    panic!("not computed: {x}")
}

#[node(output = "b")]
pub(crate) fn opened(a: &Unique) -> u64 {
    a.0 * 2
}

#[node(output = "y")]
pub(crate) fn uneven(x: u64) -> u64 {
    if scramble(x).is_multiple_of(20) {
        std::thread::sleep(Duration::from_millis(2));
    }
    x * 3
}

#[node(output = "y")]
pub(crate) fn noted(x: u64, notes: &str) -> u64 {
    note(notes, x);
    x
}

#[node]
pub(crate) fn step(x: f64, k: f64) -> f64 {
    x.mul_add(0.99, k)
}
