//! Nodes and pipelines of many types of ports. No node panics: a panic is what the targets look for.

use std::sync::{Arc, OnceLock};

use hypernodes::prelude::*;
use hypernodes::remote::{PlanImage, WorkerPlan};
use hypernodes::{Event, MemoryCache};
use serde::{Deserialize, Serialize};

#[derive(Debug)]
pub struct Odd(u64, std::num::ParseIntError);

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is odd", self.0)
    }
}

impl std::error::Error for Odd {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.1)
    }
}

#[node(output = "even")]
pub fn halves(x: u64) -> Result<u64, Odd> {
    match (x % 7, "three".parse::<u64>()) {
        (3, Err(error)) => Err(Odd(x, error)),
        _ => Ok(x / 2),
    }
}

#[node]
pub fn shout(even: u64, word: &str) -> String {
    format!("{word}{even}!")
}

#[node]
pub fn length(shout: &str, table: &[f64]) -> f64 {
    let at = shout.len() % table.len().max(1);
    shout.len() as f64 + table.get(at).copied().unwrap_or_default()
}

#[node]
pub fn total(shout: &[String], offset: u64) -> u64 {
    let lengths = shout.iter().map(|text| text.len() as u64);
    lengths.fold(offset, u64::wrapping_add)
}

/// A type that travels as serde writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub side: Option<char>,
    pub legs: Vec<(i16, String)>,
    pub flags: [bool; 2],
    pub note: Option<Box<Order>>,
}

#[node]
pub fn order(legs: Vec<Vec<i32>>, open: bool, side: char) -> Order {
    Order {
        side: open.then_some(side),
        legs: legs
            .iter()
            .map(|leg| (leg.len() as i16, format!("{leg:?}")))
            .collect(),
        flags: [open, !open],
        note: None,
    }
}

#[node(output = "wrapped", cache)]
pub fn wrap(order: &Order, name: Option<String>) -> Order {
    let note = Order {
        legs: vec![(1, name.unwrap_or_default())],
        ..order.clone()
    };
    Order {
        note: Some(Box::new(note)),
        ..order.clone()
    }
}

#[node]
pub fn nothing(wrapped: &Order) -> () {
    let _ = wrapped;
}

/// How many pipelines there are.
pub const COUNT: u8 = 4;

fn build(number: u8) -> Pipeline {
    let inner = || Pipeline::new("inner", nodes![halves, shout]).expect("it fits");
    let mapped = |inner: Pipeline| inner.as_node().map_over(["xs"]).rename_input("x", "xs");
    match number % COUNT {
        0 => Pipeline::new("chain", nodes![halves, shout, length]),
        1 => {
            let inline = inner().as_node().named("inline");
            let inline = inline
                .rename_output("shout", "one")
                .rename_output("even", "half");
            Pipeline::new("outer", nodes![{ mapped(inner()) }, { inline }, total])
        }
        2 => Pipeline::new("orders", nodes![order, wrap, nothing]),
        _ => {
            let bound = inner()
                .bind("word", "bound".to_owned())
                .expect("it is an input");
            Pipeline::new("bound", nodes![{ mapped(bound) }, total])
        }
    }
    .expect("it fits")
}

/// A pipeline, without policies.
#[must_use]
pub fn pipeline(number: u8) -> &'static Pipeline {
    static BUILT: OnceLock<Vec<Pipeline>> = OnceLock::new();
    let built = BUILT.get_or_init(|| (0..COUNT).map(build).collect());
    &built[usize::from(number % COUNT)]
}

/// With policies: each bit of the number is one.
#[must_use]
pub fn with_policies(pipeline: &Pipeline, policies: u8) -> Pipeline {
    let has = |bit: u8| policies & (1 << bit) != 0;
    let mut p = pipeline.on_error(match has(0) {
        true => ErrorPolicy::FailFast,
        false => ErrorPolicy::Collect,
    });
    if has(1) {
        p = p.with_snapshots();
    }
    if has(2) {
        p = p.with_cache(Arc::new(MemoryCache::new(1 << 16)));
    }
    if has(3) {
        p = p.with_listener(|event: &Event| drop(format!("{event:?}")));
    }
    p
}

/// Twelve items for a pipeline, and what they are mapped over.
#[must_use]
pub fn items(number: u8) -> (Inputs, MapOver) {
    let x: Vec<u64> = (0..12).collect();
    let lists: Vec<Vec<u64>> = (0..12).map(|i| (i..i + i % 4).collect()).collect();
    match number % COUNT {
        0 => {
            let table = vec![0.5; 40];
            (
                inputs! { x: x, word: "a", table: table },
                MapOver::zip(["x"]),
            )
        }
        1 => (
            inputs! { xs: lists, x: x, word: "ab", offset: 3_u64 },
            MapOver::zip(["xs", "x"]),
        ),
        2 => {
            let legs: Vec<Vec<Vec<i32>>> = (0..3).map(|i| vec![vec![i; 2], vec![]]).collect();
            let side = vec!['a', 'b'];
            let name = vec![Some("x".to_owned()), None];
            (
                inputs! { legs: legs, open: true, side: side, name: name },
                MapOver::product(["legs", "side", "name"]),
            )
        }
        _ => (
            inputs! { xs: lists, offset: x },
            MapOver::zip(["xs", "offset"]),
        ),
    }
}

/// The image of a pipeline's plan: its head and its blobs.
#[must_use]
pub fn image(number: u8) -> (Vec<u8>, Vec<Vec<u8>>) {
    let image: &Arc<PlanImage> = pipeline(number)
        .plan()
        .image("fuzz")
        .expect("all nodes are registered");
    let blobs = image
        .parcel
        .blobs
        .iter()
        .map(|blob| blob.as_bytes().to_vec());
    (image.parcel.head.clone(), blobs.collect())
}

/// The plan as a worker has it.
#[must_use]
pub fn worker_plan(number: u8) -> &'static WorkerPlan {
    static DECODED: OnceLock<Vec<WorkerPlan>> = OnceLock::new();
    let decoded = DECODED.get_or_init(|| {
        let decoded = (0..COUNT).map(|number| {
            let (head, blobs) = image(number);
            WorkerPlan::decode(&head, &blobs).expect("the same program")
        });
        decoded.collect()
    });
    &decoded[usize::from(number % COUNT)]
}
