//! `config check FILE`, `config import FILE`: settings as a file has them.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use hypernodes::EngineConfig;

use super::{format, print};
use crate::cli::{Cli, Common, ConfigOf, Format, Refusal, effective};
use crate::config::{self, Imported};
use crate::error::{CommandError, Exit, refused};

pub(crate) fn run(common: &Common, of: &ConfigOf) -> Result<Exit, CommandError> {
    match of {
        ConfigOf::Check { file } => check(common, file),
        ConfigOf::Import { file } => import(common, file),
    }
}

fn check(common: &Common, file: &Path) -> Result<Exit, CommandError> {
    format(common, "config check", &[Format::Json])?;
    let settings = match effective(file) {
        Ok(settings) => settings,
        Err(refusal) => return Ok(refused(&refusal)),
    };
    print(common, |out| {
        serde_json::to_writer_pretty(&mut *out, &settings).map_err(io::Error::from)?;
        Ok(writeln!(out)?)
    })
}

fn import(common: &Common, file: &Path) -> Result<Exit, CommandError> {
    format(common, "config import", &[Format::Text])?;
    let known = Cli::command();
    let (entries, leftovers) = config::translated(file, config::read_any(file)?)?;
    let imported = Imported::sorted(&known, entries, leftovers);
    // The options say whether the values can be used.
    if let Err(refusal) = config::check(file, known.clone(), &imported.ours) {
        return Ok(refused(&Refusal::from(refusal)));
    }
    let text = config::to_toml(&known, file, &imported, remark);
    print(common, |out| Ok(out.write_all(text.as_bytes())?))
}

/// What is to be said of a setting that cannot be used yet.
fn remark(key: &str, value: &str) -> Option<String> {
    let engines = EngineConfig::available();
    let is_any_available = |names: &[&str]| {
        let mut there = engines.iter().filter(|engine| engine.available);
        there.any(|engine| names.contains(&engine.name))
    };
    match key {
        "engine" => {
            let engine = engines.iter().find(|engine| engine.name == value)?;
            let is_missing = !engine.available;
            is_missing.then(|| {
                "not in this version: `fallback = true` takes `threaded` in its place".to_owned()
            })
        }
        "threads-per-worker" | "worker-memory" => {
            let is_there = is_any_available(&["process", "dask", "ray"]);
            (!is_there).then(|| "for workers that are processes: none in this version".to_owned())
        }
        "scheduler" | "connect-timeout" => {
            let is_there = is_any_available(&["dask", "ray"]);
            (!is_there).then(|| "for clusters: none in this version".to_owned())
        }
        _ => None,
    }
}
