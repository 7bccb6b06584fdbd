//! `jobs [DIR]`: runs, live and finished.

use std::path::Path;

use super::format;
use crate::cli::{Common, Format, JobsCommand};
use crate::error::{CommandError, Exit};

pub(crate) fn run(common: &Common, command: &JobsCommand) -> Result<Exit, CommandError> {
    let dir = command
        .dir
        .as_deref()
        .or(common.policies.run_dir.as_deref());
    let Some(dir) = dir else {
        let problem = "runs of which folder? name it, or add `--run-dir DIR`";
        return Err(CommandError::Usage(problem.to_owned()));
    };
    let format = format(common, "jobs", &[Format::Table, Format::Json])?;
    list(common, dir, format)
}

fn list(_common: &Common, _dir: &Path, _format: Format) -> Result<Exit, CommandError> {
    Err(CommandError::missing("jobs"))
}
