//! The cases, by what they are about.
#![expect(
    clippy::missing_panics_doc,
    reason = "a case is a test: it fails by a panic"
)]
#![expect(
    clippy::cast_possible_truncation,
    reason = "the numbers of the cases are small"
)]
#![expect(clippy::panic, reason = "nodes of the cases panic on purpose")]

pub mod borders;
pub mod failures;
pub mod iterators;
pub mod maps;
pub mod nested;
mod nodes;
pub mod policies;
pub mod runs;
pub mod users;

/// A number that looks random and is not: the same on every machine.
fn scramble(i: u64) -> u64 {
    let mut x = i.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// `n` numbers, of which some are NaN, infinite or negative zero.
fn numbers(n: usize) -> Vec<f64> {
    let number = |i: u64| match scramble(i) % 97 {
        0 => f64::NAN,
        1 => f64::NEG_INFINITY,
        2 => -0.0,
        other => (other as f64).mul_add(0.37, -17.0),
    };
    (0..n as u64).map(number).collect()
}

/// Says whether item `i` is one of those that fail.
fn is_bad(i: u64, one_in: u64) -> bool {
    scramble(i).is_multiple_of(one_in)
}
