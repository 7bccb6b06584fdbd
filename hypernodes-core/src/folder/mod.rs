//! The run folder: what a map has finished, on disk, so that a run that was ended at any moment can go on.
//!
//! It stores and reads. What is computed, and when a piece is written, belongs to `run`. The files and their bytes are
//! described in the `README.md` beside this file.

mod coverage;
mod differences;
mod error;
mod files;
mod frame;
mod handle;
mod log;
mod manifest;
mod piece;
mod scan;
mod state;
#[cfg(test)]
mod tests;

pub use error::FolderError;
pub use handle::{RunFolder, find_runs};
pub use manifest::{Manifest, Part, PartKind, StoredOutput, read_manifest};
pub use piece::{Piece, PieceInfo};
pub use state::{RunPhase, RunState, RunStatus, read_status};
