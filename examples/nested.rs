//! Pipelines nest: a pipeline is a node, and can be mapped over lists whose length is known only when it runs.
//!
//! `cargo run --example nested`

use hypernodes::prelude::*;

#[node(output = "clean")]
fn trim(doc: &str) -> String {
    doc.trim().to_lowercase()
}

#[node(output = "tokens")]
fn tokenize(clean: &str) -> Vec<String> {
    clean
        .split(' ')
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
        .collect()
}

#[node(output = "vocabulary")]
fn vocabulary(corpus: &[Vec<String>]) -> Vec<String> {
    let mut words: Vec<String> = corpus.iter().flatten().cloned().collect();
    words.sort();
    words.dedup();
    words
}

pub(crate) fn main() -> Result<(), hypernodes::Error> {
    let per_document = Pipeline::new("per_document", nodes![trim, tokenize])?;
    let corpus = Pipeline::new(
        "corpus",
        nodes![
            per_document
                .as_node()
                .map_over(["docs"])
                .rename_input("doc", "docs")
                .rename_output("tokens", "corpus"),
            vocabulary,
        ],
    )?
    .with_engine(Threaded::default());

    let out = corpus.run(inputs! { docs: ["  The cat ", "the DOG", ""] })?;
    assert_eq!(
        out.get::<Vec<String>>("vocabulary")?,
        &["cat", "dog", "the"]
    );
    assert_eq!(
        out.get::<Vec<String>>("clean")?.len(),
        3,
        "inner outputs become lists"
    );

    // Mapped again from outside: nested maps share the workers of one engine.
    let corpora = vec![
        vec!["a b".to_owned(), "b".to_owned()],
        vec![],
        vec!["c".to_owned()],
    ];
    let runs = corpus.map(inputs! { docs: corpora }, MapOver::zip(["docs"]))?;
    let sizes: Vec<usize> = runs
        .slice::<Vec<String>>("vocabulary")?
        .iter()
        .map(Vec::len)
        .collect();
    assert_eq!(sizes, [2, 0, 1]);
    Ok(())
}
