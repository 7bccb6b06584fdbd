//! The engine that the options ask for.

use std::sync::Arc;

use hypernodes::{Engine, EngineConfig, EngineError, ProcessConfig, ThreadedConfig};

use crate::cli::{Common, EngineName};
use crate::error::{CommandError, say};

/// The engine for a run.
pub(crate) fn chosen(common: &Common) -> Result<Arc<dyn Engine>, CommandError> {
    Ok(config(common)?.build().map_err(hypernodes::Error::from)?)
}

/// The settings of the engine, after a word on stderr when it is another than asked for, or has no
/// use for some option.
pub(crate) fn config(common: &Common) -> Result<EngineConfig, CommandError> {
    let config = named(common)?;
    let of_clusters = ["--scheduler", "--connect-timeout"];
    let mut unused = match &config {
        EngineConfig::Sequential(_) | EngineConfig::Threaded(_) => common.cluster.given(),
        EngineConfig::Process(_) => {
            let mut given = common.cluster.given();
            given.retain(|option| of_clusters.contains(option));
            given
        }
        _ => Vec::new(),
    };
    if common.partition_size.is_some() && matches!(config, EngineConfig::Sequential(_)) {
        unused.insert(0, "--partition-size");
    }
    if !unused.is_empty() {
        let (engine, options) = (config.name(), unused.join("`, `"));
        say(&format!(
            "note: engine `{engine}` has no use for `{options}`"
        ));
    }
    Ok(config)
}

fn is_available(name: &str) -> bool {
    let mut engines = EngineConfig::available().iter();
    engines.any(|engine| engine.name == name && engine.available)
}

/// One engine by its name, with its automatic partitions: what `bench` compares.
pub(crate) fn by_name(common: &Common, name: &str) -> Result<EngineConfig, EngineError> {
    match name {
        "threaded" => Ok(threaded(common, None)),
        "process" => Ok(process(common, None)),
        name => EngineConfig::named(name),
    }
}

fn threaded(common: &Common, npartitions: Option<usize>) -> EngineConfig {
    EngineConfig::Threaded(ThreadedConfig {
        workers: common.workers,
        workload: common.workload,
        npartitions,
    })
}

fn process(common: &Common, npartitions: Option<usize>) -> EngineConfig {
    EngineConfig::Process(ProcessConfig {
        workers: common.workers,
        threads_per_worker: common.cluster.threads_per_worker.unwrap_or_default(),
        worker_memory: common.cluster.worker_memory,
        workload: common.workload,
        npartitions,
        ..ProcessConfig::default()
    })
}

/// `auto` takes the engine with threads: it is never slower by more than its start.
fn named(common: &Common) -> Result<EngineConfig, CommandError> {
    let threaded = threaded(common, common.npartitions);
    match common.engine {
        EngineName::Auto | EngineName::Threaded => Ok(threaded),
        EngineName::Sequential => Ok(EngineConfig::default()),
        EngineName::Process if is_available("process") => Ok(process(common, common.npartitions)),
        missing => match EngineConfig::named(&missing.to_string()).and_then(built) {
            Ok(config) => Ok(config),
            Err(EngineError::Unavailable { engine, reason }) if common.fallback => {
                let reason = reason.split("; ").next().unwrap_or_default();
                say(&format!(
                    "note: engine `{engine}` is not available: {reason}; `threaded` runs"
                ));
                Ok(threaded)
            }
            Err(error) => Err(CommandError::Usage(format!("{error}, or add `--fallback`"))),
        },
    }
}

/// Of an engine that is known and missing, only building it says why.
fn built(config: EngineConfig) -> Result<EngineConfig, EngineError> {
    config.build().map(|_| config)
}
