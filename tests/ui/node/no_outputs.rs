use hypernodes::node;

#[node(outputs = ())]
fn width(text: &str) -> usize {
    text.len()
}

fn main() {}
