//! Running a plan: one chunk ([`ChunkRun`]), the steps of one run ([`Steps`]), and all chunks of a map ([`Feed`]).
//!
//! Policies, order and results live here, once, for every engine. Which thread does what does not belong here.

mod checkpoint;
mod chunk;
mod context;
mod current;
mod feed;
mod guarded;
mod keys;
mod memory;
mod pace;
mod progress;
mod scope;
mod slot;
mod snapshot;
mod source;
mod spill;
mod steps;

pub(crate) use checkpoint::{Checkpoint, Next, Restored, short};
pub use chunk::ChunkRun;
pub(crate) use chunk::StepFailure;
pub use context::RunContext;
pub use current::stop_requested;
pub use feed::{Chunk, Feed, Loss, Outcome, Sent, Unpackable};
pub(crate) use feed::{End as ChunkEnd, Finished, Manner, Taken, run_pieces, tell_failure};
pub(crate) use keys::{SharedKeys, node_identity};
pub(crate) use memory::MemoryGuard;
pub(crate) use progress::Track;
pub use progress::{Position, Progress};

pub(crate) use scope::{Policies, ROOT, RunScope, nanoseconds, spoken};
pub(crate) use snapshot::Saved as SavedCall;
pub use snapshot::Snapshot;
pub(crate) use source::{Axis, NestedArg, NestedRows, Source};
pub(crate) use spill::Spill;
pub use steps::Steps;
