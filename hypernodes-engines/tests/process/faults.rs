//! Workers that die, and what it costs.

use std::time::Duration;

use hypernodes::prelude::*;

use crate::basics::engine;
use crate::nodes::{Poison, bitter};

fn expected(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Maps over so many items with one poisonous, and gives what is told of it.
fn poisoned(items: u64, item: u64, poison: Poison) -> String {
    let p = Pipeline::new("p", nodes![bitter]).unwrap();
    let mut p = p.with_engine(engine(2)).on_error(ErrorPolicy::Collect);
    match poison {
        Poison::Memory => p = p.with_engine(engine(2).worker_memory(256 << 20)),
        Poison::Hang => p = p.with_item_timeout(Duration::from_secs(2)),
        _ => {}
    }
    let xs: Vec<u64> = (0..items).collect();
    let runs = p
        .map(inputs! { x: xs, poisons: vec![(item, poison)] }, ["x"])
        .unwrap();
    let mut told = String::new();
    for (x, result) in (0..).zip(runs.results::<u64>("y").unwrap()) {
        match result {
            Ok(y) => assert_eq!(*y, expected(x)),
            Err(failure) => {
                assert_eq!(x, item);
                told = failure.to_string();
            }
        }
    }
    told
}

#[test]
fn a_segfault_costs_its_item() {
    let told = poisoned(1000, 17, Poison::Segfault);
    assert_eq!(
        told,
        "killed by SIGSEGV while running node `bitter` on item 17"
    );
}

#[test]
fn an_abort_costs_its_item() {
    let told = poisoned(1000, 17, Poison::Abort);
    assert_eq!(
        told,
        "killed by SIGABRT while running node `bitter` on item 17"
    );
}

#[test]
fn a_stack_overflow_costs_its_item() {
    let told = poisoned(1000, 999, Poison::Overflow);
    assert!(
        told.starts_with("overflowed its stack while running node `bitter` on item 999"),
        "{told}"
    );
}

#[test]
fn an_exit_costs_its_item() {
    let told = poisoned(1000, 0, Poison::Exit);
    assert_eq!(
        told,
        "exited with code 3 while running node `bitter` on item 0"
    );
}

#[test]
fn too_much_memory_costs_its_item() {
    let told = poisoned(100, 50, Poison::Memory);
    assert!(
        told.starts_with(
            "ran out of memory (limit 256 MiB) while running node `bitter` on item 50"
        ),
        "{told}"
    );
}

#[test]
fn a_hang_costs_its_item() {
    let told = poisoned(100, 50, Poison::Hang);
    assert_eq!(
        told,
        "node `bitter` timed out on item 50: it took longer than 2s"
    );
}

#[test]
fn garbage_costs_its_item() {
    let told = poisoned(1000, 500, Poison::Garbage);
    assert_eq!(
        told,
        "sent a damaged frame (bytes that are no frame) while running node `bitter` on item 500"
    );
    let told = poisoned(100, 50, Poison::HalfFrame);
    assert!(
        told.starts_with("sent a damaged frame (") && told.contains("item 50"),
        "{told}"
    );
}

#[test]
fn a_closed_pipe_costs_its_item() {
    let told = poisoned(1000, 500, Poison::Close);
    assert!(
        told.starts_with("closed its pipe while running node `bitter` on item 500"),
        "{told}"
    );
}

#[test]
fn a_kill_costs_its_item() {
    let told = poisoned(1000, 500, Poison::Kill);
    assert_eq!(
        told,
        "killed by SIGKILL while running node `bitter` on item 500"
    );
}
