use hypernodes::node;

#[node]
fn count_up(to: u64) -> impl Iterator<Item = u64> {
    0..to
}

fn main() {}
