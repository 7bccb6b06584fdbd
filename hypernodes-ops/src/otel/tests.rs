//! What a collector receives, and what a run does not suffer where there is none.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use hypernodes_core::{Event, EventKind, Listener, RunId, RunMode, RunOutcome};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;

use super::{OtelConfig, OtelError, OtelListener, trace_id};
use crate::testing::{
    chunk_end, chunk_start, end, event, item_failed, nested_end, nested_start, start,
};

const LONG: Duration = Duration::from_secs(60);

/// A collector that answers with this status; `None`: it takes requests and never answers.
struct Collector {
    address: String,
    requests: Receiver<Request>,
}

struct Request {
    /// The first line and the headers, in lower case.
    head: String,
    body: Vec<u8>,
}

impl Collector {
    fn new(status: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = channel();
        std::thread::Builder::new()
            .spawn(move || {
                for stream in listener.incoming() {
                    let sender = sender.clone();
                    std::thread::Builder::new()
                        .spawn(move || serve(&stream.unwrap(), status, &sender))
                        .unwrap();
                }
            })
            .unwrap();
        Self { address, requests }
    }

    fn config(&self) -> OtelConfig {
        OtelConfig {
            endpoint: Some(self.address.clone()),
            service_name: Some("nightly".to_owned()),
            headers: vec![("x-tenant".to_owned(), "me".to_owned())],
            ..OtelConfig::default()
        }
    }

    /// What has been received so far.
    fn traces(&self) -> Vec<ExportTraceServiceRequest> {
        self.requests
            .try_iter()
            .map(|request| ExportTraceServiceRequest::decode(&request.body[..]).unwrap())
            .collect()
    }

    fn spans(&self) -> Vec<Span> {
        self.traces()
            .into_iter()
            .flat_map(|request| request.resource_spans)
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .collect()
    }
}

fn serve(stream: &TcpStream, status: Option<&str>, sender: &Sender<Request>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap();
        let length = length.lines().next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let _ = sender.send(Request { head, body });
        if let Some(status) = status {
            let mut stream = stream;
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    }
}

fn node(
    span: u64,
    parent: u64,
    at: [u64; 2],
    node: &str,
    [rows, failed, cached]: [u64; 3],
) -> [Event; 2] {
    let node: std::sync::Arc<str> = node.into();
    let begin = EventKind::NodeStarted {
        node: std::sync::Arc::clone(&node),
        rows,
    };
    let done = EventKind::NodeEnded {
        node,
        rows,
        failed,
        cached,
        took_ns: (at[1] - at[0]) * 1_000_000,
    };
    [
        event(span, parent, at[0], begin),
        event(span, parent, at[1], done),
    ]
}

/// A map of two items with a nested map, in which one fails.
fn story() -> Vec<Event> {
    let [load_start, load_end] = node(3, 2, [11, 20], "load", [2, 0, 1]);
    let [clean_start, clean_end] = node(6, 5, [32, 40], "inner/clean", [4, 1, 0]);
    vec![
        start(RunMode::Map, Some(2)),
        chunk_start(2, 1, 10, 2),
        load_start,
        load_end,
        nested_start(4, 2, 30, "inner", 4),
        chunk_start(5, 4, 31, 4),
        clean_start,
        item_failed(6, 5, 35, &[1, 3]),
        clean_end,
        chunk_end(5, 4, 41, 4, 1),
        nested_end(4, 2, 42, "inner", 4),
        chunk_end(2, 1, 50, 2, 1),
        end(60, RunOutcome::Partial, 1, 1),
    ]
}

fn find<'a>(spans: &'a [Span], name: &str, start_ms: u64) -> &'a Span {
    spans
        .iter()
        .find(|span| {
            span.name == name && (span.start_time_unix_nano / 1_000_000) % 1000 == start_ms
        })
        .unwrap_or_else(|| panic!("no {name} that begins at {start_ms} ms in {spans:#?}"))
}

fn attributes(attributes: &[KeyValue]) -> Vec<String> {
    attributes
        .iter()
        .map(|attribute| {
            let value = attribute.value.clone().unwrap().value.unwrap();
            let value = match value {
                Value::StringValue(text) => text,
                Value::IntValue(number) => number.to_string(),
                Value::BoolValue(flag) => flag.to_string(),
                value => panic!("{value:?}"),
            };
            format!(
                "{}={value}",
                attribute.key.trim_start_matches("hypernodes.")
            )
        })
        .collect()
}

fn status(span: &Span) -> (StatusCode, &str) {
    let status = span.status.as_ref().unwrap();
    (status.code(), &status.message)
}

#[test]
fn a_run_is_one_trace_whose_spans_lie_in_each_other() {
    let collector = Collector::new(Some("200 OK"));
    let listener = OtelListener::new(collector.config()).unwrap();
    story().iter().for_each(|event| listener.hear(event));
    // The end of the run has waited: they are here.
    let spans = collector.spans();
    assert_eq!(spans.len(), 6);
    assert_eq!(listener.left_out(), 0);

    let run = find(&spans, "p", 0);
    let outer = find(&spans, "chunk", 10);
    let load = find(&spans, "load", 11);
    let nested = find(&spans, "map inner", 30);
    let inner = find(&spans, "chunk", 31);
    let clean = find(&spans, "inner/clean", 32);
    let of = |span: &Span| span.parent_span_id.clone();
    assert_eq!(of(run), [0; 0], "the run has no parent");
    assert_eq!(of(outer), run.span_id);
    assert_eq!(of(load), outer.span_id);
    assert_eq!(of(nested), outer.span_id);
    assert_eq!(of(inner), nested.span_id);
    assert_eq!(of(clean), inner.span_id);
    let trace: String = run
        .trace_id
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(trace, trace_id(RunId(7)));
    assert!(spans.iter().all(|span| span.trace_id == run.trace_id));
    let mut ids: Vec<_> = spans.iter().map(|span| span.span_id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[test]
fn spans_have_the_times_and_the_numbers_of_their_events() {
    let collector = Collector::new(Some("200 OK"));
    let listener = OtelListener::new(collector.config()).unwrap();
    story().iter().for_each(|event| listener.hear(event));
    let request = collector.requests.recv_timeout(LONG).unwrap();
    assert!(
        request.head.starts_with("post /v1/traces http/1.1\r\n"),
        "{}",
        request.head
    );
    assert!(
        request
            .head
            .contains("content-type: application/x-protobuf"),
        "{}",
        request.head
    );
    assert!(request.head.contains("x-tenant: me"), "{}", request.head);
    let request = ExportTraceServiceRequest::decode(&request.body[..]).unwrap();
    let resource = &request.resource_spans[0];
    let of = attributes(&resource.resource.as_ref().unwrap().attributes);
    assert!(of.contains(&"service.name=nightly".to_owned()), "{of:?}");
    let spans = &resource.scope_spans[0].spans;

    let run = find(spans, "p", 0);
    assert_eq!(run.start_time_unix_nano, 1_700_000_000_000_000_000);
    assert_eq!(run.end_time_unix_nano, 1_700_000_000_060_000_000);
    assert_eq!(
        attributes(&run.attributes),
        [
            "run=0000000000000007",
            "pipeline=p",
            "engine=threaded",
            "workers=2",
            "partitions=4",
            "items=2",
            "outcome=partial",
            "done=1",
            "failed=1"
        ]
    );
    let load = find(spans, "load", 11);
    assert_eq!(load.end_time_unix_nano, 1_700_000_000_020_000_000);
    assert_eq!(
        attributes(&load.attributes),
        ["node=load", "rows=2", "cached=1", "failed=0"]
    );
    let nested = find(spans, "map inner", 30);
    assert_eq!(attributes(&nested.attributes), ["node=inner", "items=4"]);
}

#[test]
fn what_fails_is_an_exception_of_its_span_and_an_error_of_those_around() {
    let collector = Collector::new(Some("200 OK"));
    let listener = OtelListener::new(collector.config()).unwrap();
    story().iter().for_each(|event| listener.hear(event));
    let spans = collector.spans();
    let clean = find(&spans, "inner/clean", 32);
    assert_eq!(status(clean), (StatusCode::Error, "no price"));
    let happening = &clean.events[0];
    assert_eq!(happening.name, "exception");
    assert_eq!(happening.time_unix_nano, 1_700_000_000_035_000_000);
    assert_eq!(
        attributes(&happening.attributes),
        [
            "exception.type=panic",
            "exception.message=no price",
            "node=inner/clean",
            "items=1/3"
        ]
    );
    assert_eq!(
        status(find(&spans, "chunk", 31)),
        (StatusCode::Error, "1 of 4 rows failed")
    );
    assert_eq!(
        status(find(&spans, "p", 0)),
        (StatusCode::Error, "1 items failed")
    );
    assert_eq!(status(find(&spans, "load", 11)).0, StatusCode::Unset);
    // A failure that is told after its span has ended belongs to the one around it.
    let late = [
        start(RunMode::Map, None),
        item_failed(9, 1, 4, &[1]),
        end(9, RunOutcome::Done, 1, 0),
    ];
    late.iter().for_each(|event| listener.hear(event));
    let spans = collector.spans();
    assert_eq!(spans[0].events.len(), 1);
    assert_eq!(
        status(&spans[0]).0,
        StatusCode::Unset,
        "it says itself that all is done"
    );
}

#[test]
fn lost_events_leave_spans_that_still_make_sense() {
    let collector = Collector::new(Some("200 OK"));
    let listener = OtelListener::new(collector.config()).unwrap();
    let [_, load_end] = node(3, 2, [11, 20], "load", [2, 0, 1]);
    // No end of chunk 2, no start of node 3.
    for event in [
        start(RunMode::Map, Some(2)),
        chunk_start(2, 1, 10, 2),
        load_end,
        end(60, RunOutcome::Failed, 1, 1),
    ] {
        listener.hear(&event);
    }
    let spans = collector.spans();
    let load = find(&spans, "load", 11);
    let chunk = find(&spans, "chunk", 10);
    assert_eq!(load.parent_span_id, chunk.span_id);
    assert_eq!(chunk.end_time_unix_nano, 1_700_000_000_060_000_000);
    assert!(attributes(&chunk.attributes).contains(&"unfinished=true".to_owned()));
    assert_eq!(
        status(find(&spans, "p", 0)),
        (StatusCode::Error, "it\nbroke")
    );
}

#[test]
fn two_runs_at_once_are_two_traces() {
    let collector = Collector::new(Some("200 OK"));
    let listener = OtelListener::new(collector.config()).unwrap();
    for event in story() {
        for run in [1, 2] {
            let run = RunId(run);
            listener.hear(&Event {
                run,
                ..event.clone()
            });
        }
    }
    let spans = collector.spans();
    assert_eq!(spans.len(), 12);
    let first = spans
        .iter()
        .filter(|span| span.trace_id == spans[0].trace_id);
    assert_eq!(first.count(), 6);
}

#[test]
fn a_run_of_many_spans_travels_in_batches() {
    let collector = Collector::new(Some("200 OK"));
    let listener = OtelListener::new(collector.config()).unwrap();
    listener.hear(&start(RunMode::Map, None));
    for span in 2..2002 {
        listener.hear(&chunk_end(span, 1, 5, 1, 0));
    }
    listener.hear(&end(9, RunOutcome::Done, 2000, 0));
    let requests = collector.traces();
    assert_eq!(requests.len(), 4);
}

#[test]
fn a_collector_that_refuses_or_is_not_there_costs_spans_and_nothing_else() {
    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let refusing = Collector::new(Some("400 Bad Request"));
    for address in [format!("http://{gone}"), refusing.address] {
        let config = OtelConfig {
            endpoint: Some(address),
            ..OtelConfig::default()
        };
        let listener = OtelListener::new(config).unwrap();
        story().iter().for_each(|event| listener.hear(event));
        assert_eq!(listener.left_out(), 6);
        assert!(listener.sender.is_away(), "nobody waits for it any more");
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long it waits is what it is about"
)]
fn a_collector_that_never_answers_is_waited_for_once() {
    let collector = Collector::new(None);
    let config = OtelConfig {
        timeout: LONG,
        ..collector.config()
    };
    let listener = OtelListener::new(config).unwrap();
    let began = std::time::Instant::now();
    for _ in 0..200 {
        story().iter().for_each(|event| listener.hear(event));
    }
    // The queue is full; what comes now is left out.
    assert!(listener.left_out() > 0);
    drop(listener);
    // A minute for one request, 200 seconds if every run waited.
    assert!(began.elapsed() < Duration::from_secs(50));
    assert_eq!(collector.requests.try_iter().count(), 1);
}

#[test]
fn dropping_the_listener_sends_what_is_left() {
    let collector = Collector::new(Some("200 OK"));
    let listener = OtelListener::new(collector.config()).unwrap();
    story()
        .iter()
        .take(4)
        .for_each(|event| listener.hear(event));
    assert_eq!(collector.spans().len(), 0);
    drop(listener);
    assert_eq!(collector.spans().len(), 1);
}

#[test]
fn the_address_comes_from_the_configuration_or_the_standard_variables() {
    let address = |endpoint: Option<&str>, variables: &[(&str, &str)]| {
        let config = OtelConfig {
            endpoint: endpoint.map(str::to_owned),
            ..OtelConfig::default()
        };
        config.address(|name| {
            let variable = variables.iter().find(|(variable, _)| *variable == name);
            variable.map(|(_, value)| (*value).to_owned())
        })
    };
    let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://base:4318/");
    let traces = (
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "http://traces/as/it/is",
    );
    let empty = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "");
    assert_eq!(
        address(None, &[]).unwrap(),
        "http://localhost:4318/v1/traces"
    );
    assert_eq!(
        address(None, &[base, empty]).unwrap(),
        "http://base:4318/v1/traces"
    );
    assert_eq!(
        address(None, &[base, traces]).unwrap(),
        "http://traces/as/it/is"
    );
    assert_eq!(
        address(Some("http://own"), &[base, traces]).unwrap(),
        "http://own/v1/traces"
    );
    assert_eq!(
        address(Some("http://own/v1/traces"), &[]).unwrap(),
        "http://own/v1/traces"
    );
    assert!(matches!(
        address(Some("https://own"), &[]),
        Err(OtelError::NeedsTls { .. })
    ));
    assert!(matches!(
        address(Some("own:4318"), &[]),
        Err(OtelError::Address { .. })
    ));
    let config = OtelConfig {
        endpoint: Some("http://a b".to_owned()),
        ..OtelConfig::default()
    };
    assert!(matches!(
        OtelListener::new(config),
        Err(OtelError::Exporter(_))
    ));
}
