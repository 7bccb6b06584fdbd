//! Indicators: plain functions over columns, nodes, and streams.
//!
//! An indicator is three things with one definition: a node that is a plain function on slices ([`overlap::sma`]), a type
//! with its parameters ([`overlap::Sma`]) that fills columns and knows its warm-up, and a [`State`] that is fed bar by bar
//! and gives the same bits.
//!
//! | module | what is there |
//! |---|---|
//! | [`overlap`] | moving averages, bands, and what else is in the unit of the price |
//! | [`momentum`] | RSI, MACD, stochastics, ADX and their like |
//! | [`volatility`], [`volume`], [`cycle`], [`price`] | ATR; OBV, VWAP; Hilbert transforms; typical prices |
//! | [`pattern`] | candlestick patterns |
//! | [`statistics`], [`math`] | deviations, correlations, regressions; functions of columns |
//! | [`own`] | Keltner around an EMA, rolling and session VWAP, the averages of ATC |
//! | [`Request`], [`find`], [`all`] | indicators by name: `RSI_14`, `MACD_12_26_9.signal` |
//!
//! # Missing values
//! Before an indicator's first value stands NaN, never 0. A bar with a NaN or an infinite value is left out: NaN stands
//! there, and the bars behind it are computed as if it had not been; see [`Indicator`].
//!
//! # Example
//! ```standalone_crate
//! # extern crate hypernodes_core as hypernodes;
//! use hypernodes::{Pipeline, inputs, nodes};
//! use hypernodes_trading::indicators::{momentum::rsi, overlap::sma};
//! let p = Pipeline::new("signals", nodes![sma, rsi])?
//!     .bind("sma_time_period", 2_usize)?
//!     .bind("rsi_time_period", 2_usize)?;
//! let out = p.run(inputs! { close: vec![1.0, 3.0, 5.0] })?;
//! assert_eq!(out.get::<Vec<f64>>("sma")?[1..], [2.0, 4.0]);
//! assert_eq!(out.get::<Vec<f64>>("rsi")?[2], 100.0); // it only rose
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod catalog;
mod error;
mod indicator;
pub mod own;
mod parameter;
mod request;
mod sample;
mod table;
mod talib;
#[cfg(test)]
mod tests;

pub use catalog::{AnyIndicator, AnyState, Entry, Input, all, find};
pub use error::IndicatorError;
pub use indicator::{Indicator, State};
pub use parameter::{Average, Parameter, ParameterKind};
pub use request::{Request, RequestState};
pub use sample::sample;
pub use table::IndicatorTable;
pub use talib::{cycle, math, momentum, overlap, pattern, price, statistics, volatility, volume};
