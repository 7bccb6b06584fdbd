//! What was found as table, csv or json.

use std::io::{self, Write};

use hypernodes::compare::{Measured, SizeReport};

use super::{Bench, Found};
use crate::cli::Format;
use crate::commands::table;

const HEADER: [&str; 16] = [
    "case",
    "workload",
    "nested",
    "items",
    "engine",
    "workers",
    "partitions",
    "chunks",
    "seconds",
    "seconds_per_item",
    "items_per_second",
    "speed_up",
    "best_npartitions",
    "best_seconds",
    "taken",
    "skipped",
];

pub(super) fn write(out: &mut impl Write, format: Format, bench: &Bench) -> io::Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer(&mut *out, bench).map_err(io::Error::from)?;
            writeln!(out)
        }
        Format::Csv => {
            let rows: Vec<[String; 16]> = bench.cases.iter().flat_map(of_case).collect();
            table::write(out, format, HEADER, &rows)
        }
        _ => write_table(out, bench),
    }
}

fn write_table(out: &mut impl Write, bench: &Bench) -> io::Result<()> {
    for found in &bench.cases {
        writeln!(out, "{}", without_unavailable(found))?;
    }
    let mut told: Vec<(&str, &str)> = Vec::new();
    for one in bench
        .cases
        .iter()
        .flat_map(|found| &found.report.unavailable)
    {
        let one = (one.engine.as_str(), one.reason.as_str());
        if !told.contains(&one) {
            told.push(one);
        }
    }
    for (engine, reason) in told {
        writeln!(out, "`{engine}` takes no part: {reason}")?;
    }
    let circumstances = bench.circumstances();
    writeln!(
        out,
        "{circumstances}; `*` is the engine to take, results are equal to those of `sequential`"
    )
}

/// A case without what is the same for all.
fn without_unavailable(found: &Found) -> String {
    let mut report = found.report.clone();
    report.unavailable.clear();
    report.was_cancelled = false;
    report.to_string()
}

fn of_case(found: &Found) -> Vec<[String; 16]> {
    let sizes = found.report.sizes.iter();
    sizes.flat_map(|size| of_size(found, size)).collect()
}

fn of_size(found: &Found, size: &SizeReport) -> Vec<[String; 16]> {
    if size.engines.is_empty() {
        let mut row = of_engine(found, size, None);
        row[15] = size.skipped.clone().unwrap_or_default();
        return vec![row];
    }
    let engines = size.engines.iter();
    engines
        .map(|one| of_engine(found, size, Some(one)))
        .collect()
}

fn of_engine(found: &Found, size: &SizeReport, one: Option<&Measured>) -> [String; 16] {
    let told = |tell: fn(&Measured) -> String| one.map(tell).unwrap_or_default();
    let set = one.and_then(|one| one.hand_set.as_ref());
    let choice = size.choice.as_ref();
    let is_taken = one.is_some_and(|one| choice.is_some_and(|choice| choice.engine == one.engine));
    [
        found.report.pipeline.clone(),
        found.workload.to_owned(),
        found.nested.to_string(),
        size.items.to_string(),
        told(|one| one.engine.clone()),
        told(|one| one.workers.to_string()),
        told(|one| one.partitions.to_string()),
        told(|one| {
            one.chunks
                .map(|chunks| chunks.to_string())
                .unwrap_or_default()
        }),
        told(|one| one.seconds.to_string()),
        told(|one| one.seconds_per_item.to_string()),
        told(|one| one.items_per_second.to_string()),
        told(|one| one.speed_up.to_string()),
        set.map(|set| set.npartitions.to_string())
            .unwrap_or_default(),
        set.map(|set| set.seconds.to_string()).unwrap_or_default(),
        is_taken.to_string(),
        String::new(),
    ]
}
