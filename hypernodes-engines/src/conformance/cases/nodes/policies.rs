//! Nodes that policies are about: they fail now and then, take long, or cancel.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use hypernodes_core::node;

use super::super::{is_bad, scramble};
use crate::conformance::note;

/// How often something was called: by run, salt and item.
type Calls = BTreeMap<(u64, u64, u64), u64>;

static CALLS: Mutex<Calls> = Mutex::new(BTreeMap::new());

/// Its items fail their first calls; how many, looks random. An item is tried again in the process that tried it before,
/// and what it counts there belongs to one number `run`.
#[node]
pub(crate) fn flaky(x: u64, run: u64, salt: u64) -> Result<u64, String> {
    let call = {
        let mut calls = CALLS.lock().expect("nobody panics with this lock");
        let call = calls.entry((run, salt, x)).or_default();
        *call += 1;
        *call
    };
    if call <= scramble(x + salt) % 5 {
        Err(format!("call {call} of {x}"))
    } else {
        Ok(x)
    }
}

#[node(output = "c")]
pub(crate) fn doubled(b: u64) -> u64 {
    b * 2
}

#[node]
pub(crate) fn picky(x: u64, k: u64, one_in: u64) -> Result<u64, String> {
    if is_bad(x + k, one_in) {
        Err(format!("one in {one_in} does not like {x}"))
    } else {
        Ok(x)
    }
}

#[node(output = "b")]
pub(crate) fn handed_on(a: u64) -> u64 {
    a
}

#[node(output = "sum")]
pub(crate) fn sum_of_first(first: u64, b: &[u64]) -> u64 {
    first + b.iter().sum::<u64>()
}

/// Waits until this node is told to stop.
fn until_told() {
    for _ in 0..60_000 {
        if hypernodes_core::stop_requested() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("nobody said stop");
}

#[node(output = "a")]
pub(crate) fn slow(x: u64, every: u64, rest: u64) -> u64 {
    if x % every == rest {
        until_told();
    }
    x
}

#[node(output = "b")]
pub(crate) fn next(a: u64) -> u64 {
    a + 1
}

/// Asks by a note that its run is cancelled, and waits for it; other items may fail.
#[node(output = "a")]
pub(crate) fn cancelling(x: u64, at: u64, fails: bool, notes: &str) -> Result<u64, String> {
    if x == at {
        note(notes, x);
        until_told();
    }
    if fails && is_bad(x, 9) {
        return Err(format!("not {x}"));
    }
    Ok(scramble(x))
}

#[node(output = "b")]
pub(crate) fn shifted(a: u64) -> u64 {
    a >> 8
}

#[node(output = "y")]
pub(crate) fn as_it_is(x: u64) -> u64 {
    x
}

#[node(output = "y")]
pub(crate) fn cancelling_and_next(x: u64, at: u64, notes: &str) -> u64 {
    if x == at {
        note(notes, x);
        until_told();
    }
    x + 1
}

#[node(output = "y")]
pub(crate) fn cancelling_and_tripled(x: u64, at: u64, notes: &str) -> u64 {
    if x == at {
        note(notes, x);
        until_told();
    }
    x * 3
}

#[node(output = "sum")]
pub(crate) fn sum_of_both(a: u64, mapped: &[u64]) -> u64 {
    a + mapped.iter().sum::<u64>()
}
