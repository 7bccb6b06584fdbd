//! What a node knows of the types of its ports: whether their values can leave the process, and be shown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hypernodes::prelude::*;
use hypernodes::{Arg, Codec, Column, NodeRef, PortFacts, PortType};
use serde::{Deserialize, Serialize};

/// Both halves of serde, and `Debug`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Whole {
    x: f64,
}

#[derive(Clone, Debug)]
struct OnlyShown(#[expect(dead_code, reason = "shown by derive")] u8);

#[derive(Clone, Serialize)]
struct OnlyWritten {
    x: u8,
}

#[derive(Clone)]
struct Opaque;

/// Whether there is a codec, and whether values are shown.
fn known(facts: PortFacts) -> (bool, bool) {
    (facts.codec.is_some(), facts.show.is_some())
}

fn input(node: &NodeRef, name: &str) -> (bool, bool) {
    let signature = node.signature();
    let port = signature.inputs.iter().find(|port| port.name == name);
    let port = port.expect("an input of this name");
    if let Some(codec) = port.facts.codec {
        assert_eq!(codec.port(), port.port, "{name}");
    }
    known(port.facts)
}

fn outputs(node: &NodeRef) -> Vec<(bool, bool)> {
    let signature = node.signature();
    for port in &signature.outputs {
        if let Some(codec) = port.facts.codec {
            assert_eq!(codec.port(), port.port, "{}", port.name);
        }
    }
    signature
        .outputs
        .iter()
        .map(|port| known(port.facts))
        .collect()
}

#[node]
fn of_all_kinds(
    text: &str,
    path: &Path,
    numbers: &[f64],
    number: f64,
    lists: Vec<Vec<String>>,
    map: &BTreeMap<u8, Option<f64>>,
    whole: &Whole,
    shown: OnlyShown,
    written: &OnlyWritten,
    opaque: Opaque,
) -> Whole {
    let _ = (text, path, numbers, lists, map, shown, written.x, opaque);
    Whole {
        x: number + whole.x,
    }
}

#[test]
fn inputs_know_what_their_types_can_do() {
    let node = of_all_kinds::node();
    for name in ["text", "path", "numbers", "number", "lists", "map", "whole"] {
        assert_eq!(input(&node, name), (true, true), "{name}");
    }
    assert_eq!(input(&node, "shown"), (false, true));
    assert_eq!(input(&node, "written"), (false, false));
    assert_eq!(input(&node, "opaque"), (false, false));
    let ports = &node.signature().inputs;
    let port = |at: usize| ports[at].facts.codec.map(Codec::port);
    assert_eq!(port(0), Some(PortType::of::<String>()));
    assert_eq!(port(1), Some(PortType::of::<PathBuf>()));
    assert_eq!(port(2), Some(PortType::of::<Vec<f64>>()));
    assert_eq!(outputs(&node), [(true, true)]);
}

#[test]
fn facts_are_put_to_work() {
    let node = of_all_kinds::node();
    let PortFacts { codec, show, .. } = node.signature().outputs[0].facts;
    let arg = Arg::dense(Column::from_vec(vec![Whole { x: 1.0 }, Whole { x: 2.5 }]));
    assert_eq!(show.expect("shown").row(&arg, 1), "Whole { x: 2.5 }");
    let codec = codec.expect("known");
    let mut bytes = Vec::new();
    codec.encode(&arg, 2, &mut bytes).expect("encodes");
    let back = codec.decode(&bytes, 2).expect("decodes");
    assert_eq!(back.as_slice::<Whole>(), arg.column.as_slice::<Whole>());
}

#[node(outputs = ("a", "b", "c"))]
fn three(x: f64) -> (f64, Opaque, Result<Whole, String>) {
    (x, Opaque, Ok(Whole { x }))
}

#[node(outputs = ("a", "b"))]
fn fallible_pair(x: f64) -> Result<(OnlyShown, Vec<u8>), std::io::Error> {
    Ok((OnlyShown(1), vec![u8::from(x > 0.0); 2]))
}

#[node]
fn fallible_one(x: f64) -> Result<Option<Whole>, std::io::Error> {
    Ok(Some(Whole { x }))
}

#[node(init = || 0_u64)]
fn with_state(#[state] seen: &mut u64, x: f64) -> u64 {
    *seen += 1;
    *seen + u64::from(x > 0.0)
}

#[node]
fn consumed(opaque: Opaque) -> Option<()> {
    let Opaque = opaque;
    None
}

#[test]
fn outputs_know_what_their_types_can_do() {
    assert_eq!(
        outputs(&three::node()),
        [(true, true), (false, false), (true, true)]
    );
    assert_eq!(
        outputs(&fallible_pair::node()),
        [(false, true), (true, true)]
    );
    assert_eq!(outputs(&fallible_one::node()), [(true, true)]);
    assert_eq!(outputs(&with_state::node()), [(true, true)]);
    assert_eq!(outputs(&consumed::node()), [(true, true)]);
}

#[cfg(feature = "async")]
#[node(outputs = ("a", "b"))]
async fn awaited(x: f64) -> Result<(Whole, Opaque), std::io::Error> {
    Ok((Whole { x }, Opaque))
}

#[cfg(feature = "async")]
#[test]
fn async_functions_know_it_too() {
    assert_eq!(outputs(&awaited::node()), [(true, true), (false, false)]);
    assert_eq!(input(&awaited::node(), "x"), (true, true));
}

#[node(outputs = ("a", "b", "c"))]
fn borrowed(x: f64) -> (&'static str, Vec<&'static str>, Cow<'static, str>) {
    let _ = x;
    ("a", vec!["b"], Cow::Borrowed("c"))
}

#[test]
fn what_is_borrowed_cannot_be_read_back() {
    assert_eq!(outputs(&borrowed::node()), [(false, true); 3]);
    let closure = node_fn!("y", |x: Vec<&'static str>| x.len());
    assert_eq!(input(&closure, "x"), (false, true));
    assert_eq!(
        outputs(&node_fn!("y", cache, |x: bool| if x { "a" } else { "b" })),
        [(false, true)]
    );
    // Without a written type nobody can tell whether it is borrowed.
    assert_eq!(
        outputs(&node_fn!("y", |x: bool| vec![("a", x)])),
        [(false, true)]
    );
    assert_eq!(outputs(&node_fn!("y", |x: f64| x)), [(false, true)]);
    assert_eq!(
        outputs(&node_fn!("y", |x: f64| -> f64 { x })),
        [(true, true)]
    );
    assert_eq!(outputs(&node_fn!("y", cache, |x: f64| x)), [(true, true)]);
    let pair = node_fn!("y", outputs = ("a", "b"), cache, |x: f64| (x, Opaque));
    assert_eq!(outputs(&pair), [(true, true), (false, false)]);
}

#[node]
fn scaled(x: f64) -> Whole {
    Whole { x: x * 2.0 }
}

#[node]
fn hidden(scaled: &Whole) -> Opaque {
    let _ = scaled;
    Opaque
}

pipeline! {
    fn both(x: f64) -> (scaled: Whole, hidden: Opaque) { scaled, hidden }
}

#[test]
fn pipelines_know_what_their_nodes_do() -> Result<(), Box<dyn std::error::Error>> {
    assert_eq!(outputs(&both::node()), [(true, true), (false, false)]);
    let dynamic = both::pipeline()?;
    let inner = hypernodes::IntoNode::into_node(dynamic.as_node());
    assert_eq!(input(&inner, "x"), (true, true));
    let sorted = |node: &NodeRef| {
        let mut known = outputs(node);
        known.sort_unstable();
        known
    };
    assert_eq!(sorted(&inner), [(false, false), (true, true)]);
    let mapped = hypernodes::IntoNode::into_node(dynamic.as_node().map_over(["x"]));
    assert_eq!(
        mapped.signature().inputs[0].port,
        PortType::of::<Vec<f64>>()
    );
    assert_eq!(input(&mapped, "x"), (true, true));
    assert_eq!(sorted(&mapped), [(false, false), (true, true)]);
    Ok(())
}
