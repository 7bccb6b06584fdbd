use hypernodes_core::{EventKind, Listener, MemoryLevel, RunMode, RunOutcome};
use tracing::Level;

use super::{FAILURES, LogListener};
use crate::testing::{Written, chunk_start, end, event, item_failed, start};

/// What a subscriber of this level writes when the listener hears these.
fn log(level: Level, events: &[hypernodes_core::Event]) -> Vec<String> {
    let written = Written::default();
    let theirs = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .without_time()
        .with_writer(move || theirs.clone())
        .finish();
    let listener = LogListener::new();
    tracing::subscriber::with_default(subscriber, || {
        events.iter().for_each(|event| listener.hear(event));
    });
    assert!(
        listener.runs.lock().unwrap().is_empty(),
        "runs that ended are forgotten"
    );
    written
        .text()
        .lines()
        .map(|line| line.trim().to_owned())
        .collect()
}

fn memory(level: MemoryLevel) -> hypernodes_core::Event {
    let (used, limit) = (90, 100);
    event(1, 0, 3, EventKind::Memory { level, used, limit })
}

#[test]
fn the_log_tells_the_story_of_a_run() {
    let node = || "fetch".into();
    let events = [
        start(RunMode::Map, Some(3)),
        event(1, 0, 1, EventKind::Restored { items: 1 }),
        chunk_start(2, 1, 2, 3),
        event(
            2,
            1,
            2,
            EventKind::CacheHit {
                node: node(),
                rows: 2,
            },
        ),
        event(
            2,
            1,
            2,
            EventKind::CacheHit {
                node: node(),
                rows: 5,
            },
        ),
        event(
            2,
            1,
            2,
            EventKind::CacheMiss {
                node: node(),
                rows: 1,
            },
        ),
        event(
            2,
            1,
            3,
            EventKind::Retried {
                node: node(),
                item: 2,
                attempt: 1,
                pause_ns: 50,
                message: "busy".to_owned(),
            },
        ),
        memory(MemoryLevel::Spill),
        memory(MemoryLevel::Normal),
        item_failed(2, 1, 4, &[2, 0]),
        event(
            1,
            0,
            5,
            EventKind::WorkerLost {
                cause: "killed".to_owned(),
            },
        ),
        event(1, 0, 1500, EventKind::Cancelled),
        end(2000, RunOutcome::Failed, 1, 1),
    ];
    let run = "run=0000000000000007";
    let expected = [
        format!(
            "INFO hypernodes: run started {run} pipeline=\"p\" engine=\"threaded\" items=3 workers=2 partitions=4 why=\"because\""
        ),
        format!("DEBUG hypernodes: restored from an earlier run {run} items=1"),
        format!("DEBUG hypernodes: retried: busy {run} node=fetch items=2 attempt=1 pause_ns=50"),
        format!("WARN hypernodes: memory runs short {run} level=Spill used=90 limit=100"),
        format!("INFO hypernodes: memory is back to normal {run} level=Normal used=90 limit=100"),
        format!(
            "WARN hypernodes: item failed: no price {run} node=inner/clean items=\"2/0\" kind=\"panic\" inputs=[(\"x\", \"1\")]"
        ),
        format!("WARN hypernodes: worker lost: killed {run} worker=1"),
        format!("INFO hypernodes: run is cancelled {run} seconds=1.5"),
        format!("DEBUG hypernodes: cache {run} node=fetch hits=7 misses=1"),
        format!(
            "WARN hypernodes: run ended {run} outcome=\"failed\" done=1 failed=1 seconds=2.0 error=\"it\\nbroke\""
        ),
    ];
    assert_eq!(log(Level::TRACE, &events), expected);
    assert_eq!(log(Level::WARN, &events).len(), 4);
    assert_eq!(log(Level::INFO, &events).len(), 7);
}

#[test]
fn a_node_that_always_fails_does_not_flood_the_log() {
    let mut events = vec![start(RunMode::Map, None)];
    events.extend((0..FAILURES + 5).map(|item| item_failed(2, 1, 4, &[item])));
    events.push(end(9, RunOutcome::Partial, 0, FAILURES + 5));
    let lines = log(Level::WARN, &events);
    assert_eq!(lines.len(), 101);
    assert_eq!(
        lines[100],
        "WARN hypernodes: 5 more items failed run=0000000000000007 node=inner/clean failures=105"
    );
}
