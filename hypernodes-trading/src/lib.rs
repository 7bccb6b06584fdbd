//! Trading node libraries of hypernodes.
#![forbid(unsafe_code)]

pub mod atc;
mod bars;
pub mod kernels;
#[cfg(test)]
mod reference;

pub use bars::{Bars, BarsError, PriceSource, UnknownName};
