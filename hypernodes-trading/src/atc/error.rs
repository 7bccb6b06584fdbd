//! What can be wrong with ATC's settings and inputs.

use super::{MaKind, Robustness};

/// Why ATC was not computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AtcError {
    /// A base length is too short for the spread around it (or absurdly long).
    #[error(
        "{kind} length {length} leaves no room for robustness `{robustness}`; \
             choose {least} or more"
    )]
    Length {
        /// The kind at fault.
        kind: MaKind,
        /// Its base length.
        length: u32,
        /// The spread asked for.
        robustness: Robustness,
        /// The shortest base length that works.
        least: u32,
    },
    /// A setting is outside its range.
    #[error("`{name}` is {value}, expected {expected}")]
    Setting {
        /// The setting's name.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// A starting weight is negative or not finite.
    #[error("weight of {kind} is {value}, expected a finite number of 0 or more")]
    Weight {
        /// The kind at fault.
        kind: MaKind,
        /// Its weight.
        value: f64,
    },
    /// The short threshold lies above the long one.
    #[error("short threshold {short} is above long threshold {long}; exchange them")]
    Thresholds {
        /// The long threshold.
        long: f64,
        /// The short threshold.
        short: f64,
    },
    /// No bar is left after the cutout.
    #[error("cutout {cutout} leaves none of {bars} bars; choose a smaller cutout or more bars")]
    Cutout {
        /// Bars to leave out.
        cutout: usize,
        /// Bars there are.
        bars: usize,
    },
    /// There is no bar at all.
    #[error("no bars; ATC needs at least one")]
    NoBars,
    /// The source has another length than the close.
    #[error("source has {found} values, expected {expected} as in close")]
    SourceLength {
        /// Values of close.
        expected: usize,
        /// Values of source.
        found: usize,
    },
    /// A price is not a finite number between 1e-100 and 1e100.
    #[error("{input} of bar {bar} is {value:?}, expected a price between 1e-100 and 1e100")]
    Price {
        /// `close` or `source`.
        input: &'static str,
        /// The bar, counted from 0.
        bar: usize,
        /// What stands there.
        value: f64,
    },
    /// The growth factor exceeds the range of a number.
    #[error("the growth factor overflows at bar {bar}; choose a smaller `lambda`")]
    GrowthOverflow {
        /// The bar, counted from 0.
        bar: usize,
    },
}
