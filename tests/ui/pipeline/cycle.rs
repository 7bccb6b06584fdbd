use hypernodes::{node, pipeline};

#[node]
fn a(x: f64, b: f64) -> f64 {
    x + b
}

#[node]
fn b(a: f64) -> f64 {
    a
}

pipeline! {
    fn round(x: f64) -> (b: f64) { a, b }
}

fn main() {}
