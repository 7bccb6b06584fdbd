//! Values and columns, with their types erased.
//!
//! Data and rows are apart: an argument ([`Arg`]) is a shared [`Column`] plus a view of its [`Rows`]. Failures, nested
//! maps and products are views, never holes or copies.

mod arg;
mod column;
mod port;
mod rows;

pub use arg::{Arg, Lane, Values};
pub use column::{Accumulator, Column, Drain};
pub(crate) use port::Group;
pub use port::{PortType, PortValue};
pub(crate) use rows::index;
pub use rows::{Path, Rows};
