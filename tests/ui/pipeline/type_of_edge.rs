use hypernodes::{node, pipeline};

#[node(output = "count")]
fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
    words.iter().filter(|word| word.len() >= min_len).count()
}

#[node(output = "words")]
fn split(text: &str) -> String {
    text.to_owned()
}

pipeline! {
    fn word_count(text: String) -> (count: usize) { split, count }
}

fn main() {}
