use hypernodes::node;

#[node(concurrency = 8)]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
