//! Every check of a build, all problems at once, in words.

use hypernodes::prelude::*;

#[derive(Debug)]
struct Unique;

fn text(nodes: Vec<hypernodes::NodeRef>) -> String {
    Pipeline::new("p", nodes).unwrap_err().to_string()
}

#[test]
fn all_problems_are_told_at_once() {
    let nodes = nodes![
        node_fn!("a", |b: f64| b),
        node_fn!("b", |a: f64| a),
        node_fn!("c", |self_made: &str| self_made.len()).rename_input("x", "y"),
        node_fn!("self_made", |seed: u8| seed),
        node_fn!("d", |#[default(1)] k: i32| k),
        node_fn!("e", |#[default(2)] k: i32| k),
        node_fn!("d", |z: i32| z).named("second"),
    ];
    insta::assert_snapshot!(text(nodes));
}

#[test]
fn conflicting_types_of_one_input() {
    let nodes = nodes![node_fn!("a", |x: f64| x), node_fn!("b", |x: i32| x)];
    assert_eq!(
        text(nodes),
        "pipeline `p`: input `x` is `f64` for node `a` but `i32` for node `b`; rename one of them"
    );
}

#[test]
fn values_that_cannot_be_cloned_are_taken_once() {
    let nodes = || {
        nodes![
            node_fn!("u", |x: u8| -> Unique {
                let _ = x;
                Unique
            }),
            node_fn!("used", |u: Unique| {
                let _ = u;
                1
            }),
            node_fn!("used_again", |u: Unique| {
                let _ = u;
                2
            }),
        ]
    };
    assert!(text(nodes()).contains("node `used` takes `u` by value and `Unique` cannot be cloned, but input `u` of node `used_again` uses it too"));
    let p = Pipeline::new("p", nodes().into_iter().take(2).collect()).unwrap();
    assert!(
        p.select(["u"])
            .unwrap_err()
            .to_string()
            .contains("it is asked for as an output")
    );
    let only = Pipeline::new("p", nodes().into_iter().skip(1).take(1).collect()).unwrap();
    assert!(
        only.bind("u", Unique)
            .unwrap_err()
            .to_string()
            .contains("it is bound")
    );
    let error = only
        .map(inputs! { u: Unique }, [""; 0])
        .unwrap_err()
        .to_string();
    assert!(error.contains("at least one axis"), "{error}");
    let nested = Pipeline::new("outer", nodes![only.as_node().map_over(["u"])])
        .unwrap_err()
        .to_string();
    assert!(nested.contains("a nested map only lends"), "{nested}");
}

#[test]
fn binding_what_is_no_input_is_told() {
    let p = Pipeline::new("p", nodes![node_fn!("y", |x: f64| x)]).unwrap();
    assert!(
        p.bind("z", 1.0)
            .unwrap_err()
            .to_string()
            .starts_with("pipeline `p`: there is no input `z` to bind")
    );
    assert!(
        p.bind("y", 1.0)
            .unwrap_err()
            .to_string()
            .contains("computed by node `y`")
    );
    assert!(
        p.bind("x", 1_u8)
            .unwrap_err()
            .to_string()
            .contains("expects `f64`, found `u8`")
    );
    assert!(p.select(["x"]).is_err() && p.select(["y", "y"]).is_err() && p.unbind("x").is_err());
}

#[test]
fn wrong_names_of_nested_pipelines_are_told() {
    let inner = Pipeline::new("inner", nodes![node_fn!("y", |x: f64| x)]).unwrap();
    let error = text(nodes![
        inner
            .as_node()
            .map_over(["z"])
            .rename_input("q", "r")
            .rename_output("yy", "z"),
        inner
            .as_node()
            .named("other")
            .map_over([""; 0])
            .rename_output("y", "y2"),
    ]);
    insta::assert_snapshot!(error);
}

#[test]
fn two_nodes_may_share_a_name() {
    let p = Pipeline::new(
        "p",
        nodes![
            node_fn!("ema", |x: f64| x).rename_output("ema", "slow"),
            node_fn!("ema", |x: f64| x).rename_output("ema", "fast"),
        ],
    )
    .unwrap();
    assert_eq!(
        p.plan().step_names().collect::<Vec<_>>(),
        ["ema[fast]", "ema[slow]"]
    );
}

#[test]
fn order_does_not_depend_on_declaration() {
    let nodes = || {
        nodes![
            node_fn!("d", |b: i64, c: i64| b + c),
            node_fn!("c", |a: i64| a),
            node_fn!("b", |a: i64| a),
            node_fn!("a", |x: i64| x),
        ]
    };
    let p = Pipeline::new("p", nodes()).unwrap();
    assert_eq!(
        p.plan().step_names().collect::<Vec<_>>(),
        ["a", "b", "c", "d"]
    );
    let q = Pipeline::new("p", nodes().into_iter().rev().collect()).unwrap();
    assert_eq!(
        q.plan().step_names().collect::<Vec<_>>(),
        ["a", "b", "c", "d"]
    );
    assert!(!p.plan().is_chain());
}

#[test]
fn a_chain_with_shortcuts_is_a_chain() {
    let nodes = nodes![
        { node_fn!("a", |x: i64| x) },
        { node_fn!("b", |a: i64| a) },
        { node_fn!("c", |a: i64, b: i64| a + b) },
    ];
    assert!(Pipeline::new("p", nodes).unwrap().plan().is_chain());
}

#[test]
fn a_chain_of_ten_thousand_nodes_in_any_order() {
    let node = |i: usize| {
        node_fn!(format!("n{i}"), |x: u64| x + 1).rename_input("x", format!("n{}", i + 1))
    };
    let nodes: Vec<_> = (0..10_000).map(node).collect();
    let p = Pipeline::new("long", nodes)
        .unwrap()
        .select(["n0"])
        .unwrap();
    assert!(p.plan().is_chain());
    assert_eq!(
        *p.run(inputs! { n10000: 0_u64 })
            .unwrap()
            .get::<u64>("n0")
            .unwrap(),
        10_000
    );
}
