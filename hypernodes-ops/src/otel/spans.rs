//! From events to spans.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use hypernodes_core::{Event, EventKind, FailureKind, RunId, RunOutcome, RunStart, SpanId};
use opentelemetry::trace::{
    Event as Happening, SpanContext, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value, trace};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// A span tells so many happenings at most, and counts the rest.
const HAPPENINGS: usize = 64;

/// So many runs are kept in mind at most: the end of one might be lost.
const RUNS: usize = 1024;

/// So many spans of a run may be open at most: their ends might be lost.
const OPEN: usize = 64 * 1024;

/// The trace of a run, as collectors show it: 32 hexadecimal digits.
///
/// # Example
/// ```
/// use hypernodes_core::RunId;
/// use hypernodes_ops::trace_id;
/// assert_eq!(trace_id(RunId(1)).len(), 32);
/// assert_ne!(trace_id(RunId(1)), trace_id(RunId(2)));
/// ```
#[must_use]
pub fn trace_id(run: RunId) -> String {
    trace_of(run).to_string()
}

/// Ids of traces are to look random, because collectors keep a share of them by their last digits.
fn trace_of(run: RunId) -> TraceId {
    let (high, low) = (mix(run.0), mix(!run.0));
    TraceId::from((u128::from(high) << 64) | u128::from(low).max(1))
}

fn span_of(run: RunId, span: SpanId) -> trace::SpanId {
    trace::SpanId::from(mix(mix(run.0) ^ span.0).max(1))
}

/// The last step of splitmix64: different numbers stay different.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// Spans that are open, and those that are finished and not yet taken.
#[derive(Default)]
pub(super) struct Spans {
    runs: BTreeMap<RunId, Run>,
    pub(super) finished: Vec<SpanData>,
}

struct Run {
    root: SpanId,
    began: SystemTime,
    open: BTreeMap<SpanId, Open>,
}

/// A span that has begun.
struct Open {
    parent: Option<SpanId>,
    name: Cow<'static, str>,
    start_ns: u64,
    attributes: Vec<KeyValue>,
    happenings: SpanEvents,
    error: Option<String>,
}

impl Spans {
    pub(super) fn hear(&mut self, event: &Event) {
        let run = self.run(event);
        match &event.kind {
            EventKind::RunStarted(start) => {
                run.root = event.span;
                run.began = SystemTime::UNIX_EPOCH + Duration::from_millis(start.unix_ms);
                run.open(event, start.pipeline.clone(), run_attributes(event, start));
            }
            EventKind::ChunkStarted { start, rows } => {
                let attributes = vec![number("start", *start), number("rows", *rows)];
                run.open(event, "chunk", attributes);
            }
            EventKind::NodeStarted { node, rows } => {
                run.open(
                    event,
                    node.to_string(),
                    vec![text("node", node), number("rows", *rows)],
                );
            }
            EventKind::NestedStarted { node, items } => {
                let attributes = vec![text("node", node), number("items", *items)];
                run.open(event, format!("map {node}"), attributes);
            }
            EventKind::ChunkEnded {
                start,
                rows,
                failed,
                took_ns,
            } => {
                let lost = || vec![number("start", *start), number("rows", *rows)];
                let mut span = run.take(event, *took_ns, "chunk".into(), lost);
                span.fail_rows(*failed, *rows);
                self.finish(event, span);
            }
            EventKind::NodeEnded {
                node,
                rows,
                failed,
                cached,
                took_ns,
            } => {
                let lost = || vec![text("node", node), number("rows", *rows)];
                let mut span = run.take(event, *took_ns, node.to_string().into(), lost);
                span.attributes.push(number("cached", *cached));
                span.fail_rows(*failed, *rows);
                self.finish(event, span);
            }
            EventKind::NestedEnded {
                node,
                items,
                took_ns,
            } => {
                let lost = || vec![text("node", node), number("items", *items)];
                let span = run.take(event, *took_ns, format!("map {node}").into(), lost);
                self.finish(event, span);
            }
            EventKind::RunEnded {
                outcome,
                done,
                failed,
                error,
            } => self.end_run(event, *outcome, (*done, *failed), error.as_deref()),
            _ => run.happen(event),
        }
    }

    /// The run, which is known unless its start was lost.
    fn run(&mut self, event: &Event) -> &mut Run {
        if self.runs.len() >= RUNS && !self.runs.contains_key(&event.run) {
            self.runs.pop_first();
        }
        self.runs.entry(event.run).or_insert_with(|| Run {
            root: SpanId(1),
            began: now() - Duration::from_nanos(event.at_ns),
            open: BTreeMap::new(),
        })
    }

    fn end_run(
        &mut self,
        event: &Event,
        outcome: RunOutcome,
        (done, failed): (u64, u64),
        error: Option<&str>,
    ) {
        let run = self.run(event);
        let mut root = run.take(event, event.at_ns, "run".into(), Vec::new);
        // Their ends were lost, or they were given up with the run.
        let open: Vec<SpanId> = run.open.keys().copied().collect();
        for span in open {
            let event = Event {
                span,
                ..event.clone()
            };
            let mut lost = self.run(&event).take(&event, 0, "chunk".into(), Vec::new);
            lost.attributes.push(flag("unfinished"));
            self.finish(&event, lost);
        }
        let told = match outcome {
            RunOutcome::Done => "done",
            RunOutcome::Partial => "partial",
            RunOutcome::Failed => "failed",
            RunOutcome::Cancelled => "cancelled",
        };
        root.attributes.push(text("outcome", told));
        root.attributes.push(number("done", done));
        root.attributes.push(number("failed", failed));
        match outcome {
            RunOutcome::Failed => root.error = Some(error.unwrap_or("failed").to_owned()),
            RunOutcome::Partial => root.error = Some(format!("{failed} items failed")),
            // To be asked to end is no error, whatever failed before.
            RunOutcome::Done | RunOutcome::Cancelled => root.error = None,
        }
        root.parent = event.parent;
        self.finish(event, root);
        self.runs.remove(&event.run);
    }

    fn finish(&mut self, event: &Event, span: Open) {
        let run = self.run(event);
        let at = |nanos| run.began + Duration::from_nanos(nanos);
        let (start_time, end_time) = (at(span.start_ns), at(event.at_ns.max(span.start_ns)));
        let context = SpanContext::new(
            trace_of(event.run),
            span_of(event.run, event.span),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        );
        self.finished.push(SpanData {
            span_context: context,
            parent_span_id: span
                .parent
                .map_or(trace::SpanId::INVALID, |parent| span_of(event.run, parent)),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: span.name,
            start_time,
            end_time,
            attributes: span.attributes,
            dropped_attributes_count: 0,
            events: span.happenings,
            links: SpanLinks::default(),
            status: span.error.map_or(Status::Unset, Status::error),
            instrumentation_scope: InstrumentationScope::builder("hypernodes")
                .with_version(env!("CARGO_PKG_VERSION"))
                .build(),
        });
    }
}

impl Run {
    fn open(
        &mut self,
        event: &Event,
        name: impl Into<Cow<'static, str>>,
        attributes: Vec<KeyValue>,
    ) {
        if self.open.len() >= OPEN {
            return;
        }
        let span = Open {
            parent: event.parent,
            name: name.into(),
            start_ns: event.at_ns,
            attributes,
            happenings: SpanEvents::default(),
            error: None,
        };
        self.open.insert(event.span, span);
    }

    /// The span that ends. Its start may have been lost; what the end knows is enough.
    fn take(
        &mut self,
        event: &Event,
        took_ns: u64,
        name: Cow<'static, str>,
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> Open {
        self.open.remove(&event.span).unwrap_or_else(|| Open {
            parent: event.parent,
            name,
            start_ns: event.at_ns.saturating_sub(took_ns),
            attributes: attributes(),
            happenings: SpanEvents::default(),
            error: None,
        })
    }

    /// Something that is no span happens in one.
    fn happen(&mut self, event: &Event) {
        let Some((name, attributes, error)) = happening(&event.kind) else {
            return;
        };
        let time = self.began + Duration::from_nanos(event.at_ns);
        // If the span has ended, the one around it is meant, and at last the run.
        let at = [Some(event.span), event.parent, Some(self.root)]
            .into_iter()
            .flatten()
            .find(|span| self.open.contains_key(span));
        let Some(span) = at.and_then(|span| self.open.get_mut(&span)) else {
            return;
        };
        if span.error.is_none() {
            span.error = error;
        }
        if span.happenings.events.len() < HAPPENINGS {
            let happening = Happening::new(name, time, attributes, 0);
            span.happenings.events.push(happening);
        } else {
            span.happenings.dropped_count = span.happenings.dropped_count.saturating_add(1);
        }
    }
}

impl Open {
    fn fail_rows(&mut self, failed: u64, rows: u64) {
        self.attributes.push(number("failed", failed));
        if failed > 0 && self.error.is_none() {
            self.error = Some(format!("{failed} of {rows} rows failed"));
        }
    }
}

fn run_attributes(event: &Event, start: &RunStart) -> Vec<KeyValue> {
    let mut attributes = vec![
        text("run", &event.run.to_string()),
        text("pipeline", &start.pipeline),
        text("engine", &start.engine),
        number("workers", start.workers),
        number("partitions", start.partitions),
    ];
    attributes.extend(start.items.map(|items| number("items", items)));
    attributes
}

/// The name, the attributes and the error of what happens in a span.
type Told = (&'static str, Vec<KeyValue>, Option<String>);

fn happening(kind: &EventKind) -> Option<Told> {
    Some(match kind {
        EventKind::ItemFailed {
            items,
            node,
            kind,
            message,
            ..
        } => {
            let kind = match kind {
                FailureKind::Error => "error",
                FailureKind::Panic => "panic",
                FailureKind::TimedOut => "timed out",
                FailureKind::Crashed => "crashed",
            };
            let items: Vec<String> = items.iter().map(u64::to_string).collect();
            // The names that OpenTelemetry gives them.
            let attributes = vec![
                KeyValue::new("exception.type", kind),
                KeyValue::new("exception.message", message.clone()),
                text("node", node),
                text("items", &items.join("/")),
            ];
            ("exception", attributes, Some(message.clone()))
        }
        EventKind::Retried {
            node,
            item,
            attempt,
            message,
            ..
        } => {
            let attributes = vec![
                text("node", node),
                number("items", *item),
                number("attempt", u64::from(*attempt)),
                text("message", message),
            ];
            ("retried", attributes, None)
        }
        EventKind::Checkpointed { items, bytes } => {
            let attributes = vec![number("items", *items), number("bytes", *bytes)];
            ("checkpointed", attributes, None)
        }
        EventKind::Restored { items } => ("restored", vec![number("items", *items)], None),
        EventKind::Memory { level, used, limit } => {
            let level = format!("{level:?}").to_lowercase();
            let attributes = vec![
                text("level", &level),
                number("used", *used),
                number("limit", *limit),
            ];
            ("memory", attributes, None)
        }
        EventKind::Spilled { bytes } => ("spilled", vec![number("bytes", *bytes)], None),
        EventKind::Cancelled => ("cancelled", vec![], None),
        EventKind::WorkerLost { cause } => ("worker lost", vec![text("cause", cause)], None),
        _ => return None,
    })
}

fn text(name: &str, value: &str) -> KeyValue {
    KeyValue::new(format!("hypernodes.{name}"), Value::from(value.to_owned()))
}

fn number(name: &str, value: u64) -> KeyValue {
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    KeyValue::new(format!("hypernodes.{name}"), value)
}

fn flag(name: &str) -> KeyValue {
    KeyValue::new(format!("hypernodes.{name}"), true)
}

/// The clock of the wall, for a run whose start was lost.
fn now() -> SystemTime {
    SystemTime::now()
}
