//! The engines, from outside.

extern crate hypernodes_core as hypernodes;

mod smoke;
