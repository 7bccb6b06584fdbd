//! Everything about a pipeline that is decided by names, and by who takes a value rather than reads it: who produces
//! which value, in which order the nodes run, what must come from outside, and what is wrong with it.
//!
//! The macro `pipeline!` asks at compile time and the builder `Pipeline::new` at run time, so both give the same
//! order and the same errors in the same words. Types, defaults and how a node is called do not belong here.
//!
//! ```
//! use hypernodes_wiring::{InputShape, Interface, NodeShape, Source, wire};
//!
//! let nodes = [
//!     NodeShape::new("count", [InputShape::required("words"), InputShape::optional("min_len")], ["count"]),
//!     NodeShape::new("split", [InputShape::required("text")], ["words"]),
//! ];
//! let wiring = wire(&nodes, &Interface::open()).expect("the names fit");
//!
//! assert_eq!(wiring.order, [1, 0]);                                          // split runs first
//! assert_eq!(wiring.sources[0][0], Source::Node { node: 1, output: 0 });     // words come from split
//! let inputs: Vec<_> = wiring.inputs.iter().map(|i| (i.name.as_str(), i.optional)).collect();
//! assert_eq!(inputs, [("min_len", true), ("text", false)]);
//! ```
//!
//! | file | job |
//! |---|---|
//! | `shape.rs` | what goes in: [`NodeShape`], [`InputShape`], [`Interface`] |
//! | `wiring.rs` | [`wire`] and what comes out: [`Wiring`] |
//! | `table.rs` | names looked up and checked |
//! | `edges.rs`, `cycle.rs` | the graph between nodes, its stable order, its cycles |
//! | `problem.rs`, `warning.rs` | [`WiringProblem`], [`WiringWarning`] and their words |
//! | `suggest.rs`, `name.rs` | "did you mean", and what counts as a name |
#![forbid(unsafe_code)]

mod cycle;
mod edges;
mod name;
mod problem;
mod shape;
mod suggest;
mod table;
#[cfg(test)]
mod tests;
mod warning;
mod wiring;

pub use name::{NameFault, NameUse, is_value_name};
pub use problem::{CycleStep, Names, WiringProblem};
pub use shape::{InputShape, Interface, NodeShape, Using};
pub use suggest::suggest;
pub use warning::WiringWarning;
pub use wiring::{ExternalInput, InputPort, OutputPort, Source, Wiring, wire};
