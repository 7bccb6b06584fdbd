use hypernodes::node;

#[node]
fn width(#[state] seen: &mut String, text: &str) -> usize {
    seen.push_str(text);
    seen.len()
}

fn main() {}
