//! `status [RUN_DIR]`: what there is for this process, and the state of a run.

use std::io::{self, Write};
use std::time::Duration;

use hypernodes::ops::{FailureRecord, RunRecord, format_percent, format_rate};
use hypernodes::{
    CancelToken, CpuSource, ResourceReader, Resources, RunStatus, ThreadedConfig, WorkerChoice,
    WorkerLimits, format_size, read_status,
};
use serde_json::{Value, json};

use super::table::{UNKNOWN, between, known, moment};
use super::{format, jobs, print, report};
use crate::cli::{Common, Format, StatusCommand};
use crate::error::{CommandError, Exit, escaped};

/// The load of the CPUs is what it is between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// How many failures are told.
const NAMED: usize = 10;

pub(crate) fn run(common: &Common, command: &StatusCommand) -> Result<Exit, CommandError> {
    let dir = command
        .dir
        .as_deref()
        .or(common.policies.run_dir.as_deref());
    let format = format(common, "status", &[Format::Table, Format::Json])?;
    let run = match dir {
        None => None,
        Some(dir) => Some((read_status(dir)?, report::found(dir)?)),
    };
    let resources = looked(dir.unwrap_or(std::path::Path::new(".")));
    let now = WorkerChoice::new(common.workers, &resources, &WorkerLimits::default());
    let automatic = ThreadedConfig::default().automatic();
    print(common, |out| {
        if format == Format::Json {
            let all = json!({
                "resources": resources,
                "workers": {"chosen": automatic.workers, "why": automatic.explain()},
                "advice": {"workers": now.workers, "bound": now.bound, "why": now.explain()},
                "run": run.as_ref().map(|(status, record)| run_json(status, record.as_ref())),
            });
            serde_json::to_writer(&mut *out, &all).map_err(io::Error::from)?;
            return Ok(writeln!(out)?);
        }
        write_resources(out, &resources, &automatic, &now)?;
        if let Some((status, record)) = &run {
            writeln!(out)?;
            write_run(out, status, record.as_ref())?;
        }
        Ok(())
    })
}

/// What there is, with the load of the CPUs as it is now.
fn looked(folder: &std::path::Path) -> Resources {
    let mut reader = ResourceReader::new().disk_of(folder);
    reader.read();
    // Nobody cancels it: it is a pause.
    let _ = CancelToken::new().sleep(BETWEEN_LOOKS);
    reader.read()
}

fn write_resources(
    out: &mut impl Write,
    resources: &Resources,
    automatic: &WorkerChoice,
    now: &WorkerChoice,
) -> io::Result<()> {
    let source = match resources.cpus_from {
        CpuSource::Quota => "a quota of the control group",
        CpuSource::Affinity => "those that this process may use",
        CpuSource::Host => "those of the machine",
    };
    writeln!(out, "cpus      {} ({source})", resources.cpus)?;
    let load = resources.cpu_load_percent;
    let load = load.map_or_else(|| UNKNOWN.to_owned(), |load| format!("{load:.0} %"));
    writeln!(out, "load      {load}")?;
    let used = format_size(resources.memory_used);
    match resources.memory_limit {
        None => writeln!(out, "memory    {used} in use, limit unknown")?,
        Some(limit) => {
            let source = match resources.is_memory_limited {
                true => "a limit of the control group",
                false => "that of the machine",
            };
            let (limit, percent) = (
                format_size(limit),
                resources.memory_percent().unwrap_or_default(),
            );
            writeln!(
                out,
                "memory    {used} of {limit} in use, {percent:.0} % ({source})"
            )?;
        }
    }
    match &resources.disk {
        None => writeln!(out, "disk      {UNKNOWN}")?,
        Some(disk) => {
            let (free, total) = (format_size(disk.free), format_size(disk.total));
            writeln!(out, "disk      {free} of {total} free")?;
        }
    }
    writeln!(out, "workers   {} (`--workers 0`)", automatic.explain())?;
    writeln!(out, "advice    {}", now.explain())
}

fn write_run(
    out: &mut impl Write,
    status: &RunStatus,
    record: Option<&RunRecord>,
) -> io::Result<()> {
    let state = &status.state;
    writeln!(out, "run       {}", status.run)?;
    writeln!(out, "pipeline  {}", escaped(&state.pipeline))?;
    writeln!(out, "engine    {}", escaped(&state.engine))?;
    writeln!(out, "state     {} (process {})", state.state, state.process)?;
    let ended = state.done.saturating_add(state.failed);
    let part = state
        .items
        .map(|items| format!(" ({})", format_percent(ended, items)));
    let part = part.unwrap_or_default();
    writeln!(
        out,
        "items     {} done, {} failed, {} restored, of {}{part}",
        state.done,
        state.failed,
        state.restored,
        known(state.items)
    )?;
    let ms = state.updated_unix_ms.saturating_sub(state.started_unix_ms);
    let fresh = ended.saturating_sub(state.restored);
    writeln!(
        out,
        "time      {} since {} UTC, {}",
        between(state.started_unix_ms, state.updated_unix_ms),
        moment(state.started_unix_ms),
        format_rate(fresh, Duration::from_millis(ms)),
    )?;
    if let Some(error) = &state.error {
        writeln!(out, "error     {}", escaped(error))?;
    }
    let failures = record.map(|record| &record.failures);
    for failure in failures
        .iter()
        .flat_map(|failures| &failures.first)
        .take(NAMED)
    {
        writeln!(out, "failure   {}", escaped(&told(failure)))?;
    }
    Ok(())
}

fn told(failure: &FailureRecord) -> String {
    format!("{}: {}", failure.place(), failure.message)
}

fn run_json(status: &RunStatus, record: Option<&RunRecord>) -> Value {
    let mut all = jobs::as_json(status);
    let failures = record.map(|record| &record.failures);
    let first = failures.map(|failures| failures.first.iter().map(told).collect::<Vec<_>>());
    all["failures"] = json!(first.unwrap_or_default());
    all
}
