//! `cache list|verify|prune`: looking after the folder of `--cache`.

use std::path::Path;

use super::format;
use crate::cli::{CacheOf, Common, Format, PruneArgs};
use crate::error::{CommandError, Exit};

pub(crate) fn run(common: &Common, of: CacheOf) -> Result<Exit, CommandError> {
    let Some(dir) = common.policies.cache.as_deref() else {
        let problem = "which cache? add `--cache DIR`, or set HYPERNODES_CACHE";
        return Err(CommandError::Usage(problem.to_owned()));
    };
    let format = format(common, "cache", &[Format::Table, Format::Json])?;
    match of {
        CacheOf::List => list(common, dir, format),
        CacheOf::Verify => verify(common, dir, format),
        CacheOf::Prune(limits) => match limits {
            PruneArgs {
                max_size: None,
                older_than: None,
            } => {
                let problem =
                    "what is to go? add `--max-size SIZE`, `--older-than DURATION` or both";
                Err(CommandError::Usage(problem.to_owned()))
            }
            limits => prune(common, dir, limits, format),
        },
    }
}

fn list(_common: &Common, _dir: &Path, _format: Format) -> Result<Exit, CommandError> {
    Err(CommandError::missing("cache list"))
}

fn verify(_common: &Common, _dir: &Path, _format: Format) -> Result<Exit, CommandError> {
    Err(CommandError::missing("cache verify"))
}

fn prune(
    _common: &Common,
    _dir: &Path,
    _limits: PruneArgs,
    _format: Format,
) -> Result<Exit, CommandError> {
    Err(CommandError::missing("cache prune"))
}
