//! Results, several outputs, errors and panics.

use hypernodes::prelude::*;
use hypernodes::{Error, RunError};

#[node(outputs = ("q", "r"))]
fn div(a: i64, b: i64) -> (i64, i64) {
    (a / b, a % b)
}

#[node(outputs = ["q", "r"])]
fn checked_div(a: i64, b: i64) -> Result<(i64, i64), &'static str> {
    if b == 0 {
        Err("division by zero")
    } else {
        Ok((a / b, a % b))
    }
}

type Parsed = Result<f64, std::num::ParseFloatError>;

#[node(fallible)]
fn alias(text: &str) -> Parsed {
    text.parse()
}

#[node]
fn boxed(text: &str) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    Ok(text.parse()?)
}

#[node]
fn io(path: &str) -> std::io::Result<u64> {
    std::fs::metadata(path).map(|metadata| metadata.len())
}

type Parts = (u8, String, f64);

#[node(outputs = ("a", "b", "c"))]
fn parts(x: u8) -> Parts {
    (x, x.to_string(), f64::from(x))
}

/// Named like a result, and none.
#[derive(Clone, Debug, PartialEq)]
struct BacktestResult(f64);

#[node]
fn result_by_name(x: f64) -> BacktestResult {
    BacktestResult(x)
}

#[node(output = "pair")]
fn one_tuple(x: f64) -> (f64, f64) {
    (x, -x)
}

#[node(outputs = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"))]
fn twelve(x: u8) -> (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8) {
    (x, x, x, x, x, x, x, x, x, x, x, x)
}

#[test]
fn several_outputs_are_the_values_of_a_tuple() -> Result<(), Error> {
    let out = Pipeline::new("p", nodes![div])?.run(inputs! { a: 7_i64, b: 2_i64 })?;
    assert_eq!((*out.get::<i64>("q")?, *out.get::<i64>("r")?), (3, 1));
    let out = Pipeline::new("p", nodes![parts])?.run(inputs! { x: 7_u8 })?;
    assert_eq!(
        (
            *out.get::<u8>("a")?,
            &**out.get::<String>("b")?,
            *out.get::<f64>("c")?
        ),
        (7, "7", 7.0)
    );
    let out = Pipeline::new("p", nodes![one_tuple])?.run(inputs! { x: 7.0 })?;
    assert_eq!(*out.get::<(f64, f64)>("pair")?, (7.0, -7.0));
    let out = Pipeline::new("p", nodes![twelve])?.run(inputs! { x: 7_u8 })?;
    assert_eq!((out.names().count(), *out.get::<u8>("l")?), (12, 7));
    Ok(())
}

#[test]
fn a_type_that_only_ends_in_result_is_a_value() -> Result<(), Error> {
    let out = Pipeline::new("p", nodes![result_by_name])?.run(inputs! { x: 1.0 })?;
    assert_eq!(
        *out.get::<BacktestResult>("result_by_name")?,
        BacktestResult(1.0)
    );
    Ok(())
}

fn error_of(nodes: Vec<hypernodes::NodeRef>, inputs: Inputs) -> String {
    let error = Pipeline::new("p", nodes)
        .expect("it builds")
        .run(inputs)
        .expect_err("the node fails");
    let source = std::error::Error::source(&error)
        .map(|source| format!(": {source}"))
        .unwrap_or_default();
    format!("{error}{source}")
}

#[test]
fn errors_of_every_kind_name_the_node() {
    let zero = || inputs! { a: 7_i64, b: 0_i64 };
    assert_eq!(
        error_of(nodes![checked_div], zero()),
        "node `checked_div` failed: division by zero"
    );
    assert_eq!(
        error_of(nodes![alias], inputs! { text: "x" }),
        "node `alias` failed: invalid float literal"
    );
    assert_eq!(
        error_of(nodes![boxed], inputs! { text: "x" }),
        "node `boxed` failed: invalid float literal"
    );
    assert!(
        error_of(nodes![io], inputs! { path: "/no/such/file" })
            .starts_with("node `io` failed: No such file")
    );
    assert_eq!(
        error_of(nodes![div], zero()),
        "node `div` panicked: attempt to divide by zero"
    );
}

#[test]
fn the_error_of_a_node_can_be_read() {
    let error = Pipeline::new("p", nodes![alias])
        .expect("it builds")
        .run(inputs! { text: "x" })
        .expect_err("it fails");
    let Error::Run(RunError::Node { source, .. }) = error else {
        panic!("a node failed")
    };
    assert!(source.downcast_ref::<std::num::ParseFloatError>().is_some());
}
