//! Nodes of single runs.

use std::time::Duration;

use hypernodes_core::node;

use super::Unique;
use crate::conformance::note;

#[node(output = "y")]
pub(crate) fn square_root(x: f64) -> f64 {
    x.sqrt()
}

#[node(output = "a")]
pub(crate) fn third(x: f64) -> f64 {
    x / 3.0
}

#[node(output = "b")]
pub(crate) fn exponential(a: f64) -> f64 {
    a.exp()
}

#[node(output = "c")]
pub(crate) fn written(b: f64) -> String {
    format!("{b:?}")
}

#[node(output = "d")]
pub(crate) fn length(c: &str) -> usize {
    c.len()
}

#[node(output = "b")]
pub(crate) fn sine(a: f64) -> f64 {
    a.sin()
}

#[node(output = "c")]
pub(crate) fn cosine(a: f64) -> f64 {
    a.cos()
}

#[node(output = "d")]
pub(crate) fn difference(b: f64, c: f64) -> f64 {
    b - c
}

#[node]
pub(crate) fn times(x: f64, k: f64) -> f64 {
    x * k
}

#[node]
pub(crate) fn add(a: f64, b: f64) -> f64 {
    a + b
}

#[node(outputs = ("q", "r"))]
pub(crate) fn divide(a: i64, b: i64) -> (i64, i64) {
    (a / b, a % b)
}

#[node]
pub(crate) fn twice(q: i64) -> i64 {
    q * 2
}

#[node]
pub(crate) fn negative(r: i64) -> i64 {
    -r
}

#[node]
pub(crate) fn text(x: u64) -> String {
    x.to_string()
}

#[node]
pub(crate) fn longer(text: String) -> String {
    text + "!"
}

#[node]
pub(crate) fn shorter(text: String) -> String {
    text.chars().take(1).collect()
}

#[node]
pub(crate) fn unique(x: u64) -> Unique {
    Unique(x)
}

#[node]
pub(crate) fn opened(unique: Unique) -> u64 {
    unique.0 + 1
}

/// Reads what `opened` takes, so it goes before, however long it is.
#[node]
pub(crate) fn seen(unique: &Unique) -> u64 {
    std::thread::sleep(Duration::from_millis(2));
    unique.0
}

#[node(output = "a")]
pub(crate) fn scaled(x: f64, #[default(2.0)] k: f64) -> f64 {
    x * k
}

#[node(output = "b")]
pub(crate) fn shifted(a: f64, #[default(2.0)] k: f64, shift: f64) -> f64 {
    a + k + shift
}

#[node(output = "a")]
pub(crate) fn one_more(x: f64) -> f64 {
    x + 1.0
}

#[node(output = "b")]
pub(crate) fn doubled(a: f64) -> f64 {
    a * 2.0
}

#[node]
pub(crate) fn dear(x: f64) -> f64 {
    panic!("nobody asked for {x}")
}

/// Panics when it is dropped, with this number. It has no codec: values that stay where they are made need none.
pub(crate) struct Bomb(u64);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(self.0 != 3, "bomb {}", self.0);
    }
}

#[node(outputs = ("a", "bomb"))]
pub(crate) fn armed(n: u64) -> (u64, Bomb) {
    std::thread::sleep(Duration::from_millis(1));
    (n, Bomb(n))
}

#[node]
pub(crate) fn slow(n: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(2));
    n
}

#[node]
pub(crate) fn sum(slow: u64, a: u64) -> u64 {
    slow + a
}

#[node(output = "a")]
pub(crate) fn not_computed(x: f64) -> f64 {
    panic!("not computed: {x}")
}

#[node(output = "c")]
pub(crate) fn minus(a: f64, b: f64) -> f64 {
    a - b
}

#[node]
pub(crate) fn step(x: u64, k: u64) -> u64 {
    x.wrapping_mul(31).wrapping_add(k)
}

/// The higher a step, the sooner it is done.
#[node]
pub(crate) fn one_of_four(x: u64, i: u64, failing: u64) -> Result<u64, String> {
    std::thread::sleep(Duration::from_micros(400 - 100 * i));
    if i >= failing {
        Err(format!("node {i} of {x}"))
    } else {
        Ok(x + i)
    }
}

#[node(output = "a")]
pub(crate) fn as_it_is(x: u64) -> u64 {
    x
}

#[node(output = "b")]
pub(crate) fn panicking(a: u64) -> u64 {
    panic!("on purpose: {a}")
}

#[node(output = "c")]
pub(crate) fn behind(a: u64) -> u64 {
    a
}

#[node(output = "a")]
pub(crate) fn refusing(x: u64) -> Result<u64, String> {
    Err(format!("no {x}"))
}

#[node(output = "b")]
pub(crate) fn handed_on(a: u64) -> u64 {
    a
}

#[node(output = "c")]
pub(crate) fn noted(b: u64, notes: &str) -> u64 {
    note(notes, b);
    b
}
