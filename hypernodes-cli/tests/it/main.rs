//! The binary, as a user calls it.

mod atc;
mod bad_input;
mod bench;
mod caching;
mod collect;
mod config;
mod data;
mod determinism;
mod follow;
mod indicators;
mod odd_input;
mod options;
mod output;
mod pictures;
mod policies;
mod process;
mod python;
mod random;
mod resume;
mod scan;
mod scan_where;
mod support;
mod watching;
