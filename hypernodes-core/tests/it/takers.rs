//! Values that one node takes and others read: readers go first, and nothing is cloned that need not be.

use hypernodes::prelude::*;

/// Cannot be cloned.
#[derive(Debug)]
struct Model(Vec<u32>);

fn nodes_around(reader: &'static str, taker: &'static str) -> Vec<hypernodes::NodeRef> {
    nodes![
        node_fn!("model", |n: u32| Model((0..n).collect())),
        { hypernodes::node_fn!("size", |model: &Model| model.0.len()).named(reader) },
        {
            hypernodes::node_fn!("spent", |model: Model| model.0.into_iter().sum::<u32>())
                .named(taker)
        },
    ]
}

#[test]
fn readers_run_before_who_takes_a_value_that_cannot_be_cloned() {
    // Whatever their names are.
    for (reader, taker) in [("a", "z"), ("z", "a")] {
        let p = Pipeline::new("p", nodes_around(reader, taker)).unwrap();
        assert_eq!(p.outputs().collect::<Vec<_>>(), ["size", "spent"]);
        let out = p.run(inputs! { n: 5_u32 }).unwrap();
        assert_eq!(*out.get::<usize>("size").unwrap(), 5);
        assert_eq!(*out.get::<u32>("spent").unwrap(), 10);
        let runs = p.map(inputs! { n: 0..100_u32 }, "n").unwrap();
        assert_eq!(runs.column::<u32>("spent").unwrap()[99], 99 * 98 / 2);
        // Without the taker the value is an output like any other.
        let p = p.select(["size"]).unwrap();
        assert_eq!(
            *p.run(inputs! { n: 5_u32 })
                .unwrap()
                .get::<usize>("size")
                .unwrap(),
            5
        );
    }
}

#[test]
fn the_taker_waits_for_the_readers_where_steps_overlap() {
    let p = Pipeline::new("p", nodes_around("z", "a")).unwrap();
    let names: Vec<_> = p.plan().step_names().collect();
    assert_eq!(names, ["model", "z", "a"]);
    assert_eq!(p.plan().dependencies(), [vec![], vec![0], vec![0, 1]]);
}

#[test]
fn a_value_from_outside_may_be_read_and_then_taken() {
    let p = Pipeline::new("p", nodes_around("z", "a").split_off(1)).unwrap();
    let out = p
        .run(Inputs::new().with("model", Model(vec![1, 2])))
        .unwrap();
    assert_eq!(*out.get::<usize>("size").unwrap(), 2);
    assert_eq!(*out.get::<u32>("spent").unwrap(), 3);
    let models = vec![Model(vec![1, 2]), Model(vec![3])];
    let runs = p.map(Inputs::new().with("model", models), "model").unwrap();
    assert_eq!(runs.column::<u32>("spent").unwrap(), [3, 3]);
    assert_eq!(runs.column::<usize>("size").unwrap(), [2, 1]);
}

#[test]
fn two_takers_or_a_reader_that_needs_the_taker_are_refused() {
    let mut nodes = nodes_around("b", "c");
    nodes.extend(nodes![node_fn!("again", |model: Model| model.0.len())]);
    let text = Pipeline::new("p", nodes).unwrap_err().to_string();
    assert!(
        text.contains("input `model` of node `c` uses it too"),
        "{text}"
    );
    let nodes = nodes![
        node_fn!("model", |n: u32| Model((0..n).collect())),
        node_fn!("spent", |model: Model| model.0.len()),
        node_fn!("late", |model: &Model, spent: usize| model.0.len() + spent),
    ];
    let text = Pipeline::new("p", nodes).unwrap_err().to_string();
    assert!(
        text.contains("input `model` of node `late` uses it too"),
        "{text}"
    );
}

#[test]
fn who_cannot_get_a_copy_waits_for_who_can() {
    // Each reads what the other takes; a copy of the text lets `b` begin, whatever the names are.
    for (first, second) in [("a", "b"), ("z", "b")] {
        let p = Pipeline::new(
            "p",
            nodes![
                node_fn!("model", |n: u32| Model((0..n).collect())),
                node_fn!("text", |n: u32| n.to_string()),
                {
                    node_fn!("x", |model: Model, text: &str| model.0.len() + text.len())
                        .named(first)
                },
                {
                    node_fn!("y", |text: String, model: &Model| text.len()
                        * model.0.len())
                    .named(second)
                },
            ],
        )
        .unwrap();
        let out = p.run(inputs! { n: 12_u32 }).unwrap();
        assert_eq!(*out.get::<usize>("x").unwrap(), 14);
        assert_eq!(*out.get::<usize>("y").unwrap(), 24);
    }
}

#[test]
fn a_nested_pipeline_takes_values_away_on_an_engine_of_its_own_too() {
    let inner = Pipeline::new("inner", nodes_around("z", "a").split_off(1)).unwrap();
    let own = inner.with_engine(Sequential::default());
    for inner in [inner, own] {
        let p = Pipeline::new(
            "outer",
            nodes![
                node_fn!("model", |n: u32| Model((0..n).collect())),
                inner.as_node()
            ],
        )
        .unwrap();
        let out = p.run(inputs! { n: 5_u32 }).unwrap();
        assert_eq!(*out.get::<u32>("spent").unwrap(), 10);
        let runs = p.map(inputs! { n: 0..100_u32 }, "n").unwrap();
        assert_eq!(runs.column::<u32>("spent").unwrap()[99], 99 * 98 / 2);
        assert_eq!(runs.column::<usize>("size").unwrap()[99], 99);
    }
}
