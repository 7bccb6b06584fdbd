//! What the options add to a run: retries, time limits, caches, records.

use hypernodes::{ErrorPolicy, Pipeline};

use crate::cli::{Common, Progress};
use crate::error::{CommandError, say};

/// The pipeline with what the options ask for.
///
/// Failing items are collected whatever `--on-error` says: each is told, and the command decides.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a cache or a run folder that cannot be opened will be an error"
)]
pub(crate) fn applied(common: &Common, pipeline: Pipeline) -> Result<Pipeline, CommandError> {
    let missing = without_effect(common);
    if !missing.is_empty() {
        let options = missing.join("`, `");
        say(&format!(
            "note: not in this version, without effect: `{options}`"
        ));
    }
    Ok(pipeline.on_error(ErrorPolicy::Collect))
}

/// Options that were given and that nothing heeds yet.
fn without_effect(common: &Common) -> Vec<&'static str> {
    let policies = &common.policies;
    let given = [
        ("--retries", policies.retries > 0),
        ("--timeout", policies.timeout.is_some()),
        ("--cache", policies.cache.is_some()),
        ("--run-dir", policies.run_dir.is_some()),
        ("--resume", policies.resume),
        ("--checkpoint-every", policies.checkpoint_every.is_some()),
        ("--dashboard", policies.dashboard.is_some()),
        ("--max-memory", policies.max_memory.is_some()),
        ("--progress", policies.progress == Progress::Always),
        ("--report", policies.report.is_some()),
    ];
    let given = given.into_iter().filter(|(_, is_given)| *is_given);
    given.map(|(option, _)| option).collect()
}
