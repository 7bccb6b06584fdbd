use hypernodes::node;

#[node(gpu = true)]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
