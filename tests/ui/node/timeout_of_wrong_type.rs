use hypernodes::node;

const SECONDS: f64 = 1.5;

#[node(timeout = SECONDS)]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
