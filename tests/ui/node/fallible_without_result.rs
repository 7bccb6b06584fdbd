use hypernodes::node;

#[node(fallible)]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
