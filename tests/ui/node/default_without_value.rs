use hypernodes::node;

#[node]
fn scale(x: f64, #[default] by: f64) -> f64 {
    x * by
}

fn main() {}
