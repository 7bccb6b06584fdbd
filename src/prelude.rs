//! The names that nearly every program needs: `use hypernodes::prelude::*;`.

pub use hypernodes_core::prelude::*;
#[cfg(feature = "threaded")]
pub use hypernodes_engines::Threaded;
