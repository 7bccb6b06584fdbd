use hypernodes::{node, pipeline};

#[node]
fn double(x: f64) -> f64 {
    x * 2.0
}

pipeline! {
    async fn twice(x: f64) -> (double: f64) { double }
}

fn main() {}
