//! `scan DATA --where EXPR --rank-by EXPR`: the symbols for which a condition holds.

use std::io::{self, Write};

use hypernodes::trading::data::{Sources, sources};
use hypernodes::trading::pipelines;
use hypernodes::trading::scan::{MatchReport, MatchRow, ScanSpec, SkipReason, SymbolMatch};
use hypernodes::{Inputs, inputs};

use super::scan::{say_others, write_others};
use crate::cli::{Common, Format, ScanCommand};
use crate::engine;
use crate::error::{CommandError, Exit, escaped};
use crate::output::Output;
use crate::policies;
use crate::symbols::{Ended, FaultKind, SymbolRun};

pub(super) fn run(
    common: &Common,
    command: &ScanCommand,
    spec: &ScanSpec,
    format: Format,
) -> Result<Exit, CommandError> {
    let atc = command.atc.config();
    atc.validate(atc.cutout.saturating_add(1))?;
    let read = command.data.read_options(common, spec.needed_columns())?;
    let files = command.data.files()?;
    let common = &common.sized(|| sources(&files, &read).count());
    let engine = engine::chosen(common)?;
    let mut out = Output::open(common.output.as_deref())?;

    let pipeline = pipelines::symbol_where().with_shared_engine(engine);
    let (pipeline, watch) = policies::applied(common, pipeline)?;
    let run = SymbolRun {
        read: &read,
        pipeline,
        is_fixed: common.npartitions.is_some(),
    };
    let inputs = inputs! { read: read.clone(), spec: spec.clone(), atc };
    let ranked = ranked(common, &run, sources(&files, &read), inputs, spec);
    watch.close(ranked.and_then(|(report, ended)| {
        write_report(&mut out, &report, format)?;
        out.finish()?;
        if format == Format::Csv {
            let skipped = report.skipped.iter().map(|s| (&s.symbol, &s.reason));
            say_others("skipped", skipped);
            let failed = report.failed.iter().map(|f| (&f.symbol, &f.error));
            say_others("failed", failed);
        }
        Ok(ended.exit(common, !report.failed.is_empty()))
    }))
}

/// Looks at every symbol and ranks those that match.
fn ranked(
    common: &Common,
    run: &SymbolRun<'_>,
    sources: Sources<'_>,
    inputs: Inputs,
    spec: &ScanSpec,
) -> Result<(MatchReport, Ended), CommandError> {
    let mut report = MatchReport::new(spec);
    let ended = run.each::<SymbolMatch>(sources, "found", inputs, |symbol, found| {
        let found = match found {
            Ok(found) => found.clone(),
            Err(fault) if fault.kind == FaultKind::NoRowsInRange => {
                let (found, limit) = (0, spec.limit.unwrap_or(1));
                SymbolMatch::Skipped(SkipReason::TooFewBars { found, limit }.to_string())
            }
            Err(fault) if common.fails_fast() => return Err(fault.into_error(symbol)),
            Err(fault) => SymbolMatch::Failed(fault.text),
        };
        report.add(symbol, found, spec);
        Ok(())
    })?;
    Ok((report.ranked(spec), ended))
}

fn write_report(out: &mut Output, report: &MatchReport, format: Format) -> io::Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer(&mut *out, &report.by_name())?;
            out.write_all(b"\n")
        }
        Format::Csv => report.write_csv(out),
        _ => write_table(out, report),
    }
}

/// The report for people: the matches, then what is not among them.
fn write_table(out: &mut impl Write, report: &MatchReport) -> io::Result<()> {
    writeln!(out, "matched ({})", report.matched.len())?;
    if !report.matched.is_empty() {
        write_rows(out, report)?;
    }
    let skipped = report.skipped.iter().map(|s| (&s.symbol, &s.reason));
    write_others(out, "skipped", skipped)?;
    let failed = report.failed.iter().map(|f| (&f.symbol, &f.error));
    write_others(out, "failed", failed)?;
    let plural = if report.symbols == 1 { "" } else { "s" };
    let MatchReport {
        symbols, unmatched, ..
    } = report;
    writeln!(
        out,
        "\n{symbols} symbol{plural}, {unmatched} without a match"
    )
}

fn write_rows(out: &mut impl Write, report: &MatchReport) -> io::Result<()> {
    let is_ranked = report.matched.iter().any(|row| row.score.is_some());
    let header = || {
        let score = is_ranked.then_some("score");
        let first = ["symbol"]
            .into_iter()
            .chain(score)
            .chain(["price", "exchange"]);
        let names = report.columns.iter().map(String::as_str);
        first.chain(names).map(str::to_owned).collect::<Vec<_>>()
    };
    // Twice over the rows rather than all cells at once: a large market's table need not fit into memory.
    let mut widths: Vec<usize> = header().iter().map(String::len).collect();
    for row in &report.matched {
        for (width, cell) in widths.iter_mut().zip(cells(row, is_ranked)) {
            *width = cell.chars().count().max(*width);
        }
    }
    let exchange = 2 + usize::from(is_ranked);
    let mut line = |cells: Vec<String>| {
        let mut text = String::new();
        for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            let blank = " ".repeat(width - cell.chars().count().min(*width));
            let is_text = at == 0 || at == exchange;
            let (before, after) = if is_text {
                ("", &*blank)
            } else {
                (&*blank, "")
            };
            text += &format!("  {before}{cell}{after}");
        }
        writeln!(out, "{}", text.trim_end())
    };
    line(header())?;
    let rows = report.matched.iter();
    rows.map(|row| cells(row, is_ranked)).try_for_each(line)
}

/// What a row shows.
fn cells(row: &MatchRow, is_ranked: bool) -> Vec<String> {
    let brief = |value: Option<f64>| match value {
        None => String::new(),
        Some(value) if value.abs() >= 1e15 => format!("{value:.4e}"),
        Some(value) => format!("{value:.4}"),
    };
    let mut cells = vec![escaped(&row.symbol).into_owned()];
    cells.extend(is_ranked.then(|| brief(row.score)));
    cells.push(format!("{:?}", row.price));
    cells.push(escaped(&row.exchange).into_owned());
    cells.extend(row.values.iter().map(|&value| brief(value)));
    cells
}
