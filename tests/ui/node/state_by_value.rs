use hypernodes::node;

#[node(init = String::new)]
fn width(#[state] seen: String, text: &str) -> usize {
    seen.len() + text.len()
}

fn main() {}
