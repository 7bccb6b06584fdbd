//! What is answered to a request.

use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;

use super::host::Hosts;
use super::metrics;
use crate::RunRecorder;
use crate::record::RunRecord;
use crate::report::{self, live_html, live_policy};
use hypernodes_core::{RunId, RunOutcome};

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// A body and what kind of text it is, or why there is none.
type Found = Result<(&'static str, String), StatusCode>;

/// The line of a run in the list of runs.
#[derive(Serialize)]
struct RunLine {
    /// As text: a script cannot hold the number.
    id: String,
    pipeline: String,
    engine: String,
    outcome: Option<RunOutcome>,
    state: &'static str,
    items: Option<u64>,
    items_done: u64,
    items_failed: u64,
    unix_ms: u64,
    duration_ns: u64,
    heard: u64,
    dropped_events: u64,
}

/// The answer to a request.
pub(super) fn answer<B>(
    request: &Request<B>,
    hosts: Hosts,
    recorder: &RunRecorder,
) -> Response<String> {
    let found = if !is_meant_for(request, hosts) {
        Err(StatusCode::FORBIDDEN)
    } else if request.method() != Method::GET && request.method() != Method::HEAD {
        Err(StatusCode::METHOD_NOT_ALLOWED)
    } else {
        find(request.uri().path(), recorder)
    };
    let (status, kind, body) = match found {
        Ok((kind, body)) => (StatusCode::OK, kind, body),
        Err(status) => (status, TEXT, format!("{}\n", reason(status))),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = format!("{}; frame-ancestors 'none'", live_policy());
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

fn find(path: &str, recorder: &RunRecorder) -> Found {
    match path {
        "/" => Ok((HTML, live_html(recorder.record().as_ref()))),
        "/healthz" => Ok((TEXT, "ok\n".to_owned())),
        "/metrics" => Ok((metrics::CONTENT_TYPE, metrics::text(recorder))),
        "/api/runs" => json(&recorder.each(line)),
        _ => {
            let run = path
                .strip_prefix("/api/runs/")
                .ok_or(StatusCode::NOT_FOUND)?;
            let (run, wants_page) = match run.strip_suffix("/page") {
                Some(run) => (run, true),
                None => (run, false),
            };
            let record = run_id(run)
                .and_then(|run| recorder.record_of(run))
                .ok_or(StatusCode::NOT_FOUND)?;
            if wants_page {
                Ok((HTML, report::parts(&record)))
            } else {
                json(&record)
            }
        }
    }
}

/// A run as the list of runs names it: 16 hexadecimal digits.
fn run_id(text: &str) -> Option<RunId> {
    let is_id = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_id.then(|| u64::from_str_radix(text, 16).ok().map(RunId))?
}

fn line(record: &RunRecord, dropped_events: u64) -> RunLine {
    RunLine {
        id: record.run.to_string(),
        pipeline: record.pipeline.clone(),
        engine: record.engine.clone(),
        outcome: record.outcome,
        state: report::state(record),
        items: record.items,
        items_done: record.items_done,
        items_failed: record.items_failed,
        unix_ms: record.unix_ms,
        duration_ns: record.duration_ns,
        heard: record.heard,
        dropped_events,
    }
}

fn json(value: &impl Serialize) -> Found {
    serde_json::to_string(value)
        .map(|json| (JSON, json))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// Both the address in the first line, where there is one, and the one header must name this server.
fn is_meant_for<B>(request: &Request<B>, hosts: Hosts) -> bool {
    let mut named = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (named.next(), named.next()) else {
        return false;
    };
    let authority = request.uri().authority();
    host.to_str().is_ok_and(|host| hosts.answers_to(host))
        && authority.is_none_or(|authority| hosts.answers_to(authority.as_str()))
}

fn reason(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => {
            "this server does not answer to that host name; use `localhost` or its address"
        }
        StatusCode::METHOD_NOT_ALLOWED => "only GET and HEAD are answered",
        StatusCode::NOT_FOUND => "nothing is here; try `/`, `/metrics`, `/healthz`, `/api/runs`",
        _ => "no answer could be made",
    }
}
