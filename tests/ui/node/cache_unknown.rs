use hypernodes::node;

#[node(cache = "disk")]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
