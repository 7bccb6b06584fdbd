use hypernodes::{node, pipeline};

#[node(output = "count")]
fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
    words.iter().filter(|word| word.len() >= min_len).count()
}

fn plain(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

pipeline! {
    fn word_count(text: String) -> (count: usize) { plain, count }
}

fn main() {}
