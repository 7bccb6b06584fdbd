//! The oracle lives in the core, so that every pipeline can run without this crate.

pub use hypernodes_core::Sequential;
