use hypernodes::node;

struct Broken;

#[node]
fn parse(text: &str) -> Result<f64, Broken> {
    text.parse().map_err(|_| Broken)
}

fn main() {}
