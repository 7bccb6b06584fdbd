//! Plain functions become a pipeline: run once, then mapped over many texts on all cores.
//!
//! `cargo run --example hello`

use hypernodes::prelude::*;

#[node(output = "words")]
fn split(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[node(output = "count")]
fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
    words.iter().filter(|word| word.len() >= min_len).count()
}

pub(crate) fn main() -> Result<(), hypernodes::Error> {
    // `count` asks for `words`, which `split` produces: nothing else has to be said.
    let p = Pipeline::new("word_count", nodes![split, count])?.bind("min_len", 4_usize)?;
    let out = p.run(inputs! { text: "plain functions wired by name" })?;
    assert_eq!(*out.get::<usize>("count")?, 4);

    let docs = vec!["one long line", "two", "a third document here"];
    let runs = p
        .with_engine(Threaded::default())
        .map(inputs! { text: docs }, MapOver::zip(["text"]))?;
    let counts: Vec<usize> = runs.column("count")?; // in input order, always
    assert_eq!(counts, [2, 0, 3]);

    // The functions are still functions.
    assert_eq!(count(&split("a bc def"), 2), 2);
    Ok(())
}
