//! A program that cannot be its own worker: the engine says so when it is made.
#![cfg(all(target_os = "linux", not(hypernodes_no_process)))]

extern crate hypernodes_core as hypernodes;

use hypernodes::EngineError;
use hypernodes::prelude::*;
use hypernodes_engines::process::isolated;
use hypernodes_engines::{EngineConfig, Process};

const TOLD: &str = "engine `process`: this program cannot start itself as a worker; call `hypernodes::init()` on the \
                    first line of `main`, or in a test crate write `hypernodes::enable_process_tests!();` at its root";

#[node(output = "square")]
fn square(x: u64) -> u64 {
    x * x
}

#[test]
fn an_engine_without_an_entry_is_refused() {
    let error = Process::new().unwrap_err();
    assert!(matches!(error, EngineError::Config { .. }), "{error:?}");
    assert_eq!(error.to_string(), TOLD);
}

#[test]
fn an_engine_from_settings_without_an_entry_is_refused() {
    let error = EngineConfig::named("process").unwrap().build().err();
    assert_eq!(error.unwrap().to_string(), TOLD);
}

#[test]
fn an_isolated_call_without_an_entry_is_refused() {
    let error = isolated(square::node()).run(inputs! { x: 3_u64 });
    assert_eq!(error.unwrap_err().to_string(), TOLD);
}
