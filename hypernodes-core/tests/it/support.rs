//! What the tests of policies share: engines that cut maps as asked, a listener that keeps everything, its checks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{
    Capabilities, ChunkRun, Engine, EngineError, Event, EventKind, Feed, Listening, Plan, RunError,
    RunMode, Sizing,
};

/// Cuts a map into exactly so many chunks, for one thread or for two.
#[derive(Debug)]
pub(crate) struct Cut {
    capabilities: Capabilities,
    chunks: usize,
    is_pair: bool,
}

impl Cut {
    /// As Sequential.
    pub(crate) fn into(chunks: usize) -> Self {
        Self {
            capabilities: Capabilities::default(),
            chunks,
            is_pair: false,
        }
    }

    /// With two threads for the chunks of a map, and for the steps of a run.
    pub(crate) fn for_two(chunks: usize) -> Self {
        Self {
            is_pair: true,
            ..Self::into(chunks)
        }
    }
}

impl Engine for Cut {
    fn name(&self) -> &str {
        "cut"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing {
            fixed: Some(self.chunks),
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        if !self.is_pair {
            return Sequential::default().drive(feed);
        }
        let work = || {
            while let Some(mut chunk) = feed.next() {
                let outcome = feed.execute(&mut chunk);
                feed.put(chunk, outcome);
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(work);
            work();
        });
        feed.wait();
        Ok(())
    }

    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        if !self.is_pair {
            return Sequential::default().run_one(run);
        }
        let steps = run.share();
        let work = || {
            while !steps.is_done() {
                if !steps.turn() {
                    steps.wait(None);
                }
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(work);
            work();
        });
        run.take_back(&steps);
        Ok(())
    }
}

/// Asks until the node is told to stop, but not for ever. Says whether it was.
pub(crate) fn until_told() -> bool {
    (0..20_000).any(|_| {
        std::thread::sleep(Duration::from_millis(1));
        hypernodes::stop_requested()
    })
}

/// The error of a run, which must be one.
pub(crate) fn run_error<T: std::fmt::Debug>(result: Result<T, hypernodes::Error>) -> RunError {
    match result {
        Err(hypernodes::Error::Run(error)) => error,
        other => panic!("no error of a run: {other:?}"),
    }
}

/// A listener that keeps what it hears.
#[derive(Clone)]
pub(crate) struct Ear {
    heard: Arc<Mutex<Vec<Event>>>,
    listening: Arc<Listening>,
}

impl Ear {
    pub(crate) fn new() -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let own = Arc::clone(&heard);
        let listening = Listening::with_buffer(
            move |event: &Event| own.lock().unwrap().push(event.clone()),
            1 << 20,
        );
        Self { heard, listening }
    }

    pub(crate) fn on(&self, pipeline: &Pipeline) -> Pipeline {
        pipeline.with_listening(&self.listening)
    }

    /// What was heard since the last time.
    pub(crate) fn take(&self) -> Vec<Event> {
        assert!(self.listening.flush(Duration::from_secs(100)));
        assert_eq!(self.listening.dropped(), 0);
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// The same, of one run, that is whole and balanced.
    pub(crate) fn take_run(&self) -> Vec<Event> {
        let events = self.take();
        balanced(&events);
        events
    }
}

/// One run: it begins and ends once, every span ends once, inside the span around it.
#[track_caller]
pub(crate) fn balanced(events: &[Event]) {
    let first = events.first().expect("something was told");
    let last = events.last().unwrap();
    assert!(
        matches!(first.kind, EventKind::RunStarted(_)),
        "{:?}",
        first.kind
    );
    assert!(
        matches!(last.kind, EventKind::RunEnded { .. }),
        "{:?}",
        last.kind
    );
    assert_eq!((first.span, last.span), (hypernodes::SpanId(1), first.span));
    let mut open = BTreeMap::new();
    let mut known = BTreeSet::new();
    for event in events {
        assert_eq!(event.run, first.run, "{:?}", event.kind);
        let (is_start, name) = match &event.kind {
            EventKind::RunStarted(_) => (true, "run".to_owned()),
            EventKind::RunEnded { .. } => (false, "run".to_owned()),
            EventKind::ChunkStarted { start, rows } => (true, format!("chunk {start}+{rows}")),
            EventKind::ChunkEnded { start, rows, .. } => (false, format!("chunk {start}+{rows}")),
            EventKind::NodeStarted { node, rows } => (true, format!("node {node} {rows}")),
            EventKind::NodeEnded { node, rows, .. } => (false, format!("node {node} {rows}")),
            EventKind::NestedStarted { node, items } => (true, format!("nested {node} {items}")),
            EventKind::NestedEnded { node, items, .. } => (false, format!("nested {node} {items}")),
            other => {
                assert!(open.contains_key(&event.span), "outside: {other:?}");
                continue;
            }
        };
        if is_start {
            assert!(known.insert(event.span), "twice: {name}");
            if let Some(parent) = event.parent {
                assert!(open.contains_key(&parent), "no parent: {name}");
            }
            assert!(event.parent.is_some() || name == "run", "no parent: {name}");
            open.insert(event.span, (name, event.parent));
        } else {
            assert_eq!(
                open.remove(&event.span),
                Some((name, event.parent)),
                "{:?}",
                event.kind
            );
            let left: Vec<_> = open
                .values()
                .filter(|(_, parent)| *parent == Some(event.span))
                .collect();
            assert!(left.is_empty(), "still open: {left:?}");
        }
    }
    assert!(open.is_empty(), "never ended: {open:?}");
}

pub(crate) fn mode_of(events: &[Event]) -> RunMode {
    match &events[0].kind {
        EventKind::RunStarted(start) => start.mode,
        other => panic!("{other:?}"),
    }
}
