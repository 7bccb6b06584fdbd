use hypernodes::node;

#[node]
fn add(x: f64, #[cfg(unix)] y: f64) -> f64 {
    x + y
}

fn main() {}
