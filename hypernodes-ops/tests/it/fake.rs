//! Events of runs that never were: what the engine would tell, in an order that it could tell it in.

use std::sync::Arc;

use hypernodes_core::{
    Event, EventKind, FailureKind, MemoryLevel, NodeInfo, RunId, RunMode, RunOutcome, RunStart,
    SpanId,
};

/// Makes the events of one run.
pub(crate) struct FakeRun {
    pub(crate) run: RunId,
    pub(crate) events: Vec<Event>,
    next_span: u64,
}

const MS: u64 = 1_000_000;

impl FakeRun {
    pub(crate) fn new(run: u64) -> Self {
        Self {
            run: RunId(run),
            events: Vec::new(),
            next_span: 2,
        }
    }

    /// Adds an event inside the run.
    pub(crate) fn tell(&mut self, at_ns: u64, worker: u32, kind: EventKind) {
        self.tell_in(Some(SpanId(1)), at_ns, worker, kind);
    }

    /// Adds an event inside a span.
    pub(crate) fn tell_in(
        &mut self,
        parent: Option<SpanId>,
        at_ns: u64,
        worker: u32,
        kind: EventKind,
    ) -> SpanId {
        let span = SpanId(self.next_span);
        self.next_span += 1;
        self.events.push(Event {
            run: self.run,
            span,
            parent,
            at_ns,
            worker,
            kind,
        });
        span
    }

    pub(crate) fn start(&mut self, pipeline: &str, items: Option<u64>, nodes: Vec<NodeInfo>) {
        let start = RunStart {
            pipeline: pipeline.to_owned(),
            mode: RunMode::Map,
            items,
            engine: "threaded".to_owned(),
            workers: 4,
            partitions: 16,
            why: "4 workers, 4 partitions each: the cost of an item is not known yet".to_owned(),
            nodes,
            unix_ms: 1_760_000_000_000,
            process: 4_242,
        };
        self.tell_in(None, 0, 0, EventKind::RunStarted(Box::new(start)));
    }

    pub(crate) fn node_ended(&mut self, at_ns: u64, worker: u32, node: &str, counts: [u64; 4]) {
        let [rows, failed, cached, took_ns] = counts;
        let node = node.into();
        self.tell(
            at_ns,
            worker,
            EventKind::NodeEnded {
                node,
                rows,
                failed,
                cached,
                took_ns,
            },
        );
    }

    pub(crate) fn chunk_ended(&mut self, at_ns: u64, worker: u32, counts: [u64; 4]) {
        let [start, rows, failed, took_ns] = counts;
        self.tell(
            at_ns,
            worker,
            EventKind::ChunkEnded {
                start,
                rows,
                failed,
                took_ns,
            },
        );
    }

    pub(crate) fn item_failed(&mut self, at_ns: u64, items: &[u64], node: &str, message: &str) {
        self.tell(
            at_ns,
            1,
            EventKind::ItemFailed {
                items: items.to_vec(),
                node: node.into(),
                kind: FailureKind::Error,
                message: message.to_owned(),
                inputs: vec![("text".to_owned(), format!("\"{message}\""))],
            },
        );
    }

    pub(crate) fn end(&mut self, at_ns: u64, outcome: RunOutcome, done: u64, failed: u64) {
        let error = (outcome == RunOutcome::Failed).then(|| "node `clean` failed".to_owned());
        self.tell_in(
            None,
            at_ns,
            0,
            EventKind::RunEnded {
                outcome,
                done,
                failed,
                error,
            },
        );
    }
}

pub(crate) fn node(name: &str, after: &[&str], inputs: &[&str]) -> NodeInfo {
    let last = name.rsplit('/').next().unwrap_or(name);
    NodeInfo {
        node: name.into(),
        after: after.iter().map(|name| Arc::from(*name)).collect(),
        inputs: inputs.iter().map(|&name| name.to_owned()).collect(),
        outputs: vec![last.to_owned()],
        is_nested: false,
    }
}

/// The graph of [`realistic`].
pub(crate) fn realistic_nodes() -> Vec<NodeInfo> {
    let nested = NodeInfo {
        is_nested: true,
        ..node("sentences", &["clean"], &[])
    };
    vec![
        node("fetch", &[], &["url", "timeout"]),
        node("clean", &["fetch"], &[]),
        node("language", &["clean"], &[]),
        nested,
        node("sentences/tokens", &[], &[]),
        node("sentences/stems", &["sentences/tokens"], &["min_len"]),
        node("sentences/weights", &["sentences/tokens"], &[]),
        node(
            "sentences/score",
            &["sentences/stems", "sentences/weights"],
            &[],
        ),
        node("ranking", &["sentences", "language"], &[]),
        node("summary", &["ranking", "fetch"], &["max_words"]),
    ]
}

/// A map of 2,000 documents on four workers: a nested map, failures, cache hits, retries, memory that rises.
pub(crate) fn realistic(run: u64) -> FakeRun {
    let mut fake = FakeRun::new(run);
    fake.start("summaries", Some(2_000), realistic_nodes());
    fake.tell(MS, 0, EventKind::Restored { items: 80 });
    let mut clocks = [2 * MS; 4];
    for chunk in 0..60 {
        let worker = (0..4).min_by_key(|&w| clocks[w]).unwrap_or(0);
        realistic_chunk(&mut fake, chunk, worker, &mut clocks[worker]);
    }
    let end = clocks.iter().max().copied().unwrap_or(0);
    fake.tell(
        end,
        0,
        EventKind::Checkpointed {
            items: 1_900,
            bytes: 73_400_000,
        },
    );
    fake.end(end + MS, RunOutcome::Partial, 1_960, 40);
    fake
}

fn realistic_chunk(fake: &mut FakeRun, chunk: u64, worker: usize, clock: &mut u64) {
    let number = u32::try_from(worker + 1).expect("four workers");
    let (first, rows) = (80 + chunk * 32, 32);
    let began = *clock;
    let mut at = began;
    let failed = u64::from(chunk.is_multiple_of(3)) * 2;
    for (name, per_row, hits) in [
        ("fetch", 900_000, rows / 2),
        ("clean", 35_000, 0),
        ("language", 12_000, 0),
    ] {
        let took = per_row * (rows - hits) * (80 + (chunk * 37) % 60) / 100;
        at += took;
        let lost = if name == "clean" { failed } else { 0 };
        fake.node_ended(at, number, name, [rows, lost, hits, took]);
        let node: Arc<str> = name.into();
        if hits > 0 {
            fake.tell(
                at,
                number,
                EventKind::CacheHit {
                    node: Arc::clone(&node),
                    rows: hits,
                },
            );
            fake.tell(
                at,
                number,
                EventKind::CacheMiss {
                    node,
                    rows: rows - hits,
                },
            );
        }
    }
    for n in 0..failed {
        fake.item_failed(
            at,
            &[first + n],
            "clean",
            &format!("no text in document {}", first + n),
        );
    }
    if chunk.is_multiple_of(7) {
        let (node, message) = ("fetch".into(), "connection reset by peer".to_owned());
        fake.tell(
            at,
            number,
            EventKind::Retried {
                node,
                item: first,
                attempt: 1,
                pause_ns: 250 * MS,
                message,
            },
        );
    }
    nested(fake, number, &mut at, (rows - failed) * 9, chunk);
    for (name, per_row) in [("ranking", 60_000), ("summary", 8_000)] {
        let took = per_row * (rows - failed);
        at += took;
        fake.node_ended(at, number, name, [rows - failed, 0, 0, took]);
    }
    fake.chunk_ended(at, number, [first, rows, failed, at - began]);
    if chunk % 20 == 19 {
        let (used, limit) = (600_000_000 + chunk * 5_000_000, 1_000_000_000);
        let level = MemoryLevel::Target;
        fake.tell(at, number, EventKind::Memory { level, used, limit });
    }
    *clock = at + MS / 5;
}

fn nested(fake: &mut FakeRun, worker: u32, at: &mut u64, items: u64, chunk: u64) {
    let began = *at;
    let node: Arc<str> = "sentences".into();
    let kind = EventKind::NestedStarted {
        node: Arc::clone(&node),
        items,
    };
    let span = fake.tell_in(Some(SpanId(1)), began, worker, kind);
    for half in 0..2 {
        let inner_began = *at;
        for (name, per_row) in [
            ("sentences/tokens", 21_000),
            ("sentences/stems", 44_000),
            ("sentences/weights", 6_000),
            ("sentences/score", 17_000),
        ] {
            let took = per_row * items / 2 * (90 + (chunk * 13) % 20) / 100;
            *at += took;
            fake.node_ended(*at, worker, name, [items / 2, 0, 0, took]);
        }
        let (start, rows, took_ns) = (half * (items / 2), items / 2, *at - inner_began);
        let kind = EventKind::ChunkEnded {
            start,
            rows,
            failed: 0,
            took_ns,
        };
        fake.tell_in(Some(span), *at, worker, kind);
    }
    let took_ns = *at - began;
    fake.tell(
        *at,
        worker,
        EventKind::NestedEnded {
            node,
            items,
            took_ns,
        },
    );
    fake.node_ended(*at, worker, "sentences", [items / 9, 0, 0, took_ns]);
}
