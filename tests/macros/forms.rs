//! Ways to take and to give values.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hypernodes::prelude::*;
use hypernodes::{NodeRef, PortType, PortValue};

/// Runs one node as a pipeline and reads its one output.
fn output_of<T: PortValue + Clone>(node: NodeRef, inputs: Inputs) -> T {
    let name = node.signature().outputs[0].name.clone();
    let pipeline = Pipeline::new("one", vec![node]).expect("one node is a pipeline");
    let mut outputs = pipeline.run(inputs).expect("the node runs");
    outputs.take(&name).expect("the output is there")
}

#[node]
fn of_str(text: &str) -> usize {
    text.len()
}

#[node]
fn of_slice(values: &[f64]) -> f64 {
    values.iter().sum()
}

#[node]
fn of_path(path: &Path) -> PathBuf {
    path.join("leaf")
}

#[node]
fn of_map(prices: &BTreeMap<String, f64>) -> Vec<String> {
    prices.keys().cloned().collect()
}

/// Cannot be cloned, and need not be.
#[derive(Debug, PartialEq)]
struct Once(String);

#[node]
fn of_once_by_reference(once: &Once) -> usize {
    once.0.len()
}

#[node]
fn of_once_by_value(once: Once) -> String {
    once.0
}

#[node]
fn of_copies(a: f64, b: u8, c: char, d: bool) -> String {
    format!("{a} {b} {c} {d}")
}

#[node]
fn of_mutable_binding(mut values: Vec<u8>) -> Vec<u8> {
    values.push(3);
    values
}

#[node]
fn of_option(limit: Option<usize>) -> usize {
    limit.unwrap_or(7)
}

#[node]
fn of_tuple_and_array(pair: (f64, String), triple: &[u8; 3]) -> String {
    format!("{}{}{}", pair.0, pair.1, triple.len())
}

#[node]
fn of_arc_and_static(shared: &Arc<[f64]>, label: &&'static str) -> String {
    format!("{label}{}", shared.len())
}

#[node]
fn of_function(
    apply: &Arc<dyn Fn(&str) -> usize + Send + Sync>,
    plain: fn(&str) -> usize,
    text: &str,
) -> usize {
    apply(text) + plain(text)
}

#[node]
fn of_nothing() -> u8 {
    7
}

#[node]
fn gives_nothing(x: f64) {
    assert!(x > 0.0);
}

#[node]
const fn of_const(x: u64) -> u64 {
    x + 1
}

#[test]
fn references_and_values_arrive() {
    assert_eq!(
        output_of::<usize>(of_str::node(), inputs! { text: "four" }),
        4
    );
    assert_eq!(
        output_of::<f64>(of_slice::node(), inputs! { values: vec![1.5, 2.5] }),
        4.0
    );
    assert_eq!(
        output_of::<PathBuf>(
            of_path::node(),
            inputs! { path: Path::new("a").to_path_buf() }
        ),
        Path::new("a/leaf")
    );
    let prices = BTreeMap::from([("x".to_owned(), 1.0)]);
    assert_eq!(
        output_of::<Vec<String>>(of_map::node(), inputs! { prices: prices }),
        ["x"]
    );
    assert_eq!(
        output_of::<usize>(
            of_once_by_reference::node(),
            inputs! { once: Once("ab".to_owned()) }
        ),
        2
    );
    assert_eq!(
        output_of::<String>(
            of_once_by_value::node(),
            inputs! { once: Once("ab".to_owned()) }
        ),
        "ab"
    );
    assert_eq!(
        output_of::<String>(
            of_copies::node(),
            inputs! { a: 1.5, b: 2_u8, c: 'c', d: true }
        ),
        "1.5 2 c true"
    );
    assert_eq!(
        output_of::<Vec<u8>>(
            of_mutable_binding::node(),
            inputs! { values: vec![1_u8, 2] }
        ),
        [1, 2, 3]
    );
    assert_eq!(
        output_of::<usize>(of_option::node(), inputs! { limit: None::<usize> }),
        7
    );
    let pair = (1.5, "x".to_owned());
    assert_eq!(
        output_of::<String>(
            of_tuple_and_array::node(),
            inputs! { pair: pair, triple: [1_u8, 2, 3] }
        ),
        "1.5x3"
    );
    let shared: Arc<[f64]> = Arc::from([1.0, 2.0]);
    let inputs = Inputs::new().with("shared", shared).with("label", "n");
    assert_eq!(output_of::<String>(of_arc_and_static::node(), inputs), "n2");
    let apply: Arc<dyn Fn(&str) -> usize + Send + Sync> = Arc::new(str::len);
    let inputs = Inputs::new()
        .with("apply", apply)
        .with("plain", (|text| text.len() * 10) as fn(&str) -> usize);
    assert_eq!(
        output_of::<usize>(of_function::node(), inputs.with("text", "ab".to_owned())),
        22
    );
    assert_eq!(output_of::<u8>(of_nothing::node(), inputs! {}), 7);
    output_of::<()>(gives_nothing::node(), inputs! { x: 1.0 });
    assert_eq!(output_of::<u64>(of_const::node(), inputs! { x: 1_u64 }), 2);
}

#[test]
fn functions_stay_functions() {
    assert_eq!(
        (of_str("abc"), of_slice(&[1.0]), of_nothing(), of_const(1)),
        (3, 1.0, 7, 2)
    );
    const AT_COMPILE_TIME: u64 = of_const(4);
    assert_eq!(AT_COMPILE_TIME, 5);
    let as_pointer: fn(&str) -> usize = of_str;
    assert_eq!(["a", "bc"].map(as_pointer), [1, 2]);
}

#[test]
fn port_types_are_those_of_the_parameters() {
    let types = |node: NodeRef| -> Vec<String> {
        node.signature()
            .inputs
            .iter()
            .map(|input| input.port.to_string())
            .collect()
    };
    assert_eq!(types(of_str::node()), ["String"]);
    assert_eq!(types(of_slice::node()), ["Vec<f64>"]);
    assert_eq!(types(of_path::node()), ["PathBuf"]);
    assert_eq!(types(of_option::node()), ["Option<usize>"]);
    assert_eq!(
        of_path::node().signature().outputs[0].port,
        PortType::of::<PathBuf>()
    );
}

/// Takes the first word.
///
/// Words are split at spaces, "quotes" and \ are kept.
#[doc = concat!("Number ", "one.")]
#[node(output = "word", version = 3, workload = "io")]
fn documented(text: &str) -> String {
    text.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn docs_and_options_are_kept() {
    let node = documented::node();
    let signature = node.signature();
    assert_eq!(signature.name, "documented");
    assert_eq!(
        signature.doc,
        "Takes the first word.\n\nWords are split at spaces, \"quotes\" and \\ are kept.\nNumber one."
    );
    assert_eq!(signature.outputs[0].name, "word");
    let options = &signature.options;
    assert_eq!((options.version, options.workload), (3, Some(Workload::Io)));
    assert!(
        options.path.ends_with("forms::documented"),
        "{}",
        options.path
    );
    assert!(!options.is_async && options.concurrency.is_none());
    assert_ne!(options.tokens, of_str::node().signature().options.tokens);
}

mod twice {
    use hypernodes::node;

    #[node(output = "word", version = 3, workload = "io")]
    pub(super) fn documented(text: &str) -> String {
        text.split(' ')
            .next() // the same tokens, laid out otherwise
            .unwrap_or_default()
            .to_owned()
    }
}

#[test]
fn the_hash_is_that_of_the_tokens() {
    let (one, other) = (documented::node(), twice::documented::node());
    assert_eq!(
        one.signature().options.tokens,
        other.signature().options.tokens
    );
    assert_ne!(one.signature().options.path, other.signature().options.path);
    assert_eq!(documented("a b"), twice::documented("a b"));
}

macro_rules! scaled {
    ($($name:ident = $factor:literal of $ty:ty),+) => {$(
        #[node]
        fn $name(x: $ty) -> f64 {
            f64::from(*x) * $factor
        }
    )+};
}

scaled!(double = 2.0 of &f32, triple = 3.0 of &f32);

macro_rules! named {
    ($name:ident, $output:literal, $default:expr, $doc:expr) => {
        #[doc = $doc]
        #[node(output = $output)]
        fn $name(#[default($default)] x: f64) -> f64 {
            x + 1.0
        }
    };
}

named!(plus_one, "more", 4.0, "Adds one.");

#[test]
fn nodes_can_come_from_macro_rules() {
    assert_eq!(
        output_of::<f64>(double::node(), inputs! { x: 2.0_f32 }),
        4.0
    );
    assert_eq!(
        output_of::<f64>(triple::node(), inputs! { x: 2.0_f32 }),
        6.0
    );
    assert_eq!(output_of::<f64>(plus_one::node(), inputs! {}), 5.0);
    let node = plus_one::node();
    assert_eq!(
        (node.signature().doc, &*node.signature().outputs[0].name),
        ("Adds one.", "more")
    );
}

#[test]
fn nodes_list_paths_and_expressions() {
    let variable = of_const::node()
        .named("variable")
        .rename_output("of_const", "other");
    let list = nodes![
        of_str,
        twice::documented,
        of_slice::node().named("sum"),
        { variable },
        node_fn!("closure", |x: u64| x),
    ];
    let names: Vec<&str> = list.iter().map(|node| &*node.signature().name).collect();
    assert_eq!(
        names,
        ["of_str", "documented", "sum", "variable", "closure"]
    );
    assert!(nodes![].is_empty());
}

fn debug<T: Debug>(value: T) -> String {
    format!("{value:?}")
}

#[test]
fn a_node_can_be_printed() {
    assert!(debug(of_str::node()).contains("of_str"));
}
