use hypernodes::node;

#[node(retry = 0)]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
