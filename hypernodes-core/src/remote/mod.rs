//! Runs that leave the process: plans, chunks and what became of them as bytes, and the registry of nodes that other
//! processes of this program find them in.
//!
//! An engine whose workers are other processes sends what it is given here, and hands on what comes. There are no
//! processes, sockets or files in here: a parcel is a head of a few bytes and blobs, wherever those lie.
//!
//! ```text
//! parent                                         worker
//! plan.image(engine) ------------------------>   WorkerPlan::decode(head, blobs) -> plan
//! feed.terms() ------------------------------>   plan.begin(terms, engine, link) -> run
//! feed.pack(chunk, known) -> (sent, parcel) -->  run.execute(id, head, blobs, progress) -> parcel
//! feed.unpack(&mut sent, head, blobs) <-------
//! feed.put(feed.take_back(sent), outcome)
//! ```
//! While a chunk is under way the worker may ask ([`Feed::answer`](crate::Feed::answer)) and tell
//! ([`Feed::hear`](crate::Feed::hear)) through its [`WorkerLink`].

pub(crate) mod chunk;
mod error;
pub(crate) mod events;
pub(crate) mod failure;
mod known;
pub(crate) mod link;
pub(crate) mod outcome;
mod parcel;
mod plan;
pub(crate) mod registry;
pub(crate) mod terms;
pub(crate) mod wire;
mod worker;

pub use crate::run::{Sent, Unpackable};
pub use crate::value::{Blob, Blobs, ColumnBytes};
pub use error::RemoteError;
pub use known::Known;
pub use link::WorkerLink;
pub use parcel::Parcel;
pub use plan::{PlanImage, WorkerPlan};
pub use registry::{Registered, fingerprint, registered_nodes};
pub use worker::{Arrived, WorkerRun};
