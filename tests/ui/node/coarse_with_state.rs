use hypernodes::node;

#[node(coarse, init = String::new)]
fn written(#[state] buffer: &mut String, x: f64) -> f64 {
    buffer.clear();
    x
}

fn main() {}
