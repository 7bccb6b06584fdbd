//! Looking after what runs leave behind: settings, caches, run folders.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::size::{parse_duration, parse_size};

#[derive(Debug, Args)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    pub(crate) of: ConfigOf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigOf {
    /// Checks a file of settings, and prints all settings as they would be with it.
    ///
    /// Options and the environment count more than the file, as they do in a run. What is printed
    /// is a file of settings again.
    #[command(after_help = "\
Examples:
  hypernodes config check hypernodes.toml
  hypernodes config check hypernodes.yaml --workers 8 --output all.json")]
    Check {
        /// A .toml, .yaml (or .yml) or .json file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Prints the settings of an older system as a TOML file for `--config`.
    ///
    /// Knows DASK_* variables, cluster files and `parallel` sections. What has no counterpart is
    /// listed with the reason; values of unknown keys are never printed.
    #[command(after_help = "\
Examples:
  hypernodes config import .env > hypernodes.toml
  hypernodes config import cluster_config.yaml --output hypernodes.toml")]
    Import {
        /// An environment file (.env), or a .yaml, .toml or .json file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CacheCommand {
    #[command(subcommand)]
    pub(crate) of: CacheOf,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum CacheOf {
    /// Lists the results in a cache: how many, how large, of which nodes.
    #[command(after_help = "\
Examples:
  hypernodes cache list --cache ~/.cache/hypernodes
  hypernodes cache list --cache results --format json")]
    List,
    /// Reads every result in a cache and tells those that are damaged.
    #[command(after_help = "\
Examples:
  hypernodes cache verify --cache ~/.cache/hypernodes")]
    Verify,
    /// Removes results from a cache: old ones, and the least used until the rest fits.
    #[command(after_help = "\
Examples:
  hypernodes cache prune --cache results --max-size 10GB
  hypernodes cache prune --cache results --older-than 30d")]
    Prune(PruneArgs),
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PruneArgs {
    /// Keep no more than this, such as 10GB
    #[arg(long, value_parser = parse_size, value_name = "SIZE", allow_negative_numbers = true)]
    pub(crate) max_size: Option<u64>,
    /// Remove what was not used for this long, such as 12h or 30d
    #[arg(long, value_parser = parse_duration, value_name = "DURATION")]
    #[arg(allow_negative_numbers = true)]
    pub(crate) older_than: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportCommand {
    /// The folder of the run, as `--run-dir` named it.
    #[arg(value_name = "RUN_DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct JobsCommand {
    /// The folder to look through; without it that of `--run-dir`.
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct StatusCommand {
    /// The folder of a run; without it that of `--run-dir`, if any.
    #[arg(value_name = "RUN_DIR")]
    pub(crate) dir: Option<PathBuf>,
}
