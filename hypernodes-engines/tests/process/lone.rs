//! One node, called once, in a process of its own: what such calls get wrong elsewhere.

use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{Crash, EngineError, Error, RunError};
use hypernodes_engines::process::isolated;

use crate::nodes::{Poison, swallow};

#[node]
pub(crate) fn numbers(count: u64) -> Vec<u64> {
    (0..count).collect()
}

/// Who waits for the end of a child before reading what it says waits for ever: the child waits for its reader.
#[test]
fn a_result_that_fills_every_pipe_is_read_while_the_worker_lives() {
    for count in [100, 131_072, 3_000_000_u64] {
        let out = isolated(numbers::node())
            .run(inputs! { count: count })
            .unwrap();
        let numbers = out.get::<Vec<u64>>("numbers").unwrap();
        assert_eq!(numbers.len() as u64, count);
        assert!((0..).zip(numbers).all(|(i, number)| *number == i));
    }
}

#[node(output = "y")]
pub(crate) fn swallowed(poison: Poison) -> u64 {
    swallow(poison);
    1
}

fn error(poison: Poison) -> RunError {
    let mut call = isolated(swallowed::node()).memory_limit(256 << 20);
    if poison == Poison::Hang {
        call = call.timeout(Duration::from_secs(2));
    }
    match call.run(inputs! { poison: poison }) {
        Err(Error::Run(error)) => error,
        other => panic!("{poison:?}: {other:?}"),
    }
}

/// Nobody waits for ever for the result of a child that was killed.
#[test]
fn a_killed_child_is_a_crash_with_its_signal() {
    let error = error(Poison::Kill);
    assert_eq!(
        error.to_string(),
        "killed by SIGKILL while running node `swallowed`"
    );
    let RunError::Crashed { crash, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(crash, Crash::Killed { signal: 9 });
}

#[test]
fn a_call_that_hangs_is_timed_out() {
    let error = error(Poison::Hang);
    assert!(
        matches!(error, RunError::TimedOut { limit, .. } if limit == Duration::from_secs(2)),
        "{error:?}"
    );
}

#[test]
fn a_call_beyond_its_memory_is_told_so() {
    let told = error(Poison::Memory).to_string();
    assert!(
        told.starts_with("ran out of memory (limit 256 MiB) while running node `swallowed`"),
        "{told}"
    );
}

#[node(output = "root")]
pub(crate) fn root(x: f64) -> Result<f64, std::num::ParseFloatError> {
    if x < 0.0 {
        "negative".parse()
    } else {
        Ok(x.sqrt())
    }
}

/// A node that fails is neither a crash nor late.
#[test]
fn a_call_that_fails_has_failed() {
    let call = isolated(root::node());
    let out = call.run(inputs! { x: 4.0 }).unwrap();
    assert_eq!(*out.get::<f64>("root").unwrap(), 2.0);
    let Err(Error::Run(error)) = call.run(inputs! { x: -1.0 }) else {
        panic!("it does not fail");
    };
    assert!(matches!(error, RunError::Node { .. }), "{error:?}");
}

#[test]
fn a_result_beyond_its_limit_is_refused() {
    let call = isolated(numbers::node()).result_limit(1 << 20);
    assert!(call.run(inputs! { count: 1000_u64 }).is_ok());
    let error = call.run(inputs! { count: 1_000_000_u64 }).unwrap_err();
    let told = error.to_string();
    assert!(told.contains("may have 1 MiB"), "{told}");
}

/// A nested function cannot be started elsewhere: it is named before anything runs.
#[test]
fn a_closure_is_refused_by_name() {
    let k = 2.0;
    let error = isolated(node_fn!("nested", move |x: f64| x * k))
        .run(inputs! { x: 3.0 })
        .unwrap_err();
    assert!(
        matches!(&error, Error::Engine(EngineError::StaysHere { .. })),
        "{error:?}"
    );
    let told = error.to_string();
    assert!(
        told.contains("`nested`") && told.contains("closure"),
        "{told}"
    );
}
