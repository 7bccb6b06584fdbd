//! A live page and metrics of the runs of this process, over HTTP.
//!
//! It only tells: nothing that is asked of it changes a run. What a run is asked to do does not belong here.

mod answer;
mod host;
mod metrics;
mod server;

pub use server::{Dashboard, DashboardError};
