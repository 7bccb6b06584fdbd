//! `data stats`: statistics of each symbol's columns.

use std::io::Write;

use hypernodes::inputs;
use hypernodes::trading::pipelines;
use hypernodes::trading::stats::{ColumnStats, StatsOf, SymbolStats};
use serde::Serialize;

use super::super::{format, table};
use super::{Market, time_text};
use crate::cli::{Common, Format, StatsCommand};
use crate::error::{CommandError, Exit};
use crate::output::Output;
use crate::symbols::Fault;

/// A symbol's statistics in JSON: those of the library, with times as text.
#[derive(Debug, Serialize)]
struct Told<'a> {
    symbol: &'a str,
    bars: usize,
    first: Option<String>,
    last: Option<String>,
    count: u64,
    columns: &'a [ColumnStats],
    covariance: &'a [Vec<f64>],
    correlation: &'a [Vec<f64>],
}

const HEADER: [&str; 10] = [
    "symbol", "column", "count", "mean", "std", "var", "min", "max", "first", "last",
];

pub(super) fn run(common: &Common, command: &StatsCommand) -> Result<Exit, CommandError> {
    let forms = [Format::Table, Format::Json, Format::Csv];
    let format = format(common, "data stats", &forms)?;
    let market = Market::new(common, &command.data)?;
    let mut out = Output::open(common.output.as_deref())?;
    let stats_of = match command.returns {
        true => StatsOf::Returns,
        false => StatsOf::Levels,
    };
    let inputs = inputs! { read: market.read.clone(), stats_of };
    let (mut written, mut is_any_failed, mut rows) = (0_usize, false, Vec::new());
    let take = |symbol: &str, stats: Result<&SymbolStats, Fault>| {
        let stats = match stats {
            Ok(stats) => stats,
            Err(fault) => {
                is_any_failed = true;
                return market.failed(symbol, fault);
            }
        };
        if format == Format::Json {
            out.write_all(if written == 0 { b"[\n" } else { b",\n" })?;
            serde_json::to_writer(&mut out, &told(stats)).map_err(std::io::Error::from)?;
        } else {
            rows.extend(self::rows(stats, format));
        }
        written += 1;
        Ok(())
    };
    let (run, watch) = market.open(pipelines::symbol_stats())?;
    let ended = run.each(market.sources(), "stats", inputs, take);
    watch.close(ended.and_then(|ended| {
        match format {
            Format::Json if written == 0 => out.write_all(b"[]\n")?,
            Format::Json => out.write_all(b"\n]\n")?,
            format => table::write(&mut out, format, HEADER, &rows)?,
        }
        out.finish()?;
        Ok(ended.exit(common, is_any_failed))
    }))
}

fn told(stats: &SymbolStats) -> Told<'_> {
    Told {
        symbol: &stats.symbol,
        bars: stats.bars,
        first: time_text(stats.first),
        last: time_text(stats.last),
        count: stats.count,
        columns: &stats.columns,
        covariance: &stats.covariance,
        correlation: &stats.correlation,
    }
}

/// A row a column: for programs every digit, for people six.
fn rows(stats: &SymbolStats, format: Format) -> impl Iterator<Item = [String; 10]> {
    let number = move |value: f64| match format {
        _ if value.is_nan() => String::new(),
        Format::Csv => format!("{value:?}"),
        _ if value.abs() >= 1e15 || (value.abs() < 1e-4 && value.abs() > 0.0) => {
            format!("{value:.6e}")
        }
        _ => format!("{value:.6}"),
    };
    stats.columns.iter().map(move |column| {
        [
            stats.symbol.clone(),
            column.name.clone(),
            stats.count.to_string(),
            number(column.mean),
            number(column.std),
            number(column.var),
            number(column.min),
            number(column.max),
            time_text(stats.first).unwrap_or_default(),
            time_text(stats.last).unwrap_or_default(),
        ]
    })
}
