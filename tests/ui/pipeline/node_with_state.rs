use hypernodes::{node, pipeline};

#[node(init = || 0.0)]
fn sum(#[state] so_far: &mut f64, x: f64) -> f64 {
    *so_far += x;
    *so_far
}

pipeline! {
    fn total(x: f64) -> (sum: f64) { sum }
}

fn main() {}
