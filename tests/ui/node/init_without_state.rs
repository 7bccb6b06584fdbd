use hypernodes::node;

#[node(init = String::new)]
fn width(text: &str) -> usize {
    text.len()
}

fn main() {}
