//! The `hypernodes` command: market scans and pipelines from the shell.
//!
//! | part | job |
//! |---|---|
//! | `cli` | what can be typed: commands, options, help |
//! | `config` | settings from files, and those of older systems |
//! | `commands` | one file a command |
//! | `symbols` | a pipeline run over the symbols of price files |
//! | `engine` | the engine that the options ask for |
//! | `policies` | what the options add to a run |
//! | `watch` | what is seen of a run: dashboard, report, record |
//! | `cancel` | Ctrl-C |
//! | `output` | where results go |
//! | `error` | what is said when something is wrong, and the exit code |
//!
//! What is computed belongs to `hypernodes_trading`, how it is run to the engines.
#![forbid(unsafe_code)]

mod cancel;
mod cli;
mod commands;
mod config;
mod engine;
mod error;
mod output;
mod policies;
mod symbols;
mod watch;

use std::process::ExitCode;

use crate::cli::Cli;
use crate::error::Exit;

fn main() -> ExitCode {
    hypernodes::init();
    // What a panic says is told once, in our own words; see `error::guarded`.
    std::panic::set_hook(Box::new(|info| tracing::debug!("{info}")));
    let exit = match Cli::typed() {
        Err(refusal) => error::refused(&refusal),
        Ok(cli) => {
            cli.common.start_log();
            error::guarded(|| commands::run(&cli))
        }
    };
    exit.into()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
