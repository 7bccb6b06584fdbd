//! Pure numeric kernels over slices: moving averages, crossings, equity, rounding.
//!
//! Each function reads one or two input slices and fills an output slice of the same
//! length; none allocates and none knows about bars, nodes or settings. They follow the
//! order of operations of the ATC specification, so their last bits are reproducible on
//! every machine (Rust never contracts `a * b + c` into one rounding).
//!
//! An output value that is not defined yet (warm-up) is NaN. When the slices differ in
//! length, the shorter one decides how many values are computed.
//!
//! What does not belong here: anything that combines several lengths (see [`crate::atc`])
//! and anything that reads files (see [`crate::data`]).

mod average;
mod crossing;
mod equity;
mod kama;
mod lsma;
mod rounding;

pub use average::{DemaSeed, EmaStep, dema, ema, hull, hull_lengths, sma, wma};
pub use crossing::crossing;
pub use equity::{FLOOR, NeutralRule, equity};
pub use kama::{KamaStart, kama};
pub use lsma::lsma;
pub use rounding::{round2_half_away, round2_half_even};

pub(crate) use average::{ema_seed, ema_step};
pub(crate) use kama::{SLOW, kama_smoothing};
pub(crate) use rounding::{hundredths_half_away, hundredths_half_even};

/// How many leading values of `x` are NaN.
pub(crate) fn leading_nans(x: &[f64]) -> usize {
    x.iter().take_while(|v| v.is_nan()).count()
}
