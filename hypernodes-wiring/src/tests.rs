//! The contract of [`wire`]: words, order, and independence of the order of declaration.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::{
    InputPort, InputShape, Interface, NameFault, NameUse, NodeShape, Source, Using, Wiring,
    WiringProblem, WiringWarning, wire,
};

/// `name(a, b?, c!) -> x, y`; a `?` marks an optional input, a `!` one that is taken, a `!!` one
/// that is taken away.
fn node(text: &str) -> NodeShape {
    let (name, rest) = text.split_once('(').expect("a parenthesis");
    let (inputs, outputs) = rest.split_once(") ->").expect("an arrow");
    let list = |text: &str| {
        text.split(',')
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    };
    let inputs: Vec<String> = list(inputs);
    let inputs = inputs.into_iter().map(|input| {
        if let Some(name) = input.strip_suffix('?') {
            InputShape::optional(name)
        } else if let Some(name) = input.strip_suffix("!!") {
            InputShape::required(name).using(Using::TakesAway)
        } else if let Some(name) = input.strip_suffix('!') {
            InputShape::required(name).using(Using::Takes)
        } else {
            InputShape::required(input)
        }
    });
    let outputs: Vec<String> = list(outputs);
    NodeShape::new(name, inputs, outputs)
}

fn nodes<const N: usize>(texts: [&str; N]) -> Vec<NodeShape> {
    texts.into_iter().map(node).collect()
}

fn open<const N: usize>(texts: [&str; N]) -> Result<Wiring, Vec<String>> {
    in_words(wire(&nodes(texts), &Interface::open()))
}

fn declared<const N: usize>(
    texts: [&str; N],
    inputs: &[&str],
    outputs: &[&str],
) -> Result<Wiring, Vec<String>> {
    let interface = Interface::declared(inputs.iter().copied(), outputs.iter().copied());
    in_words(wire(&nodes(texts), &interface))
}

fn in_words(result: Result<Wiring, Vec<WiringProblem>>) -> Result<Wiring, Vec<String>> {
    result.map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn who_reads_a_value_goes_before_who_takes_it() {
    let order = |texts: [&str; 3]| open(texts).unwrap().order;
    // By name alone `a` would be first.
    assert_eq!(order(["a(v!) -> x", "b(v) -> y", "make() -> v"]), [2, 1, 0]);
    // The one who takes it stands back behind readers that are not ready yet, and whatever else is.
    assert_eq!(order(["a(v!) -> x", "b(v, c) -> y", "z() -> c"]), [2, 1, 0]);
    // Where the reader needs what the taker gives, the taker is first.
    assert_eq!(
        order(["a(v!) -> x", "b(v, x) -> y", "c(y) -> z"]),
        [0, 1, 2]
    );
    // Two that take from each other: one has to begin.
    assert_eq!(
        order(["a(v!, w) -> x", "b(v, w!) -> y", "c(x) -> z"]),
        [0, 1, 2]
    );
    // A copy of `w` lets `b` begin, one of `v` cannot be had: whatever the names are.
    assert_eq!(
        order(["a(v!!, w) -> x", "b(v, w!) -> y", "c(x) -> z"]),
        [1, 0, 2]
    );
    assert_eq!(
        order(["d(v!!, w) -> x", "b(v, w!) -> y", "c(x) -> z"]),
        [1, 0, 2]
    );
    // A node that reads and takes the same value does not stand back behind itself.
    assert_eq!(
        order(["a(v!, v) -> x", "b(x) -> y", "c(y) -> z"]),
        [0, 1, 2]
    );
}

#[test]
fn diamond_is_ordered_by_name_where_it_is_free() {
    let wiring = open([
        "join(l, r) -> out",
        "right(x) -> r",
        "left(x) -> l",
        "start() -> x",
    ])
    .unwrap();
    assert_eq!(wiring.order, [3, 2, 1, 0]);
    assert_eq!(
        wiring.sources[0],
        [
            Source::Node { node: 2, output: 0 },
            Source::Node { node: 1, output: 0 }
        ]
    );
    assert_eq!(wiring.producers["l"].node, 2);
    assert!(wiring.inputs.is_empty() && wiring.warnings.is_empty());
}

#[test]
fn nothing_wires_to_nothing() {
    assert_eq!(open([]).unwrap(), Wiring::default());
}

#[test]
fn inputs_are_optional_only_when_every_user_is() {
    let wiring = open(["a(x?, n?) -> y", "b(x, y) -> z"]).unwrap();
    let inputs: Vec<_> = wiring
        .inputs
        .iter()
        .map(|i| (i.name.as_str(), i.optional, i.users.len()))
        .collect();
    assert_eq!(inputs, [("n", true, 1), ("x", false, 2)]);
    assert_eq!(wiring.inputs[1].users[1], InputPort { node: 1, input: 0 });
}

#[test]
fn an_undeclared_optional_input_takes_its_default() {
    let wiring = declared(["count(words, min_len?) -> count"], &["words"], &["count"]).unwrap();
    let inputs: Vec<_> = wiring
        .inputs
        .iter()
        .map(|i| (i.name.as_str(), i.declared))
        .collect();
    assert_eq!(inputs, [("min_len", false), ("words", true)]);
}

#[test]
fn two_outputs_may_feed_one_node_and_one_output_two_of_its_inputs() {
    let wiring = open(["div(a, b) -> q, r", "check(r, q, q) -> ok"]).unwrap();
    let from = |output| Source::Node { node: 0, output };
    assert_eq!(wiring.sources[1], [from(1), from(0), from(0)]);
    assert_eq!(wiring.order, [0, 1]);
}

#[test]
fn nodes_of_one_name_are_fine_when_their_outputs_differ() {
    let wiring = open([
        "ema(close) -> slow",
        "ema(close) -> fast",
        "cross(fast, slow) -> signal",
    ])
    .unwrap();
    assert_eq!(wiring.order, [1, 0, 2]);
}

#[test]
fn duplicate_output_names_its_producers_and_hides_what_follows_from_it() {
    assert_eq!(
        open(["clean(text) -> text", "load() -> text", "div(a) -> q, q"]).unwrap_err(),
        [
            "output `q` is produced more than once: by `div` (2 times); rename one of these outputs",
            "output `text` is produced more than once: by `clean`, `load`; rename one of these outputs",
        ]
    );
}

#[test]
fn cycle_is_reported_with_its_path_from_its_first_node() {
    assert_eq!(
        open([
            "c(y) -> z",
            "b(x) -> y",
            "a(z) -> x",
            "d(z, w) -> v",
            "e(v) -> w"
        ])
        .unwrap_err(),
        [
            "cycle: `a` -(`x`)-> `b` -(`y`)-> `c` -(`z`)-> `a`; \
             rename one of these values so that one of the nodes can run first",
            "cycle: `d` -(`v`)-> `e` -(`w`)-> `d`; rename one of these values so that one of the nodes can run first",
        ]
    );
}

#[test]
fn shortest_way_round_is_reported() {
    let problems = open(["a(b1, c1) -> a1", "b(a1) -> b1", "c(b1) -> c1"]).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].starts_with("cycle: `a` -(`a1`)-> `b` -(`b1`)-> `a`;"),
        "{}",
        problems[0]
    );
}

#[test]
fn own_output_is_a_cycle_of_one_also_inside_a_longer_one() {
    assert_eq!(
        open(["a(x, y, x) -> x", "b(x) -> y"]).unwrap_err(),
        [
            "node `a` takes its own output `x`; rename its input or its output",
            "cycle: `a` -(`x`)-> `b` -(`y`)-> `a`; rename one of these values so that one of the nodes can run first",
        ]
    );
}

#[test]
fn long_cycle_is_cut_in_the_middle() {
    let ring: Vec<_> = (0..20)
        .map(|i| node(&format!("n{i:02}(v{i:02}) -> v{:02}", (i + 1) % 20)))
        .collect();
    let problems = wire(&ring, &Interface::open()).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "cycle: `n00` -(`v01`)-> `n01` -(`v02`)-> `n02` -(`v03`)-> `n03` -(`v04`)-> (13 more nodes) -> \
         `n17` -(`v18`)-> `n18` -(`v19`)-> `n19` -(`v00`)-> `n00`; \
         rename one of these values so that one of the nodes can run first"
    );
}

#[test]
fn missing_input_lists_what_there_is_but_never_its_own_output() {
    assert_eq!(
        declared(["ema(clsoe) -> clsoes"], &["close"], &["clsoes"]).unwrap_err(),
        [
            "input `clsoe` of node `ema` has no producer; did you mean `close`? available: `close`",
            "input `close` is used by no node; did you mean `clsoe`? taken from outside: `clsoe`",
        ]
    );
    assert_eq!(
        declared(["f(x) -> y"], &[], &["y"]).unwrap_err(),
        ["input `x` of node `f` has no producer; available: nothing"]
    );
    let wide: Vec<_> = ["f(zz, a) -> y".to_owned()]
        .into_iter()
        .chain((0..20).map(|i| format!("n{i}() -> v{i:02}")))
        .collect();
    let wide: Vec<_> = wide.iter().map(|text| node(text)).collect();
    let problems = wire(&wide, &Interface::declared(["a"], ["y"])).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "input `zz` of node `f` has no producer; \
         available: `a`, `v00`, `v01`, `v02`, `v03`, `v04`, `v05`, `v06` and 13 more"
    );
}

#[test]
fn unknown_output_tells_an_input_from_a_typo() {
    assert_eq!(
        declared(
            ["count(words) -> count"],
            &["words"],
            &["cuont", "words", "count"]
        )
        .unwrap_err(),
        [
            "output `cuont` is produced by no node; did you mean `count`? available: `count`",
            "output `words` is an input, and produced by no node; available: `count`",
        ]
    );
}

#[test]
fn declared_input_must_not_be_produced_nor_repeated() {
    assert_eq!(
        declared(["a(x) -> y", "b(y) -> z"], &["x", "y", "x"], &["z", "z"]).unwrap_err(),
        [
            "input `x` is declared twice",
            "output `z` is asked for twice",
            "input `y` is also produced by node `a`; remove one of them or rename the output",
        ]
    );
}

#[test]
fn faulty_names_are_reported_where_they_are() {
    let faulty = [
        NodeShape::new("", [InputShape::required("a b")], ["x", "y"]),
        NodeShape::new("two\nlines", [], ["2x"]),
        NodeShape::new(
            "crate::text::count <f64>",
            [InputShape::required("größe")],
            [""],
        ),
    ];
    let words = in_words(wire(&faulty, &Interface::declared(["a b", "größe"], ["_"]))).unwrap_err();
    assert_eq!(
        words,
        [
            "name `` of the node that produces `x`.. is empty; give it one",
            "name `` of an output of node `crate::text::count <f64>` is empty; give it one",
            "name `2x` of an output of node `two\\nlines` is not an identifier; values are named like parameters",
            "name `_` of an output of the pipeline is not an identifier; values are named like parameters",
            "name `a b` of an input of node `` is not an identifier; values are named like parameters",
            "name `a b` of an input of the pipeline is not an identifier; values are named like parameters",
            "name `two\\nlines` of the node that produces `2x` holds a control character; take it out",
            "output `_` is produced by no node; available: ``, `2x`, `x`, `y`",
        ]
    );
    let problems = wire(&faulty[..1], &Interface::open()).unwrap_err();
    let place = NameUse::Node(vec!["x".to_owned(), "y".to_owned()]);
    assert_eq!(
        problems[0],
        WiringProblem::InvalidName {
            name: String::new(),
            place,
            fault: NameFault::Empty
        }
    );
}

#[test]
fn all_kinds_of_problems_come_at_once() {
    let words = declared(
        [
            "a(b1) -> a1",
            "b(a1) -> b1",
            "c(missing) -> c1",
            "d() -> c1",
            "e(b1) -> used",
        ],
        &["unused", "used"],
        &["nowhere"],
    )
    .unwrap_err();
    let starts: Vec<_> = words
        .iter()
        .map(|text| text.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        starts,
        [
            "output `c1`",
            "cycle: `a`",
            "input `used`",
            "input `missing`",
            "input `unused`",
            "output `nowhere`"
        ]
    );
}

#[test]
fn similar_undeclared_input_is_a_warning_on_the_rarer_name() {
    let wiring = open([
        "a(closee, volume) -> x",
        "b(close) -> y",
        "c(close, volmue?) -> z",
    ])
    .unwrap();
    let words: Vec<_> = wiring.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "input `closee` of node `a` has no producer and becomes an input of the pipeline; did you mean `close`?",
            "input `volume` of node `a` has no producer and becomes an input of the pipeline; did you mean `volmue`?",
        ]
    );
    let wiring = declared(
        ["c(close, min_len) -> x", "d(minlen?) -> y"],
        &["close", "min_len"],
        &["x", "y"],
    )
    .unwrap();
    assert_eq!(
        wiring.warnings[0].to_string(),
        "input `minlen` of node `d` has no producer and always takes its default; did you mean `min_len`?"
    );
    assert!(
        open(["a(doc, x1, x2) -> docs", "b(sma_a, sma_b) -> smoothed"])
            .unwrap()
            .warnings
            .is_empty()
    );
}

#[test]
fn node_that_no_output_needs_is_a_warning() {
    let wiring = declared(["a(x) -> y", "b(y) -> z", "c(y) -> w"], &["x"], &["z"]).unwrap();
    let unused = WiringWarning::UnusedNode {
        node: "c".to_owned(),
        outputs: vec!["w".to_owned()],
    };
    assert_eq!(wiring.warnings, [unused]);
    assert_eq!(
        wiring.warnings[0].to_string(),
        "node `c` contributes to no output that is asked for; remove it or ask for `w`"
    );
    let many = WiringWarning::UnusedNode {
        node: "c".to_owned(),
        outputs: (0..1000).map(|i| format!("w{i}")).collect(),
    };
    assert!(many.to_string().ends_with(" or `w7` or 992 more"), "{many}");
}

#[test]
fn ten_thousand_nodes_in_a_ring_or_all_wrong_stay_small_and_flat() {
    let size = 10_000;
    let ring: Vec<_> = (0..size)
        .map(|i| node(&format!("n{i}(v{i}) -> v{}", (i + 1) % size)))
        .collect();
    let problems = wire(&ring, &Interface::open()).unwrap_err();
    assert!(matches!(&problems[..], [WiringProblem::Cycle { path }] if path.len() == size));
    assert!(problems[0].to_string().len() < 300);

    let wrong: Vec<_> = (0..size)
        .map(|i| node(&format!("n{i}(missing{i}) -> value{i}")))
        .collect();
    assert_eq!(
        wire(&wrong, &Interface::declared::<&str, &str>([], ["value"]))
            .unwrap_err()
            .len(),
        size + 1
    );
}

/// Nodes whose inputs are outputs of earlier nodes or come from outside.
fn dag() -> impl Strategy<Value = Vec<NodeShape>> {
    let choices = prop::collection::vec(
        (
            0_usize..4,
            prop::collection::vec(
                (any::<prop::sample::Index>(), any::<bool>(), any::<bool>()),
                0..4,
            ),
        ),
        1..30,
    );
    choices.prop_map(|choices| {
        let mut values: Vec<String> = (0..4).map(|i| format!("in{i}")).collect();
        let mut nodes = Vec::new();
        for (i, (name, picks)) in choices.into_iter().enumerate() {
            let inputs: Vec<_> = picks
                .iter()
                .map(|(pick, optional, taken)| InputShape {
                    name: pick.get(&values).clone(),
                    optional: *optional,
                    using: if *taken { Using::Takes } else { Using::Reads },
                })
                .collect();
            let outputs: Vec<_> = (0..=i % 3).map(|o| format!("v{i}_{o}")).collect();
            values.extend(outputs.iter().cloned());
            nodes.push(NodeShape::new(format!("node{name}"), inputs, outputs));
        }
        nodes
    })
}

/// A graph, and the same graph in another order with the places where its nodes went.
fn shuffled(
    graph: impl Strategy<Value = Vec<NodeShape>>,
) -> impl Strategy<Value = (Vec<NodeShape>, Vec<NodeShape>)> {
    graph.prop_flat_map(|nodes| (Just(nodes.clone()), Just(nodes).prop_shuffle()))
}

/// Name, whether optional, users.
type InputByName = (String, bool, BTreeSet<String>);

/// The wiring with every node replaced by its outputs, so that it can be compared across orders of declaration.
fn by_name(nodes: &[NodeShape], wiring: &Wiring) -> (Vec<NodeShape>, Vec<InputByName>) {
    let order = wiring
        .order
        .iter()
        .map(|&node| nodes[node].clone())
        .collect();
    let inputs = wiring.inputs.iter().map(|input| {
        let users = input
            .users
            .iter()
            .map(|user| nodes[user.node].outputs[0].clone() + &user.input.to_string());
        (input.name.clone(), input.optional, users.collect())
    });
    (order, inputs.collect())
}

proptest! {
    #[test]
    fn order_is_valid_and_sources_carry_the_right_names(nodes in dag()) {
        let wiring = wire(&nodes, &Interface::open()).unwrap();
        let mut done = BTreeSet::new();
        for &index in &wiring.order {
            for (input, source) in nodes[index].inputs.iter().zip(&wiring.sources[index]) {
                match *source {
                    Source::Node { node, output } => {
                        prop_assert!(done.contains(&node));
                        prop_assert_eq!(&nodes[node].outputs[output], &input.name);
                    }
                    Source::Input(outside) => prop_assert_eq!(&wiring.inputs[outside].name, &input.name),
                }
            }
            prop_assert!(done.insert(index));
        }
        prop_assert_eq!(done.len(), nodes.len());
    }

    #[test]
    fn wiring_does_not_depend_on_the_order_of_declaration((nodes, other) in shuffled(dag())) {
        let (a, b) = (wire(&nodes, &Interface::open()).unwrap(), wire(&other, &Interface::open()).unwrap());
        prop_assert_eq!(by_name(&nodes, &a), by_name(&other, &b));
        prop_assert_eq!(a.warnings, b.warnings);
    }

    #[test]
    fn problems_do_not_depend_on_the_order_of_declaration(
        (nodes, other) in shuffled(tangle()),
        inputs in prop::collection::vec("in[0-5]|v[0-9]_0", 0..5),
        outputs in prop::collection::vec("v[0-9]_[01]", 0..5),
    ) {
        let interface = Interface::declared(inputs, outputs);
        let (a, b) = (wire(&nodes, &interface), wire(&other, &interface));
        prop_assert_eq!(a.as_ref().err(), b.as_ref().err());
    }

    #[test]
    fn reported_cycles_are_real_and_their_absence_too(nodes in tangle()) {
        let unique: BTreeSet<_> = nodes.iter().flat_map(|node| &node.outputs).collect();
        prop_assume!(unique.len() == nodes.iter().map(|node| node.outputs.len()).sum::<usize>());
        match wire(&nodes, &Interface::open()) {
            Ok(wiring) => prop_assert_eq!(wiring.order.len(), nodes.len()),
            Err(problems) => for problem in problems {
                let WiringProblem::Cycle { path } = problem else { panic!("{problem}") };
                let producer = |value: &String| nodes.iter().find(|node| node.outputs.contains(value)).unwrap();
                let mut seen = BTreeSet::new();
                for (i, step) in path.iter().enumerate() {
                    prop_assert_eq!(&producer(&step.value).name, &step.node);
                    // The next node of the cycle takes the value.
                    let next = producer(&path[(i + 1) % path.len()].value);
                    prop_assert!(next.inputs.iter().any(|input| input.name == step.value));
                    prop_assert!(seen.insert(&producer(&step.value).outputs), "a node twice");
                    prop_assert!(path[0].node <= step.node);
                }
            },
        }
    }
}

/// A DAG with some of its inputs renamed to any output, so that there are cycles, and some outputs to others.
fn tangle() -> impl Strategy<Value = Vec<NodeShape>> {
    let back = prop::collection::vec(
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        0..6,
    );
    let twice = prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>()));
    (dag(), back, twice).prop_map(|(mut nodes, back, twice)| {
        for (to, from) in back {
            let name = from.get(&nodes).outputs[0].clone();
            let to = to.index(nodes.len());
            nodes[to].inputs.push(InputShape::required(name));
        }
        if let Some((a, b)) = twice {
            let name = a.get(&nodes).outputs[0].clone();
            let b = b.index(nodes.len());
            nodes[b].outputs[0] = name;
        }
        nodes
    })
}
