use hypernodes::node;

#[node(timeout = -1)]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
