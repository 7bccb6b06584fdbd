//! Pipelines inside pipelines.

use hypernodes::prelude::*;

fn clean() -> Pipeline {
    Pipeline::new(
        "clean",
        nodes![
            node_fn!("trimmed", |doc: &str| doc.trim().to_owned()),
            node_fn!("len", |trimmed: &str, #[default(0)] extra: usize| trimmed
                .len()
                + extra),
        ],
    )
    .unwrap()
}

#[test]
fn a_nested_pipeline_runs_once_per_row() {
    let outer = Pipeline::new(
        "outer",
        nodes![
            clean()
                .as_node()
                .rename_input("doc", "raw")
                .rename_output("len", "size"),
            node_fn!("double", |size: usize| size * 2),
        ],
    )
    .unwrap();
    let out = outer.run(inputs! { raw: "  abc " }).unwrap();
    assert_eq!(*out.get::<usize>("double").unwrap(), 6);
    assert_eq!(
        out.names().collect::<Vec<_>>(),
        ["double", "size", "trimmed"],
        "a consumer changes no outputs"
    );
    let runs = outer
        .map(inputs! { raw: ["a", " bb"], extra: 1_usize }, ["raw"])
        .unwrap();
    assert_eq!(runs.column::<usize>("double").unwrap(), [4, 6]);
}

#[test]
fn map_over_takes_lists_of_any_length() {
    let outer = Pipeline::new(
        "corpus",
        nodes![
            clean()
                .as_node()
                .map_over(["docs"])
                .rename_input("doc", "docs")
                .rename_output("len", "lens"),
            node_fn!("total", |lens: &[usize]| lens.iter().sum::<usize>()),
        ],
    )
    .unwrap();
    let out = outer.run(inputs! { docs: [" a", "bc "] }).unwrap();
    assert_eq!(*out.get::<usize>("total").unwrap(), 3);
    assert_eq!(out.get::<Vec<String>>("trimmed").unwrap(), &["a", "bc"]);
    let out = outer.run(inputs! { docs: Vec::<String>::new() }).unwrap();
    assert_eq!(*out.get::<usize>("total").unwrap(), 0);
    assert_eq!(out.get::<Vec<String>>("trimmed").unwrap().len(), 0);

    let corpora: Vec<Vec<String>> = (0..300)
        .map(|i| (0..i % 7).map(|j| "x".repeat(i + j)).collect())
        .collect();
    let want: Vec<usize> = corpora
        .iter()
        .map(|docs| docs.iter().map(String::len).sum())
        .collect();
    let runs = outer.map(inputs! { docs: corpora }, ["docs"]).unwrap();
    assert_eq!(runs.column::<usize>("total").unwrap(), want);
}

#[test]
fn nested_products_and_broadcasts() {
    let inner = Pipeline::new(
        "grid",
        nodes![node_fn!("v", |a: i64, b: i64, c: i64| a * 100 + b * 10 + c)],
    )
    .unwrap();
    let outer = Pipeline::new(
        "outer",
        nodes![inner.as_node().map_over(MapOver::product(["a", "b"]))],
    )
    .unwrap();
    let out = outer
        .run(inputs! { a: [1_i64, 2], b: [3_i64, 4, 5], c: 6_i64 })
        .unwrap();
    assert_eq!(
        out.get::<Vec<i64>>("v").unwrap(),
        &[136, 146, 156, 236, 246, 256]
    );
    let runs = outer
        .map(
            inputs! { a: vec![vec![1_i64], vec![], vec![2, 3]], b: [7_i64, 8], c: [0_i64, 1, 2] },
            ["a", "c"],
        )
        .unwrap();
    assert_eq!(
        runs.column::<Vec<i64>>("v").unwrap(),
        [vec![170, 180], vec![], vec![272, 282, 372, 382]]
    );
}

#[test]
fn four_levels_nest_and_a_fifth_is_refused() {
    let mut p = Pipeline::new("leaf", nodes![node_fn!("y", |x: u8| u32::from(x) + 1)]).unwrap();
    for level in 1..=4 {
        p = Pipeline::new(format!("level{level}"), nodes![p.as_node().map_over(["x"])]).unwrap();
    }
    let x = vec![
        vec![vec![vec![1_u8, 2], vec![]], vec![]],
        vec![vec![vec![9]]],
    ];
    let out = p.run(inputs! { x: x.clone() }).unwrap();
    let want = vec![
        vec![vec![vec![2_u32, 3], vec![]], vec![]],
        vec![vec![vec![10]]],
    ];
    assert_eq!(out.get::<Vec<Vec<Vec<Vec<u32>>>>>("y").unwrap(), &want);
    let runs = p
        .map(inputs! { x: vec![x.clone(), vec![], x] }, ["x"])
        .unwrap();
    assert_eq!(
        runs.slice::<Vec<Vec<Vec<Vec<u32>>>>>("y").unwrap(),
        &[want.clone(), vec![], want]
    );
    let error = Pipeline::new("level5", nodes![p.as_node().map_over(["x"])])
        .unwrap_err()
        .to_string();
    assert!(error.contains("deeper than four levels"), "{error}");
}

#[test]
fn inner_failures_fail_their_outer_item_and_name_the_path() {
    let inner = Pipeline::new(
        "inner",
        nodes![{
            node_fn!("half", |x: i64| -> Result<i64, String> {
                if x % 2 == 0 {
                    Ok(x / 2)
                } else {
                    Err(format!("{x} is odd"))
                }
            })
        }],
    )
    .unwrap();
    let outer = Pipeline::new("outer", nodes![inner.as_node().map_over(["x"])]).unwrap();
    let lists = vec![vec![2_i64, 4], vec![], vec![6, 7, 9], vec![8], vec![1]];
    let error = outer.map(inputs! { x: lists.clone() }, ["x"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "node `inner/half` failed on item 2, inner item 1"
    );
    let runs = outer
        .on_error(ErrorPolicy::Collect)
        .map(inputs! { x: lists }, ["x"])
        .unwrap();
    let results = runs.results::<Vec<i64>>("half").unwrap();
    assert_eq!(results[0].unwrap(), &[1, 2]);
    assert_eq!(results[1].unwrap().len(), 0);
    assert_eq!(results[3].unwrap(), &[4]);
    let failures: Vec<String> = runs.failures().map(ToString::to_string).collect();
    assert_eq!(
        failures,
        [
            "node `inner/half` failed on item 2, inner item 1: 7 is odd",
            "node `inner/half` failed on item 4, inner item 0: 1 is odd",
        ]
    );
}

#[test]
fn zipped_lists_of_different_lengths_fail_their_item() {
    let inner = Pipeline::new("inner", nodes![node_fn!("s", |a: i64, b: i64| a + b)]).unwrap();
    let outer = Pipeline::new("outer", nodes![inner.as_node().map_over(["a", "b"])]).unwrap();
    let a = vec![vec![1_i64], vec![1, 2], vec![5]];
    let b = vec![vec![1_i64], vec![1], vec![6]];
    let error = outer
        .map(inputs! { a: a.clone(), b: b.clone() }, ["a", "b"])
        .unwrap_err();
    assert_eq!(error.to_string(), "node `inner` failed on item 1");
    let runs = outer
        .on_error(ErrorPolicy::Collect)
        .map(inputs! { a, b }, ["a", "b"])
        .unwrap();
    assert_eq!(runs.results::<Vec<i64>>("s").unwrap()[2].unwrap(), &[11]);
    assert_eq!(
        runs.failures().next().unwrap().to_string(),
        "node `inner` failed on item 1: zipped lists differ in length: `a` has 2, `b` has 1"
    );
}

#[test]
fn outputs_that_nobody_wants_are_not_computed_but_can_be_asked_for() {
    let inner = Pipeline::new(
        "inner",
        nodes![
            node_fn!("cheap", |x: i64| x),
            node_fn!("dear", |x: i64| -> i64 { panic!("computed {x}") }),
        ],
    )
    .unwrap();
    let outer = Pipeline::new("outer", nodes![inner.as_node().map_over(["x"])]).unwrap();
    let cheap = outer.select(["cheap"]).unwrap();
    assert_eq!(
        cheap
            .run(inputs! { x: [1_i64] })
            .unwrap()
            .get::<Vec<i64>>("cheap")
            .unwrap(),
        &[1]
    );
    assert!(
        outer
            .select(["dear"])
            .unwrap()
            .run(inputs! { x: [1_i64] })
            .is_err()
    );
}

#[test]
fn what_the_inner_pipeline_has_bound_is_no_input_outside() {
    let inner = clean().bind("extra", 5_usize).unwrap();
    let outer = Pipeline::new("outer", nodes![inner.as_node().map_over(["doc"])]).unwrap();
    let out = outer.run(inputs! { doc: ["a"] }).unwrap();
    assert_eq!(out.get::<Vec<usize>>("len").unwrap(), &[6]);
    assert!(outer.run(inputs! { doc: ["a"], extra: 1_usize }).is_err());
}

#[test]
fn renamed_ports_keep_their_inner_names_in_pictures() {
    let inner = clean();
    let outer = Pipeline::new(
        "outer",
        nodes![
            inner
                .as_node()
                .map_over(["docs"])
                .rename_input("doc", "docs")
                .rename_output("len", "lens"),
            node_fn!("total", |lens: &[usize]| lens.iter().sum::<usize>()),
        ],
    )
    .unwrap();
    let nested = &outer.describe().nodes[0];
    let ports = |ports: &[hypernodes::PortDescription]| {
        ports
            .iter()
            .map(|port| format!("{} = {}: {}", port.name, port.value, port.type_name))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ports(&nested.inputs),
        ["doc = docs: Vec<String>", "extra = extra: usize"]
    );
    assert_eq!(
        ports(&nested.outputs),
        ["len = lens: Vec<usize>", "trimmed = trimmed: Vec<String>"]
    );
}

#[test]
fn an_axis_that_the_wanted_outputs_do_not_need_still_has_its_length() {
    let inner = || {
        let nodes = nodes![
            node_fn!("a", |x: u64| x + 1),
            node_fn!("b", |k: u64| k * 10),
            node_fn!("c", |y: u64| y * 3),
        ];
        Pipeline::new("inner", nodes).unwrap().as_node()
    };
    let given = |y: &[u64]| inputs! { x: [1_u64, 2, 3], y: y.to_vec(), k: 5_u64 };
    for over in [MapOver::product(["x", "y"]), MapOver::zip(["x", "y"])] {
        let outer = Pipeline::new("outer", nodes![inner().map_over(over)]).unwrap();
        let all = outer.run(given(&[7, 8, 9])).unwrap();
        for name in ["a", "b", "c"] {
            let one = outer
                .select([name])
                .unwrap()
                .run(given(&[7, 8, 9]))
                .unwrap();
            assert_eq!(
                one.get::<Vec<u64>>(name).unwrap(),
                all.get::<Vec<u64>>(name).unwrap(),
                "{name}"
            );
        }
    }
    let over = MapOver::zip(["x", "y"]);
    let outer = Pipeline::new("outer", nodes![inner().map_over(over)]).unwrap();
    let text = outer
        .select(["a"])
        .unwrap()
        .run(given(&[7]))
        .map_err(|error| std::error::Error::source(&error).unwrap().to_string());
    assert!(text.unwrap_err().contains("`x` has 3, `y` has 1"));
    let outer = Pipeline::new(
        "outer",
        nodes![inner().map_over(["x"]).rename_input("y", "k")],
    )
    .unwrap();
    let out = outer
        .select(["b"])
        .unwrap()
        .run(inputs! { x: [1_u64, 2], k: 5_u64 })
        .unwrap();
    assert_eq!(out.get::<Vec<u64>>("b").unwrap(), &[50, 50]);
}

#[test]
fn long_and_short_lists_give_what_a_loop_gives() {
    // Long lists are walked as slices, short ones by paths; values are lent, cloned, and lost to failures.
    let inner = Pipeline::new(
        "inner",
        nodes![
            node_fn!("half", |x: u64| x / 2),
            node_fn!("text", |name: String, half: u64| format!("{name}{half}")),
            node_fn!("checked", |text: &str, k: u64| -> Result<usize, String> {
                match text.ends_with("77") {
                    true => Err(format!("{text} is refused")),
                    false => Ok(text.len() + usize::try_from(k).unwrap()),
                }
            }),
        ],
    )
    .unwrap();
    let outer = |refuses: bool| {
        let each = inner.as_node().map_over(["x", "name"]);
        let outer = Pipeline::new("outer", nodes![{ each }]).unwrap();
        let outer = outer.select(if refuses { ["checked"] } else { ["text"] });
        outer.unwrap().on_error(ErrorPolicy::Collect)
    };
    let lengths = [0, 1, 300, 1000, 255, 256, 0, 3, 20_000];
    let x: Vec<Vec<u64>> = lengths.iter().map(|&n| (0..n).collect()).collect();
    let name = |i: usize| i.to_string();
    let names: Vec<Vec<String>> = x.iter().map(|x| (0..x.len()).map(name).collect()).collect();
    let given = || inputs! { x: x.clone(), name: names.clone(), k: 5_u64 };
    let texts: Vec<Vec<String>> = x
        .iter()
        .map(|x| x.iter().map(|x| format!("{x}{}", x / 2)).collect())
        .collect();

    let runs = outer(false).map(given(), ["x", "name"]).unwrap();
    assert_eq!(runs.column::<Vec<String>>("text").unwrap(), texts);
    let runs = outer(true).map(given(), ["x", "name"]).unwrap();
    for (item, texts) in texts.iter().enumerate() {
        let result = &runs.results::<Vec<usize>>("checked").unwrap()[item];
        match texts.iter().position(|text| text.ends_with("77")) {
            None => {
                let want: Vec<usize> = texts.iter().map(|text| text.len() + 5).collect();
                assert_eq!(result.as_ref().ok(), Some(&&want));
            }
            Some(at) => {
                let failure = result.as_ref().unwrap_err();
                assert_eq!(failure.items, [item, at]);
            }
        }
    }
}
