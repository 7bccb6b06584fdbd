//! Events by hand, and a writer that can be read.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use hypernodes_core::{
    Event, EventKind, FailureKind, RunId, RunMode, RunOutcome, RunStart, SpanId,
};

pub(crate) const SECOND: u64 = 1_000_000_000;

/// An event of run 7: its span, the span around it, its time in milliseconds.
pub(crate) fn event(span: u64, parent: u64, at_ms: u64, kind: EventKind) -> Event {
    Event {
        run: RunId(7),
        span: SpanId(span),
        parent: (parent > 0).then_some(SpanId(parent)),
        at_ns: at_ms * 1_000_000,
        worker: 1,
        kind,
    }
}

pub(crate) fn start(mode: RunMode, items: Option<u64>) -> Event {
    let start = RunStart {
        pipeline: "p".to_owned(),
        mode,
        items,
        engine: "threaded".to_owned(),
        workers: 2,
        partitions: 4,
        why: "because".to_owned(),
        nodes: vec![],
        unix_ms: 1_700_000_000_000,
        process: 1,
    };
    event(1, 0, 0, EventKind::RunStarted(Box::new(start)))
}

pub(crate) fn end(at_ms: u64, outcome: RunOutcome, done: u64, failed: u64) -> Event {
    let error = (outcome == RunOutcome::Failed).then(|| "it\nbroke".to_owned());
    let kind = EventKind::RunEnded {
        outcome,
        done,
        failed,
        error,
    };
    event(1, 0, at_ms, kind)
}

pub(crate) fn chunk_start(span: u64, parent: u64, at_ms: u64, rows: u64) -> Event {
    event(
        span,
        parent,
        at_ms,
        EventKind::ChunkStarted { start: 0, rows },
    )
}

pub(crate) fn chunk_end(span: u64, parent: u64, at_ms: u64, rows: u64, failed: u64) -> Event {
    let kind = EventKind::ChunkEnded {
        start: 0,
        rows,
        failed,
        took_ns: 1_000_000,
    };
    event(span, parent, at_ms, kind)
}

pub(crate) fn nested_start(span: u64, parent: u64, at_ms: u64, node: &str, items: u64) -> Event {
    let node = node.into();
    event(
        span,
        parent,
        at_ms,
        EventKind::NestedStarted { node, items },
    )
}

pub(crate) fn nested_end(span: u64, parent: u64, at_ms: u64, node: &str, items: u64) -> Event {
    let kind = EventKind::NestedEnded {
        node: node.into(),
        items,
        took_ns: 1_000_000,
    };
    event(span, parent, at_ms, kind)
}

pub(crate) fn item_failed(span: u64, parent: u64, at_ms: u64, items: &[u64]) -> Event {
    let kind = EventKind::ItemFailed {
        items: items.to_vec(),
        node: "inner/clean".into(),
        kind: FailureKind::Panic,
        message: "no price".to_owned(),
        inputs: vec![("x".to_owned(), "1".to_owned())],
    };
    event(span, parent, at_ms, kind)
}

/// What was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written(pub(crate) Arc<Mutex<Vec<u8>>>);

impl Written {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
