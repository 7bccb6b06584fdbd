//! The engines, from outside.

extern crate hypernodes_core as hypernodes;

mod config;
mod conformance;
mod explain;
mod random;
mod support;
mod threaded;
