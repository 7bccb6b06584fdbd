//! Runs that leave the process: plans, chunks and what became of them as bytes, and back.
//!
//! An engine whose workers are other processes sends what it is given here, and hands on what comes. There are no
//! processes, sockets or files in here: a parcel is a head of a few bytes and blobs, wherever those lie.
//!
//! ```text
//! parent                                         worker
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
pub(crate) mod known;
pub(crate) mod link;
pub(crate) mod outcome;
mod parcel;
mod plan;
pub(crate) mod terms;
pub(crate) mod wire;
mod worker;

pub use crate::value::{Blob, Blobs, ColumnBytes};
pub use error::RemoteError;
pub use known::Known;
pub use link::WorkerLink;
pub use parcel::Parcel;
pub use plan::WorkerPlan;
pub use worker::{Arrived, WorkerRun};

pub use crate::run::{Sent, Unpackable};
