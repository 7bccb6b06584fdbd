//! The engines, from outside.

extern crate hypernodes_core as hypernodes;

mod conformance;
mod smoke;
