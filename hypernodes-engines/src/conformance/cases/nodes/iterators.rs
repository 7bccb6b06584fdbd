//! Nodes of maps over iterators.

use std::sync::Arc;

use hypernodes_core::node;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::is_bad;

/// A value of which one sees whether it is still there. What comes out in another process is another one.
#[derive(Debug)]
pub(crate) struct Held(pub(crate) Arc<()>);

impl Serialize for Held {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        ().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <()>::deserialize(from).map(|()| Self(Arc::default()))
    }
}

#[node(output = "a")]
pub(crate) fn scaled(x: f64, k: f64) -> f64 {
    x * k
}

#[node(output = "y")]
pub(crate) fn sine(a: f64) -> f64 {
    a.sin()
}

#[node(output = "y")]
pub(crate) fn next(x: u64, bound: &Held) -> u64 {
    // One at least: it is there while a node looks at it.
    x + Arc::strong_count(&bound.0).min(1) as u64
}

#[node(output = "z")]
pub(crate) fn holds(x: u64, given: &Held) -> u64 {
    x + Arc::strong_count(&given.0).min(1) as u64
}

#[node]
pub(crate) fn checked(x: f64) -> Result<f64, String> {
    if is_bad(x.to_bits(), 300) {
        Err(format!("bad {x}"))
    } else {
        Ok(x)
    }
}

#[node(output = "y")]
pub(crate) fn doubled(checked: f64) -> f64 {
    checked * 2.0
}
