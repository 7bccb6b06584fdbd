use hypernodes::node;

#[node]
struct Width(usize);

fn main() {}
