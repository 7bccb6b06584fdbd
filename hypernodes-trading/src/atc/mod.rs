//! Adaptive Trend Classification (ATC): six kinds of moving average, nine lengths each, every
//! one weighted by the equity that following it would have earned.
//!
//! For each of the 54 averages: a crossing signal of the close against it, and the equity of
//! holding that signal. Per kind, the equity-weighted mean of the nine signals, rounded to two
//! decimals, is the *Layer 1* signal; following that gives the *Layer 2* equity. The average of
//! the six classified signals, weighted by the six Layer 2 equities, is `Average_Signal`, from
//! -1 (all bearish) to +1 (all bullish).
//!
//! | item | what it is |
//! |---|---|
//! | [`AtcConfig`] | lengths, weights, rates, thresholds; checked by `validate` |
//! | [`Profile`] | which published behaviour to follow: `lts` or `pine` |
//! | [`atc()`] | every column, for one series |
//! | [`AtcWorkspace`] | the same again and again without allocating; `last` for scans |
//! | [`AtcOutput`] | the columns, by name or by kind, and as csv |
//!
//! # Reference
//! TradingView script "Adaptive Trend Classification: Moving Averages" by `InvestorUnknown`
//! (MPL-2.0), from its formulas; the `lts` profile follows the module `adaptive_trend_LTS` of
//! the repository Sovereign-IQ with two repairs, see [`Profile::Lts`].

mod config;
mod error;
mod fused;
mod kind;
mod output;
mod profile;

pub use config::AtcConfig;
pub use error::AtcError;
pub use fused::{AtcWorkspace, LastBar, atc};
pub use kind::MaKind;
pub use output::AtcOutput;

pub use profile::{Profile, Robustness};

pub(crate) use fused::PRICES;
pub use output::quoted;
pub(crate) use profile::{HmaFlavour, Rules};

/// How many lengths of each kind are followed.
pub(crate) const SLOTS: usize = 9;
