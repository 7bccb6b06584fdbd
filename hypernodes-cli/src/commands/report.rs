//! `report RUN_DIR`: the report of a run as one HTML file.

use std::path::Path;

use crate::cli::{Common, ReportCommand};
use crate::error::{CommandError, Exit};

pub(crate) fn run(common: &Common, command: &ReportCommand) -> Result<Exit, CommandError> {
    write(common, &command.dir)
}

fn write(_common: &Common, _dir: &Path) -> Result<Exit, CommandError> {
    Err(CommandError::missing("report"))
}
