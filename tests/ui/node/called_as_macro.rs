use hypernodes::node;

#[node]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {
    double!(1.0);
}
