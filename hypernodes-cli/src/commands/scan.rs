//! `scan DATA`: the long and the short table; `scan_where` has the scan by expression.

use std::borrow::Cow;
use std::io::{self, Write};

use hypernodes::trading::atc::AtcConfig;
use hypernodes::trading::data::{Sources, sources};
use hypernodes::trading::pipelines;
use hypernodes::trading::scan::{
    RankedRow, ScanConfig, ScanRanking, ScanTally, SkipReason, SymbolScore,
};
use hypernodes::{Inputs, inputs};

use super::{format, scan_where};
use crate::cli::{Common, Format, ScanCommand};
use crate::engine;
use crate::error::{CommandError, Exit, escaped, say};
use crate::output::Output;
use crate::policies;
use crate::symbols::{Ended, FaultKind, SymbolRun};

/// How many skipped or failed symbols a table names.
const NAMED: usize = 10;

/// The settings, if they can work.
pub(super) fn check(command: &ScanCommand) -> Result<(ScanConfig, AtcConfig), CommandError> {
    let (scan, atc) = (command.scan.config(&command.atc), command.atc.config());
    scan.validate(&atc)?;
    Ok((scan, atc))
}

pub(crate) fn run(common: &Common, command: &ScanCommand) -> Result<Exit, CommandError> {
    let format = format(common, "scan", &[Format::Table, Format::Json, Format::Csv])?;
    if let Some(spec) = command.scan.spec()? {
        return scan_where::run(common, command, &spec, format);
    }
    let (scan, atc) = check(command)?;
    let read = command.data.read_options(common, scan.source)?;
    let files = command.data.files()?;
    let common = &common.sized(|| sources(&files, &read).count());
    let engine = engine::chosen(common)?;
    let mut out = Output::open(common.output.as_deref())?;

    let pipeline = pipelines::symbol_scan().with_shared_engine(engine);
    let (pipeline, watch) = policies::applied(common, pipeline)?;
    let run = SymbolRun {
        read: &read,
        pipeline,
        is_fixed: common.npartitions.is_some(),
    };
    let inputs = inputs! { read: read.clone(), scan: scan.clone(), atc };
    let ranked = ranked(common, &run, sources(&files, &read), inputs, &scan);
    watch.close(ranked.and_then(|(ranking, ended)| {
        write_ranking(&mut out, &ranking, format)?;
        out.finish()?;
        if format == Format::Csv {
            let skipped = ranking.skipped().iter().map(|s| (&s.symbol, &s.reason));
            say_others("skipped", skipped);
            let failed = ranking.failed().iter().map(|f| (&f.symbol, &f.error));
            say_others("failed", failed);
        }
        Ok(ended.exit(common, !ranking.failed().is_empty()))
    }))
}

/// Scores every symbol and ranks them.
fn ranked(
    common: &Common,
    run: &SymbolRun<'_>,
    sources: Sources<'_>,
    inputs: Inputs,
    scan: &ScanConfig,
) -> Result<(ScanRanking, Ended), CommandError> {
    let mut tally = ScanTally::new(scan.clone());
    let ended = run.each::<SymbolScore>(sources, "score", inputs, |symbol, score| {
        let score = match score {
            Ok(score) => score.clone(),
            Err(fault) if fault.kind == FaultKind::NoRowsInRange => {
                let (found, limit) = (0, scan.limit);
                SymbolScore::Skipped(SkipReason::TooFewBars { found, limit })
            }
            Err(fault) if common.fails_fast() => return Err(fault.into_error(symbol)),
            Err(fault) => SymbolScore::Failed(fault.text),
        };
        tally.add(symbol, score);
        Ok(())
    })?;
    Ok((tally.ranked(), ended))
}

fn write_ranking(out: &mut Output, ranking: &ScanRanking, format: Format) -> io::Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer(&mut *out, ranking)?;
            out.write_all(b"\n")
        }
        Format::Csv => ranking.write_csv(out),
        _ => write_table(out, ranking),
    }
}

/// Tells symbols that the csv table leaves out on stderr.
pub(super) fn say_others<'a>(
    what: &str,
    others: impl ExactSizeIterator<Item = (&'a String, &'a String)>,
) {
    let count = others.len();
    for (symbol, why) in others.take(NAMED) {
        say(&format!("{what}: `{}`: {why}", escaped(symbol)));
    }
    if count > NAMED {
        let more = count - NAMED;
        say(&format!("{what}: {more} more; `--format json` lists them"));
    }
}

/// The report for people: both tables, then what is in neither.
fn write_table(out: &mut impl Write, ranking: &ScanRanking) -> io::Result<()> {
    write_rows(out, "long", ranking.long())?;
    writeln!(out)?;
    write_rows(out, "short", ranking.short())?;
    let skipped = ranking.skipped().iter().map(|s| (&s.symbol, &s.reason));
    write_others(out, "skipped", skipped)?;
    let failed = ranking.failed().iter().map(|f| (&f.symbol, &f.error));
    write_others(out, "failed", failed)?;
    let symbols = ranking.symbols();
    let plural = if symbols == 1 { "" } else { "s" };
    writeln!(out, "\n{symbols} symbol{plural}")
}

fn write_rows<'a>(
    out: &mut impl Write,
    side: &str,
    rows: impl ExactSizeIterator<Item = RankedRow<'a>> + Clone,
) -> io::Result<()> {
    writeln!(out, "{side} ({})", rows.len())?;
    if rows.len() == 0 {
        return Ok(());
    }
    // Twice over the rows rather than all cells at once: a large market's table need not fit into memory.
    let mut widths = HEADER.map(str::len);
    for row in rows.clone() {
        for (width, cell) in widths.iter_mut().zip(cells(row)) {
            *width = cell.chars().count().max(*width);
        }
    }
    let [a, b, c, d, _] = widths;
    let mut line = |[symbol, signal, trend, price, exchange]: [&str; 5]| {
        writeln!(
            out,
            "  {symbol:a$}  {signal:>b$}  {trend:>c$}  {price:>d$}  {exchange}"
        )
    };
    line(HEADER)?;
    rows.map(cells)
        .try_for_each(|cells| line(cells.each_ref().map(|cell| &**cell)))
}

const HEADER: [&str; 5] = ["symbol", "signal", "trend", "price", "exchange"];

/// What a row shows.
fn cells(row: RankedRow<'_>) -> [Cow<'_, str>; 5] {
    [
        escaped(row.symbol),
        format!("{:.4}", row.signal).into(),
        row.trend.to_string().into(),
        format!("{:?}", row.price).into(),
        escaped(row.exchange),
    ]
}

/// Names of symbols that are in no table, and why.
pub(super) fn write_others<'a>(
    out: &mut impl Write,
    what: &str,
    others: impl ExactSizeIterator<Item = (&'a String, &'a String)>,
) -> io::Result<()> {
    let count = others.len();
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "\n{what} ({count})")?;
    for (symbol, why) in others.take(NAMED) {
        writeln!(out, "  {}: {}", escaped(symbol), escaped(why))?;
    }
    if count > NAMED {
        let more = count - NAMED;
        writeln!(out, "  and {more} more; `--format json` lists them")?;
    }
    Ok(())
}
