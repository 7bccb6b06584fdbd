//! The facade as a user sees it: every example, on every engine; async nodes; one table of wiring errors.

extern crate hypernodes;

mod asynchronous;
mod examples;
mod upstream;
mod wiring_errors;
