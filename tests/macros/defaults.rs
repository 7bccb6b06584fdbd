//! `#[default(..)]`.

use std::path::Path;

use hypernodes::prelude::*;

mod library {
    use hypernodes::node;

    const PRIVATE: usize = 3;

    /// Its default is known here only.
    #[node]
    pub(crate) fn window(
        #[default(PRIVATE)] len: usize,
        #[default(vec![0.5; PRIVATE])] weights: Vec<f64>,
    ) -> usize {
        len + weights.len()
    }
}

#[test]
fn a_default_is_looked_up_where_the_node_is_defined() -> Result<(), hypernodes::Error> {
    let p = Pipeline::new("p", nodes![library::window])?;
    assert_eq!(*p.run(inputs! {})?.get::<usize>("window")?, 6);
    assert_eq!(*p.run(inputs! { len: 1_usize })?.get::<usize>("window")?, 4);
    Ok(())
}

#[node]
fn of_references(
    #[default("abc")] text: &str,
    #[default(&[1.0, 2.0])] values: &[f64],
    #[default(Path::new("dir"))] path: &Path,
    #[default(String::from("owned"))] owned: &String,
    #[default(None)] limit: Option<u8>,
    #[default(-1.5)] negative: f64,
) -> String {
    format!(
        "{text} {} {} {owned} {limit:?} {negative}",
        values.len(),
        path.display()
    )
}

#[test]
fn a_default_of_a_reference_is_what_is_borrowed() -> Result<(), hypernodes::Error> {
    let p = Pipeline::new("p", nodes![of_references])?;
    assert_eq!(
        p.run(inputs! {})?.get::<String>("of_references")?,
        "abc 2 dir owned None -1.5"
    );
    assert_eq!(
        p.run(inputs! { text: "x" })?
            .get::<String>("of_references")?,
        "x 2 dir owned None -1.5"
    );
    Ok(())
}

#[test]
fn a_static_pipeline_fills_in_what_it_does_not_declare() -> Result<(), hypernodes::Error> {
    pipeline! { fn all() -> (of_references: String) { of_references } }
    assert_eq!(all().of_references, "abc 2 dir owned None -1.5");
    pipeline! { fn some(text: &str, negative: f64) -> (of_references: String) { of_references } }
    assert_eq!(some("x", 2.0).of_references, "x 2 dir owned None 2");
    assert_eq!(
        some::pipeline()?
            .run(inputs! { text: "x" })?
            .get::<String>("of_references")?,
        "x 2 dir owned None -1.5"
    );
    pipeline! { fn own(text: &str = "own", negative: f64 = 7.0) -> (of_references: String) { of_references } }
    assert_eq!(
        own::pipeline()?
            .run(inputs! {})?
            .get::<String>("of_references")?,
        "own 2 dir owned None 7"
    );
    pipeline! { fn outer(text: &str) -> (of_references: String) { own } }
    assert_eq!(outer("x").of_references, "x 2 dir owned None 7");
    Ok(())
}

#[test]
fn a_closure_has_defaults_too() -> Result<(), hypernodes::Error> {
    let factor = 10.0;
    let node = node_fn!(
        "scaled",
        |#[default(2.0)] x: f64, #[default("m")] unit: &str| format!("{}{unit}", x * factor)
    );
    let p = Pipeline::new("p", nodes![{ node }])?;
    assert_eq!(p.run(inputs! {})?.get::<String>("scaled")?, "20m");
    Ok(())
}

#[test]
fn the_text_of_a_default_is_kept() {
    let node = of_references::node();
    let texts: Vec<String> = node
        .signature()
        .inputs
        .iter()
        .map(|input| {
            input
                .default
                .as_ref()
                .map(|default| default.text.to_string())
                .unwrap_or_default()
        })
        .collect();
    assert_eq!(
        texts,
        [
            "\"abc\"",
            "&[1.0, 2.0]",
            "Path::new(\"dir\")",
            "String::from(\"owned\")",
            "None",
            "-1.5"
        ]
    );
}
