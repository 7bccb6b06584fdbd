//! The texts of errors stay short and say each thing once.

use hypernodes::prelude::*;

#[test]
fn the_same_words_are_said_once() {
    let ends = node_fn!("ends", outputs = ("low", "high"), |x: f64| (x, x));
    let mut p = Pipeline::new("ends", vec![ends]).unwrap();
    for _ in 0..4 {
        p = Pipeline::new("ends", nodes![p.as_node().map_over(["x"])]).unwrap();
    }
    // The input and both outputs are of one type that cannot be nested further.
    let error = Pipeline::new("p", nodes![p.as_node().map_over(["x"])]).unwrap_err();
    assert_eq!(error.problems.len(), 3);
    assert_eq!(
        error.to_string(),
        "pipeline `p`: node `ends` nests maps of `Vec<Vec<Vec<Vec<f64>>>>` deeper than four levels; use a static \
         `pipeline!` inside, or a flatter list"
    );
}

#[test]
fn many_problems_of_a_pipeline_are_cut() {
    let nodes = (0..50)
        .map(|i| node_fn!(format!("n{i:02}"), |x: f64| x).rename_input("y", "z"))
        .collect();
    let error = Pipeline::new("p", nodes).unwrap_err();
    assert_eq!(error.problems.len(), 50);
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 22, "{text}");
    assert_eq!(lines[0], "pipeline `p` has 50 problems:");
    assert!(lines[20].contains("`n19`"), "{text}");
    assert_eq!(lines[21], "  and 30 more");
}

#[test]
fn many_problems_with_inputs_are_cut() {
    let nodes = (0..50)
        .map(|i| node_fn!(format!("n{i}"), |x: f64| x).rename_input("x", format!("column_{i:02}")))
        .collect();
    let p = Pipeline::new("p", nodes).unwrap();
    let text = p.run(inputs! {}).unwrap_err().to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 22, "{text}");
    assert_eq!(lines[0], "pipeline `p`: 50 problems with the inputs:");
    assert!(lines[20].contains("`column_19`"), "{text}");
    assert_eq!(lines[21], "  and 30 more");
}

#[test]
fn borrowed_rows_of_text_are_told_how_to_be_owned() {
    let p = Pipeline::new("p", nodes![node_fn!("y", |x: &str| x.len())]).unwrap();
    let rows = ["a", "bc"];
    assert_eq!(
        p.map_iter(inputs! {}, "x", rows).unwrap_err().to_string(),
        "pipeline `p`: axis `x` expects a list of `String`, found `Vec<&str>`; own each item with \
         `.map(str::to_owned)`"
    );
    assert!(p.map_iter(inputs! {}, "x", rows.map(str::to_owned)).is_ok());
    assert!(p.map(inputs! { x: rows }, "x").is_ok());
}

#[test]
fn many_axes_that_differ_in_length_are_cut() {
    let names: Vec<String> = (0..30).map(|i| format!("x{i:02}")).collect();
    let nodes = (0..30)
        .map(|i| node_fn!(format!("n{i}"), |x: f64| x).rename_input("x", format!("x{i:02}")))
        .collect();
    let inputs = names
        .iter()
        .enumerate()
        .fold(Inputs::new(), |inputs, (i, name)| {
            inputs.with_items(name.clone(), vec![0.5; i + 1])
        });
    let p = Pipeline::new("p", nodes).unwrap();
    let text = p.map(inputs, MapOver::zip(names)).unwrap_err().to_string();
    assert!(text.ends_with("`x07` has 8 and 22 more"), "{text}");
}
