//! Causality: a value at a bar must not depend on later bars.
//!
//! What reads the future looks good in a backtest and cannot be traded. Here a computation is run
//! on the first bars alone, for many numbers of first bars, and must give the same bits as on all
//! of them (NaN for NaN).
//!
//! | item | what it checks |
//! |---|---|
//! | [`check`] | a function from bars, or from columns, to columns |
//! | [`check_pipeline`] | every node of a pipeline, each for itself, and names those that peek |
//! | [`Prefixes`] | which numbers of first bars |
//!
//! A computation that passes may still peek on other data; give it bars that move.

mod function;
mod pipeline;
mod prefixes;
mod series;
#[cfg(test)]
mod tests;

pub use function::{CausalityError, Peek, check};
pub use pipeline::{PeekingNode, PipelineCausality, ScanFailed, check_pipeline};
pub use prefixes::Prefixes;
pub use series::{PerBar, Series, Value};
