//! The market scan: ATC's last value of every symbol, ranked.
//!
//! Reading files belongs to [`crate::data`], running many symbols in parallel to a pipeline;
//! here is what one symbol gives ([`score()`]) and what all of them make ([`ScanReport::rank`]).

mod config;
mod report;
mod score;

pub use config::{ScanConfig, ScanError};
pub use report::{FailedSymbol, ScanReport, ScanRow, SkippedSymbol};
pub(crate) use score::try_score;
pub use score::{Score, SkipReason, SymbolScore, score};
