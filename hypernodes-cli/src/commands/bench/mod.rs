//! `bench`: the engines side by side, and which one to take.

mod page;
mod rows;
mod work;

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use hypernodes::compare::{Comparison, ComparisonReport, seconds_in_words};
use hypernodes::{EngineConfig, EngineError, Resources};
use serde::Serialize;

use super::format;
use crate::cancel;
use crate::cli::{BenchCommand, Common, Format, Progress};
use crate::engine;
use crate::error::{CommandError, Exit, say};
use crate::output::Output;
use work::Case;

/// What was found, as programs read it.
#[derive(Debug, Serialize)]
struct Bench {
    cases: Vec<Found>,
    /// The CPUs that this process may use.
    cpus: f64,
    /// How busy they were when it began, where that can be seen.
    cpu_load_percent: Option<f64>,
    /// Whether Ctrl-C has ended it.
    was_cancelled: bool,
    took_seconds: f64,
}

/// What was found of one kind of work.
#[derive(Debug, Serialize)]
struct Found {
    workload: &'static str,
    nested: bool,
    #[serde(flatten)]
    report: ComparisonReport,
}

pub(crate) fn run(common: &Common, command: &BenchCommand) -> Result<Exit, CommandError> {
    let choices = [Format::Table, Format::Json, Format::Csv];
    let format = format(common, "bench", &choices)?;
    say_unused(common);
    // First, so that a wrong path is told before anything is measured.
    let mut out = Output::open(common.output.as_deref())?;
    let page = opened_page(common)?;
    let comparison = comparison(common, command)?;
    cancel::listen();
    let bench = measured(common, command, &comparison)?;
    rows::write(&mut out, format, &bench)?;
    out.finish()?;
    if let Some(mut page) = page {
        page.write_all(page::html(&bench).as_bytes())?;
        page.finish()?;
    }
    Ok(match bench.was_cancelled {
        true => Exit::Cancelled,
        false => Exit::Done,
    })
}

/// The file of `--report`.
fn opened_page(common: &Common) -> Result<Option<Output>, CommandError> {
    let path = common.policies.report.as_deref();
    let opened = path.map(|path| Output::open(Some(path))).transpose();
    opened.map_err(|error| match error {
        CommandError::Output { path, source } => CommandError::Report { path, source },
        other => other,
    })
}

/// The engines that take part. `sequential` does always: it is what the others are compared with.
fn comparison(common: &Common, command: &BenchCommand) -> Result<Comparison, CommandError> {
    let known = EngineConfig::available();
    let is_asked_for = |name: &str| {
        command
            .engines
            .iter()
            .any(|asked| asked.eq_ignore_ascii_case(name))
    };
    let mut comparison = Comparison::new();
    for info in known.iter().filter(|info| info.name != "sequential") {
        match (command.engines.is_empty(), is_asked_for(info.name)) {
            (true, _) if !info.available => {
                comparison = comparison.unavailable(info.name, info.description);
            }
            (true, _) | (_, true) => {
                let made = engine::by_name(common, info.name).and_then(|config| config.build());
                comparison = match made {
                    Ok(engine) => comparison.shared_engine(info.name, engine),
                    Err(EngineError::Unavailable { reason, .. }) => {
                        comparison.unavailable(info.name, reason)
                    }
                    Err(error) => return Err(hypernodes::Error::from(error).into()),
                };
            }
            (false, false) => {}
        }
    }
    Ok(comparison
        .output::<u64>(work::OUTPUT)
        .sizes(command.items.iter().copied())
        .repeats(command.repeats)
        .cancel(cancel::token()))
}

/// Measures each kind of work: each gets an equal part of the time that is left.
fn measured(
    common: &Common,
    command: &BenchCommand,
    comparison: &Comparison,
) -> Result<Bench, CommandError> {
    let began = now();
    let resources = Resources::read();
    let cases = work::cases(&command.workloads, command.nested)?;
    let is_told = is_progress_wanted(common.policies.progress);
    let mut found = Vec::with_capacity(cases.len());
    for (at, case) in cases.iter().enumerate() {
        if cancel::token().is_cancelled() {
            break;
        }
        if is_told {
            let (name, number) = (case.pipeline.name(), at + 1);
            say(&format!("{name}: {number} of {}", cases.len()));
        }
        let left = command.budget.saturating_sub(began.elapsed());
        found.push(one(case, comparison, left / parts(cases.len() - at))?);
    }
    Ok(Bench {
        cases: found,
        cpus: resources.cpus,
        cpu_load_percent: resources.cpu_load_percent,
        was_cancelled: cancel::token().is_cancelled(),
        took_seconds: began.elapsed().as_secs_f64(),
    })
}

fn one(case: &Case, comparison: &Comparison, budget: Duration) -> Result<Found, CommandError> {
    let comparison = comparison.clone().budget(budget);
    let inputs = |items| case.inputs(items);
    Ok(Found {
        workload: case.workload,
        nested: case.is_nested,
        report: comparison.run(&case.pipeline, Case::AXES, inputs)?,
    })
}

fn parts(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX).max(1)
}

fn is_progress_wanted(progress: Progress) -> bool {
    match progress {
        Progress::Auto => std::io::stderr().is_terminal(),
        Progress::Always => true,
        Progress::Never => false,
    }
}

/// Tells options that were given for nothing.
fn say_unused(common: &Common) {
    let policies = &common.policies;
    let given = [
        ("--npartitions", common.npartitions.is_some()),
        ("--partition-size", common.partition_size.is_some()),
        ("--retries", policies.retries > 0),
        ("--timeout", policies.timeout.is_some()),
        ("--cache", policies.cache.is_some()),
        ("--run-dir", policies.run_dir.is_some()),
        ("--dashboard", policies.dashboard.is_some()),
        ("--max-memory", policies.max_memory.is_some()),
    ];
    let given = given.into_iter().filter(|(_, is_given)| *is_given);
    let names: Vec<&str> = given.map(|(name, _)| name).collect();
    if !names.is_empty() {
        say(&format!(
            "note: `bench` has no use for `{}`",
            names.join("`, `")
        ));
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

impl Bench {
    /// How long it took, where, and beside what.
    fn circumstances(&self) -> String {
        let took = seconds_in_words(self.took_seconds);
        let ended = if self.was_cancelled {
            ", cancelled"
        } else {
            ""
        };
        let load = self
            .cpu_load_percent
            .map(|load| format!(", {load:.0} % busy before"));
        let load = load.unwrap_or_default();
        format!("took {took} on {} CPUs{load}{ended}", self.cpus)
    }
}
