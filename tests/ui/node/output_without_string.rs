use hypernodes::node;

#[node(output = twice)]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
