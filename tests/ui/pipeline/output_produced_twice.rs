use hypernodes::{node, pipeline};

#[node(output = "words")]
fn split(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[node(output = "words")]
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

pipeline! {
    fn word_count(text: String) -> (words: Vec<String>) { split, lines }
}

fn main() {}
