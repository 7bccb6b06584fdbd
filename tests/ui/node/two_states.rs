use hypernodes::node;

#[node(init = String::new)]
fn width(#[state] a: &mut String, #[state] b: &mut String, text: &str) -> usize {
    a.len() + b.len() + text.len()
}

fn main() {}
