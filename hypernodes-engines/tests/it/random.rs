//! Random graphs and maps: every engine and number of workers gives what Sequential gives, bit for bit.

use std::fmt::Write as _;
use std::sync::Arc;

use hypernodes::{
    Engine, Error, ErrorPolicy, MapOver, NodeRef, Pipeline, Runs, Sequential, Workload, inputs,
    node_fn,
};
use hypernodes_engines::Threaded;
use hypernodes_engines::conformance::{error, of};
use proptest::prelude::*;

/// What a node does.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Mix1,
    Mix2,
    Mix3,
    ByReference,
    Sine,
    OfSine,
    Text,
    TextByValue,
    TextByReference,
    Default,
    TwoOutputs,
    Fails(u64),
    Panics(u64),
}

/// A node: what it does, a number that makes it differ from others, and where its inputs come from.
#[derive(Clone, Debug)]
struct Step {
    kind: Kind,
    salt: u64,
    from: [usize; 3],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Type {
    Number,
    Float,
    Text,
}

fn step() -> impl Strategy<Value = Step> {
    use Kind::*;
    let kind = prop_oneof![
        4 => prop::sample::select(vec![Mix1, Mix2, Mix3, ByReference, Default, TwoOutputs]),
        3 => prop::sample::select(vec![Sine, OfSine, Text, TextByValue, TextByReference]),
        1 => (2_u64..200).prop_map(Fails),
        1 => (2_u64..200).prop_map(Panics),
    ];
    (kind, 0_u64..1000, any::<[prop::sample::Index; 3]>()).prop_map(|(kind, salt, from)| Step {
        kind,
        salt,
        from: from.map(|index| index.index(1 << 20)),
    })
}

fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9, |hash, part| {
        (hash ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(17)
    })
}

/// The nodes, and the outputs with their types.
fn graph(steps: &[Step]) -> (Vec<NodeRef>, Vec<(String, Type)>) {
    let mut values: Vec<(String, Type)> = ["x", "y", "k"]
        .map(|name| (name.to_owned(), Type::Number))
        .to_vec();
    let mut nodes = Vec::new();
    for (i, Step { kind, salt, from }) in steps.iter().enumerate() {
        let (salt, name) = (*salt, format!("n{i}"));
        // The latest values are the likeliest, so that graphs get deep; the same value may come in twice.
        let source = |which: usize, wanted: Type| {
            let fitting: Vec<&String> = values
                .iter()
                .filter(|(_, ty)| *ty == wanted)
                .map(|(name, _)| name)
                .collect();
            let back = from[which] % (1 + from[which] / 7 % fitting.len().max(1));
            fitting
                .get(fitting.len().wrapping_sub(1 + back))
                .map(|name| (*name).clone())
        };
        let number = |which: usize| source(which, Type::Number).unwrap_or_default();
        let float = source(0, Type::Float);
        let text = source(0, Type::Text);
        let (node, out) = match (kind, float, text) {
            (Kind::Mix2, ..) => (
                node_fn!(name.clone(), move |a: u64, b: u64| mix(&[salt, a, b])),
                Type::Number,
            ),
            (Kind::Mix3, ..) => (
                node_fn!(name.clone(), move |a: u64, b: &u64, c: u64| mix(&[
                    salt, a, *b, c
                ])),
                Type::Number,
            ),
            (Kind::ByReference, ..) => (
                node_fn!(name.clone(), move |a: &u64| mix(&[salt, *a])),
                Type::Number,
            ),
            (Kind::Sine, ..) => (
                node_fn!(name.clone(), move |a: u64| (a as f64 / 1e9).sin()),
                Type::Float,
            ),
            (Kind::OfSine, Some(float), _) => (
                node_fn!(name.clone(), move |f: f64| f.mul_add(3.0, salt as f64))
                    .rename_input("f", float),
                Type::Float,
            ),
            (Kind::Text, ..) => (
                node_fn!(name.clone(), move |a: u64| format!("{salt}-{a}")),
                Type::Text,
            ),
            (Kind::TextByValue, _, Some(text)) => (
                node_fn!(name.clone(), move |t: String| t + &salt.to_string())
                    .rename_input("t", text),
                Type::Text,
            ),
            (Kind::TextByReference, _, Some(text)) => {
                let length = move |t: &str| {
                    t.bytes()
                        .fold(salt, |hash, byte| mix(&[hash, u64::from(byte)]))
                };
                (
                    node_fn!(name.clone(), move |t: &str| length(t)).rename_input("t", text),
                    Type::Number,
                )
            }
            (Kind::Default, ..) => (
                node_fn!(name.clone(), move |a: u64, #[default(7)] given: u64| mix(
                    &[salt, a, given]
                )),
                Type::Number,
            ),
            (Kind::TwoOutputs, ..) => {
                let node = node_fn!("two", outputs = ("low", "high"), move |a: u64| (
                    mix(&[salt, a]),
                    (a as f64).sqrt()
                ));
                let node = node.named(name.clone()).rename_output("low", name.clone());
                (
                    node.rename_output("high", format!("{name}_high")),
                    Type::Number,
                )
            }
            (Kind::Fails(one_in), ..) => {
                let one_in = *one_in;
                let check = move |a: u64| {
                    if mix(&[salt, a]).is_multiple_of(one_in) {
                        Err(format!("{salt} refuses {a}"))
                    } else {
                        Ok(a)
                    }
                };
                (
                    node_fn!(name.clone(), move |a: u64| -> Result<u64, String> {
                        check(a)
                    }),
                    Type::Number,
                )
            }
            (Kind::Panics(one_in), ..) => {
                let one_in = *one_in;
                let check = move |a: u64| {
                    assert!(
                        !mix(&[salt, a, 1]).is_multiple_of(one_in),
                        "{salt} breaks on {a}"
                    );
                    a
                };
                (node_fn!(name.clone(), move |a: u64| check(a)), Type::Number)
            }
            _ => (
                node_fn!(name.clone(), move |a: u64| mix(&[salt, a])),
                Type::Number,
            ),
        };
        let node = ["a", "b", "c"]
            .iter()
            .enumerate()
            .fold(node, |node, (which, input)| {
                let has = node
                    .signature()
                    .inputs
                    .iter()
                    .any(|known| known.name == *input);
                if has {
                    node.rename_input(input, number(which))
                } else {
                    node
                }
            });
        if matches!(kind, Kind::TwoOutputs) {
            values.push((format!("{name}_high"), Type::Float));
        }
        values.push((name, out));
        nodes.push(node);
    }
    let outputs = values.into_iter().skip(3).collect();
    (nodes, outputs)
}

/// Which map.
#[derive(Clone, Copy, Debug)]
enum Map {
    Zip,
    Product,
    Nested,
    NestedProduct,
    Iter,
}

fn show(result: Result<Runs, Error>, outputs: &[(String, Type)], is_list: bool) -> String {
    let runs = match result {
        Ok(runs) => runs,
        Err(wrong) => return error(&wrong),
    };
    let mut text = format!("{}\n", runs.len());
    for (name, ty) in outputs {
        let shown = match (ty, is_list) {
            (Type::Number, false) => of::<u64>(&runs, name),
            (Type::Float, false) => of::<f64>(&runs, name),
            (Type::Text, false) => of::<String>(&runs, name),
            (Type::Number, true) => of::<Vec<u64>>(&runs, name),
            (Type::Float, true) => of::<Vec<f64>>(&runs, name),
            (Type::Text, true) => of::<Vec<String>>(&runs, name),
        };
        text.push_str(&shown);
    }
    text
}

fn observe(
    steps: &[Step],
    map: Map,
    sizes: &[u64],
    policy: ErrorPolicy,
    engine: Arc<dyn Engine>,
) -> String {
    let (nodes, outputs) = graph(steps);
    let p = Pipeline::new("random", nodes).unwrap();
    let given: std::collections::BTreeSet<String> = p
        .describe()
        .inputs
        .iter()
        .map(|input| input.name.clone())
        .collect();
    let on = |p: &Pipeline| p.with_shared_engine(Arc::clone(&engine)).on_error(policy);
    let n = sizes.iter().sum::<u64>();
    let numbers = |n: u64| (0..n).map(|i| mix(&[i])).collect::<Vec<u64>>();
    let lists = || {
        sizes
            .iter()
            .map(|&size| numbers(size))
            .collect::<Vec<Vec<u64>>>()
    };
    // Axes must be inputs, so only those that some node reads are given.
    let axes: Vec<&'static str> = ["x", "y"]
        .into_iter()
        .filter(|axis| given.contains(*axis))
        .collect();
    let mut all = inputs! {};
    if given.contains("k") {
        all = all.with("k", 11_u64);
    }
    if axes.is_empty() {
        let result = on(&p).run(all);
        return result.map_or_else(|wrong| error(&wrong), |_| "a single run".to_owned());
    }
    match map {
        Map::Zip => {
            let all = axes
                .iter()
                .fold(all, |all, axis| all.with_items(*axis, numbers(n)));
            show(on(&p).map(all, MapOver::zip(axes.clone())), &outputs, false)
        }
        Map::Product => {
            let all = axes
                .iter()
                .zip([n.min(17), 9])
                .fold(all, |all, (axis, n)| all.with_items(*axis, numbers(n)));
            show(
                on(&p).map(all, MapOver::product(axes.clone())),
                &outputs,
                false,
            )
        }
        Map::Nested | Map::NestedProduct => {
            let over = match map {
                Map::Nested => MapOver::zip(axes.clone()),
                _ => MapOver::product(axes.clone()),
            };
            let outer = Pipeline::new(
                "outer",
                vec![hypernodes::IntoNode::into_node(p.as_node().map_over(over))],
            )
            .unwrap();
            let all = axes
                .iter()
                .fold(all, |all, axis| all.with_items(*axis, lists()));
            show(
                on(&outer).map(all, MapOver::zip(axes.clone())),
                &outputs,
                true,
            )
        }
        Map::Iter => {
            if axes.contains(&"y") {
                all = all.with("y", 5_u64);
            }
            if !axes.contains(&"x") {
                return String::new();
            }
            let mut text = String::new();
            for row in on(&p).map_iter(all, "x", numbers(n)).unwrap() {
                match row {
                    Err(wrong) => text.push_str(&error(&wrong)),
                    Ok(row) => {
                        for (name, ty) in &outputs {
                            let _ = match ty {
                                Type::Number => {
                                    write!(text, "{:?} ", row.get::<u64>(name).unwrap())
                                }
                                Type::Float => {
                                    write!(text, "{:x} ", row.get::<f64>(name).unwrap().to_bits())
                                }
                                Type::Text => {
                                    write!(text, "{:?} ", row.get::<String>(name).unwrap())
                                }
                            };
                        }
                    }
                }
                text.push('\n');
            }
            text
        }
    }
}

proptest! {
    #[test]
    fn every_engine_gives_what_sequential_gives(
        steps in prop::collection::vec(step(), 1..16),
        map in prop::sample::select(vec![Map::Zip, Map::Product, Map::Nested, Map::NestedProduct, Map::Iter]),
        sizes in prop::collection::vec(0_u64..30, 0..12),
        policy in prop::sample::select(vec![ErrorPolicy::FailFast, ErrorPolicy::Collect]),
        workers in prop::sample::select(vec![1_usize, 2, 3, 8]),
        workload in prop::sample::select(vec![Workload::Io, Workload::Cpu, Workload::Mixed]),
        npartitions in prop::sample::select(vec![None, Some(1_usize), Some(2), Some(5), Some(64)]),
    ) {
        let expected = observe(&steps, map, &sizes, policy, Arc::new(Sequential::default()));
        let engine = Threaded::new().workers(workers).workload(workload);
        let engine = npartitions.into_iter().fold(engine, Threaded::npartitions);
        for _ in 0..2 {
            let found = observe(&steps, map, &sizes, policy, Arc::new(engine.clone()));
            prop_assert_eq!(&expected, &found);
        }
    }

    #[test]
    fn single_runs_agree(
        steps in prop::collection::vec(step(), 1..40),
        x in 0_u64..1000,
        workers in prop::sample::select(vec![1_usize, 2, 3, 8]),
    ) {
        let (nodes, outputs) = graph(&steps);
        let p = Pipeline::new("random", nodes).unwrap();
        let run = |engine: Arc<dyn Engine>| {
            let inputs: Vec<String> = p.describe().inputs.iter().map(|input| input.name.clone()).collect();
            let given = inputs.iter().filter(|name| *name != "given");
            let given = given.fold(inputs! {}, |given, name| given.with(name.clone(), x));
            let mut shown = String::new();
            match p.with_shared_engine(engine).run(given) {
                Err(wrong) => shown.push_str(&error(&wrong)),
                Ok(found) => for (name, ty) in &outputs {
                    let _ = match ty {
                        Type::Number => write!(shown, "{:?} ", found.get::<u64>(name).unwrap()),
                        Type::Float => write!(shown, "{:x} ", found.get::<f64>(name).unwrap().to_bits()),
                        Type::Text => write!(shown, "{:?} ", found.get::<String>(name).unwrap()),
                    };
                },
            }
            shown
        };
        let expected = run(Arc::new(Sequential::default()));
        let engine: Arc<dyn Engine> = Arc::new(Threaded::new().workers(workers));
        for _ in 0..3 {
            prop_assert_eq!(&expected, &run(Arc::clone(&engine)));
        }
    }
}
