//! `data inspect` and `data validate`: what is in the files, and what is wrong with them.

use std::io::Write;

use hypernodes::trading::data::{FileFacts, file_facts};
use hypernodes::trading::nodes::load_bars;
use hypernodes::{Inputs, Pipeline, inputs, nodes};
use serde::Serialize;

use super::super::{format, table};
use super::nodes::{SymbolFacts, symbol_facts};
use super::{Market, time_text};
use crate::cli::{Common, DataArgs, Format};
use crate::error::{CommandError, Exit, escaped};
use crate::output::Output;
use crate::symbols::Fault;

fn pipeline() -> Result<Pipeline, CommandError> {
    let built = Pipeline::builder("symbol_facts")
        .doc("What bars a symbol has.")
        .nodes(nodes![load_bars, symbol_facts])
        .outputs(["facts"])
        .build();
    Ok(built.map_err(hypernodes::Error::from)?)
}

/// What is told of a symbol, in JSON.
#[derive(Debug, Serialize)]
struct Symbol {
    symbol: String,
    exchange: Option<String>,
    bars: usize,
    first: Option<String>,
    last: Option<String>,
    columns: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Failed {
    symbol: String,
    error: String,
}

#[derive(Debug, Serialize)]
struct Found {
    files: Vec<FileFacts>,
    symbols: Vec<Symbol>,
    failed: Vec<Failed>,
    bars: usize,
    first: Option<String>,
    last: Option<String>,
}

pub(super) fn inspect(common: &Common, data: &DataArgs) -> Result<Exit, CommandError> {
    let forms = [Format::Table, Format::Json, Format::Csv];
    let format = format(common, "data inspect", &forms)?;
    let market = Market::new(common, data)?;
    let mut out = Output::open(common.output.as_deref())?;
    let (mut symbols, mut failed) = (Vec::new(), Vec::new());
    let (mut bars, mut span) = (0, None);
    let take = |symbol: &str, facts: Result<&SymbolFacts, Fault>| {
        match facts {
            Ok(facts) => {
                bars += facts.bars;
                span = widened(span, facts);
                symbols.push(told(symbol, facts));
            }
            Err(fault) => failed.push(Failed {
                symbol: symbol.to_owned(),
                error: fault.text,
            }),
        }
        Ok(())
    };
    let inputs: Inputs = inputs! { read: market.read.clone() };
    let (run, watch) = market.open(pipeline()?)?;
    let ended = run.each(market.sources(), "facts", inputs, take);
    watch.close(ended.and_then(|ended| {
        let found = Found {
            files: market.files.iter().map(|path| file_facts(&path)).collect(),
            symbols,
            failed,
            bars,
            first: time_text(span.map(|(first, _)| first)),
            last: time_text(span.map(|(_, last)| last)),
        };
        match format {
            Format::Json => write_json(&mut out, &found)?,
            Format::Csv => table::write(&mut out, format, HEADER, &rows(&found.symbols, ""))?,
            _ => write_tables(&mut out, &found)?,
        }
        out.finish()?;
        Ok(ended.exit(common, !found.failed.is_empty()))
    }))
}

fn write_json(out: &mut Output, found: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, found)?;
    writeln!(out)
}

fn widened(span: Option<(i64, i64)>, facts: &SymbolFacts) -> Option<(i64, i64)> {
    let own = facts.first.zip(facts.last);
    match (span, own) {
        (Some((first, last)), Some((a, b))) => Some((first.min(a), last.max(b))),
        (span, own) => span.or(own),
    }
}

fn told(symbol: &str, facts: &SymbolFacts) -> Symbol {
    Symbol {
        symbol: symbol.to_owned(),
        exchange: facts.exchange.clone(),
        bars: facts.bars,
        first: time_text(facts.first),
        last: time_text(facts.last),
        columns: facts.columns.clone(),
    }
}

const HEADER: [&str; 6] = ["symbol", "exchange", "bars", "first", "last", "columns"];

fn rows(symbols: &[Symbol], unknown: &str) -> Vec<[String; 6]> {
    let row = |symbol: &Symbol| {
        let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| unknown.to_owned());
        [
            symbol.symbol.clone(),
            or_unknown(&symbol.exchange),
            symbol.bars.to_string(),
            or_unknown(&symbol.first),
            or_unknown(&symbol.last),
            symbol.columns.join(" "),
        ]
    };
    symbols.iter().map(row).collect()
}

/// Both tables, then what failed and the sums.
fn write_tables(out: &mut Output, found: &Found) -> std::io::Result<()> {
    let file = |file: &FileFacts| {
        let columns = file.columns.iter();
        let columns: Vec<_> = columns.map(|c| format!("{}:{}", c.name, c.kind)).collect();
        [
            file.file.clone(),
            file.format.clone(),
            table::known(file.bytes),
            table::known(file.rows),
            table::known(file.row_groups),
            columns.join(" "),
        ]
    };
    let files: Vec<_> = found.files.iter().map(file).collect();
    let header = ["file", "format", "bytes", "rows", "row groups", "columns"];
    table::write(out, Format::Table, header, &files)?;
    writeln!(out)?;
    table::write(
        out,
        Format::Table,
        HEADER,
        &rows(&found.symbols, table::UNKNOWN),
    )?;
    for failed in &found.failed {
        writeln!(
            out,
            "failed: `{}`: {}",
            escaped(&failed.symbol),
            escaped(&failed.error)
        )?;
    }
    let span = match (&found.first, &found.last) {
        (Some(first), Some(last)) => format!(" from {first} to {last}"),
        _ => String::new(),
    };
    let (files, symbols) = (
        counted(found.files.len(), "file"),
        counted(found.symbols.len(), "symbol"),
    );
    let bars = counted(found.bars, "bar");
    writeln!(out, "\n{files}, {symbols}, {bars}{span}")
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// What is wrong with a symbol, in JSON; the report's form.
#[derive(Debug, Serialize)]
struct Faults {
    symbols: usize,
    good: usize,
    bars: usize,
    faults: Vec<Failed>,
}

pub(super) fn validate(common: &Common, data: &DataArgs) -> Result<Exit, CommandError> {
    let forms = [Format::Table, Format::Json, Format::Csv];
    let format = format(common, "data validate", &forms)?;
    let market = Market::new(common, data)?;
    let mut out = Output::open(common.output.as_deref())?;
    let mut found = Faults {
        symbols: 0,
        good: 0,
        bars: 0,
        faults: Vec::new(),
    };
    let take = |symbol: &str, facts: Result<&SymbolFacts, Fault>| {
        found.symbols += 1;
        match facts {
            Ok(facts) => {
                found.good += 1;
                found.bars += facts.bars;
            }
            Err(fault) => found.faults.push(Failed {
                symbol: symbol.to_owned(),
                error: fault.text,
            }),
        }
        Ok(())
    };
    let inputs: Inputs = inputs! { read: market.read.clone() };
    let (run, watch) = market.open(pipeline()?)?;
    let ended = run.each(market.sources(), "facts", inputs, take);
    watch.close(ended.and_then(|ended| {
        write_faults(&mut out, &found, format)?;
        out.finish()?;
        let exit = ended.exit(common, !found.faults.is_empty());
        Ok(match exit {
            Exit::SomeFailed if found.good == 0 => Exit::Usage,
            exit => exit,
        })
    }))
}

fn write_faults(out: &mut Output, found: &Faults, format: Format) -> std::io::Result<()> {
    let fault = |fault: &Failed| [fault.symbol.clone(), fault.error.clone()];
    let rows: Vec<[String; 2]> = found.faults.iter().map(fault).collect();
    match format {
        Format::Json => write_json(out, found),
        Format::Csv => table::write(out, format, ["symbol", "error"], &rows),
        _ => {
            for [symbol, error] in &rows {
                writeln!(out, "{}: {}", escaped(symbol), escaped(error))?;
            }
            let (good, of) = (found.good, counted(found.symbols, "symbol"));
            writeln!(
                out,
                "{good} of {of} can be used, with {}",
                counted(found.bars, "bar")
            )
        }
    }
}
