use hypernodes::node;

fn connect() -> u8 {
    1
}

#[node(init = connect)]
fn fetch(#[state] client: &mut String, url: &str) -> usize {
    client.push_str(url);
    client.len()
}

fn main() {}
