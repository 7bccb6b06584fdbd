use hypernodes::{node, pipeline};

pub struct Once(f64);

#[node(output = "once")]
fn make(x: f64) -> Once {
    Once(x)
}

#[node]
fn first(once: Once) -> f64 {
    once.0
}

#[node]
fn second(once: Once) -> f64 {
    once.0
}

pipeline! {
    fn both(x: f64) -> (first: f64, second: f64) { make, first, second }
}

fn main() {}
