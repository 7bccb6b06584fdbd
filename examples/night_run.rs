//! A long map that can be left alone: flaky calls are tried again, finished items survive whatever ends the process,
//! costly results are kept, and a page tells the story.
//!
//! `cargo run --example night_run --features ops`

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hypernodes::ops::{RunRecorder, report};
use hypernodes::prelude::*;
use hypernodes::{CancelToken, MemoryCache, Retry, RunDir, RunError};

static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Fetches a document; every third call is refused.
#[node(output = "document", retry = Retry::new(9).on::<std::io::Error>().backoff(Duration::from_millis(1), 2.0))]
fn fetch(id: u64) -> std::io::Result<String> {
    match CALLS.fetch_add(1, Ordering::Relaxed) % 3 {
        2 => Err(std::io::Error::other("the server is busy")),
        _ => Ok(format!("document {id} of many words")),
    }
}

/// Counts words; kept in the cache.
#[node(output = "words", cache)]
fn count(document: &str) -> usize {
    document.split(' ').count()
}

pub(crate) fn main() -> Result<(), hypernodes::Error> {
    let folder = std::env::temp_dir().join(format!("hypernodes-night-{}", std::process::id()));
    let recorder = RunRecorder::new();
    let cancel = CancelToken::new();
    let pipeline = Pipeline::new("night", nodes![fetch, count])?
        .select(["words"])?
        .on_error(ErrorPolicy::Collect)
        .with_cache(Arc::new(MemoryCache::new(1 << 20)))
        .with_listening(&recorder.listening());
    let ids: Vec<u64> = (0..100).collect();

    // Somebody pulls the plug after a while..
    let unplug = cancel.clone();
    let first = pipeline
        .with_cancel(&cancel)
        .with_listener(move |event: &hypernodes::Event| {
            if let hypernodes::EventKind::Checkpointed { .. } = event.kind {
                unplug.cancel();
            }
        })
        .with_run_dir(RunDir::new(&folder))
        .map(inputs! { id: ids.clone() }, ["id"]);
    // .. unless the run was faster.
    if let Err(hypernodes::Error::Run(error)) = &first {
        assert!(matches!(error, RunError::Cancelled { .. }));
    }

    // .. and the run goes on where it was.
    let runs = pipeline
        .with_run_dir(RunDir::new(&folder).resume(true))
        .map(inputs! { id: ids }, ["id"])?;
    assert_eq!(runs.column::<usize>("words")?, vec![5; 100]);

    let record = recorder.record().expect("a run was heard");
    let page = folder.join("report.html");
    report::write_html(&page, &record).expect("the folder can be written");
    assert_eq!(record.items_done, 100);
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
    Ok(())
}
