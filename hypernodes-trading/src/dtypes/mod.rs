//! Smaller types for tables of bars: [`Dtypes`]; and how a market is best worked through: [`Recommendation`].
//!
//! Never done while reading: a price rounded to `f32` is another price. It is asked for, when a table is written.

mod narrow;
mod recommend;

pub use narrow::{DtypeError, Dtypes, PRICE_TOLERANCE};
pub use recommend::Recommendation;
