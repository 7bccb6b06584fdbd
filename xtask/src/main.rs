//! The checks of this repository: `cargo xtask check` runs what CI runs, cheapest first.
//!
//! | file | job |
//! |---|---|
//! | `options.rs` | the command line |
//! | `step.rs` | what a step is, how it ends, running a list of them, the summary |
//! | `steps.rs` | the steps themselves |
//! | `text.rs` | the rules that no other tool knows, file by file |
//! | `arrows.rs` | which crate may depend on which |
//! | `manifest.rs` | the few facts that are read from `Cargo.toml` |
//! | `tool.rs` | child processes |
//!
//! Only std is used, so that the checks are built in a second or two.
#![forbid(unsafe_code)]

mod arrows;
mod manifest;
mod options;
mod step;
mod steps;
mod text;
mod tool;

use std::path::Path;
use std::process::ExitCode;

use options::{Options, Request};

fn main() -> ExitCode {
    let request = Options::parse(std::env::args().skip(1), steps::ALL);
    let options = match request {
        Ok(Request::Check(options)) => options,
        Ok(Request::List) => {
            tool::say(&step::list(steps::ALL));
            return ExitCode::SUCCESS;
        }
        Ok(Request::Help) => {
            tool::say(options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            tool::say(&format!("error: {problem}\n\n{}", options::HELP));
            return ExitCode::from(2);
        }
    };
    // The manifest of this crate lies in a folder of the workspace.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().unwrap_or(here);
    if step::run_all(steps::ALL, &options, root) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
