//! What the script of the page needs beside what can be read in it.

use serde::Serialize;

use super::escape::json_in_html;
use super::format::{count, time};
use super::put;
use super::select::{Shown, ShownNode};
use crate::{ChunkRecord, RunRecord};

#[derive(Serialize)]
struct Data<'a> {
    chunks: Vec<Chunk>,
    nodes: Vec<NodeData<'a>>,
}

/// Worker, start, took, busy, item, rows, failed, chunks; times in microseconds, which a script can count exactly.
type Chunk = (u32, u64, u64, u64, u64, u64, u64, u64);

#[derive(Serialize)]
struct NodeData<'a> {
    name: &'a str,
    after: Vec<&'a str>,
    inputs: &'a [String],
    outputs: &'a [String],
    facts: Vec<(&'static str, String)>,
}

pub(crate) fn put(out: &mut String, record: &RunRecord, shown: &Shown<'_>) {
    let data = Data {
        chunks: record.timeline.entries().iter().map(chunk).collect(),
        nodes: shown.nodes.iter().map(node).collect(),
    };
    let json = serde_json::to_string(&data).expect("plain data with texts as keys");
    put!(
        out,
        "<script type=\"application/json\" id=\"data\" data-part=\"data\">{}</script>\n",
        json_in_html(&json)
    );
}

fn chunk(entry: &ChunkRecord) -> Chunk {
    (
        entry.worker,
        entry.start_ns / 1_000,
        entry.took_ns / 1_000,
        entry.busy_ns / 1_000,
        entry.item,
        entry.rows,
        entry.failed,
        entry.chunks,
    )
}

fn node<'a>(node: &ShownNode<'a>) -> NodeData<'a> {
    let record = node.record;
    let mut facts = vec![
        ("Time", time(record.time_ns())),
        ("Calls", count(record.calls)),
        ("Rows", count(record.rows)),
        ("Mean call", time(record.mean_ns())),
        ("Longest call", time(record.max_ns)),
    ];
    for (name, value) in [
        ("From the cache", record.cached),
        ("Failed", record.failed),
        ("Tried again", record.retried),
        ("Inner items", record.inner_items),
    ] {
        if value > 0 {
            facts.push((name, count(value)));
        }
    }
    NodeData {
        name: node.name,
        after: record.after.iter().map(|name| &**name).collect(),
        inputs: &record.inputs,
        outputs: &record.outputs,
        facts,
    }
}
