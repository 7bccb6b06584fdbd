//! How far runs are, in numbers and words.

mod format;

pub use format::{
    eta, format_duration, format_eta, format_percent, format_rate, per_second, percent,
};
