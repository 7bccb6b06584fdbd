use hypernodes::node;

#[node(output = "two times")]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
