//! Nodes in and around nested pipelines.

use hypernodes_core::node;

use super::super::is_bad;

#[node]
pub(crate) fn half(x: f64) -> f64 {
    x / 2.0
}

#[node(output = "y")]
pub(crate) fn wave(half: f64, k: f64) -> f64 {
    half.sin() + k
}

#[node(output = "z")]
pub(crate) fn tripled(y: f64) -> f64 {
    y * 3.0
}

#[node]
pub(crate) fn sum(y: &[f64]) -> f64 {
    y.iter().sum()
}

#[node]
pub(crate) fn length(y: &[f64]) -> usize {
    y.len()
}

#[node]
pub(crate) fn checked(x: f64) -> Result<f64, String> {
    if is_bad(x.to_bits(), 15) {
        Err(format!("bad {x}"))
    } else {
        Ok(x)
    }
}

#[node(output = "n")]
pub(crate) fn lists(y: &[Vec<f64>]) -> usize {
    y.len()
}

#[node]
pub(crate) fn both(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}
