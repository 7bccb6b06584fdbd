use hypernodes::node;

#[node]
fn width(text: &'static str) -> usize {
    text.len()
}

fn main() {}
