//! What the targets share: how an input is cut into the bytes that a decoder gets, and pipelines to decode for.
//!
//! | file | job |
//! |---|---|
//! | `bytes` | inputs, cut into pieces; changes of valid bytes |
//! | `prices` | what is demanded of readers of price files |
//! | `pipelines` | nodes and pipelines of many types of ports |
//! | `remote` | workers and their parent, in this process |
//! | `seeds` | what the corpus begins with |
#![forbid(unsafe_code)]

extern crate hypernodes_core as hypernodes;

pub mod bytes;
pub mod pipelines;
pub mod prices;
pub mod remote;
pub mod seeds;
