//! `data convert` and `data resample`: the bars as one file.

use std::path::Path;
use std::sync::Arc;

use hypernodes::inputs;
use hypernodes::trading::Bars;
use hypernodes::trading::data::write::{
    BarsWriter, CsvWriter, IpcWriter, ParquetWriter, WriteError, WriteOptions,
};
use hypernodes::trading::nodes::load_bars;
use hypernodes::trading::pipelines;
use hypernodes::{Pipeline, nodes};

use super::super::format;
use super::Market;
use super::nodes::{FileNeeds, file_needs};
use crate::cli::{Common, ConvertCommand, FileForm, Format, Progress};
use crate::error::{CommandError, Exit, escaped};
use crate::output::Output;
use crate::symbols::{Ended, Fault};

pub(super) fn run(
    common: &Common,
    command: &ConvertCommand,
    name: &str,
) -> Result<Exit, CommandError> {
    format(common, name, &[Format::Csv])?;
    let form = form(common.output.as_deref(), command.form)?;
    if command.optimize && form == FileForm::Csv {
        let problem = "`--optimize` chooses types, and csv has none; write Parquet or Arrow: `--output all.parquet`";
        return Err(CommandError::Usage(problem.to_owned()));
    }
    let market = Market::new(common, &command.data)?;
    let mut out = Output::open(common.output.as_deref())?;
    let mut options = WriteOptions::default();
    if command.optimize || market.sources().nth(1).is_some() {
        let Some(needs) = needs(&market)? else {
            return Ok(Ended::Cancelled { done: 0 }.exit(common, false));
        };
        options.columns = Some(needs.columns);
        options.dtypes = command.optimize.then_some(needs.dtypes);
    }
    let mut writer: Box<dyn BarsWriter + '_> = match form {
        FileForm::Csv => Box::new(CsvWriter::new(&mut out, &options)),
        FileForm::Parquet => Box::new(ParquetWriter::new(&mut out, &options)),
        FileForm::Arrow => Box::new(IpcWriter::new(&mut out, &options)),
    };
    let inputs = inputs! { read: market.read.clone() };
    let mut is_any_failed = false;
    let take = |symbol: &str, bars: Result<&Bars, Fault>| match bars {
        Ok(bars) => writer.write(bars).map_err(|error| refused(symbol, error)),
        Err(fault) => {
            is_any_failed = true;
            market.failed(symbol, fault)
        }
    };
    let (run, watch) = market.open(pipelines::symbol_bars())?;
    let ended = run.each(market.sources(), "bars", inputs, take);
    let written = ended.and_then(|ended| {
        writer.finish().map_err(|error| refused("", error))?;
        Ok(ended)
    });
    watch.close(written.and_then(|ended| {
        out.finish()?;
        Ok(ended.exit(common, is_any_failed))
    }))
}

/// What the file needs for all symbols, known only when all were read once; `None` when that was cancelled.
fn needs(market: &Market) -> Result<Option<FileNeeds>, CommandError> {
    let built = Pipeline::builder("file_needs")
        .nodes(nodes![load_bars, file_needs])
        .outputs(["needs"])
        .build();
    let mut all = FileNeeds::default();
    let take = |_: &str, needs: Result<&FileNeeds, Fault>| {
        // Who fails is told when the file is written.
        if let Ok(needs) = needs {
            all.columns = all.columns.union(needs.columns);
            all.dtypes.merge(&needs.dtypes);
        }
        Ok(())
    };
    let inputs = inputs! { read: market.read.clone() };
    let pipeline = built.map_err(hypernodes::Error::from)?;
    let market = market.unwatched();
    let (run, watch) = market.open(pipeline)?;
    let ended = run.each(market.sources(), "needs", inputs, take);
    let mut is_whole = false;
    watch.close(ended.map(|ended| {
        is_whole = ended == Ended::Whole;
        Exit::Done
    }))?;
    Ok(is_whole.then_some(all))
}

impl Market {
    /// The same for what is done beforehand: the folder, the report and the page of a run are of what comes after it.
    fn unwatched(&self) -> Self {
        let mut common = self.common.clone();
        let policies = &mut common.policies;
        (policies.run_dir, policies.resume, policies.checkpoint_every) = (None, false, None);
        (policies.report, policies.dashboard) = (None, None);
        policies.progress = Progress::Never;
        Self {
            common,
            read: self.read.clone(),
            files: self.files.clone(),
            engine: Arc::clone(&self.engine),
        }
    }
}

/// What is written: as asked for, as the file's ending says, or csv.
fn form(output: Option<&Path>, asked: Option<FileForm>) -> Result<FileForm, CommandError> {
    let Some(path) = output.filter(|_| asked.is_none()) else {
        return Ok(asked.unwrap_or(FileForm::Csv));
    };
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    match &*ending.to_ascii_lowercase() {
        "csv" => Ok(FileForm::Csv),
        "parquet" | "pq" => Ok(FileForm::Parquet),
        "arrow" | "feather" | "ipc" => Ok(FileForm::Arrow),
        _ => Err(CommandError::Usage(format!(
            "`--output {}` has none of the endings .csv, .parquet, .arrow; name the form with `--as csv`, `--as parquet` \
             or `--as arrow`",
            path.display()
        ))),
    }
}

fn refused(symbol: &str, error: WriteError) -> CommandError {
    match error {
        WriteError::Io { source } => source.into(),
        other if symbol.is_empty() => CommandError::Symbol(other.to_string()),
        other => CommandError::Symbol(format!("symbol `{}`: {other}", escaped(symbol))),
    }
}
