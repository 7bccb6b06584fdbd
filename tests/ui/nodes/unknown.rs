use hypernodes::{node, nodes};

#[node]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {
    let _ = nodes![doubel];
}
