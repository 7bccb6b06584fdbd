//! What leaves the process, as bytes, and how it comes back. Processes, sockets and files do not belong here.

mod parcel;

pub use crate::value::{Blob, Blobs, ColumnBytes};
pub use parcel::Parcel;
