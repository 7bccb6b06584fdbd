//! Trading node libraries of hypernodes.
#![forbid(unsafe_code)]

pub mod atc;
mod bars;
pub mod data;
pub mod kernels;
#[cfg(test)]
mod reference;
pub mod scan;

pub use bars::{Bars, BarsError, PriceSource, UnknownName};
