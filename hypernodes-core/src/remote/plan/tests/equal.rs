//! Plans whose equality does not follow from the parts that travel.

use super::*;
use crate::Inputs;

fn names(plan: &Plan) -> Vec<&str> {
    plan.step_names().collect()
}

#[test]
fn the_order_is_that_of_the_whole_graph() {
    // `a` waits for `z`, which is left behind because its output is supplied.
    let nodes = vec![
        inc::node().named("a").rename_input("x", "from_z"),
        inc::node().named("b").rename_output("y", "w"),
        inc::node().named("z").rename_output("y", "from_z"),
    ];
    let p = Pipeline::new("p", nodes).expect("fits");
    let p = p.select(["y", "w"]).expect("there");
    let plan = p.plan_for(&Inputs::new().supply("from_z", 1_u64), None);
    assert_eq!(names(&plan), ["b", "a"]);
    check(&plan);
}

#[test]
fn messages_name_a_node_as_in_the_whole_graph() {
    let nodes = vec![
        inc::node().rename_output("y", "a"),
        inc::node().rename_output("y", "b"),
    ];
    let p = Pipeline::new("p", nodes).expect("fits");
    let p = p.select(["b"]).expect("there");
    assert_eq!(names(p.shared_plan()), ["inc[b]"]);
    check(p.shared_plan());
}

#[test]
fn defaults_that_differ_meet_only_where_the_value_is_supplied() {
    #[node]
    fn first(#[default(1)] y: u64) -> u64 {
        y
    }
    #[node]
    fn second(#[default(2)] y: u64) -> u64 {
        y
    }
    let nodes = vec![inc::node(), first::node(), second::node()];
    let p = Pipeline::new("p", nodes).expect("`inc` gives `y`");
    let p = p.select(["first", "second"]).expect("there");
    check(p.shared_plan());
    let plan = p.plan_for(&Inputs::new().supply("y", 5_u64), None);
    assert_eq!(names(&plan), ["first", "second"]);
    check(&plan);
}

#[test]
fn what_is_handed_through_does_not_travel() {
    let p = Pipeline::new(
        "p",
        vec![split::node(), add::node().rename_input("a", "low")],
    )
    .expect("fits");
    let plan = p.plan_for(
        &Inputs::new().supply("low", 1_u64).supply("sum", 1_u64),
        None,
    );
    let there = there(&plan);
    assert_eq!(
        plan.output_names().collect::<Vec<_>>(),
        ["high", "low", "sum"]
    );
    assert_eq!(there.output_names().collect::<Vec<_>>(), ["high"]);
    assert_eq!(there.input_names().collect::<Vec<_>>(), ["n"]);
    check(&plan);
    // Supplied and read: it travels there, and not back.
    let plan = p.plan_for(&Inputs::new().supply("low", 1_u64), None);
    let there = self::there(&plan);
    assert_eq!(there.output_names().collect::<Vec<_>>(), ["high", "sum"]);
    assert_eq!(there.input_names().collect::<Vec<_>>(), ["b", "low", "n"]);
    check(&plan);
}

#[test]
fn a_nested_pipeline_keeps_its_names_axes_and_values() {
    let inner = Pipeline::new(
        "inner",
        vec![add::node(), inc::node().rename_input("x", "sum")],
    )
    .and_then(|inner| inner.bind("b", 40_u64))
    .expect("fits");
    // Renamed, mapped, and renamed again: the axis keeps the name that it was given first.
    let node = inner
        .as_node()
        .named("many")
        .rename_input("a", "items")
        .map_over(["items"]);
    let node = crate::IntoNode::into_node(node);
    let node = node.rename_input("a", "list").rename_output("y", "ys");
    let p = Pipeline::new("p", vec![range::node(), node]).expect("fits");
    let lines = check(p.shared_plan()).join("\n");
    assert!(
        lines.contains("axes: [\"items\"]") && lines.contains("Some(\"40\")"),
        "{lines}"
    );
    // Only one of its outputs is wanted: it is specialised there too.
    let p = p.select(["ys"]).expect("there");
    check(p.shared_plan());
    let runs = p.run(Inputs::new().with("n", 3_u64)).expect("runs");
    assert_eq!(runs.get::<Vec<u64>>("ys").expect("given"), &[41, 72, 103]);
}

#[test]
fn an_engine_of_a_nested_pipeline_stays_behind() {
    let inner = Pipeline::new("inner", vec![inc::node()]).expect("fits");
    let inner = inner.with_engine(Sequential::default());
    let p = Pipeline::new("p", vec![crate::IntoNode::into_node(inner.as_node())]).expect("fits");
    assert!(p.shared_plan().has_own_engines() && !there(p.shared_plan()).has_own_engines());
    check(p.shared_plan());
}

#[test]
fn the_image_is_made_once() {
    let p = Pipeline::new("p", vec![inc::node()]).expect("fits");
    p.run(Inputs::new().with("x", 1_u64)).expect("runs");
    assert!(
        p.shared_plan().image.get().is_none(),
        "a run in this process needs none"
    );
    let one = Arc::clone(p.plan().image("test").expect("travels"));
    assert!(Arc::ptr_eq(
        &one,
        p.clone().plan().image("test").expect("travels")
    ));
    let other = p.select(["y"]).expect("there");
    assert_ne!(one.id, other.plan().image("test").expect("travels").id);
}
