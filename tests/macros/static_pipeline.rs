//! `pipeline!`.

use hypernodes::prelude::*;
use hypernodes::{Error, MapOver};

mod text {
    use hypernodes::node;

    #[node(output = "words")]
    pub(crate) fn split(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[node(output = "count")]
    pub(crate) fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
        words.iter().filter(|word| word.len() >= min_len).count()
    }

    #[node(outputs = ("q", "r"))]
    pub(crate) fn div(count: usize, by: usize) -> Result<(usize, usize), String> {
        let q = count.checked_div(by).ok_or("division by zero")?;
        Ok((q, count % by))
    }
}
use text::split;

pipeline! {
    /// Counts long words.
    pub(crate) fn word_count(text: String, min_len: usize = 4) -> (count: usize) { text::count, split }
}

pipeline! {
    /// Shares the words among some.
    #[derive(Clone, Copy, PartialEq, Eq)]
    fn share(text: String, by: usize = 2) -> (
        /// What each gets.
        q: usize,
        r: usize,
    ) {
        word_count,
        text::div,
    }
}

const TEXT: &str = "static pipelines are plain functions";

#[test]
fn it_is_a_plain_function() {
    let out: WordCountOutput = word_count(TEXT.to_owned(), 6);
    assert_eq!(out.count, 3);
    assert_eq!(format!("{out:?}"), "WordCountOutput { count: 3 }");
    let as_pointer: fn(String, usize) -> WordCountOutput = word_count;
    assert_eq!(as_pointer(TEXT.to_owned(), 1).count, 5);
}

#[test]
fn it_is_a_dynamic_pipeline() -> Result<(), Error> {
    let p = word_count::pipeline()?;
    assert_eq!(p.name(), "word_count");
    assert_eq!(*p.run(inputs! { text: TEXT })?.get::<usize>("count")?, 4);
    let texts: Vec<String> = vec!["one three".to_owned(), String::new()];
    let runs = p.map(
        inputs! { text: texts, min_len: 5_usize },
        MapOver::zip(["text"]),
    )?;
    assert_eq!(runs.column::<usize>("count")?, [1, 0]);
    Ok(())
}

#[test]
fn it_is_a_node() -> Result<(), Error> {
    let p = Pipeline::new("p", nodes![word_count, text::div])?;
    let out = p.run(inputs! { text: TEXT, by: 3_usize })?;
    assert_eq!(
        (*out.get::<usize>("count")?, *out.get::<usize>("q")?),
        (4, 1)
    );
    let node = share::node();
    assert_eq!(node.signature().doc, "Shares the words among some.");
    assert!(
        node.signature()
            .outputs
            .iter()
            .map(|output| &*output.name)
            .eq(["q", "r"])
    );
    let out = Pipeline::new("p", vec![node])?.run(inputs! { text: TEXT })?;
    assert_eq!((*out.get::<usize>("q")?, *out.get::<usize>("r")?), (2, 0));
    Ok(())
}

#[test]
fn it_nests_and_fails_with_the_way_to_the_node() {
    let out = share(TEXT.to_owned(), 3).expect("no division by zero");
    assert!(out == ShareOutput { q: 1, r: 1 });
    let error = share(TEXT.to_owned(), 0).expect_err("division by zero");
    assert_eq!(error.to_string(), "node `div` failed");
    assert_eq!(
        std::error::Error::source(&error)
            .map(ToString::to_string)
            .as_deref(),
        Some("division by zero")
    );
    pipeline! { fn outer(text: String, by: usize) -> (r: usize) { share } }
    assert_eq!(
        outer(TEXT.to_owned(), 0)
            .expect_err("division by zero")
            .to_string(),
        "node `share/div` failed"
    );
}

#[test]
fn it_is_mapped_in_the_order_of_the_rows() {
    let rows: Vec<(String, usize)> = (0..1000).map(|i| ("word ".repeat(i % 7), i % 5)).collect();
    let counts = word_count::map(&rows, |(text, min_len)| (text.clone(), *min_len));
    for (row, out) in rows.iter().zip(&counts) {
        assert_eq!(out.count, word_count(row.0.clone(), row.1).count);
    }
    let error = share::map(&rows, |(text, by)| (text.clone(), *by))
        .expect_err("the first row divides by zero");
    assert_eq!(error.to_string(), "node `div` failed on item 0");
    let fine =
        share::map(&rows[1..4], |(text, by)| (text.clone(), *by)).expect("no row divides by zero");
    assert!(fine[2] == ShareOutput { q: 0, r: 0 } || fine.len() == 3);
}

#[test]
fn inputs_can_be_borrowed() -> Result<(), Error> {
    pipeline! { fn borrowed(text: &str, min_len: usize) -> (count: usize, words: Vec<String>) { split, text::count } }
    let out = borrowed("a bb", 2);
    assert_eq!((out.count, out.words.len()), (1, 2));
    let rows = ["a bb", "ccc"];
    let counts: Vec<usize> = borrowed::map(&rows, |text| (text, 2))
        .into_iter()
        .map(|out| out.count)
        .collect();
    assert_eq!(counts, [1, 1]);
    assert_eq!(
        *borrowed::pipeline()?
            .run(inputs! { text: "a" })?
            .get::<usize>("count")?,
        1
    );
    #[node]
    fn shout(text: String) -> String {
        text.to_uppercase()
    }
    pipeline! { fn owned_from_borrowed(text: &str) -> (shout: String) { shout } }
    assert_eq!(owned_from_borrowed("a").shout, "A");
    assert_eq!(
        owned_from_borrowed::map(&["x", "y"], |text| text)[1].shout,
        "Y"
    );
    Ok(())
}

#[test]
fn the_dynamic_twin_gives_what_the_function_gives() -> Result<(), Error> {
    let p = share::pipeline()?;
    for by in 1..6 {
        let (out, run) = (
            share(TEXT.to_owned(), by)?,
            p.run(inputs! { text: TEXT, by: by })?,
        );
        assert_eq!(
            (out.q, out.r),
            (*run.get::<usize>("q")?, *run.get::<usize>("r")?)
        );
    }
    let error = p
        .run(inputs! { text: TEXT, by: 0_usize })
        .expect_err("division by zero");
    assert_eq!(
        error.to_string(),
        share(TEXT.to_owned(), 0)
            .expect_err("division by zero")
            .to_string()
    );
    Ok(())
}

#[test]
fn a_change_of_a_node_changes_the_hash_of_the_pipeline() {
    mod other {
        #[hypernodes::node(output = "words")]
        pub(super) fn split(text: &str) -> Vec<String> {
            text.split(',').map(str::to_owned).collect()
        }
    }
    let one = {
        pipeline! { fn words(text: String) -> (words: Vec<String>) { split } }
        words::node().signature().options.tokens
    };
    let two = {
        use other::split;
        pipeline! { fn words(text: String) -> (words: Vec<String>) { split } }
        words::node().signature().options.tokens
    };
    assert_ne!(one, two);
}

/// A value without `Debug` is shown as dots.
struct Quiet;

#[node]
fn quiet(x: f64) -> Quiet {
    let _ = x;
    Quiet
}

#[test]
fn what_it_gives_can_always_be_printed() {
    pipeline! { fn shown(x: f64) -> (quiet: Quiet) { quiet } }
    assert_eq!(format!("{:?}", shown(1.0)), "ShownOutput { quiet: .. }");
    let Quiet = shown(1.0).quiet;
}

#[test]
fn an_input_can_be_called_like_a_node() -> Result<(), Error> {
    #[node(output = "scaled")]
    fn scale(x: f64, by: f64) -> f64 {
        x * by
    }
    #[node(output = "by")]
    fn other(scale: f64) -> f64 {
        scale + 1.0
    }
    pipeline! { fn pipeline(x: f64, scale: f64) -> (scaled: f64) { scale, other } }
    assert_eq!(pipeline(2.0, 3.0).scaled, 8.0);
    assert_eq!(pipeline::map(&[1.0], |x| (*x, 1.0))[0].scaled, 2.0);
    assert_eq!(
        *pipeline::pipeline()?
            .run(inputs! { x: 2.0, scale: 3.0 })?
            .get::<f64>("scaled")?,
        8.0
    );
    Ok(())
}

/// Cannot be cloned.
#[derive(Debug)]
pub(crate) struct Model(Vec<u32>);

#[node(output = "model")]
fn train(n: u32) -> Model {
    Model((0..n).collect())
}

// Its name is before `measure`, but `measure` reads what this takes.
#[node(output = "sum")]
fn consume(model: Model) -> u32 {
    model.0.into_iter().sum()
}

#[node(output = "size")]
fn measure(model: &Model) -> usize {
    model.0.len()
}

pipeline! {
    fn taken(n: u32) -> (sum: u32, size: usize) { train, consume, measure }
}

#[test]
fn who_reads_a_value_runs_before_who_takes_it_here_and_in_the_twin() -> Result<(), Error> {
    let TakenOutput { sum, size } = taken(5);
    assert_eq!((sum, size), (10, 5));
    let out = taken::pipeline()?.run(inputs! { n: 5_u32 })?;
    assert_eq!(
        (*out.get::<u32>("sum")?, *out.get::<usize>("size")?),
        (10, 5)
    );
    Ok(())
}
