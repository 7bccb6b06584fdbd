//! The options of every command.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use hypernodes::Workload;
use serde::{Deserialize, Serialize};
use tracing_subscriber::filter::LevelFilter;

use super::cluster::ClusterArgs;
use super::policies::PolicyArgs;
use super::{at_least_one, whole, workload};

/// Options that may stand before or after the command, and each as `HYPERNODES_...` in the
/// environment.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// What runs the pipeline; the results are the same on each
    #[arg(
        long,
        global = true,
        value_enum,
        ignore_case = true,
        default_value_t,
        value_name = "NAME"
    )]
    #[arg(env = "HYPERNODES_ENGINE", hide_env_values = true)]
    pub(crate) engine: EngineName,
    /// Take another engine when that one is not available, and say so
    #[arg(long, global = true, value_parser = FalseyValueParser::new())]
    #[arg(env = "HYPERNODES_FALLBACK", hide_env_values = true)]
    pub(crate) fallback: bool,
    /// Workers of the engine; 0 takes as many as there are CPUs for this process
    #[arg(long, global = true, default_value_t = 0, value_name = "N")]
    #[arg(value_parser = whole::<usize>, allow_negative_numbers = true)]
    #[arg(env = "HYPERNODES_WORKERS", hide_env_values = true)]
    pub(crate) workers: usize,
    /// What the items mostly do; decides how many partitions there are
    #[arg(long, global = true, value_parser = workload(), ignore_case = true)]
    #[arg(default_value_t, value_name = "KIND")]
    #[arg(env = "HYPERNODES_WORKLOAD", hide_env_values = true)]
    pub(crate) workload: Workload,
    /// Exactly this many partitions; all results are then held until the end
    #[arg(long, global = true, value_parser = at_least_one, value_name = "N")]
    #[arg(allow_negative_numbers = true)]
    #[arg(env = "HYPERNODES_NPARTITIONS", hide_env_values = true)]
    pub(crate) npartitions: Option<usize>,
    /// Partitions of this many items; all results are then held until the end
    #[arg(long, global = true, value_parser = at_least_one, value_name = "N")]
    #[arg(allow_negative_numbers = true)]
    #[arg(env = "HYPERNODES_PARTITION_SIZE", hide_env_values = true)]
    pub(crate) partition_size: Option<usize>,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    /// What happens when a symbol fails: end, or report it and go on
    #[arg(
        long,
        global = true,
        value_enum,
        ignore_case = true,
        default_value_t,
        value_name = "POLICY"
    )]
    #[arg(env = "HYPERNODES_ON_ERROR", hide_env_values = true)]
    pub(crate) on_error: OnError,
    #[command(flatten)]
    pub(crate) policies: PolicyArgs,
    /// Form of the output: table, json or csv; for `graph` text, mermaid, dot or svg
    #[arg(
        long,
        global = true,
        value_enum,
        ignore_case = true,
        hide_possible_values = true
    )]
    #[arg(env = "HYPERNODES_FORMAT", hide_env_values = true)]
    pub(crate) format: Option<Format>,
    /// Whether the format was typed; the environment's is for the commands that have it.
    #[arg(skip)]
    pub(crate) is_format_typed: bool,
    /// Write the output to a file, which appears when it is complete
    #[arg(long, global = true, value_name = "FILE")]
    #[arg(env = "HYPERNODES_OUTPUT", hide_env_values = true)]
    pub(crate) output: Option<PathBuf>,
    /// What to log to stderr
    #[arg(
        long,
        global = true,
        value_enum,
        ignore_case = true,
        default_value_t,
        value_name = "LEVEL"
    )]
    #[arg(env = "HYPERNODES_LOG", hide_env_values = true)]
    pub(crate) log: LogLevel,
    /// Take settings from a .toml, .yaml or .json file; options and the environment count more
    #[arg(long, global = true, value_name = "FILE")]
    #[arg(env = "HYPERNODES_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
}

/// The engines by name, those of later versions too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum EngineName {
    Auto,
    Sequential,
    #[default]
    Threaded,
    Process,
    Gpu,
    Dask,
    Ray,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum OnError {
    #[default]
    Fail,
    Collect,
}

/// Forms of output; which of them a command has is its own matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Format {
    Table,
    Json,
    Csv,
    Text,
    Mermaid,
    Dot,
    Svg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum LogLevel {
    Off,
    Error,
    #[default]
    Warn,
    Info,
    Debug,
    Trace,
}

impl Common {
    /// What is wrong with options that do not go together.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match self.npartitions.and(self.partition_size) {
            Some(_) => {
                Some("`--npartitions` and `--partition-size` say the same in two ways: give one")
            }
            None => self.policies.problem(),
        }
    }

    /// The options with as many partitions for `items` as `--partition-size` asks for.
    pub(crate) fn sized(&self, items: impl FnOnce() -> usize) -> Self {
        let size = self.partition_size;
        let parts = size.map(|size| items().div_ceil(size).max(1));
        Self {
            npartitions: parts.or(self.npartitions),
            ..self.clone()
        }
    }

    /// How much of `--max-memory` rows may take while they are grouped by symbol: half, as what is
    /// computed of them needs room too.
    pub(crate) fn rows_memory(&self) -> Option<u64> {
        self.policies.max_memory.map(|bytes| bytes / 2)
    }

    /// Whether a failing symbol ends the command.
    pub(crate) fn fails_fast(&self) -> bool {
        self.on_error == OnError::Fail
    }

    pub(crate) fn start_log(&self) {
        let level = match self.log {
            LogLevel::Off => LevelFilter::OFF,
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Trace => LevelFilter::TRACE,
        };
        let log = tracing_subscriber::fmt().with_max_level(level);
        log.with_writer(std::io::stderr).with_ansi(false).init();
    }
}

impl std::fmt::Display for EngineName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Sequential => "sequential",
            Self::Threaded => "threaded",
            Self::Process => "process",
            Self::Gpu => "gpu",
            Self::Dask => "dask",
            Self::Ray => "ray",
        })
    }
}
