use hypernodes::{node, pipeline};

#[node(output = "words")]
fn split(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[node(output = "count")]
fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
    words.iter().filter(|word| word.len() >= min_len).count()
}

#[node]
fn longest(words: &[String], #[default(2)] min_len: usize) -> usize {
    words.iter().map(String::len).filter(|len| *len >= min_len).max().unwrap_or(0)
}

pipeline! {
    fn word_count(text: String) -> (count: usize, longest: usize) { split, count, longest }
}

fn main() {}
