//! What the options add to a run: retries, time limits, caches, records.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use hypernodes::ops::{LogListener, ProgressListener, ProgressMode};
use hypernodes::{DiskCache, ErrorPolicy, MemoryLimits, Pipeline, Retry, RunDir};

use crate::cancel;
use crate::cli::{Common, LogLevel, Progress};
use crate::error::CommandError;
use crate::watch::Watch;

/// The pause before the second attempt at an item; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The pipeline with what the options ask for, and what is to be [closed](Watch::close) when the command ends.
///
/// Failing items are collected whatever `--on-error` says: each is told, and the command decides.
pub(crate) fn applied(
    common: &Common,
    pipeline: Pipeline,
) -> Result<(Pipeline, Watch), CommandError> {
    let options = &common.policies;
    let mut pipeline = pipeline
        .on_error(ErrorPolicy::Collect)
        .with_cancel(cancel::token());
    if options.retries > 0 {
        let retry = Retry::new(options.retries.saturating_add(1));
        let retry = retry.backoff(FIRST_PAUSE, 2.0).cap(LONGEST_PAUSE);
        pipeline = pipeline.with_retry(retry);
    }
    if let Some(limit) = options.timeout {
        pipeline = pipeline.with_item_timeout(limit);
    }
    if let Some(bytes) = options.max_memory {
        pipeline = pipeline.with_memory_limits(MemoryLimits::new(bytes));
    }
    if let Some(folder) = &options.cache {
        pipeline = pipeline.with_cache(Arc::new(DiskCache::open(folder)?));
    }
    if let Some(folder) = &options.run_dir {
        let folder = RunDir::new(folder).resume(options.resume);
        pipeline = pipeline.with_run_dir(match options.checkpoint_every {
            None => folder,
            Some(items) => folder.checkpoint_every(items),
        });
    }
    if is_progress_wanted(options.progress) {
        // Bars on a terminal, lines elsewhere.
        pipeline = pipeline.with_listener(ProgressListener::new(ProgressMode::Auto));
    }
    if matches!(
        common.log,
        LogLevel::Info | LogLevel::Debug | LogLevel::Trace
    ) {
        pipeline = pipeline.with_listener(LogListener::new());
    }
    Watch::open(common, pipeline)
}

fn is_progress_wanted(progress: Progress) -> bool {
    match progress {
        Progress::Auto => std::io::stderr().is_terminal(),
        Progress::Always => true,
        Progress::Never => false,
    }
}
