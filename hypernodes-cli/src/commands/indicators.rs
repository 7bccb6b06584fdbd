//! `indicators DATA --columns LIST`: columns of indicators by name; `indicators --list`: what there is.

use std::fs;
use std::io::Write;

use hypernodes::trading::data::{SymbolSource, sources};
use hypernodes::trading::indicators::{self, Entry, Request};
use hypernodes::trading::nodes::{indicator_table, load_bars};
use hypernodes::{Inputs, Pipeline, inputs, nodes};

use super::indicator_rows::write_indicators;
use super::rows::{RowStyle, write_symbols};
use super::{format, print};
use crate::cli::{Common, Format, IndicatorsCommand};
use crate::engine;
use crate::error::{CommandError, Exit};
use crate::output::Output;
use crate::policies;
use crate::symbols::SymbolRun;

/// What runs for each symbol: from its source to its rows as text.
pub(super) fn pipeline() -> Result<Pipeline, CommandError> {
    let built = Pipeline::builder("indicators")
        .doc("Columns of indicators of one symbol, as rows of text.")
        .nodes(nodes![load_bars, indicator_table, write_indicators])
        .outputs(["text"])
        .build();
    Ok(built.map_err(hypernodes::Error::from)?)
}

/// The columns that were asked for.
pub(super) fn columns(command: &IndicatorsCommand) -> Result<Vec<Request>, CommandError> {
    let columns = command
        .columns
        .as_deref()
        .map(named)
        .transpose()?
        .unwrap_or_default();
    if columns.is_empty() {
        let problem = "`indicators` needs `--columns LIST`, such as `--columns SMA_20,RSI_14`; `indicators --list` prints \
                       all";
        return Err(CommandError::Usage(problem.to_owned()));
    }
    Ok(columns)
}

/// Columns by name: a list, or `@FILE`.
pub(super) fn named(text: &str) -> Result<Vec<Request>, CommandError> {
    let read;
    let names = match text.strip_prefix('@') {
        None => text,
        Some(path) => {
            read = fs::read_to_string(path).map_err(|error| {
                let problem = format!("`--columns`: cannot read `{path}`: {error}");
                CommandError::Usage(problem)
            })?;
            &read
        }
    };
    let names = names.split([',', '\n', '\r']).map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    names
        .map(|name| {
            name.parse()
                .map_err(|error| CommandError::Usage(format!("`--columns`: {error}")))
        })
        .collect()
}

pub(crate) fn run(common: &Common, command: &IndicatorsCommand) -> Result<Exit, CommandError> {
    if command.list {
        return list(common);
    }
    let format = format(
        common,
        "indicators",
        &[Format::Csv, Format::Json, Format::Table],
    )?;
    let columns = columns(command)?;
    let read = command
        .data
        .read_options(common, Request::needed_columns(&columns))?;
    let files = command.data.files()?;
    let common = &common.sized(|| sources(&files, &read).count());
    let engine = engine::chosen(common)?;
    let mut out = Output::open(common.output.as_deref())?;

    let mut all = sources(&files, &read);
    let first: Vec<SymbolSource> = all.by_ref().take(2).collect();
    let style = RowStyle {
        format,
        with_symbol: first.len() > 1,
    };
    let (pipeline, watch) = policies::applied(common, pipeline()?.with_shared_engine(engine))?;
    let run = SymbolRun {
        read: &read,
        pipeline,
        is_fixed: common.npartitions.is_some(),
    };
    let header = style.header(std::iter::once("time").chain(columns.iter().map(Request::name)));
    let inputs: Inputs = inputs! { read: read.clone(), columns, style };
    let all = first.into_iter().chain(all);
    let written = write_symbols(common, &run, all, inputs, (style, &header), &mut out);
    watch.close(written.and_then(|(ended, is_any_failed)| {
        out.finish()?;
        Ok(ended.exit(common, is_any_failed))
    }))
}

/// `--list`: every indicator, what it takes and gives.
fn list(common: &Common) -> Result<Exit, CommandError> {
    let format = format(
        common,
        "indicators --list",
        &[Format::Table, Format::Json, Format::Csv],
    )?;
    print(common, |out| {
        match format {
            Format::Json => {
                serde_json::to_writer_pretty(
                    &mut *out,
                    &indicators::all().iter().map(described).collect::<Vec<_>>(),
                )
                .map_err(std::io::Error::from)?;
                out.write_all(b"\n")?;
            }
            Format::Csv => {
                writeln!(out, "name,parameters,inputs,outputs,warmup_bars,about")?;
                for entry in indicators::all() {
                    let (name, about) = (entry.name, entry.about);
                    let [parameters, inputs, outputs, warmup] = cells(entry);
                    writeln!(
                        out,
                        "{name},{parameters},{inputs},{outputs},{warmup},\"{about}\""
                    )?;
                }
            }
            _ => write_list(out)?,
        }
        Ok(())
    })
}

/// What a row shows beside the name: parameters with their defaults, inputs, outputs, and the warm-up that these have.
fn cells(entry: &Entry) -> [String; 4] {
    let parameters = entry
        .parameters
        .iter()
        .map(|p| format!("{}={}", p.name, p.default));
    let inputs = entry.inputs.iter().map(|input| input.name());
    let warmup = entry
        .with(&[])
        .map_or(String::new(), |made| made.warmup_bars().to_string());
    [
        parameters.collect::<Vec<_>>().join(" "),
        inputs.collect::<Vec<_>>().join(" "),
        entry.outputs.join(" "),
        warmup,
    ]
}

fn described(entry: &Entry) -> serde_json::Value {
    let parameters = entry.parameters.iter().map(|p| {
        serde_json::json!({
            "name": p.name, "kind": format!("{:?}", p.kind).to_lowercase(),
            "default": p.default, "min": p.min, "max": p.max,
        })
    });
    let outputs: Vec<&str> = entry
        .outputs
        .iter()
        .copied()
        .filter(|label| !label.is_empty())
        .collect();
    serde_json::json!({
        "name": entry.name,
        "about": entry.about,
        "formula": entry.formula,
        "parameters": parameters.collect::<Vec<_>>(),
        "inputs": entry.inputs.iter().map(|input| input.name()).collect::<Vec<_>>(),
        "outputs": outputs,
        "warmup_bars": entry.with(&[]).ok().map(|made| made.warmup_bars()),
    })
}

fn write_list(out: &mut Output) -> Result<(), CommandError> {
    let all: Vec<(&Entry, [String; 4])> = indicators::all()
        .iter()
        .map(|entry| (entry, cells(entry)))
        .collect();
    let width = |column: usize| {
        all.iter()
            .map(|(_, cells)| cells[column].len())
            .max()
            .unwrap_or(0)
            .min(48)
    };
    let (a, b, c) = (width(0), width(1), width(2));
    writeln!(
        out,
        "  {:20}  {:a$}  {:b$}  {:c$}  {:>7}  about",
        "name", "parameters", "inputs", "outputs", "warm-up"
    )?;
    for (entry, [parameters, inputs, outputs, warmup]) in &all {
        let (name, about) = (entry.name, entry.about);
        writeln!(
            out,
            "  {name:20}  {parameters:a$}  {inputs:b$}  {outputs:c$}  {warmup:>7}  {about}"
        )?;
    }
    writeln!(
        out,
        "\n{} indicators. Parameters stand behind the name, an output behind a point: `SMA_20`, `MACD_12_26_9.signal`; those \
         left out at the end are the defaults.\nwarm-up: bars before the first value, with the defaults.",
        all.len()
    )?;
    Ok(())
}
