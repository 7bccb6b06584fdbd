use hypernodes::node;

const TIMES: u32 = 3;

#[node(retry = TIMES)]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
