use hypernodes::node;

#[node]
fn join(words: &[String], #[default(1)] with: &str) -> String {
    words.join(with)
}

fn main() {}
