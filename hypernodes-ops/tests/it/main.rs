//! Tests of the public interface.

extern crate hypernodes_core as hypernodes;

mod browser;
mod dashboard;
mod fake;
mod http;
mod pipelines;
mod prometheus;
mod recorder;
mod webdriver;
