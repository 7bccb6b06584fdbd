//! The binary, as a user calls it.

mod atc;
mod bad_input;
mod collect;
mod determinism;
mod odd_input;
mod options;
mod output;
mod pictures;
mod random;
mod scan;
mod support;
