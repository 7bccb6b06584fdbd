//! One file a command.

mod atc;
mod atc_rows;
mod bench;
mod cache;
mod config;
mod data;
mod engines;
mod follow;
mod graph;
mod indicator_rows;
mod indicators;
mod jobs;
mod partition_size;
mod plan;
mod report;
mod rows;
mod scan;
mod scan_where;
mod status;
mod table;

use std::io::Write;

use clap::CommandFactory;

use crate::cli::{Cli, Command, Common, Format};
use crate::error::{CommandError, Exit};
use crate::output::Output;

/// Runs what was typed.
pub(crate) fn run(cli: &Cli) -> Result<Exit, CommandError> {
    let common = &cli.common;
    match &cli.command {
        Command::Atc(command) => atc::run(common, command),
        Command::Follow(command) => follow::run(common, command),
        Command::Indicators(command) => indicators::run(common, command),
        Command::Scan(command) => scan::run(common, command),
        Command::Data(command) => data::run(common, &command.of),
        Command::Plan(command) => plan::run(common, &command.of),
        Command::Graph(command) => graph::run(common, &command.of),
        Command::Engines => engines::run(common),
        Command::Bench(command) => bench::run(common, command),
        Command::Config(command) => config::run(common, &command.of),
        Command::Cache(command) => cache::run(common, command.of),
        Command::Report(command) => report::run(common, command),
        Command::Jobs(command) => jobs::run(common, command),
        Command::Status(command) => status::run(common, command),
        Command::Completions { shell } => print(common, |out| {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "hypernodes", &mut text);
            Ok(out.write_all(&text)?)
        }),
        Command::Man { command } => man(common, command.as_deref()),
    }
}

fn man(common: &Common, command: Option<&str>) -> Result<Exit, CommandError> {
    let mut root = Cli::command();
    root.build();
    let page = match command {
        None => root,
        Some(name) => {
            let found = root.find_subcommand(name).cloned();
            let found = found.ok_or_else(|| {
                let names: Vec<_> = root
                    .get_subcommands()
                    .map(clap::Command::get_name)
                    .collect();
                let names = names.join("`, `");
                CommandError::Usage(format!("no command `{name}`; there are `{names}`"))
            })?;
            found.display_name(format!("hypernodes-{name}"))
        }
    };
    print(common, |out| Ok(clap_mangen::Man::new(page).render(out)?))
}

/// Writes to the output of the options.
fn print(
    common: &Common,
    write: impl FnOnce(&mut Output) -> Result<(), CommandError>,
) -> Result<Exit, CommandError> {
    let mut out = Output::open(common.output.as_deref())?;
    write(&mut out)?;
    out.finish()?;
    Ok(Exit::Done)
}

/// The format of the options if it is one of `choices`, the first of them where there is none.
fn format(common: &Common, command: &str, choices: &[Format]) -> Result<Format, CommandError> {
    let format = match common.format {
        Some(format) if choices.contains(&format) => return Ok(format),
        Some(format) if common.is_format_typed => format,
        _ => return Ok(choices[0]),
    };
    let name = |f: &Format| format!("{f:?}").to_lowercase();
    let choices: Vec<_> = choices.iter().map(|f| format!("`{}`", name(f))).collect();
    let (format, choices) = (name(&format), choices.join(", "));
    let problem = format!("`{command}` has no format `{format}`; choose one of {choices}");
    Err(CommandError::Usage(problem))
}
