use std::fmt::Display;

use hypernodes::node;

#[node]
fn borrowed(x: &(dyn Display + Send + Sync)) -> String {
    x.to_string()
}

#[node]
fn borrowed_in_part(x: &(dyn Display + std::marker::Sync + 'static)) -> String {
    x.to_string()
}

#[node]
fn changed(x: &mut dyn Display) -> String {
    x.to_string()
}

#[node]
fn listed(x: &[&dyn Display]) -> usize {
    x.len()
}

fn main() {}
