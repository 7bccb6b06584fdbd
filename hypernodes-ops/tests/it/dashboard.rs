//! What the dashboard answers, and to whom.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use hypernodes_core::Listener;
use hypernodes_ops::{Dashboard, RunRecord, RunRecorder};

use crate::fake::{FakeRun, node, realistic};
use crate::http::{ask, get};
use crate::prometheus::parse;

fn dashboard(recorder: &RunRecorder) -> Dashboard {
    Dashboard::start(([127, 0, 0, 1], 0).into(), recorder.clone()).expect("a free port")
}

fn hear(recorder: &RunRecorder, fake: &FakeRun) {
    fake.events.iter().for_each(|event| recorder.hear(event));
}

#[test]
fn the_pages_are_there() {
    let recorder = RunRecorder::new();
    let dashboard = dashboard(&recorder);
    let addr = dashboard.addr();
    assert!(get(addr, "/").body.contains("No run has begun yet"));
    assert_eq!(get(addr, "/api/runs").body, "[]");
    assert_eq!(get(addr, "/healthz").body, "ok\n");
    hear(&recorder, &realistic(0xfeed_beef_dead_cafe));
    assert!(get(addr, "/?x=1").body.contains("<h1>summaries</h1>"));
    let runs: serde_json::Value = serde_json::from_str(&get(addr, "/api/runs").body).expect("JSON");
    assert_eq!(runs[0]["id"], "feedbeefdeadcafe");
    assert_eq!(runs[0]["items_failed"], 40);
    let run = get(addr, "/api/runs/feedbeefdeadcafe");
    assert_eq!(run.header("content-type"), Some("application/json"));
    let record: RunRecord = serde_json::from_str(&run.body).expect("a record");
    assert_eq!(record.items_done, 1_960);
    let page = get(addr, "/api/runs/feedbeefdeadcafe/page");
    assert!(page.body.contains("no text in document 80") && !page.body.contains("<html"));
    for nothing in [
        "/x",
        "/api/runs/",
        "/api/runs/1",
        "/api/runs/feedbeefdeadcaff",
        "/api/runs/feedbeefdeadcafe/",
        "/api/runs/+eedbeefdeadcafe",
        "/../etc/passwd",
        "//",
    ] {
        assert_eq!(get(addr, nothing).status, 404, "{nothing}");
    }
}

#[test]
fn metrics_can_be_read_and_never_fall() {
    let recorder = RunRecorder::with_runs(1);
    let dashboard = dashboard(&recorder);
    let mut odd = FakeRun::new(1);
    odd.start("a\"b\\c\nd", None, vec![node("</n>\"}", &[], &[])]);
    odd.node_ended(5, 1, "</n>\"}", [7, 2, 0, 1_500_000_000]);
    hear(&recorder, &odd);
    let answer = get(dashboard.addr(), "/metrics");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let first = parse(&answer.body);
    assert_eq!(first["hypernodes_runs_running"].to_bits(), 1_f64.to_bits());
    let series = "{pipeline=\"a\\\"b\\\\c\\nd\",node=\"</n>\\\"}\"}";
    let value = |name: &str| first[&format!("{name}{series}")];
    assert!((value("hypernodes_node_seconds_total") - 1.5).abs() < 1e-9);
    assert!((value("hypernodes_node_rows_total") - 7.0).abs() < 1e-9);
    hear(&recorder, &realistic(2));
    hear(&recorder, &realistic(3));
    let second = parse(&get(dashboard.addr(), "/metrics").body);
    for (name, value) in &first {
        if name.contains("_total") {
            assert!(second.get(name) >= Some(value), "{name}");
        }
    }
    // Two runs, of which one is no longer kept.
    for (name, expected) in [
        ("hypernodes_items_done_total", 3_920.0),
        ("hypernodes_items_failed_total", 80.0),
        ("hypernodes_cache_hits_total", 1_920.0),
        ("hypernodes_cache_misses_total", 1_920.0),
        ("hypernodes_retries_total", 18.0),
        ("hypernodes_dropped_events_total", 0.0),
        ("hypernodes_runs_running", 0.0),
        ("hypernodes_runs_total{outcome=\"partial\"}", 2.0),
        (
            "hypernodes_node_rows_total{pipeline=\"summaries\",node=\"sentences/stems\"}",
            33_840.0,
        ),
    ] {
        assert!(
            (second[name] - expected).abs() < 1e-9,
            "{name}: {}",
            second[name]
        );
    }
    if cfg!(target_os = "linux") {
        assert!(second["hypernodes_memory_bytes"] > 1e5);
    }
}

#[test]
fn only_reading_is_answered() {
    let dashboard = dashboard(&RunRecorder::new());
    let addr = dashboard.addr();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        let answer = ask(
            addr,
            &format!("{method} /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"),
        );
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
    let mut stream = TcpStream::connect(addr).expect("it listens");
    stream
        .write_all(b"HEAD /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .expect("taken");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("it closes");
    assert!(
        text.starts_with("HTTP/1.1 200") && text.ends_with("\r\n\r\n"),
        "{text}"
    );
    assert!(text.to_ascii_lowercase().contains("content-length: 3"));
}

#[test]
fn other_host_names_are_refused() {
    let dashboard = dashboard(&RunRecorder::new());
    let addr = dashboard.addr();
    for (words, status) in [
        ("GET /metrics HTTP/1.1\r\nhost: localhost:1\r\n\r\n", 200),
        ("GET /metrics HTTP/1.1\r\nhost: evil.example\r\n\r\n", 403),
        ("GET /metrics HTTP/1.1\r\n\r\n", 403),
        ("GET /metrics HTTP/1.0\r\n\r\n", 403),
        (
            "GET /metrics HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n",
            403,
        ),
        (
            "GET http://evil.example/metrics HTTP/1.1\r\nhost: localhost\r\n\r\n",
            403,
        ),
        ("POST /metrics HTTP/1.1\r\nhost: evil.example\r\n\r\n", 403),
        ("nonsense\r\n\r\n", 400),
    ] {
        assert_eq!(ask(addr, words).status, status, "{words}");
    }
}

#[test]
fn every_answer_says_what_it_may_do() {
    let dashboard = dashboard(&RunRecorder::new());
    for path in ["/", "/metrics", "/nothing", "/api/runs"] {
        let answer = get(dashboard.addr(), path);
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"));
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[test]
fn long_heads_are_refused() {
    let dashboard = dashboard(&RunRecorder::new());
    let addr = dashboard.addr();
    let long = "x".repeat(70_000);
    // Refused, or closed before it was read to the end.
    for words in [
        format!("GET /{long} HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {long}\r\n\r\n"),
        format!(
            "GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n",
            "x: y\r\n".repeat(100)
        ),
    ] {
        let status = ask_rudely(addr, &words);
        assert!([0, 400, 414, 431].contains(&status), "{status}");
    }
    assert_eq!(get(addr, "/healthz").status, 200);
}

/// The server may close before all was sent.
fn ask_rudely(addr: SocketAddr, words: &str) -> u16 {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    let _ = stream.write_all(words.as_bytes());
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    text.split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

#[test]
fn silent_clients_are_sent_away_and_hinder_nobody() {
    let dashboard = dashboard(&RunRecorder::new());
    let addr = dashboard.addr();
    let mut silent: Vec<TcpStream> = (0..20)
        .map(|_| TcpStream::connect(addr).expect("it listens"))
        .collect();
    silent[0]
        .write_all(b"GET / HTTP/1.1\r\nhost: loc")
        .expect("taken");
    assert_eq!(get(addr, "/healthz").status, 200);
    for stream in &mut silent {
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .expect("a time");
        let mut bytes = Vec::new();
        // The connection ends, with or without a word.
        let _ = stream
            .read_to_end(&mut bytes)
            .expect("closed, not timed out");
    }
}

#[test]
fn it_ends_when_it_is_dropped_even_with_open_connections() {
    let dashboard = dashboard(&RunRecorder::new());
    let addr = dashboard.addr();
    let mut open = TcpStream::connect(addr).expect("it listens");
    open.write_all(b"GET / HTTP/1.1\r\n").expect("taken");
    assert_eq!(get(addr, "/healthz").status, 200);
    drop(dashboard);
    let mut bytes = Vec::new();
    let _ = open.read_to_end(&mut bytes);
    assert!(TcpStream::connect(addr).is_err(), "nobody listens any more");
}
