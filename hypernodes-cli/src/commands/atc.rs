//! `atc DATA`: every bar's indicator values.

use hypernodes::trading::atc::{AtcConfig, AtcOutput};
use hypernodes::trading::data::{SymbolSource, sources};
use hypernodes::trading::nodes::{atc_table, load_bars};
use hypernodes::{Inputs, Pipeline, inputs, nodes};

use super::atc_rows::write_rows;
use super::format;
use super::rows::{RowStyle, write_symbols};
use crate::cli::{AtcArgs, AtcCommand, Common, Format};
use crate::engine;
use crate::error::{CommandError, Exit};
use crate::output::Output;
use crate::policies;
use crate::symbols::SymbolRun;

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
    let read = command.data.read_options(common, command.atc.source)?;
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
    let header = style.header(["bar", "close"].into_iter().chain(AtcOutput::COLUMNS));
    let written = write_symbols(common, &run, all, inputs, (style, &header), &mut out);
    watch.close(written.and_then(|(ended, is_any_failed)| {
        out.finish()?;
        Ok(ended.exit(common, is_any_failed))
    }))
}
