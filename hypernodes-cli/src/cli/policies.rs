//! How a run is guarded, kept and watched.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::size::{parse_seconds, parse_size};
use super::{at_least_one, whole};

#[derive(Debug, Clone, Args)]
pub(crate) struct PolicyArgs {
    /// Further attempts at an item that fails
    #[arg(long, global = true, default_value_t = 0, value_name = "N")]
    #[arg(value_parser = whole::<u32>, allow_negative_numbers = true)]
    #[arg(env = "HYPERNODES_RETRIES", hide_env_values = true)]
    pub(crate) retries: u32,
    /// Time for each attempt at an item, as a decimal above 0
    #[arg(long, global = true, value_name = "SECONDS")]
    #[arg(value_parser = parse_seconds, allow_negative_numbers = true)]
    #[arg(env = "HYPERNODES_TIMEOUT", hide_env_values = true)]
    pub(crate) timeout: Option<Duration>,
    /// Keep results in a folder, and take from it what is known already
    #[arg(long, global = true, value_name = "DIR")]
    #[arg(env = "HYPERNODES_CACHE", hide_env_values = true)]
    pub(crate) cache: Option<PathBuf>,
    /// Keep a record of the run in a folder
    #[arg(long, global = true, value_name = "DIR")]
    #[arg(env = "HYPERNODES_RUN_DIR", hide_env_values = true)]
    pub(crate) run_dir: Option<PathBuf>,
    /// Go on with the run of `--run-dir`: items that are done are not done again
    #[arg(long, global = true, value_parser = FalseyValueParser::new())]
    #[arg(env = "HYPERNODES_RESUME", hide_env_values = true)]
    pub(crate) resume: bool,
    /// Keep results in `--run-dir` after each N items
    #[arg(long, global = true, value_parser = at_least_one, value_name = "N")]
    #[arg(allow_negative_numbers = true)]
    #[arg(env = "HYPERNODES_CHECKPOINT_EVERY", hide_env_values = true)]
    pub(crate) checkpoint_every: Option<usize>,
    /// Show the run to a browser at this address; a port alone is one of this machine, 0 a free one
    #[arg(long, global = true, value_parser = address, value_name = "ADDRESS")]
    #[arg(env = "HYPERNODES_DASHBOARD", hide_env_values = true)]
    pub(crate) dashboard: Option<SocketAddr>,
    /// Hold no more than this, such as 2GB or 512MiB
    #[arg(long, global = true, value_parser = parse_size, value_name = "SIZE")]
    #[arg(allow_negative_numbers = true)]
    #[arg(env = "HYPERNODES_MAX_MEMORY", hide_env_values = true)]
    pub(crate) max_memory: Option<u64>,
    /// Whether to show progress on stderr; `auto` does on a terminal
    #[arg(
        long,
        global = true,
        value_enum,
        ignore_case = true,
        default_value_t,
        value_name = "WHEN"
    )]
    #[arg(env = "HYPERNODES_PROGRESS", hide_env_values = true)]
    pub(crate) progress: Progress,
    /// Write a report of the run as one HTML file
    #[arg(long, global = true, value_name = "FILE")]
    #[arg(env = "HYPERNODES_REPORT", hide_env_values = true)]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Progress {
    #[default]
    Auto,
    Always,
    Never,
}

impl PolicyArgs {
    /// What is wrong with options that are for a run folder.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match self {
            Self {
                run_dir: Some(_), ..
            } => None,
            Self { resume: true, .. } => {
                Some("`--resume` is for the run of a folder: add `--run-dir DIR`")
            }
            Self {
                checkpoint_every: Some(_),
                ..
            } => Some("`--checkpoint-every` keeps results in a folder: add `--run-dir DIR`"),
            Self { .. } => None,
        }
    }
}

/// An address; a port alone is one of this machine.
fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    if let Ok(port) = port.parse::<u16>() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    let refused = |_| "expected an address such as `127.0.0.1:8700`, or a port".to_owned();
    text.parse().map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_of_this_machine() {
        let read = |text| address(text).map(|address| address.to_string());
        assert_eq!(read("8700").as_deref(), Ok("127.0.0.1:8700"));
        assert_eq!(read("0").as_deref(), Ok("127.0.0.1:0"));
        assert_eq!(read("localhost:80").as_deref(), Ok("127.0.0.1:80"));
        assert_eq!(read("0.0.0.0:8700").as_deref(), Ok("0.0.0.0:8700"));
        assert_eq!(read("[::1]:8700").as_deref(), Ok("[::1]:8700"));
        for wrong in ["", ":8700", "65536", "-1", "example.org:80", "127.0.0.1"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
