//! `--cache`: what was computed once is found again.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Folder, Running, csv, json_of, large_market, market, walk};

const SCAN: [&str; 6] = ["scan", "data", "--limit", "90", "--cache", "c"];

/// What a scan with a cache prints, and how many rows it found there and did not.
fn scanned(folder: &Folder, run: &str) -> (String, [Option<u64>; 2]) {
    let ran = folder.run(&[&SCAN[..], &["--run-dir", run]].concat()).ok();
    let report = json_of(folder, &format!("{run}/report.json"));
    let rows = ["cache_hits", "cache_misses"].map(|name| report[name].as_u64());
    (ran, rows)
}

#[test]
fn the_second_scan_reads_no_file() {
    let folder = large_market(20);
    let (first, rows) = scanned(&folder, "r1");
    assert_eq!(rows, [Some(0), Some(40)], "loaded and scored");
    let (second, rows) = scanned(&folder, "r2");
    assert_eq!((&second, rows), (&first, [Some(40), Some(0)]));
    assert_eq!(
        json_of(&folder, "r2/report.json")["nodes"]["load_bars"]["cached"],
        20
    );

    folder.write("data/S003.csv", csv(&walk(99, 200)));
    let (third, rows) = scanned(&folder, "r3");
    assert_eq!(rows, [Some(38), Some(2)], "one file has changed");
    assert_ne!(third, first);
    let plain = folder.run(&["scan", "data", "--limit", "90"]).ok();
    assert_eq!(third, plain);
    // Bars are what they were, scores are of another limit.
    let args = [
        "scan",
        "data",
        "--limit",
        "91",
        "--cache",
        "c",
        "--run-dir",
        "r4",
    ];
    folder.run(&args).ok();
    assert_eq!(json_of(&folder, "r4/report.json")["cache_hits"], 20);
}

#[test]
fn atc_writes_the_same_from_the_cache() {
    let folder = market(&["A", "B"]);
    for format in ["csv", "json", "table"] {
        let plain = folder.run(&["atc", "data", "--format", format]).ok();
        for _ in 0..2 {
            let args = ["atc", "data", "--format", format, "--cache", "c"];
            assert_eq!(folder.run(&args).ok(), plain);
        }
    }
    let listed = folder
        .run(&["cache", "list", "--cache", "c", "--format", "json"])
        .ok();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let nodes: Vec<_> = listed["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| (n["node"].as_str().unwrap(), n["results"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        nodes,
        [("atc_table", 2), ("load_bars", 2), ("write_rows", 6)]
    );
}

/// The files of the results in a cache.
fn entries(folder: &Folder) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.path().join("c")];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).expect("a working machine") {
            let path = entry.expect("a working machine").path();
            match path.is_dir() {
                true => open.push(path),
                // Named by its key.
                false if path.file_name().is_some_and(|name| name.len() > 40) => found.push(path),
                false => {}
            }
        }
    }
    found
}

#[test]
fn damaged_results_are_found_and_computed_again() {
    let folder = large_market(5);
    let (first, _) = scanned(&folder, "r1");
    let damage = || {
        let all = entries(&folder);
        for path in &all {
            let mut bytes = fs::read(path).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            fs::write(path, bytes).unwrap();
        }
        all.len()
    };
    let damaged = damage();
    assert_eq!(damaged, 10);
    assert_eq!(folder.run(&SCAN).stdout, first);

    let verify = ["cache", "verify", "--cache", "c"];
    let told = folder.run(&verify);
    assert_eq!(
        told.code,
        Some(0),
        "what was damaged has been replaced: {}",
        told.stdout
    );
    let damaged = damage();
    let told = folder.run(&verify);
    assert_eq!(told.code, Some(3));
    assert!(
        told.stdout.contains(" has a damaged value\n"),
        "{}",
        told.stdout
    );
    assert!(
        told.stdout
            .ends_with(&format!("{damaged} damaged, {damaged} of them removed\n")),
        "{}",
        told.stdout
    );
    assert_eq!(folder.run(&verify).code, Some(0));
}

#[test]
fn two_commands_share_a_cache() {
    let folder = large_market(60);
    let plain = folder.run(&["scan", "data", "--limit", "90"]).ok();
    let both = [(); 2].map(|()| Running::of(&mut folder.command(&SCAN)));
    for command in both {
        assert_eq!(command.end().ok(), plain);
    }
    assert_eq!(
        folder.run(&["cache", "verify", "--cache", "c"]).code,
        Some(0)
    );
    assert_eq!(scanned(&folder, "r").1, [Some(120), Some(0)]);
}

#[test]
fn a_cache_is_listed_and_pruned() {
    let folder = large_market(5);
    for command in ["list", "verify"] {
        let refused = folder.run(&["cache", command, "--cache", "c"]).refused();
        assert_eq!(
            refused,
            "error: there is no cache in `c`; a run with `--cache` makes one\n"
        );
        assert_eq!(folder.names(), ["data"]);
    }
    folder.run(&SCAN).ok();
    let table = folder.run(&["cache", "list", "--cache", "c"]).ok();
    assert!(
        table.starts_with("node       results  size\natc_score  5 "),
        "{table}"
    );
    assert!(table.contains("\n10 results, "), "{table}");
    let rows = folder
        .run(&["cache", "list", "--cache", "c", "--format", "csv"])
        .ok();
    assert_eq!(rows.lines().count(), 11);
    assert!(rows.starts_with("key,node,bytes,used,damage\n"));
    let prune = |limit: &[&str]| {
        let args = ["cache", "prune", "--cache", "c", "--format", "json"];
        let told = folder.run(&[&args[..], limit].concat()).ok();
        let told: Value = serde_json::from_str(&told).unwrap();
        ["removed", "left"].map(|name| told[name].as_u64().unwrap())
    };
    assert_eq!(prune(&["--older-than", "1h"]), [0, 10]);
    let [removed, left] = prune(&["--max-size", "8kB"]);
    assert!(removed > 0 && removed + left == 10, "{removed} {left}");
    assert_eq!(prune(&["--max-size", "1"])[1], 0);
    let refused = folder
        .run(&["scan", "data", "--limit", "90", "--cache", "data"])
        .refused();
    assert!(refused.starts_with("error: `"), "{refused}");
    assert!(
        refused.contains("data` holds files but is no cache"),
        "{refused}"
    );
}
