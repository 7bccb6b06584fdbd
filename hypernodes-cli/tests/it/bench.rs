//! `bench`: the structure of what it tells. How long anything takes is not looked at.

use std::fs;

use serde_json::Value;

use crate::support::{Folder, Running, eventually};

/// Small enough for any machine, with a budget that no machine needs.
const SMALL: [&str; 9] = [
    "bench",
    "--workloads",
    "tiny",
    "--items",
    "3,20",
    "--repeats",
    "3",
    "--budget",
    "600",
];

fn bench(folder: &Folder, more: &[&str]) -> crate::support::Ran {
    folder.run(&[&SMALL[..], more].concat())
}

fn json(folder: &Folder, more: &[&str]) -> Value {
    let said = bench(folder, &[&["--format", "json"], more].concat()).ok();
    serde_json::from_str(&said).expect("it is JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

#[test]
fn the_json_has_every_engine_size_and_reason() {
    let folder = Folder::new();
    let found = json(&folder, &["--workers", "2", "--nested"]);
    assert_eq!(found["was_cancelled"], false);
    assert!(found["took_seconds"].as_f64() > Some(0.0));
    assert!(found["cpus"].as_f64() > Some(0.0));
    let cases = list(&found["cases"]);
    let names: Vec<_> = cases
        .iter()
        .map(|case| (case["pipeline"].as_str(), case["nested"].as_bool()))
        .collect();
    assert_eq!(
        names,
        [
            (Some("tiny"), Some(false)),
            (Some("tiny-nested"), Some(true))
        ]
    );
    for case in cases {
        assert_eq!(case["workload"], "tiny");
        assert!(
            case["choice"]["reason"]
                .as_str()
                .is_some_and(|reason| reason.starts_with("take `"))
        );
        let sizes = list(&case["sizes"]);
        let items: Vec<_> = sizes.iter().map(|size| size["items"].as_u64()).collect();
        assert_eq!(items, [Some(3), Some(20)]);
        for size in sizes {
            let engines = list(&size["engines"]);
            let names: Vec<_> = engines.iter().map(|one| one["engine"].as_str()).collect();
            assert_eq!(names[..2], [Some("sequential"), Some("threaded")]);
            assert_eq!(engines[0]["speed_up"], 1.0);
            assert_eq!(engines[1]["workers"], 2);
            for one in engines {
                assert_eq!(list(&one["samples"]).len(), 3);
                assert!(one["seconds_per_item"].as_f64() > Some(0.0));
                assert!(one["chunks"].as_u64() > Some(0));
            }
            let sweep = list(&engines[1]["hand_set"]["sweep"]);
            let most = size["map_items"].as_u64().expect("a number");
            assert_eq!(sweep[0][0], 1);
            assert!(sweep.iter().all(|tried| tried[0].as_u64() <= Some(most)));
            assert!(names.contains(&size["choice"]["engine"].as_str()));
        }
    }
    // Twenty items are two groups of ten.
    assert_eq!(cases[1]["sizes"][1]["map_items"], 2);
    let listed = list(&cases[0]["unavailable"]);
    assert!(listed.iter().any(|one| one["engine"] == "gpu"));
}

#[cfg(target_os = "linux")]
#[test]
fn worker_processes_take_part_with_their_options() {
    let folder = Folder::new();
    let options = ["--workers", "2", "--threads-per-worker", "2"];
    let found = json(
        &folder,
        &[&["--engines", "process,threaded"], &options[..]].concat(),
    );
    for size in list(&found["cases"][0]["sizes"]) {
        let engines = list(&size["engines"]);
        let names: Vec<_> = engines.iter().map(|one| one["engine"].as_str()).collect();
        assert_eq!(
            names,
            [Some("sequential"), Some("threaded"), Some("process")]
        );
        assert_eq!(engines[2]["workers"], 4, "2 processes of 2 threads");
    }
}

#[test]
fn the_table_says_what_to_take_and_why() {
    let folder = Folder::new();
    let table = bench(&folder, &[]).ok();
    for text in [
        "tiny: take `",
        "best by hand",
        "  3 items: take `",
        "  20 items: take `",
        "`ray` takes no part: ",
        "results are equal to those of `sequential`",
    ] {
        assert!(table.contains(text), "{text}: {table}");
    }
}

#[test]
fn the_csv_has_a_row_for_each_engine_and_size() {
    let folder = Folder::new();
    let csv = bench(&folder, &["--format", "csv", "--engines", "sequential"]).ok();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 3, "{csv}");
    assert!(rows.iter().all(|row| row.len() == 16), "{csv}");
    assert_eq!(
        rows[0][..5],
        ["case", "workload", "nested", "items", "engine"]
    );
    assert_eq!(rows[2][..5], ["tiny", "tiny", "false", "20", "sequential"]);
    assert_eq!(rows[2][14], "true", "there is no other one");
}

#[test]
fn sizes_for_which_the_time_is_not_enough_are_told() {
    let folder = Folder::new();
    let args = [
        "bench",
        "--workloads",
        "io",
        "--items",
        "1,1000000",
        "--budget",
        "5",
    ];
    let said = folder
        .run(&[&args[..], &["--format", "json"]].concat())
        .ok();
    let found: Value = serde_json::from_str(&said).unwrap();
    let size = &found["cases"][0]["sizes"][1];
    assert_eq!(size["items"], 1_000_000);
    assert!(list(&size["engines"]).is_empty());
    let skipped = size["skipped"].as_str().unwrap();
    assert!(skipped.starts_with("it would take about "), "{skipped}");
    let table = folder.run(&args).ok();
    assert!(
        table.contains("1,000,000 items: skipped, it would take about "),
        "{table}"
    );
    let csv = folder.run(&[&args[..], &["--format", "csv"]].concat()).ok();
    let last = csv.lines().last().unwrap();
    assert!(last.starts_with("io-2ms,io,false,1000000,,"), "{last}");
    assert!(last.contains("it would take about "), "{last}");
}

#[test]
fn the_report_is_one_page_without_network_or_script() {
    let folder = Folder::new();
    let ran = bench(
        &folder,
        &["--report", "engines.html", "--output", "engines.txt"],
    );
    assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(0), "", ""));
    assert_eq!(folder.names(), ["engines.html", "engines.txt"]);
    let page = fs::read_to_string(folder.path().join("engines.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for text in [
        "<svg",
        "<polyline",
        "sequential",
        "threaded",
        "take `",
        "default-src 'none'",
    ] {
        assert!(page.contains(text), "{text}");
    }
    for text in ["<script", "http://", "https://", "NaN", "inf"] {
        assert!(!page.contains(text), "{text}");
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let folder = Folder::new();
    let refused = |args: &[&str]| bench(&folder, args).refused();
    assert!(refused(&["--engines", "abacus"]).contains("abacus"));
    assert!(
        folder
            .run(&["bench", "--items", "0"])
            .refused()
            .contains("expected 1 or more")
    );
    assert!(
        folder
            .run(&["bench", "--budget", "0"])
            .refused()
            .contains("expected seconds above 0")
    );
    assert!(
        folder
            .run(&["bench", "--workloads", "gpu"])
            .refused()
            .contains("'gpu'")
    );
    assert!(refused(&["--format", "svg"]).contains("`bench` has no format `svg`"));
    assert!(refused(&["--report", "no/where.html"]).contains("cannot write the report"));
    assert!(refused(&["--workers", "100000"]).contains("`workers` is 100000"));
    assert!(folder.names().is_empty());
    // One that is known, but not there, is listed; options without use are told.
    let ran = bench(&folder, &["--engines", "ray", "--npartitions", "3"]);
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.stderr, "note: `bench` has no use for `--npartitions`\n");
    assert!(
        ran.stdout.contains("`ray` takes no part: "),
        "{}",
        ran.stdout
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_what_was_measured() {
    let folder = Folder::new();
    let args = [
        "bench",
        "--workloads",
        "tiny,io",
        "--items",
        "2,100000",
        "--budget",
        "100000",
        "--format",
        "json",
        "--progress",
        "always",
    ];
    let log = folder.path().join("log");
    let mut command = folder.command(&args);
    command.stderr(fs::File::create(&log).unwrap());
    let mut running = Running::of(&mut command);
    // Its second case takes minutes.
    eventually("the second case begins", || {
        let said = fs::read_to_string(&log).unwrap();
        said.contains("io-2ms: 2 of 2").then_some(())
    });
    running.signal("-INT");
    let ran = running.end();
    assert_eq!(ran.code, Some(130));
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["was_cancelled"], true);
    let cases = list(&found["cases"]);
    assert!(list(&cases[0]["sizes"][1]["engines"]).len() >= 2);
    let last = cases.last().unwrap();
    let skipped = last["sizes"][1]["skipped"].as_str();
    assert!(
        skipped.is_some_and(|why| why.contains("cancelled")),
        "{skipped:?}"
    );
}
