use hypernodes::node;

#[node(init = String::new)]
async fn append(#[state] log: &mut String, text: &str) -> usize {
    log.push_str(text);
    log.len()
}

fn main() {}
