use hypernodes::node;

#[node]
fn width<'a>(text: &'a str) -> usize {
    text.len()
}

fn main() {}
