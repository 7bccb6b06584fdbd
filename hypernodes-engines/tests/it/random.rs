//! Random graphs and maps: every engine and number of workers gives what Sequential gives, bit for bit.

use std::fmt::Write as _;
use std::sync::Arc;

use hypernodes::{
    Engine, Error, ErrorPolicy, Inputs, MapOver, NodeRef, Pipeline, Runs, Sequential, Workload,
    inputs,
};
#[cfg(feature = "process")]
use hypernodes_engines::Process;
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

/// What the nodes do. The number that makes one differ from others is its input `salt`.
mod kinds {
    use super::mix;
    use hypernodes::node;

    #[node]
    pub(super) fn mix1(a: u64, salt: u64) -> u64 {
        mix(&[salt, a])
    }
    #[node]
    pub(super) fn mix2(a: u64, b: u64, salt: u64) -> u64 {
        mix(&[salt, a, b])
    }
    #[node]
    pub(super) fn mix3(a: u64, b: &u64, c: u64, salt: u64) -> u64 {
        mix(&[salt, a, *b, c])
    }
    #[node]
    pub(super) fn by_reference(a: &u64, salt: &u64) -> u64 {
        mix(&[*salt, *a])
    }
    #[node]
    pub(super) fn sine(a: u64) -> f64 {
        (a as f64 / 1e9).sin()
    }
    #[node]
    pub(super) fn of_sine(f: f64, salt: u64) -> f64 {
        f.mul_add(3.0, salt as f64)
    }
    #[node]
    pub(super) fn text(a: u64, salt: u64) -> String {
        format!("{salt}-{a}")
    }
    #[node]
    pub(super) fn text_by_value(t: String, salt: u64) -> String {
        t + &salt.to_string()
    }
    #[node]
    pub(super) fn text_by_reference(t: &str, salt: u64) -> u64 {
        t.bytes()
            .fold(salt, |hash, byte| mix(&[hash, u64::from(byte)]))
    }
    #[node]
    pub(super) fn default(a: u64, #[default(7)] given: u64, salt: u64) -> u64 {
        mix(&[salt, a, given])
    }
    #[node(outputs = ("low", "high"))]
    pub(super) fn two_outputs(a: u64, salt: u64) -> (u64, f64) {
        (mix(&[salt, a]), (a as f64).sqrt())
    }
    #[node]
    pub(super) fn fails(a: u64, one_in: u64, salt: u64) -> Result<u64, String> {
        if mix(&[salt, a]).is_multiple_of(one_in) {
            Err(format!("{salt} refuses {a}"))
        } else {
            Ok(a)
        }
    }
    #[node]
    pub(super) fn panics(a: u64, one_in: u64, salt: u64) -> u64 {
        if mix(&[salt, a, 1]).is_multiple_of(one_in) {
            // Nothing is printed: workers would print thousands of them.
            std::panic::resume_unwind(Box::new(format!("{salt} breaks on {a}")));
        }
        a
    }
}

/// A graph to run and map.
struct Graph {
    nodes: Vec<NodeRef>,
    /// The outputs with their types.
    outputs: Vec<(String, Type)>,
    /// Inputs that are the same for all items: what makes the nodes differ.
    settings: Vec<(String, u64)>,
}

impl Graph {
    fn settings(&self) -> Inputs {
        let settings = self.settings.iter();
        settings.fold(inputs! {}, |all, (name, value)| {
            all.with(name.clone(), *value)
        })
    }
}

fn graph(steps: &[Step]) -> Graph {
    let mut values: Vec<(String, Type)> = ["x", "y", "k"]
        .map(|name| (name.to_owned(), Type::Number))
        .to_vec();
    let (mut nodes, mut settings) = (Vec::new(), Vec::new());
    for (i, Step { kind, salt, from }) in steps.iter().enumerate() {
        let name = format!("n{i}");
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
            (Kind::Mix2, ..) => (kinds::mix2::node(), Type::Number),
            (Kind::Mix3, ..) => (kinds::mix3::node(), Type::Number),
            (Kind::ByReference, ..) => (kinds::by_reference::node(), Type::Number),
            (Kind::Sine, ..) => (kinds::sine::node(), Type::Float),
            (Kind::OfSine, Some(float), _) => {
                (kinds::of_sine::node().rename_input("f", float), Type::Float)
            }
            (Kind::Text, ..) => (kinds::text::node(), Type::Text),
            (Kind::TextByValue, _, Some(text)) => (
                kinds::text_by_value::node().rename_input("t", text),
                Type::Text,
            ),
            (Kind::TextByReference, _, Some(text)) => (
                kinds::text_by_reference::node().rename_input("t", text),
                Type::Number,
            ),
            (Kind::Default, ..) => (kinds::default::node(), Type::Number),
            (Kind::TwoOutputs, ..) => {
                let node = kinds::two_outputs::node();
                (
                    node.rename_output("high", format!("{name}_high")),
                    Type::Number,
                )
            }
            (Kind::Fails(_), ..) => (kinds::fails::node(), Type::Number),
            (Kind::Panics(_), ..) => (kinds::panics::node(), Type::Number),
            _ => (kinds::mix1::node(), Type::Number),
        };
        let own = node.signature().outputs[0].name.clone();
        let mut node = node.named(name.clone()).rename_output(&own, name.clone());
        let has = |node: &NodeRef, input: &str| {
            let mut inputs = node.signature().inputs.iter();
            inputs.any(|known| known.name == *input)
        };
        for (which, input) in ["a", "b", "c"].into_iter().enumerate() {
            if has(&node, input) {
                node = node.rename_input(input, number(which));
            }
        }
        let one_in = match kind {
            Kind::Fails(one_in) | Kind::Panics(one_in) => *one_in,
            _ => 0,
        };
        for (setting, value) in [("salt", *salt), ("one_in", one_in)] {
            if has(&node, setting) {
                let own = format!("{name}_{setting}");
                node = node.rename_input(setting, own.clone());
                settings.push((own, value));
            }
        }
        if matches!(kind, Kind::TwoOutputs) {
            values.push((format!("{name}_high"), Type::Float));
        }
        values.push((name, out));
        nodes.push(node);
    }
    Graph {
        nodes,
        outputs: values.into_iter().skip(3).collect(),
        settings,
    }
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
    let graph = graph(steps);
    let mut all = graph.settings();
    let Graph { nodes, outputs, .. } = graph;
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

/// The engines that are compared with Sequential.
fn engines(workers: usize, workload: Workload, npartitions: Option<usize>) -> Vec<Arc<dyn Engine>> {
    let threaded = Threaded::new().workers(workers).workload(workload);
    let threaded = npartitions
        .into_iter()
        .fold(threaded, Threaded::npartitions);
    vec![
        Arc::new(threaded),
        #[cfg(feature = "process")]
        Arc::new(process(workers, workload, npartitions)),
    ]
}

/// Two workers at most: more of them start more slowly, and do nothing else.
#[cfg(feature = "process")]
fn process(workers: usize, workload: Workload, npartitions: Option<usize>) -> Process {
    let process = Process::new().unwrap().workload(workload);
    let process = process
        .workers(workers.min(2))
        .threads_per_worker(1 + workers / 3);
    npartitions.into_iter().fold(process, Process::npartitions)
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
        for engine in engines(workers, workload, npartitions) {
            for _ in 0..2 {
                let found = observe(&steps, map, &sizes, policy, Arc::clone(&engine));
                prop_assert_eq!(&expected, &found);
            }
        }
    }

    #[test]
    fn single_runs_agree(
        steps in prop::collection::vec(step(), 1..40),
        x in 0_u64..1000,
        workers in prop::sample::select(vec![1_usize, 2, 3, 8]),
    ) {
        let graph = graph(&steps);
        let settings = || graph.settings();
        let (nodes, outputs) = (graph.nodes.clone(), &graph.outputs);
        let p = Pipeline::new("random", nodes).unwrap();
        let run = |engine: Arc<dyn Engine>| {
            let inputs: Vec<String> = p.describe().inputs.iter().map(|input| input.name.clone()).collect();
            let given = inputs.iter().filter(|name| ["x", "y", "k"].contains(&name.as_str()));
            let given = given.fold(settings(), |given, name| given.with(name.clone(), x));
            let mut shown = String::new();
            match p.with_shared_engine(engine).run(given) {
                Err(wrong) => shown.push_str(&error(&wrong)),
                Ok(found) => for (name, ty) in outputs {
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
        for engine in engines(workers, Workload::Mixed, None) {
            for _ in 0..3 {
                prop_assert_eq!(&expected, &run(Arc::clone(&engine)));
            }
        }
    }
}
