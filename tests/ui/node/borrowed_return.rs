use hypernodes::node;

#[node]
fn head(text: &str) -> &str {
    &text[..1]
}

fn main() {}
