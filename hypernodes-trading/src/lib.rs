//! Trading node libraries of hypernodes: price bars, Adaptive Trend Classification (ATC), and
//! market scans built on it.
//!
//! ```
//! use hypernodes_trading::atc::{AtcConfig, AtcWorkspace};
//! use hypernodes_trading::data::{CsvOptions, read_csv_bytes};
//! use hypernodes_trading::scan::{ScanConfig, ScanReport, score};
//!
//! let mut text = String::from("symbol,time,close\n");
//! for (symbol, step) in [("UP", 0.5), ("DOWN", -0.5)] {
//!     for day in 0..100_i32 {
//!         let close = 100.0 + step * f64::from((day - 50).abs()); // it turns on day 50
//!         text += &format!("{symbol},{},{close}\n", 86_400 * day);
//!     }
//! }
//! let scan = ScanConfig { limit: 100, ..ScanConfig::default() };
//! let mut workspace = AtcWorkspace::new(&AtcConfig::default())?;
//! let mut scores = Vec::new();
//! for bars in read_csv_bytes("prices.csv", text.into_bytes(), &CsvOptions::default())? {
//!     let bars = bars?;
//!     scores.push((bars.symbol().to_owned(), score(&bars, &scan, &mut workspace)));
//! }
//! let report = ScanReport::rank(scores, &scan);
//! assert_eq!(report.long[0].symbol, "UP");
//! assert_eq!(report.short[0].symbol, "DOWN");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what is there |
//! |---|---|
//! | crate root | [`Bars`]: one symbol's columns, checked once |
//! | [`data`] | price files: finding them, reading them, saying what is wrong with them |
//! | [`indicators`] | every function of TA-Lib and our own: functions, nodes, streams |
//! | [`kernels`] | moving averages, crossings, equity, rounding over plain slices |
//! | [`atc`](mod@atc) | the ATC indicator: settings, fused kernel, columns |
//! | [`scan`] | many symbols to a long and a short table |
//! | [`follow`] | indicators and expressions of bars as they come |
//! | [`causality`] | whether a computation depends on later bars |
//! | [`resample`](mod@resample) | longer bars from shorter ones, in columns and as they come |
//! | [`align`](mod@align) | several symbols on one time axis |
//! | [`stats`] | means, variances, covariances: the same bits wherever rows are split |
//! | [`dtypes`] | smaller types for tables that are written |
//! | [`nodes`], [`pipelines`] | all of it as nodes of hypernodes, and pipelines of them |
//!
//! Numbers do not depend on the machine's instruction set: the vectorised paths give the same
//! bits as the plain one. (The growth factor uses the platform's `exp`.)
#![forbid(unsafe_code)]

extern crate hypernodes_core as hypernodes;

pub mod align;
pub mod atc;
mod bars;
mod blocks;
pub mod causality;
mod cut;
pub mod data;
pub mod dtypes;
pub mod follow;
pub mod indicators;
pub mod kernels;
pub mod nodes;
pub mod pipelines;
#[cfg(test)]
mod reference;
pub mod resample;
pub mod scan;
pub mod stats;
mod stored;
mod table;
mod timeframe;

pub use atc::quoted;
pub use bars::{Bars, BarsError, PriceSource, UnknownName};
pub use timeframe::{Timeframe, TimeframeError};
