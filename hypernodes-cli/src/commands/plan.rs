//! `plan COMMAND`: what that command would run.

use std::io::Write;

use hypernodes::trading::PriceSource;
use hypernodes::trading::data::sources;
use hypernodes::trading::pipelines;
use hypernodes::{EngineConfig, GraphDescription, Pipeline, Plan, ThreadedConfig, npartitions};

use super::{atc, format, print, scan};
use crate::cli::{Common, DataArgs, Format, PlanOf};
use crate::engine;
use crate::error::{CommandError, Exit};
use crate::output::Output;

pub(crate) fn run(common: &Common, of: &PlanOf) -> Result<Exit, CommandError> {
    format(common, "plan", &[Format::Text])?;
    let (data, picture, pipeline) = match of {
        PlanOf::Npartitions { items } => return partitions(common, *items),
        PlanOf::Atc(command) => {
            atc::check(&command.atc)?;
            let pipeline = atc::pipeline()?;
            (&command.data, pipeline.describe(), pipeline)
        }
        PlanOf::Scan(command) => {
            scan::check(command)?;
            let pipeline = pipelines::symbol_scan().select(["score"]);
            let picture = pipelines::market_scan().describe();
            (
                &command.data,
                picture,
                pipeline.map_err(hypernodes::Error::from)?,
            )
        }
    };
    let config = engine::config(common)?;
    let symbols = counted(data)?;
    print(common, |out| {
        write_plan(out, common, &config, &picture, &pipeline, symbols)
    })
}

/// How many symbols the files of DATA hold; `None` without DATA.
fn counted(data: &DataArgs) -> Result<Option<usize>, CommandError> {
    if data.data.is_empty() {
        return Ok(None);
    }
    let (files, read) = (data.files()?, data.read_options(PriceSource::Close)?);
    Ok(Some(sources(&files, &read).count()))
}

fn write_plan(
    out: &mut Output,
    common: &Common,
    config: &EngineConfig,
    picture: &GraphDescription,
    pipeline: &Pipeline,
    symbols: Option<usize>,
) -> Result<(), CommandError> {
    let plan = pipeline.plan();
    writeln!(out, "{}", picture.to_text(usize::MAX).trim_end())?;
    writeln!(out, "\nsteps for each symbol")?;
    write_steps(out, plan)?;
    let Some(symbols) = symbols else {
        let hint = "name DATA to see its partitions";
        return Ok(writeln!(out, "\nengine      {}; {hint}", config.name())?);
    };
    let explained = config
        .explain(plan, symbols)
        .map_err(hypernodes::Error::from)?;
    writeln!(out, "\n{explained}")?;
    let held = match common.npartitions {
        Some(_) => "all results are held until the last partition is done",
        None => "symbols are streamed: read, computed and given on while the next are read",
    };
    writeln!(out, "memory      {held}")?;
    Ok(())
}

fn write_steps(out: &mut Output, plan: &Plan) -> Result<(), CommandError> {
    let names: Vec<&str> = plan.step_names().collect();
    for (at, before) in plan.dependencies().iter().enumerate() {
        write!(out, "  {} {}", at + 1, names[at])?;
        let before: Vec<&str> = before.iter().map(|&step| names[step]).collect();
        if !before.is_empty() {
            write!(out, "  after {}", before.join(", "))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `plan npartitions`: the number alone.
fn partitions(common: &Common, items: usize) -> Result<Exit, CommandError> {
    let config = engine::config(common)?;
    // Settings out of range are refused here too.
    config.build().map_err(hypernodes::Error::from)?;
    let number = match config {
        EngineConfig::Threaded(ThreadedConfig {
            npartitions: Some(asked),
            ..
        }) => asked.min(items),
        EngineConfig::Threaded(config) => {
            npartitions(items, config.resolved_workers(), config.workload)
        }
        _ => items.min(1),
    };
    print(common, |out| Ok(writeln!(out, "{number}")?))
}
