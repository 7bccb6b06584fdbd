use hypernodes::node;

#[node(version = 1, version = 2)]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
