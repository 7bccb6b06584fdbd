//! Single runs: inputs, binding, selection, supply, defaults.

use hypernodes::prelude::*;
use hypernodes::{Error, RunError};

#[node(output = "words")]
fn split(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[node(output = "count")]
fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
    words.iter().filter(|word| word.len() >= min_len).count()
}

fn word_count() -> Pipeline {
    Pipeline::new("word_count", nodes![split, count]).unwrap()
}

#[test]
fn a_function_stays_a_function() {
    assert_eq!(count(&split("a bc def"), 2), 2);
}

#[test]
fn values_come_from_inputs_then_bind_then_defaults() {
    let p = word_count();
    let get = |p: &Pipeline, inputs| *p.run(inputs).unwrap().get::<usize>("count").unwrap();
    assert_eq!(get(&p, inputs! { text: "a bc def" }), 3);
    let bound = p.bind("min_len", 2_usize).unwrap();
    assert_eq!(get(&bound, inputs! { text: "a bc def" }), 2);
    assert_eq!(
        get(&bound, inputs! { text: "a bc def", min_len: 3_usize }),
        1
    );
    assert_eq!(
        get(
            &bound.unbind("min_len").unwrap(),
            inputs! { text: "a bc def" }
        ),
        3
    );
    assert_eq!(
        get(&p, inputs! { text: "a bc def" }),
        3,
        "bind returns a new pipeline"
    );
    let preset = p.with_default("min_len", 2_usize).unwrap();
    assert_eq!(get(&preset, inputs! { text: "a bc def" }), 2);
}

#[test]
fn every_output_exists_and_can_be_asked_for() {
    let p = word_count();
    let mut out = p.run(inputs! { text: "x y" }).unwrap();
    assert_eq!(out.names().collect::<Vec<_>>(), ["count", "words"]);
    assert_eq!(out.take::<Vec<String>>("words").unwrap(), ["x", "y"]);
    assert!(out.take::<Vec<String>>("words").is_err(), "it was taken");
    let only = p.select(["words"]).unwrap();
    assert_eq!(
        only.run(inputs! { text: "x" })
            .unwrap()
            .names()
            .collect::<Vec<_>>(),
        ["words"]
    );
    assert_eq!(only.plan().step_names().collect::<Vec<_>>(), ["split"]);
}

#[test]
fn a_wrong_output_name_or_type_is_told_with_what_there_is() {
    let out = word_count().run(inputs! { text: "x" }).unwrap();
    assert_eq!(
        out.get::<usize>("cuont").unwrap_err().to_string(),
        "no output `cuont`; did you mean `count`? available: `count`, `words`"
    );
    assert_eq!(
        out.get::<f64>("count").unwrap_err().to_string(),
        "output `count` is `usize`, not `f64`"
    );
}

#[test]
fn what_was_taken_out_is_gone() {
    let p = word_count();
    let mut out = p.run(inputs! { text: "a b" }).unwrap();
    assert_eq!(out.take::<usize>("count").unwrap(), 2);
    let error = out.take::<usize>("count").unwrap_err().to_string();
    assert_eq!(
        error,
        "output `count` was taken out before; what is left: `words`"
    );
    assert!(out.get::<usize>("count").is_err());
    assert_eq!(out.get::<Vec<String>>("words").unwrap().len(), 2);

    let mut runs = p.map(inputs! { text: ["a b", "c"] }, "text").unwrap();
    assert_eq!(runs.take_column::<usize>("count").unwrap(), [2, 1]);
    assert!(runs.take_column::<usize>("count").is_err());
    assert!(runs.column::<usize>("count").is_err());
    assert!(runs.results::<usize>("count").is_err());
    let row = runs.row(1).unwrap();
    assert!(row.get::<usize>("count").is_err());
    assert_eq!(*row.get::<Vec<String>>("words").unwrap(), ["c"]);
}

#[test]
fn all_problems_with_inputs_are_told_at_once() {
    let error = word_count()
        .run(inputs! { txet: "x", min_len: 3_i32, words: vec![1] })
        .unwrap_err();
    insta::assert_snapshot!(error);
}

#[test]
fn a_supplied_value_prunes_its_producer() {
    let p = word_count();
    let words = vec!["a".to_owned(), "b".to_owned()];
    let out = p.run(Inputs::new().supply("words", words)).unwrap();
    assert_eq!(*out.get::<usize>("count").unwrap(), 2);
    let error = p.run(Inputs::new().supply("wrods", 1)).unwrap_err();
    assert!(
        error.to_string().contains("no node computes `wrods`"),
        "{error}"
    );
}

#[test]
fn borrowed_and_iterable_values_are_taken() {
    let p = Pipeline::new("p", nodes![count]).unwrap();
    let get = |inputs| *p.run(inputs).unwrap().get::<usize>("count").unwrap();
    let words = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(get(inputs! { words: ["a", "b"] }), 2);
    assert_eq!(get(inputs! { words: &words[..1] }), 1);
    assert_eq!(get(inputs! { words: &words }), 2);
    assert_eq!(get(inputs! { words }), 2);
}

#[test]
fn zero_nodes_and_zero_parameters_are_fine() {
    assert_eq!(
        Pipeline::new("empty", vec![])
            .unwrap()
            .run(inputs! {})
            .unwrap()
            .names()
            .count(),
        0
    );
    let p = Pipeline::new("p", nodes![node_fn!("seven", || 7_u8)]).unwrap();
    assert_eq!(*p.run(inputs! {}).unwrap().get::<u8>("seven").unwrap(), 7);
}

#[test]
fn errors_and_panics_name_the_node_and_keep_their_cause() {
    let parse = node_fn!(
        "number",
        |text: &str| -> Result<i64, std::num::ParseIntError> { text.parse() }
    );
    let p = Pipeline::new("p", nodes![{ parse }]).unwrap();
    let error = p.run(inputs! { text: "seven" }).unwrap_err();
    assert_eq!(error.to_string(), "node `number` failed");
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "invalid digit found in string"
    );

    let boom = node_fn!("boom", |x: i64| -> i64 { panic!("no {x}") });
    let Error::Run(error) = Pipeline::new("p", nodes![{ boom }])
        .unwrap()
        .run(inputs! { x: 7_i64 })
        .unwrap_err()
    else {
        panic!("a run error")
    };
    assert_eq!(error.to_string(), "node `boom` panicked: no 7");
    assert!(matches!(error, RunError::Panicked { .. }));
}
