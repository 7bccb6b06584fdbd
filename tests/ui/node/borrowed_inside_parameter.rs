use hypernodes::node;

#[node]
fn width(text: Option<&str>) -> usize {
    text.map_or(0, str::len)
}

fn main() {}
