use hypernodes::node;

#[node]
fn scale(x: f64, #[default("two")] by: f64) -> f64 {
    x * by
}

fn main() {}
