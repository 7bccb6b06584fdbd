//! What happens in a chunk, told by the worker and retold by its parent: spans get numbers of the parent's run, lie inside
//! the span of the chunk, and all of them end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::link::WorkerLink;
use super::wire;
use crate::clock;
use crate::event::{EventKind, SpanId};
use crate::run::RunScope;

/// An event of a chunk in a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WireEvent {
    span: u64,
    parent: Option<u64>,
    /// Nanoseconds since the chunk began there.
    at_ns: u64,
    kind: WireKind,
}

/// What can happen inside a chunk. (`EventKind` is written with its name, which takes a format that describes itself.)
#[derive(Clone, Debug, Serialize, Deserialize)]
enum WireKind {
    ChunkStarted {
        start: u64,
        rows: u64,
    },
    ChunkEnded {
        start: u64,
        rows: u64,
        failed: u64,
        took_ns: u64,
    },
    NodeStarted {
        node: Arc<str>,
        rows: u64,
    },
    NodeEnded {
        node: Arc<str>,
        rows: u64,
        failed: u64,
        cached: u64,
        took_ns: u64,
    },
    NestedStarted {
        node: Arc<str>,
        items: u64,
    },
    NestedEnded {
        node: Arc<str>,
        items: u64,
        took_ns: u64,
    },
    Retried {
        node: Arc<str>,
        item: u64,
        attempt: u32,
        pause_ns: u64,
        message: String,
    },
    CacheHit {
        node: Arc<str>,
        rows: u64,
    },
    CacheMiss {
        node: Arc<str>,
        rows: u64,
    },
}

/// Writes both ways of a list of variants that have the same fields here and in `EventKind`.
macro_rules! same_kinds {
    ($($kind:ident { $($field:ident),+ })+) => {
        impl WireKind {
            /// `None`: it is told by the parent.
            fn of(kind: EventKind) -> Option<Self> {
                match kind {
                    $(EventKind::$kind { $($field),+ } => Some(Self::$kind { $($field),+ }),)+
                    _ => None,
                }
            }

            fn into_kind(self) -> EventKind {
                match self {
                    $(Self::$kind { $($field),+ } => EventKind::$kind { $($field),+ },)+
                }
            }
        }
    };
}

same_kinds! {
    ChunkStarted { start, rows }
    ChunkEnded { start, rows, failed, took_ns }
    NodeStarted { node, rows }
    NodeEnded { node, rows, failed, cached, took_ns }
    NestedStarted { node, items }
    NestedEnded { node, items, took_ns }
    Retried { node, item, attempt, pause_ns, message }
    CacheHit { node, rows }
    CacheMiss { node, rows }
}

impl WireKind {
    /// The end of a span that somebody else has to end, after so long.
    fn ended(&self, took_ns: u64) -> Option<EventKind> {
        let ended = match self.clone() {
            Self::ChunkStarted { start, rows } => EventKind::ChunkEnded {
                start,
                rows,
                failed: 0,
                took_ns,
            },
            Self::NodeStarted { node, rows } => EventKind::NodeEnded {
                node,
                rows,
                failed: 0,
                cached: 0,
                took_ns,
            },
            Self::NestedStarted { node, items } => EventKind::NestedEnded {
                node,
                items,
                took_ns,
            },
            _ => return None,
        };
        Some(ended)
    }

    fn ends(&self) -> bool {
        matches!(
            self,
            Self::ChunkEnded { .. } | Self::NodeEnded { .. } | Self::NestedEnded { .. }
        )
    }
}

/// What is known of a chunk's events is sent when so many wait, or the last sending is so long ago.
const MOST_WAITING: usize = 1024;
const PATIENCE: Duration = Duration::from_millis(100);

/// Collects the events of one chunk in a worker.
pub(crate) struct Sink {
    chunk: u64,
    link: Arc<dyn WorkerLink>,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    events: Vec<WireEvent>,
    sent: Instant,
}

impl Sink {
    pub(crate) fn new(chunk: u64, link: Arc<dyn WorkerLink>) -> Self {
        let waiting = Waiting {
            events: Vec::new(),
            sent: clock::now(),
        };
        Self {
            chunk,
            link,
            waiting: Mutex::new(waiting),
        }
    }

    pub(crate) fn tell(&self, span: SpanId, parent: Option<SpanId>, at_ns: u64, kind: EventKind) {
        let Some(kind) = WireKind::of(kind) else {
            return;
        };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.events.push(WireEvent {
            span: span.0,
            parent: parent.map(|parent| parent.0),
            at_ns,
            kind,
        });
        // They are sent under the lock, so that they arrive in their order.
        if waiting.events.len() >= MOST_WAITING || waiting.sent.elapsed() > PATIENCE {
            waiting.sent = clock::now();
            let events = std::mem::take(&mut waiting.events);
            self.link.tell(self.chunk, wire::written(&events));
        }
    }

    /// Those that were not sent.
    pub(crate) fn take(&self) -> Vec<WireEvent> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut waiting.events)
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink")
            .field("chunk", &self.chunk)
            .finish_non_exhaustive()
    }
}

/// More spans of a chunk than these are not open at once, whatever a worker says.
const MOST_OPEN: usize = 64 * 1024;

/// Retells the events of one chunk as events of the run.
#[derive(Debug)]
pub(crate) struct Retelling {
    /// The span of the chunk.
    chunk: SpanId,
    /// The number that the thread has which began it.
    worker: u32,
    began_ns: u64,
    /// No event is before the last one.
    last_ns: u64,
    /// By their numbers in the worker.
    open: BTreeMap<u64, Open>,
}

#[derive(Debug)]
struct Open {
    span: SpanId,
    parent: SpanId,
    at_ns: u64,
    started: WireKind,
}

impl Retelling {
    /// Of a chunk that is this span.
    pub(crate) fn new(scope: &RunScope, chunk: SpanId, worker: u32) -> Self {
        let began_ns = scope.elapsed_ns();
        Self {
            chunk,
            worker,
            began_ns,
            last_ns: began_ns,
            open: BTreeMap::new(),
        }
    }

    /// Whoever is not known is the chunk itself.
    fn span_of(&self, span: u64) -> SpanId {
        self.open.get(&span).map_or(self.chunk, |open| open.span)
    }

    pub(crate) fn tell(&mut self, scope: &RunScope, events: Vec<WireEvent>) {
        for event in events {
            let at_ns = self.began_ns.saturating_add(event.at_ns);
            self.last_ns = at_ns.min(scope.elapsed_ns()).max(self.last_ns);
            let (worker, at_ns) = (self.worker, self.last_ns);
            let (span, parent) = match event.kind.ended(0) {
                // It begins a span.
                Some(_) => {
                    if self.open.len() == MOST_OPEN || self.open.contains_key(&event.span) {
                        continue;
                    }
                    let parent = event
                        .parent
                        .map_or(self.chunk, |parent| self.span_of(parent));
                    let span = scope.new_span();
                    let open = Open {
                        span,
                        parent,
                        at_ns,
                        started: event.kind.clone(),
                    };
                    self.open.insert(event.span, open);
                    (span, Some(parent))
                }
                None if event.kind.ends() => match self.open.remove(&event.span) {
                    Some(open) => (open.span, Some(open.parent)),
                    None => continue,
                },
                None => (self.span_of(event.span), None),
            };
            scope.tell_as(worker, at_ns, span, parent, event.kind.into_kind());
        }
    }

    /// Ends the spans that the worker did not end, the inner ones first.
    pub(crate) fn end(&mut self, scope: &RunScope) {
        let mut open: Vec<Open> = std::mem::take(&mut self.open).into_values().collect();
        open.sort_by_key(|open| std::cmp::Reverse(open.span));
        let at_ns = scope.elapsed_ns().max(self.last_ns);
        for open in open {
            if let Some(ended) = open.started.ended(at_ns.saturating_sub(open.at_ns)) {
                scope.tell_as(self.worker, at_ns, open.span, Some(open.parent), ended);
            }
        }
    }

    /// Tells that the chunk itself begins or ends.
    pub(crate) fn edge(&self, scope: &RunScope, parent: SpanId, kind: EventKind) {
        let at_ns = scope.elapsed_ns().max(self.last_ns);
        scope.tell_as(self.worker, at_ns, self.chunk, Some(parent), kind);
    }

    /// How long the chunk has been under way.
    pub(crate) fn age_ns(&self, scope: &RunScope) -> u64 {
        scope.elapsed_ns().saturating_sub(self.began_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Listening};
    use crate::run::{Policies, ROOT};

    #[test]
    fn spans_that_a_worker_left_open_are_ended_from_the_inside() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let own = Arc::clone(&heard);
        let listening = Listening::new(move |event: &Event| {
            own.lock().expect("nobody panics").push(event.clone());
        });
        let scope = RunScope::new(Arc::new(Policies {
            listeners: vec![Arc::clone(&listening)],
            ..Policies::default()
        }));
        let mut retelling = Retelling::new(&scope, scope.new_span(), 3);
        let node = |span, parent, kind| WireEvent {
            span,
            parent: Some(parent),
            at_ns: u64::MAX,
            kind,
        };
        let started = |name: &str| WireKind::NodeStarted {
            node: name.into(),
            rows: 1,
        };
        let ended = WireKind::NestedEnded {
            node: "never begun".into(),
            items: 1,
            took_ns: 1,
        };
        retelling.tell(
            &scope,
            vec![
                node(2, ROOT.0, started("a")),
                node(3, 2, started("b")),
                node(3, 2, started("twice")),
                node(9, 2, ended),
            ],
        );
        retelling.end(&scope);
        assert!(listening.flush(Duration::from_secs(60)));
        let heard = heard.lock().expect("nobody panics");
        let spans: Vec<(u64, Option<u64>, u32)> = heard
            .iter()
            .map(|event| (event.span.0, event.parent.map(|span| span.0), event.worker))
            .collect();
        let (chunk, a, b) = (2, 3, 4);
        let wanted = [(a, chunk), (b, a), (b, a), (a, chunk)];
        assert_eq!(spans, wanted.map(|(span, parent)| (span, Some(parent), 3)));
        assert!(heard.is_sorted_by_key(|event| event.at_ns));
        assert!(heard.iter().all(|event| event.at_ns <= scope.elapsed_ns()));
    }
}
