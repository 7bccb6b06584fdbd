//! The functions of the `ta-lib` crate, from one table: a row a function, in a file for each of TA-Lib's groups.
//!
//! What is computed is the crate's; a row says what is read, set and given. A test holds the rows against what the crate
//! itself tells of its functions.

mod adapter;
pub mod cycle;
pub mod math;
pub mod momentum;
pub mod overlap;
pub mod pattern;
pub mod price;
pub mod statistics;
#[cfg(test)]
mod tests;
pub mod volatility;
pub mod volume;

use super::catalog::Entry;

/// The entries of the catalog.
pub(super) fn entries() -> Vec<Entry> {
    GROUPS.concat()
}

const GROUPS: [&[Entry]; 9] = [
    cycle::ENTRIES,
    math::ENTRIES,
    momentum::ENTRIES,
    overlap::ENTRIES,
    pattern::ENTRIES,
    price::ENTRIES,
    statistics::ENTRIES,
    volatility::ENTRIES,
    volume::ENTRIES,
];
