//! Watching and steering runs: jobs, queues, reports, a live page, metrics, progress.
//!
//! Everything here hears the [events](hypernodes_core::Event) of runs or holds their handles; nothing here computes.
//!
//! | module | job |
//! |---|---|
#![forbid(unsafe_code)]

extern crate hypernodes_core as hypernodes;
