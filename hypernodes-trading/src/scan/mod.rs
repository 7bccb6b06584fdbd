//! The market scans: ATC's last value of every symbol, ranked; and the symbols for which an
//! expression holds.
//!
//! | item | what it is |
//! |---|---|
//! | [`ScanConfig`], [`score()`], [`ScanReport`], [`ScanTally`] | the scan by ATC |
//! | [`Expr`] | an expression over bars and indicators: `RSI_14 < 30 and close > SMA_200` |
//! | [`ScanSpec`], [`match_symbol`], [`MatchReport`] | the scan by expression |
//! | [`rank()`], [`percentile_rank`], [`zscore`] | many symbols at one time |
//! | [`partition`] | how many symbols a partition holds |
//!
//! Reading files belongs to [`crate::data`], running many symbols in parallel to a pipeline;
//! here is what one symbol gives ([`score()`]) and what all of them make ([`ScanReport::rank`]).

mod config;
mod expr;
mod matches;
pub mod partition;
mod ranks;
mod report;
mod score;
mod spec;
mod tally;

pub use config::{ScanConfig, ScanError};
pub use expr::{EvalError, Expr, ExprError, ExprState, Problem};
pub use matches::{MatchReport, MatchRow};
pub use ranks::{Order, Ties, percentile_rank, rank, zscore};
pub use report::{FailedSymbol, ScanReport, ScanRow, SkippedSymbol};
pub(crate) use score::try_score;
pub use score::{Score, SkipReason, SymbolScore, score};
pub use spec::{Match, ScanSpec, SpecError, SymbolMatch, match_symbol};
pub use tally::{RankedRow, ScanRanking, ScanTally};
