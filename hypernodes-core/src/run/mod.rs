//! Running a plan: one chunk ([`ChunkRun`]), the steps of one run ([`Steps`]), and all chunks of a map ([`Feed`]).
//!
//! Policies, order and results live here, once, for every engine. Which thread does what does not belong here.

mod chunk;
mod context;
mod feed;
mod pace;
mod source;
mod steps;

pub use chunk::ChunkRun;
pub use context::RunContext;
pub use feed::{Chunk, Feed, Outcome};
pub(crate) use feed::{Finished, Taken};
pub(crate) use source::{Axis, NestedArg, NestedRows, Source};
pub use steps::Steps;
