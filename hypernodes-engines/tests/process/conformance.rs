//! The suite that every engine passes.

use hypernodes_engines::engine_conformance;

use crate::basics::engine;

engine_conformance!(mod two_workers, crate::conformance::engine(2));
engine_conformance!(mod two_threads, crate::conformance::engine(1).threads_per_worker(2));
