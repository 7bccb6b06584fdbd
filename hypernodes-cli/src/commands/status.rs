//! `status [RUN_DIR]`: what there is for this process, and the state of a run.

use std::path::Path;

use super::format;
use crate::cli::{Common, Format, StatusCommand};
use crate::error::{CommandError, Exit};

pub(crate) fn run(common: &Common, command: &StatusCommand) -> Result<Exit, CommandError> {
    let dir = command
        .dir
        .as_deref()
        .or(common.policies.run_dir.as_deref());
    let format = format(common, "status", &[Format::Table, Format::Json])?;
    show(common, dir, format)
}

fn show(_common: &Common, _run: Option<&Path>, _format: Format) -> Result<Exit, CommandError> {
    Err(CommandError::missing("status"))
}
