use hypernodes::node;

#[node]
fn f64(text: &str) -> usize {
    text.len()
}

fn main() {}
