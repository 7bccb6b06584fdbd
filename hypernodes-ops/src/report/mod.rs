//! A run as one HTML page that needs nothing else: no network, no script to be read, no font.
//!
//! [`html`] makes it of a [`RunRecord`], [`write_html`] writes it. The page allows itself nothing but its own style and
//! script (a content security policy with their hashes), and every text of a user is escaped.

mod data;
mod escape;
mod file;
mod format;
mod graph;
mod header;
mod layout;
mod memory;
mod page;
mod select;
mod tables;
mod timeline;

pub use file::write_html;
#[cfg(feature = "dashboard")]
pub(crate) use page::{live_html, live_policy};

use crate::RunRecord;

/// Appends formatted text to a `String`.
macro_rules! put {
    ($out:expr, $($text:tt)+) => {{
        use std::fmt::Write as _;
        write!($out, $($text)+).expect("a String takes every text")
    }};
}
use put;

/// The page of a run: one file that a browser can open, also while the run goes on.
///
/// It shows the outcome and why there are so many partitions, the graph with the time of each node, the chunks of each
/// worker over time, memory, and tables of nodes, failures and retries. The tables can be read without a script.
/// Of more than 200 nodes it shows the slowest.
///
/// # Example
/// ```
/// use hypernodes_core::RunId;
/// use hypernodes_ops::{RunRecord, report};
/// let mut record = RunRecord::new(RunId(1));
/// record.pipeline = "<b>".to_owned();
/// let page = report::html(&record);
/// assert!(page.starts_with("<!doctype html>"));
/// assert!(page.contains("<h1>&lt;b&gt;</h1>"));
/// ```
#[must_use]
pub fn html(record: &RunRecord) -> String {
    page::still_html(record)
}

/// What the page shows of a run: the live page draws this again and again.
pub(crate) fn parts(record: &RunRecord) -> String {
    let shown = select::Shown::new(record);
    let mut out = String::with_capacity(64 * 1024);
    header::put(&mut out, record);
    graph::put(&mut out, record, &shown);
    timeline::put(&mut out, record);
    tables::put_nodes(&mut out, record, &shown);
    tables::put_failures(&mut out, record);
    tables::put_retries(&mut out, record);
    memory::put(&mut out, record);
    data::put(&mut out, record, &shown);
    out
}

/// How it went, in a few words.
#[cfg(feature = "dashboard")]
pub(crate) fn state(record: &RunRecord) -> &'static str {
    header::outcome(record).1
}

#[cfg(test)]
mod tests;
