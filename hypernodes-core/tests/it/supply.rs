//! Values that the caller brings instead of the node that would compute them.

use hypernodes::prelude::*;

/// `raw` -> `clean` -> `root`, and `raw` -> `other`.
fn chain() -> Pipeline {
    let nodes = nodes![
        node_fn!("clean", |raw: f64| raw.max(0.0)),
        node_fn!("root", |clean: f64| clean.sqrt()),
        node_fn!("other", |raw: f64| raw + 1.0),
    ];
    Pipeline::new("chain", nodes).unwrap()
}

fn problem(result: Result<hypernodes::Runs, hypernodes::Error>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn which_outputs_there_are_does_not_change() {
    let p = chain();
    let given = || Inputs::new().supply("clean", 9.0).with("raw", 1.0);
    let out = p.run(given()).unwrap();
    assert_eq!(out.names().collect::<Vec<_>>(), ["clean", "other", "root"]);
    assert_eq!(out.get::<f64>("clean").ok(), Some(&9.0));
    assert_eq!(out.get::<f64>("root").ok(), Some(&3.0));
    // Asked for alone, nothing has to be computed.
    let mut out = p.select(["clean"]).unwrap().run(given()).unwrap();
    assert_eq!(out.take::<f64>("clean").ok(), Some(9.0));
    // The order of a selection stays.
    let picked = p.select(["root", "clean"]).unwrap();
    let out = picked.run(given()).unwrap();
    assert_eq!(out.names().collect::<Vec<_>>(), ["root", "clean"]);
}

#[test]
fn an_axis_is_given_back_too_values_that_cannot_be_cloned_included() {
    let p = chain().select(["clean", "root"]).unwrap();
    let runs = p
        .map(Inputs::new().supply("clean", vec![4.0, 9.0]), ["clean"])
        .unwrap();
    assert_eq!(runs.column::<f64>("clean").unwrap(), [4.0, 9.0]);
    assert_eq!(runs.column::<f64>("root").unwrap(), [2.0, 3.0]);

    #[derive(Debug, PartialEq)]
    struct Only(usize);
    let nodes = nodes![
        node_fn!("only", |n: usize| Only(n)),
        node_fn!("size", |only: &Only| only.0),
    ];
    let p = Pipeline::new("p", nodes).unwrap();
    let given = Inputs::new().supply("only", (0..1000).map(Only).collect::<Vec<_>>());
    let mut runs = p.map(given, ["only"]).unwrap();
    assert_eq!(runs.slice::<usize>("size").unwrap()[999], 999);
    assert_eq!(runs.take_column::<Only>("only").unwrap()[999], Only(999));
}

#[test]
fn one_value_for_all_items_is_no_column() {
    let p = chain();
    let runs = p
        .map(
            Inputs::new()
                .supply("clean", 4.0)
                .with("raw", vec![1.0, 2.0]),
            ["raw"],
        )
        .unwrap();
    assert_eq!(runs.names().collect::<Vec<_>>(), ["other", "root"]);
    assert_eq!(runs.column::<f64>("root").unwrap(), [2.0, 2.0]);
    // Whoever asks for it by name is told.
    let picked = p.select(["clean", "other"]).unwrap();
    let text = problem(picked.map(
        Inputs::new().supply("clean", 4.0).with("raw", vec![1.0]),
        ["raw"],
    ));
    assert!(
        text.contains("output `clean` is supplied, and a map gives it back only"),
        "{text}"
    );
    let shared = hypernodes::Column::from_vec(vec![1.0, 2.0]);
    let given = Inputs::new().supply("clean", shared.clone());
    let text = problem(p.select(["clean"]).unwrap().map(given, ["clean"]));
    assert!(text.contains("its column is not shared"), "{text}");
    drop(shared);
}

#[test]
fn what_does_not_fit_is_told_even_where_nothing_needs_it() {
    let p = chain().select(["other"]).unwrap();
    let run = |inputs| p.run(inputs).unwrap_err().to_string();
    let text = run(Inputs::new()
        .supply("clean", "text".to_owned())
        .with("raw", 1.0));
    assert_eq!(
        text,
        "pipeline `chain`: input `clean` expects `f64`, found `String`"
    );
    let text = run(Inputs::new().with("clean", 1.0).with("raw", 1.0));
    assert!(
        text.contains("`clean` is computed by node `clean`"),
        "{text}"
    );
    let fine = Inputs::new().supply("clean", 1.0).with("raw", 1.0);
    assert_eq!(p.run(fine).unwrap().get::<f64>("other").ok(), Some(&2.0));

    let p = chain().select(["root"]).unwrap();
    let given = Inputs::new()
        .supply("clean", 4.0)
        .with("raw", "text".to_owned());
    let text = p.run(given).unwrap_err().to_string();
    assert!(
        text.contains("input `raw` expects `f64`, found `String`"),
        "{text}"
    );
    let given = || Inputs::new().supply("clean", 4.0).with("raw", vec![1.0]);
    let text = problem(p.map(given(), ["raw"]));
    assert!(
        text.contains("none of the wanted outputs needs axis `raw`"),
        "{text}"
    );
    let text = problem(p.map(given(), ["row"]));
    assert!(
        text.contains("axis `row` is not among the given inputs"),
        "{text}"
    );
}

#[test]
fn map_iter_walks_a_value_that_a_node_would_compute() {
    let p = chain().select(["clean", "root"]).unwrap();
    let rows = p.map_iter(inputs! {}, "clean", [4.0, 9.0]).unwrap();
    let root = |row: Result<hypernodes::IterRow, _>| {
        let row = row.unwrap();
        (
            *row.get::<f64>("clean").unwrap(),
            *row.get::<f64>("root").unwrap(),
        )
    };
    assert_eq!(rows.map(root).collect::<Vec<_>>(), [(4.0, 2.0), (9.0, 3.0)]);
}

#[test]
fn a_shared_column_is_no_output_unless_it_is_asked_for() {
    let column = hypernodes::Column::from_vec(vec![4.0, 9.0]);
    let p = Pipeline::new(
        "p",
        nodes![
            node_fn!("clean", |raw: f64| raw.max(0.0)),
            node_fn!("root", |clean: f64| clean.sqrt()),
        ],
    )
    .unwrap();
    let runs = p
        .map(Inputs::new().supply("clean", column.clone()), ["clean"])
        .unwrap();
    assert_eq!(runs.names().collect::<Vec<_>>(), ["root"]);
    assert_eq!(runs.column::<f64>("root").unwrap(), [2.0, 3.0]);
    drop(column);
}
