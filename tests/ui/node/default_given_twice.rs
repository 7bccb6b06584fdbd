use hypernodes::node;

#[node]
fn scale(x: f64, #[default(2.0)] #[default(3.0)] by: f64) -> f64 {
    x * by
}

fn main() {}
