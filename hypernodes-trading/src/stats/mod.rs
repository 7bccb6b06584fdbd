//! Statistics of a symbol's columns that do not depend on how the rows were split.
//!
//! | item | what it is |
//! |---|---|
//! | [`symbol_stats`] | [`Bars`] to [`SymbolStats`]: per column and per pair of columns |
//! | [`Moments`] | the same for any rows, as they come, mergeable |
//! | [`ExactSum`] | a sum without rounding |
//!
//! Metrics of a strategy do not belong here.

mod exact;
mod moments;
mod symbol;

pub use exact::ExactSum;
pub use moments::{Moments, WidthError};
pub use symbol::{ColumnStats, StatsOf, SymbolStats, symbol_stats};

#[cfg(doc)]
use crate::bars::Bars;
