//! The engines of hypernodes: what runs plans.
//!
//! ```standalone_crate
//! # extern crate hypernodes_core as hypernodes;
//! use hypernodes::prelude::*;
//! use hypernodes_engines::Threaded;
//! #[node(output = "length")]
//! fn measure(doc: &str) -> usize { doc.len() }
//!
//! let p = Pipeline::new("lengths", nodes![measure])?;
//! let docs = ["plain", "functions", "wired by name"];
//! let here = p.map(inputs! { doc: docs }, MapOver::zip(["doc"]))?;
//! let there = p.with_engine(Threaded::new().workers(2)).map(inputs! { doc: docs }, MapOver::zip(["doc"]))?;
//! assert_eq!(here.column::<usize>("length")?, there.column::<usize>("length")?);
//! # Ok::<(), hypernodes::Error>(())
//! ```
//!
//! | item | what it is | feature |
//! |---|---|---|
//! | [`Sequential`] | everything in order on the calling thread: the oracle | |
#![cfg_attr(
    feature = "threaded",
    doc = "| [`Threaded`] | threads of its own | `threaded` |"
)]
#![cfg_attr(
    feature = "process",
    doc = "| [`Process`], [`process`] | worker processes of the same program | `process` |"
)]
//! | [`EngineConfig`] | which engine, with settings that can be read from a file | |
//! | [`Explanation`] | how a map would be cut up, as text | |
//! | [`Comparison`](compare::Comparison) | engines side by side on one pipeline, and which to take | |
#![cfg_attr(
    feature = "conformance",
    doc = "| [`engine_conformance!`] | tests that every engine passes | `conformance` |"
)]
//!
//! Results, their order, failures and the size of chunks are the same on every engine, because `hypernodes-core` keeps
//! them; here it is decided only which thread does what.
#![deny(unsafe_code)]

#[cfg(feature = "conformance")]
extern crate hypernodes_core as hypernodes;

mod clock;
pub mod compare;
mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod explain;
#[cfg(feature = "process")]
pub mod process;
mod sequential;
#[cfg(feature = "threaded")]
mod threaded;

pub use config::{EngineConfig, EngineInfo, ProcessConfig, SequentialConfig, ThreadedConfig};
pub use explain::Explanation;
#[cfg(feature = "process")]
pub use process::Process;
pub use sequential::Sequential;
#[cfg(feature = "threaded")]
pub use threaded::Threaded;

/// For code that macros write; no part of the interface.
#[doc(hidden)]
#[cfg(hypernodes_process)]
pub mod __private {
    pub use linkme;
}
