//! The errors of nodes cross as themselves where serde can write them, and as texts where it cannot.

use std::sync::Arc;

use hypernodes::prelude::*;
use hypernodes::{BoxError, Cause, Failure, NodeRef, RunError};
use serde::{Deserialize, Serialize};

use super::loopback::Loopback;
use super::{agree_on_maps, told};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("{x} is refused")]
struct Refused {
    x: u64,
    #[source]
    because: Reason,
}

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("of {0:?}")]
struct Reason(f64);

fn checked(x: u64) -> Result<u64, Refused> {
    let because = Reason(f64::NEG_INFINITY);
    match x % 3 {
        1 => Err(Refused { x, because }),
        _ => Ok(x),
    }
}

#[node]
fn typed(x: u64) -> Result<u64, Refused> {
    checked(x)
}

#[node]
fn shared(x: u64) -> Result<u64, Arc<Refused>> {
    Ok(checked(x)?)
}

type Answer = Result<u64, Refused>;

#[node(fallible)]
fn aliased(x: u64) -> Answer {
    checked(x)
}

#[node]
fn sum(typed: &[u64]) -> u64 {
    typed.iter().sum()
}

/// Written without what it says.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("says {said}")]
struct Forgetful {
    #[serde(skip)]
    said: String,
}

#[node]
fn forgets(x: u64) -> Result<u64, Forgetful> {
    let said = "much".to_owned();
    checked(x).map_err(|_| Forgetful { said })
}

/// It panics when it is written, or when it is read.
#[derive(Debug, thiserror::Error)]
#[error("stubborn")]
struct Stubborn(u64);

impl Serialize for Stubborn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(self.0 != 1, "it is not written");
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Stubborn {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("it is not read")
    }
}

#[node]
fn panics(x: u64) -> Result<u64, Stubborn> {
    checked(x).map_err(|_| Stubborn(x))
}

/// What the errors of a node are, through workers.
fn errors(node: NodeRef, output: &str) -> Vec<BoxError> {
    let p = Pipeline::new("p", vec![node]).unwrap();
    let map = |p: &Pipeline| p.map(inputs! { x: [0_u64, 1, 2, 3, 4] }, ["x"]);
    agree_on_maps(&p, |p| told::<u64>(map(p), output));
    let p = p.with_engine(Loopback::new(Some(2)));
    let mut all = Vec::new();
    for x in [1_u64, 4] {
        match p.run(inputs! { x: x }).unwrap_err() {
            hypernodes::Error::Run(RunError::Node { source, .. }) => all.push(source),
            other => panic!("{other}"),
        }
    }
    let runs = map(&p.on_error(ErrorPolicy::Collect)).unwrap();
    let in_map: Vec<&Failure> = runs.failures().collect();
    assert_eq!(in_map.len(), 2);
    for (failure, error) in in_map.iter().zip(&all) {
        assert_eq!(failure.message(), error.to_string());
    }
    all
}

fn refused(x: u64) -> Refused {
    checked(x).unwrap_err()
}

#[test]
fn an_error_that_serde_knows_is_itself_in_the_parent() {
    for (error, x) in errors(typed::node(), "typed").iter().zip([1, 4]) {
        assert_eq!(error.downcast_ref(), Some(&refused(x)));
        let source = error.source().unwrap();
        assert_eq!(source.downcast_ref(), Some(&refused(x).because));
    }
    for (error, x) in errors(aliased::node(), "aliased").iter().zip([1, 4]) {
        assert_eq!(error.downcast_ref(), Some(&refused(x)));
    }
    for (error, x) in errors(shared::node(), "shared").iter().zip([1, 4]) {
        assert_eq!(error.downcast_ref(), Some(&Arc::new(refused(x))));
    }
}

#[test]
fn an_error_inside_a_nested_map_is_itself_too() {
    let inner = Pipeline::new("inner", nodes![typed]).unwrap();
    let inner = inner.as_node().map_over(["x"]);
    let p = Pipeline::new("p", nodes![{ inner }, sum]).unwrap();
    let p = p
        .with_engine(Loopback::new(None))
        .on_error(ErrorPolicy::Collect);
    let runs = p
        .map(inputs! { x: vec![vec![0_u64], vec![0, 1], vec![4]] }, ["x"])
        .unwrap();
    let found: Vec<Option<&Refused>> = runs
        .failures()
        .map(|failure| match &failure.cause {
            Cause::Error(error) => error.downcast_ref(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found, [Some(&refused(1)), Some(&refused(4))]);
}

#[test]
fn an_error_that_cannot_be_written_or_read_is_a_text() {
    for error in errors(forgets::node(), "forgets") {
        assert_eq!(error.to_string(), "says much");
        assert!(error.downcast_ref::<Forgetful>().is_none());
    }
    for error in errors(panics::node(), "panics") {
        assert_eq!(error.to_string(), "stubborn");
        assert!(error.downcast_ref::<Stubborn>().is_none());
    }
}
