//! `node_fn!`.

use std::borrow::Cow;
use std::sync::Arc;

use hypernodes::prelude::*;
use hypernodes::{Error, NodeRef, PortValue};

#[test]
fn closures_capture_by_move() -> Result<(), Error> {
    let table: Arc<Vec<f64>> = Arc::new(vec![0.5, 1.5]);
    let node = node_fn!("looked_up", |at: &usize, scale: f64| -> f64 {
        table[*at] * scale
    });
    let p = Pipeline::new("p", nodes![{ node }])?;
    assert_eq!(
        *p.run(inputs! { at: 1_usize, scale: 2.0 })?
            .get::<f64>("looked_up")?,
        3.0
    );
    Ok(())
}

#[test]
fn the_name_can_be_computed() -> Result<(), Error> {
    let nodes: Vec<NodeRef> = (0..3)
        .map(|i| node_fn!(format!("plus_{i}"), move |x: f64| x + f64::from(i)))
        .collect();
    let out = Pipeline::new("p", nodes)?.run(inputs! { x: 1.0 })?;
    assert_eq!(*out.get::<f64>("plus_2")?, 3.0);
    let name: Cow<'static, str> = Cow::Borrowed("given");
    assert_eq!(node_fn!(name, || 1).signature().outputs[0].name, "given");
    Ok(())
}

#[test]
fn results_are_recognised_with_and_without_a_written_type() {
    let written = node_fn!("y", |x: &str| -> Result<f64, std::num::ParseFloatError> {
        x.parse()
    });
    let inferred = node_fn!("y", |x: &str| x.parse::<f64>());
    for node in [written, inferred] {
        let p = Pipeline::new("p", vec![node]).expect("it builds");
        assert!(p.run(inputs! { x: "1.5" }).is_ok());
        assert_eq!(
            p.run(inputs! { x: "x" })
                .expect_err("no number")
                .to_string(),
            "node `y` failed"
        );
    }
}

#[test]
fn several_outputs_and_options() -> Result<(), Error> {
    let node = node_fn!(
        "div",
        outputs = ("q", "r"),
        version = 2,
        workload = "cpu",
        |a: i64, b: i64| (a / b, a % b)
    );
    assert_eq!(
        (
            node.signature().options.version,
            node.signature().options.workload
        ),
        (2, Some(Workload::Cpu))
    );
    let in_another_order = node_fn!(
        "div",
        workload = "cpu",
        version = 2,
        outputs = ("q", "r"),
        |a: i64, b: i64| (a / b, a % b)
    );
    assert_eq!(
        format!("{:?}", node.signature().options),
        format!("{:?}", in_another_order.signature().options)
    );
    let out = Pipeline::new("p", vec![node])?.run(inputs! { a: 7_i64, b: 2_i64 })?;
    assert_eq!((*out.get::<i64>("q")?, *out.get::<i64>("r")?), (3, 1));
    let node = node_fn!("div", outputs = ("q", "r"), |a: i64| a
        .checked_div(0)
        .map(|q| (q, 0))
        .ok_or("zero"));
    let error = Pipeline::new("p", vec![node])?
        .run(inputs! { a: 7_i64 })
        .expect_err("division by zero");
    assert_eq!(
        std::error::Error::source(&error)
            .map(ToString::to_string)
            .as_deref(),
        Some("zero")
    );
    Ok(())
}

#[test]
fn no_parameters() -> Result<(), Error> {
    let out = Pipeline::new("p", nodes![node_fn!("seven", || 7_u8)])?.run(inputs! {})?;
    assert_eq!(*out.get::<u8>("seven")?, 7);
    Ok(())
}

/// In a generic function a closure may take what the function is generic over.
fn wrapped<T: PortValue + Clone>(name: &'static str) -> NodeRef {
    node_fn!(name, |value: &T| vec![value.clone()])
}

#[test]
fn closures_in_generic_functions() -> Result<(), Error> {
    let out = Pipeline::new("p", nodes![wrapped::<u8>("list")])?.run(inputs! { value: 3_u8 })?;
    assert_eq!(*out.get::<Vec<u8>>("list")?, [3]);
    Ok(())
}
