//! `atc DATA`: every bar's indicator values.

use std::io::Write;

use hypernodes::trading::atc::AtcConfig;
use hypernodes::trading::data::{SymbolSource, sources};
use hypernodes::trading::nodes::{atc_table, load_bars};
use hypernodes::{Inputs, Pipeline, inputs, nodes};

use super::format;
use super::rows::{RowStyle, write_rows};
use crate::cli::{AtcArgs, AtcCommand, Common, Format};
use crate::engine;
use crate::error::{CommandError, Exit, escaped, say};
use crate::output::Output;
use crate::policies;
use crate::symbols::{Ended, SymbolRun};

/// What runs for each symbol: from its source to its rows as text.
pub(super) fn pipeline() -> Result<Pipeline, CommandError> {
    let built = Pipeline::builder("atc")
        .doc("Adaptive Trend Classification of one symbol, as rows of text.")
        .nodes(nodes![load_bars, atc_table, write_rows])
        .outputs(["text"])
        .build();
    Ok(built.map_err(hypernodes::Error::from)?)
}

/// The settings, if they can work for some number of bars.
pub(super) fn check(options: &AtcArgs) -> Result<AtcConfig, CommandError> {
    let atc = options.config();
    atc.validate(atc.cutout.saturating_add(1))?;
    Ok(atc)
}

pub(crate) fn run(common: &Common, command: &AtcCommand) -> Result<Exit, CommandError> {
    let format = format(common, "atc", &[Format::Csv, Format::Json, Format::Table])?;
    let atc = check(&command.atc)?;
    let mut read = command.data.read_options(command.atc.source)?;
    read.max_memory = common.rows_memory();
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
    let price_source = command.atc.source;
    let inputs: Inputs = inputs! { read: read.clone(), atc, price_source, style };
    let all = first.into_iter().chain(all);
    let written = write_all(common, &run, all, inputs, style, &mut out);
    watch.close(written.and_then(|(ended, is_any_failed)| {
        out.finish()?;
        Ok(ended.exit(common, is_any_failed))
    }))
}

/// Writes the rows of all symbols as they come. Says how that ended, and whether any has failed.
fn write_all(
    common: &Common,
    run: &SymbolRun<'_>,
    sources: impl Iterator<Item = SymbolSource>,
    inputs: Inputs,
    style: RowStyle,
    out: &mut Output,
) -> Result<(Ended, bool), CommandError> {
    let (mut written, mut failed) = (0_usize, 0_usize);
    let ended = run.each::<String>(sources, "text", inputs, |symbol, text| {
        match text {
            Ok(text) => {
                // Bad input leaves no opening without an end behind.
                match written {
                    0 => out.write_all(style.header().as_bytes())?,
                    _ => out.write_all(style.separator().as_bytes())?,
                }
                out.write_all(text.as_bytes())?;
                written += 1;
            }
            Err(fault) if common.fails_fast() => return Err(fault.into_error(symbol)),
            Err(fault) => {
                failed += 1;
                say(&format!("failed: `{}`: {}", escaped(symbol), fault.text));
            }
        }
        Ok(())
    })?;
    if written == 0 {
        out.write_all(style.header().as_bytes())?;
    }
    out.write_all(style.footer().as_bytes())?;
    Ok((ended, failed > 0))
}
