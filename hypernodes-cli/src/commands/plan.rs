//! `plan COMMAND`: what that command would run.

use std::io::Write;

use hypernodes::trading::PriceSource;
use hypernodes::trading::data::sources;
use hypernodes::trading::pipelines;
use hypernodes::{
    EngineConfig, GraphDescription, Pipeline, Plan, ThreadedConfig, Workload, npartitions,
};

use super::{atc, format, indicators, partition_size, print, scan};
use crate::cli::{Common, DataArgs, Format, PlanOf};
use crate::engine;
use crate::error::{CommandError, Exit};
use crate::output::Output;

pub(crate) fn run(common: &Common, of: &PlanOf) -> Result<Exit, CommandError> {
    if !matches!(of, PlanOf::PartitionSize(_)) {
        format(common, "plan", &[Format::Text])?;
    }
    let (data, picture, pipeline, without_step) = match of {
        PlanOf::Npartitions { items } => return partitions(common, *items),
        PlanOf::Atc(command) => {
            atc::check(&command.atc)?;
            let pipeline = atc::pipeline()?;
            (&command.data, pipeline.describe(), pipeline, &[][..])
        }
        PlanOf::Indicators(command) => {
            if command.columns.is_some() {
                indicators::columns(command)?;
            }
            let pipeline = indicators::pipeline()?;
            (&command.data, pipeline.describe(), pipeline, &[][..])
        }
        PlanOf::PartitionSize(command) => return partition_size::run(common, command),
        PlanOf::Scan(command) if command.scan.spec()?.is_some() => {
            let pipeline = pipelines::symbol_where().select(["found"]);
            let picture = pipelines::market_where().describe();
            (
                &command.data,
                picture,
                pipeline.map_err(hypernodes::Error::from)?,
                &WHERE_WITHOUT_STEP[..],
            )
        }
        PlanOf::Scan(command) => {
            scan::check(command)?;
            let pipeline = pipelines::symbol_scan().select(["score"]);
            let picture = pipelines::market_scan().describe();
            (
                &command.data,
                picture,
                pipeline.map_err(hypernodes::Error::from)?,
                &SCAN_WITHOUT_STEP[..],
            )
        }
    };
    let symbols = counted(common, data)?;
    let common = &common.sized(|| symbols.unwrap_or_default());
    let config = engine::config(common)?;
    print(common, |out| {
        let picture = &picture;
        write_plan(
            out,
            common,
            &config,
            picture,
            &pipeline,
            symbols,
            without_step,
        )
    })
}

/// Nodes of the market's graph that the command does in its own way, and why.
const SCAN_WITHOUT_STEP: [(&str, &str); 2] = [
    ("symbol_name", "the name is known from the file or its rows"),
    ("rank_symbols", "each score is ranked as it comes"),
];

const WHERE_WITHOUT_STEP: [(&str, &str); 2] = [
    ("symbol_name", "the name is known from the file or its rows"),
    ("rank_matches", "each symbol is ranked as it comes"),
];

/// How many symbols the files of DATA hold; `None` without DATA.
fn counted(common: &Common, data: &DataArgs) -> Result<Option<usize>, CommandError> {
    if data.data.is_empty() {
        return Ok(None);
    }
    let (files, read) = (
        data.files()?,
        data.read_options(common, PriceSource::Close)?,
    );
    Ok(Some(sources(&files, &read).count()))
}

fn write_plan(
    out: &mut Output,
    common: &Common,
    config: &EngineConfig,
    picture: &GraphDescription,
    pipeline: &Pipeline,
    symbols: Option<usize>,
    without_step: &[(&str, &str)],
) -> Result<(), CommandError> {
    let plan = pipeline.plan();
    writeln!(out, "{}", picture.to_text(usize::MAX).trim_end())?;
    writeln!(out, "\nsteps for each symbol")?;
    write_steps(out, plan)?;
    for (node, reason) in without_step {
        writeln!(out, "  no step of its own: {node} ({reason})")?;
    }
    let Some(symbols) = symbols else {
        let hint = "name DATA to see its partitions";
        return Ok(writeln!(out, "\nengine      {}; {hint}", config.name())?);
    };
    let mut explained = config
        .explain(plan, symbols)
        .map_err(hypernodes::Error::from)?;
    if !explained.rule.is_empty() {
        let origin = origin_of_workers(config, plan, explained.workers);
        explained.rule.splice(0..0, origin);
    }
    writeln!(out, "\n{explained}")?;
    if let EngineConfig::Threaded(config @ ThreadedConfig { workers: 0, .. }) = config {
        writeln!(out, "workers     {}", config.automatic().explain())?;
    }
    if let EngineConfig::Process(config) = config
        && config.workers == 0
    {
        writeln!(out, "workers     {}", config.automatic().explain())?;
    }
    let held = match common.npartitions {
        Some(_) => "all results are held until the last partition is done",
        None => "symbols are streamed: read, computed and given on while the next are read",
    };
    writeln!(out, "memory      {held}")?;
    Ok(())
}

/// Where the number of workers in the rule comes from, when it is not the number asked for.
fn origin_of_workers(config: &EngineConfig, plan: &Plan, used: usize) -> Option<String> {
    let EngineConfig::Threaded(config) = config else {
        return None;
    };
    let workers = config.resolved_workers();
    if used == workers || !used.is_multiple_of(workers) {
        return None;
    }
    let each = used / workers;
    let reason = match config.workload {
        Workload::Mixed if plan.has_workload(Workload::Io) => {
            ", for a step is marked `workload = io`".to_owned()
        }
        workload => format!(", as `--workload {workload}` asks for"),
    };
    Some(format!(
        "W = {used}: {workers} workers x {each} io threads{reason}"
    ))
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

/// `plan npartitions`: the number alone, for any number of workers: nothing is started.
fn partitions(common: &Common, items: usize) -> Result<Exit, CommandError> {
    let common = &common.sized(|| items);
    let config = engine::config(common)?;
    let number = match config {
        EngineConfig::Threaded(ThreadedConfig {
            npartitions: Some(asked),
            ..
        }) => asked.min(items),
        EngineConfig::Threaded(config) => {
            npartitions(items, config.resolved_workers(), config.workload)
        }
        // No steps, no columns: what these weigh is not known here.
        EngineConfig::Process(config) => match config.npartitions {
            Some(asked) => asked.min(items),
            None => config.partitions(items, 0),
        },
        _ => items.min(1),
    };
    print(common, |out| Ok(writeln!(out, "{number}")?))
}
