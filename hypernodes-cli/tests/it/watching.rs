//! What is seen of runs: progress, reports, the dashboard; and what guards them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::support::{Folder, Running, eventually, json_of, large_market, market};

const SCAN: [&str; 4] = ["scan", "data", "--limit", "90"];

fn scan(folder: &Folder, more: &[&str]) -> crate::support::Ran {
    folder.run(&[&SCAN[..], more].concat())
}

#[test]
fn progress_is_shown_where_it_is_wanted() {
    let folder = market(&["A", "B"]);
    let plain = scan(&folder, &[]).ok();
    for when in ["auto", "never"] {
        assert_eq!(scan(&folder, &["--progress", when]).ok(), plain, "{when}");
    }
    let ran = scan(&folder, &["--progress", "always"]);
    assert_eq!((ran.code, &ran.stdout), (Some(0), &plain));
    assert!(
        ran.stderr.starts_with("symbol_scan: 2 items in "),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr.contains('\u{1b}'),
        "no codes for terminals: {}",
        ran.stderr
    );
}

#[test]
fn the_log_tells_of_the_run_when_it_is_asked() {
    let folder = market(&["A"]);
    let log = scan(&folder, &["--log", "info"]).stderr;
    assert!(
        log.contains("run started") && log.contains("run ended"),
        "{log}"
    );
}

#[test]
fn the_report_tells_what_failed_however_the_command_ends() {
    let folder = market(&["A", "B"]);
    folder.write("data/C.csv", "time,close\n1,1\n2,oops\n");
    let report = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let ran = scan(&folder, &["--report", "all.html", "--on-error", "collect"]);
    assert_eq!(ran.code, Some(3));
    let page = report("all.html");
    assert!(page.contains("`oops` is not a number") && page.contains("atc_score"));
    let ran = scan(&folder, &["--report", "first.html", "--run-dir", "r"]);
    assert_eq!(ran.code, Some(2));
    assert!(report("first.html").contains("`oops` is not a number"));
    assert_eq!(json_of(&folder, "r/report.json")["outcome"], "failed");
    // A run that could not begin has a report, too.
    let ran = scan(&folder, &["--report", "none.html", "--run-dir", "r"]);
    assert_eq!(ran.code, Some(2));
    assert!(report("none.html").contains("holds a run already"));
    let refused = scan(&folder, &["--report", "nowhere/r.html"]).refused();
    assert_eq!(
        refused,
        "error: cannot write the report `nowhere/r.html`: entity not found; choose another `--report`\n"
    );
    assert_eq!(
        folder.names(),
        ["all.html", "data", "first.html", "none.html", "r"]
    );
}

#[test]
fn a_run_folder_has_a_report_whatever_is_left_of_it() {
    let folder = market(&["A", "B"]);
    folder.write("data/C.csv", "time,close\n1,1\n2,oops\n");
    scan(&folder, &["--run-dir", "r", "--on-error", "collect"]);
    assert_eq!(folder.run(&["report", "r"]).ok(), "r/report.html\n");
    let page = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(page("r/report.html").contains("`oops` is not a number"));
    fs::remove_file(folder.path().join("r/report.json")).unwrap();
    assert_eq!(
        folder.run(&["report", "r", "--output", "events.html"]).ok(),
        "events.html\n"
    );
    assert!(
        page("events.html").contains("`oops` is not a number"),
        "from the events"
    );
    fs::remove_file(folder.path().join("r/events.jsonl")).unwrap();
    folder.run(&["report", "r", "--output", "state.html"]).ok();
    assert!(page("state.html").contains("symbol_scan"));
    let status = folder.run(&["status", "r"]).ok();
    assert!(
        status.contains("items     2 done, 1 failed, 0 restored"),
        "{status}"
    );
    assert!(status.starts_with("cpus      "), "{status}");
}

#[test]
fn the_dashboard_answers_while_the_command_is_at_work() {
    let folder = large_market(60);
    // Nobody reads its rows, so it stands still.
    let args = ["atc", "data", "--dashboard", "0"];
    let mut command = Running::of(&mut folder.command(&args));
    let mut said = BufReader::new(command.child().stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let address = line
        .strip_prefix("dashboard: http://")
        .unwrap()
        .trim_end_matches("/\n");
    assert!(address.starts_with("127.0.0.1:"), "{line}");
    let get = |path: &str| {
        let mut server = TcpStream::connect(address).unwrap();
        write!(server, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        server.read_to_string(&mut answer).unwrap();
        answer
    };
    let runs = eventually("no run is seen", || {
        let runs = get("/api/runs");
        runs.contains("\"atc\"").then_some(runs)
    });
    assert!(runs.starts_with("HTTP/1.1 200"), "{runs}");
    let metrics = get("/metrics");
    assert!(metrics.contains("hypernodes_"), "{metrics}");
    let ended = command.end();
    assert_eq!(ended.code, Some(0));
    assert!(
        TcpStream::connect(address).is_err(),
        "it ends with the command"
    );

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = scan(&folder, &["--dashboard", &port]).refused();
    assert!(
        refused.starts_with("error: cannot listen on 127.0.0.1:"),
        "{refused}"
    );
}

#[test]
fn failing_symbols_are_tried_again() {
    let folder = market(&["A", "B"]);
    folder.write("data/C.csv", "time,close\n1,1\n2,oops\n");
    let more = ["--retries", "2", "--run-dir", "r", "--on-error", "collect"];
    assert_eq!(scan(&folder, &more).code, Some(3));
    assert_eq!(json_of(&folder, "r/report.json")["retries"]["count"], 2);
    let plain = ["--run-dir", "plain", "--on-error", "collect"];
    assert_eq!(scan(&folder, &plain).code, Some(3));
    assert_eq!(json_of(&folder, "plain/report.json")["retries"]["count"], 0);
}

#[test]
fn a_symbol_that_takes_too_long_fails() {
    let folder = market(&["A", "B"]);
    let more = [
        "--timeout",
        "0.000000001",
        "--on-error",
        "collect",
        "--format",
        "json",
    ];
    for parts in [&[][..], &["--npartitions", "2"]] {
        let ran = scan(&folder, &[&more[..], parts].concat());
        assert_eq!(ran.code, Some(3), "{}", ran.stderr);
        let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(told["failed"][1]["error"], "took longer than 0.000000001 s");
    }
    assert_eq!(scan(&folder, &["--timeout", "3600"]).code, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_needs_too_much_memory_ends_and_can_go_on() {
    let folder = market(&["A", "B"]);
    let ran = scan(&folder, &["--max-memory", "1kB"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("give it more memory, fewer workers or a run folder"),
        "{}",
        ran.stderr
    );
    let ran = scan(&folder, &["--max-memory", "1kB", "--run-dir", "r"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("resume it with more memory or fewer workers"),
        "{}",
        ran.stderr
    );
    let plain = scan(&folder, &[]).ok();
    assert_eq!(
        scan(
            &folder,
            &["--max-memory", "64GB", "--run-dir", "r", "--resume"]
        )
        .ok(),
        plain
    );
}

#[test]
fn workers_are_chosen_by_what_there_is() {
    let folder = market(&["A", "B"]);
    let status = folder.run(&["status", "--format", "json"]).ok();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let chosen = status["workers"]["chosen"].as_u64().unwrap();
    let why = status["workers"]["why"].as_str().unwrap();
    assert!(why.starts_with(&format!("{chosen} worker")), "{why}");
    let plan = folder.run(&["plan", "scan", "data"]).ok();
    assert!(plan.contains(&format!("\nworkers     {why}\n")), "{plan}");
    let given = folder.run(&["plan", "scan", "data", "--workers", "3"]).ok();
    assert!(!given.contains("\nworkers     "), "{given}");
}
