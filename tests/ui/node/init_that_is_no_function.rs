use hypernodes::node;

#[node(init = String::from("x"))]
fn fetch(#[state] client: &mut String, url: &str) -> usize {
    client.push_str(url);
    client.len()
}

fn main() {}
