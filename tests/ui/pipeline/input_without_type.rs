use hypernodes::{node, pipeline};

#[node(output = "words")]
fn split(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[node(output = "count")]
fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
    words.iter().filter(|word| word.len() >= min_len).count()
}

pipeline! {
    fn word_count(text) -> (count: usize) { split, count }
}

fn main() {}
