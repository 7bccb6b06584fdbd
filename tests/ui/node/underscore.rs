use hypernodes::node;

#[node]
fn one(_: f64) -> f64 {
    1.0
}

fn main() {}
