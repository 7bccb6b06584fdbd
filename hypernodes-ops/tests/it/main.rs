//! Tests of the public interface.

mod browser;
mod dashboard;
mod fake;
mod http;
mod prometheus;
mod recorder;
mod webdriver;
