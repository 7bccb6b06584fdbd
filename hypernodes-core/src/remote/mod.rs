//! What leaves the process: plans and values as bytes, and the registry of nodes that other processes of this program
//! find them in.
//!
//! It knows no processes, sockets or files: an engine moves the bytes.

mod error;
mod parcel;
mod plan;
pub(crate) mod registry;

pub use crate::value::{Blob, Blobs, ColumnBytes};
pub use error::RemoteError;
pub use parcel::Parcel;
pub use plan::{PlanImage, WorkerPlan};
pub use registry::{Registered, fingerprint, registered_nodes};
