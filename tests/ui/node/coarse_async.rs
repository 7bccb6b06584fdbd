use hypernodes::node;

#[node(coarse)]
async fn fetched(x: f64) -> f64 {
    x
}

fn main() {}
