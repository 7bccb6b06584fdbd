//! How far runs are: numbers in words, bars on a terminal, lines elsewhere. What is drawn does not know how it is
//! counted.

#[cfg(feature = "progress")]
mod bar;
#[cfg(feature = "progress")]
mod count;
mod format;
#[cfg(feature = "progress")]
mod lines;
#[cfg(all(test, feature = "progress"))]
mod tests;
#[cfg(feature = "progress")]
mod words;

#[cfg(feature = "progress")]
pub use bar::{ProgressListener, ProgressMode};
pub use format::{
    eta, format_duration, format_eta, format_percent, format_rate, per_second, percent,
};
