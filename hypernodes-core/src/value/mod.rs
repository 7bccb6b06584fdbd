//! Values and columns, with their types erased.
//!
//! Data and rows are apart: an argument ([`Arg`]) is a shared [`Column`] plus a view of its [`Rows`]. Failures, nested
//! maps and products are views, never holes or copies.

mod arg;
mod blob;
mod codec;
mod column;
mod digest;
mod facts;
mod pack;
mod port;
mod rows;

pub use arg::{Arg, Lane, Values};
pub use blob::{Blob, Blobs, ColumnBytes};
pub use codec::{Codec, CodecError};
pub(crate) use column::WeakColumn;
pub use column::{Accumulator, Column, Drain};
pub(crate) use digest::key_of;
pub use facts::{PortFacts, Show};
pub use pack::{Packed, PackedProblem};
pub(crate) use port::Group;
pub use port::{PortType, PortValue};
pub(crate) use rows::index;
pub use rows::{Path, Rows};
