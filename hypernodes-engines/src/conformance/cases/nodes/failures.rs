//! Nodes of which some items fail.

use hypernodes_core::node;

use super::super::is_bad;

/// Fails on items that look random.
#[node]
pub(crate) fn picky(x: u64, one_in: u64, salt: u64) -> Result<u64, String> {
    if is_bad(x.wrapping_add(salt), one_in) {
        Err(format!("one in {one_in} from {salt} on does not like {x}"))
    } else {
        Ok(x + 1)
    }
}

#[node(output = "b")]
pub(crate) fn doubled(a: u64) -> u64 {
    a * 2
}

#[node(output = "a")]
pub(crate) fn all_but(x: u64, bad: u64) -> Result<u64, String> {
    if x == bad {
        Err(format!("not {x}"))
    } else {
        Ok(x)
    }
}

#[node(output = "a")]
pub(crate) fn never(x: u64) -> Result<u64, String> {
    Err(format!("never {x}"))
}

#[node(output = "a")]
pub(crate) fn panics_now_and_then(x: u64) -> u64 {
    assert!(!is_bad(x, 40), "no {x}");
    x
}

#[node(output = "d")]
pub(crate) fn sum(a: u64, b: u64, c: u64) -> u64 {
    a + b + c
}
