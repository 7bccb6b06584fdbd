//! Numbers for Prometheus, in its text format 0.0.4.

use std::fmt::{self, Write};

use crate::RunRecorder;
use crate::process::resident_bytes;
use crate::record::Totals;

/// What the format is called.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All numbers.
pub(super) fn text(recorder: &RunRecorder) -> String {
    let totals = recorder.totals();
    let mut out = String::new();
    for (name, help, value) in [
        ("items_done_total", "Items that gave a result.", totals.done),
        ("items_failed_total", "Items that failed.", totals.failed),
        (
            "cache_hits_total",
            "Rows that were found in the cache.",
            totals.cache_hits,
        ),
        (
            "cache_misses_total",
            "Rows that were not found in the cache.",
            totals.cache_misses,
        ),
        (
            "retries_total",
            "Attempts that failed and were repeated.",
            totals.retries,
        ),
        (
            "dropped_events_total",
            "Events that were lost in front of the recorder.",
            recorder.dropped_events(),
        ),
    ] {
        family(&mut out, name, "counter", help);
        sample(&mut out, name, "", value);
    }
    family(&mut out, "runs_total", "counter", "Runs that ended.");
    let outcomes = ["done", "partial", "failed", "cancelled"];
    for (outcome, value) in outcomes.iter().zip(totals.ended) {
        sample(
            &mut out,
            "runs_total",
            &format!("{{outcome=\"{outcome}\"}}"),
            value,
        );
    }
    family(&mut out, "runs_running", "gauge", "Runs that go on.");
    sample(&mut out, "runs_running", "", totals.running);
    if let Some(bytes) = resident_bytes() {
        family(&mut out, "memory_bytes", "gauge", "Memory of this process.");
        sample(&mut out, "memory_bytes", "", bytes);
    }
    nodes(&mut out, &totals);
    out
}

fn nodes(out: &mut String, totals: &Totals) {
    let labels: Vec<String> = (totals.nodes.keys())
        .map(|(pipeline, node)| {
            let (pipeline, node) = (Label(pipeline), Label(node));
            format!("{{pipeline=\"{pipeline}\",node=\"{node}\"}}")
        })
        .collect();
    let rows = || labels.iter().zip(totals.nodes.values());
    let name = "node_seconds_total";
    family(
        out,
        name,
        "counter",
        "Time in the calls of a node; that of a nested one holds its inner nodes'.",
    );
    for (labels, node) in rows() {
        let (seconds, rest) = (node.total_ns / 1_000_000_000, node.total_ns % 1_000_000_000);
        sample(out, name, labels, format_args!("{seconds}.{rest:09}"));
    }
    let name = "node_rows_total";
    family(out, name, "counter", "Rows that a node had.");
    rows().for_each(|(labels, node)| sample(out, name, labels, node.rows));
    let name = "node_failed_rows_total";
    family(out, name, "counter", "Rows that failed in a node.");
    rows().for_each(|(labels, node)| sample(out, name, labels, node.failed));
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    writeln!(
        out,
        "# HELP hypernodes_{name} {help}\n# TYPE hypernodes_{name} {kind}"
    )
    .expect("a String takes every text");
}

fn sample(out: &mut String, name: &str, labels: &str, value: impl fmt::Display) {
    writeln!(out, "hypernodes_{name}{labels} {value}").expect("a String takes every text");
}

/// The value of a label: backslash, quote and line feed are escaped.
struct Label<'a>(&'a str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
