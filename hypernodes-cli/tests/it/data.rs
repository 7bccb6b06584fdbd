//! `data`: what is in files, what is wrong with them, and other files made of them.

use std::fmt::Write;

use serde_json::Value;

use crate::support::{Folder, Ran, csv, market, walk};

const MANY: &str = "symbol,exchange,time,open,high,low,close,volume
A,X,2024-01-01T00:00:00Z,10,12,9,11,5
A,X,2024-01-01T00:20:00Z,11,13,10,12,6
A,X,2024-01-01T02:59:00Z,12,12,8,9,7
B,,2024-01-02T00:00:00Z,1,2,1,1.5,0
";

fn many() -> Folder {
    let folder = Folder::new();
    folder.write("many.csv", MANY);
    folder
}

fn json(ran: Ran) -> Value {
    serde_json::from_str(&ran.stdout).expect("it is JSON")
}

#[test]
fn files_are_inspected() {
    let folder = many();
    folder.write("data/C.csv", "time,close\n2024-01-03,7\n2024-01-05,8\n");
    let found = json(folder.run(&["data", "inspect", "many.csv", "data", "--format", "json"]));
    assert_eq!(found["files"][0]["format"], "csv");
    assert_eq!(found["files"][0]["columns"][0]["name"], "symbol");
    assert_eq!(found["files"][1]["bytes"], 37);
    assert_eq!(found["bars"], 6);
    assert_eq!(
        (&found["first"], &found["last"]),
        (&"2024-01-01".into(), &"2024-01-05".into())
    );
    let symbols = found["symbols"].as_array().unwrap();
    let names: Vec<_> = symbols
        .iter()
        .map(|s| s["symbol"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["A", "B", "C"]);
    assert_eq!(symbols[0]["exchange"], "X");
    assert_eq!(symbols[0]["last"], "2024-01-01T02:59:00");
    assert_eq!(symbols[2]["columns"], serde_json::json!(["close"]));
    let table = folder.run(&["data", "inspect", "many.csv"]).ok();
    assert!(
        table.ends_with("\n1 file, 2 symbols, 4 bars from 2024-01-01 to 2024-01-02\n"),
        "{table}"
    );
    let rows = folder
        .run(&["data", "inspect", "many.csv", "--format", "csv"])
        .ok();
    assert_eq!(
        rows.lines().nth(2),
        Some("B,,1,2024-01-02,2024-01-02,open high low close volume")
    );
}

#[test]
fn all_faults_are_told_a_line_a_symbol() {
    let folder = market(&["GOOD"]);
    folder.write("data/bad.csv", "time,close\n1,2\n2,-1\n");
    folder.write("data/worse.csv", "time,price\n1,2\n");
    let ran = folder.run(&["data", "validate", "data"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(3), ""));
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[0].starts_with("bad: `data/bad.csv` line 3, column `close`: `-1` is not a price"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("worse: `data/worse.csv` line 1 has no column `close`"),
        "{lines:?}"
    );
    assert_eq!(lines[2], "1 of 3 symbols can be used, with 200 bars");
    let found = json(folder.run(&["data", "validate", "data", "--format", "json"]));
    assert_eq!(
        (&found["good"], found["faults"].as_array().unwrap().len()),
        (&1.into(), 2)
    );
    let none = folder.run(&["data", "validate", "data/bad.csv", "data/worse.csv"]);
    assert_eq!(none.code, Some(2));
    let all = folder.run(&["data", "validate", "data/GOOD.csv"]).ok();
    assert_eq!(all, "1 of 1 symbol can be used, with 200 bars\n");
    let csv = folder.run(&["data", "validate", "data", "--format", "csv"]);
    assert_eq!(csv.stdout.lines().count(), 3);
}

#[test]
fn bars_are_resampled() {
    let folder = many();
    let hours = folder
        .run(&["data", "resample", "many.csv", "--timeframe", "1h"])
        .ok();
    let expected = "symbol,time,open,high,low,close,volume,exchange
A,2024-01-01T00:00:00,10.0,13.0,9.0,12.0,11.0,X
A,2024-01-01T02:00:00,12.0,12.0,8.0,9.0,7.0,X
B,2024-01-02T00:00:00,1.0,2.0,1.0,1.5,0.0,
";
    assert_eq!(hours, expected);
    // Nothing is made of what is not known: volume and high stay away.
    folder.write("C.csv", "time,close\n0,1\n60,2\n86400,3\n");
    let days = folder
        .run(&["data", "resample", "C.csv", "--timeframe", "1d"])
        .ok();
    assert_eq!(
        days,
        "symbol,time,close\nC,1970-01-01,2.0\nC,1970-01-02,3.0\n"
    );
    let error = folder.run(&["data", "resample", "C.csv"]);
    assert_eq!(error.code, Some(2));
    assert!(error.stderr.contains("--timeframe"), "{error:?}");
    let error = folder
        .run(&["data", "resample", "C.csv", "--timeframe", "1x"])
        .refused();
    assert!(
        error.contains("`1x` is no timeframe; write a whole number"),
        "{error}"
    );
}

#[test]
fn every_command_takes_longer_bars() {
    let folder = Folder::new();
    let mut text = String::from("time,close\n");
    for (minute, close) in walk(3, 900).iter().enumerate() {
        writeln!(text, "{},{close}", 60 * minute).unwrap();
    }
    folder.write("M.csv", text);
    let fives = folder
        .run(&["data", "resample", "M.csv", "--timeframe", "5m"])
        .ok();
    folder.write("F.csv", fives.replace("symbol,time", "x,time"));
    let direct = folder.run(&["atc", "M.csv", "--timeframe", "5m"]).ok();
    assert_eq!(direct, folder.run(&["atc", "F.csv"]).ok());
    assert_eq!(direct.lines().count(), 181);
    let process = folder.run(&["atc", "M.csv", "--timeframe", "5m", "--engine", "process"]);
    assert_eq!(process.ok(), direct);
    let scan = |file: &str, options: &[&str]| {
        let ran = folder.run(
            &[
                &["scan", file, "--limit", "150", "--format", "csv"],
                options,
            ]
            .concat(),
        );
        ran.ok().replace("F,", "M,")
    };
    assert_eq!(scan("M.csv", &["--timeframe", "5m"]), scan("F.csv", &[]));
}

#[test]
fn statistics_are_those_of_the_rows() {
    let folder = many();
    let found = json(folder.run(&[
        "data",
        "stats",
        "many.csv",
        "--symbols",
        "A",
        "--format",
        "json",
    ]));
    let close = &found[0]["columns"][3];
    assert_eq!(close["name"], "close");
    assert_eq!(close["var"], 7.0 / 3.0);
    assert_eq!((&close["min"], &close["max"]), (&9.0.into(), &12.0.into()));
    assert_eq!(found[0]["covariance"][3][4], -1.0);
    assert_eq!(found[0]["correlation"][0][0], 1.0);
    let csv = folder
        .run(&["data", "stats", "many.csv", "--format", "csv"])
        .ok();
    assert_eq!(csv.lines().count(), 11);
    // One row has a mean and no deviation.
    assert_eq!(
        csv.lines().nth(9),
        Some("B,close,1,1.5,,,1.5,1.5,2024-01-02,2024-01-02")
    );
    let returns = folder
        .run(&["data", "stats", "many.csv", "--returns", "--format", "csv"])
        .ok();
    assert!(
        returns
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("A,open,2,0.0954545454545454"),
        "{returns}"
    );
    assert!(!returns.contains("volume"));
}

#[test]
fn forms_of_files_go_by_their_ending() {
    let folder = many();
    for (name, magic) in [
        ("a.parquet", "PAR1"),
        ("a.PQ", "PAR1"),
        ("a.arrow", "ARROW1"),
        ("a.feather", "ARROW1"),
    ] {
        folder
            .run(&["data", "convert", "many.csv", "--output", name])
            .ok();
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        assert!(bytes.starts_with(magic.as_bytes()), "{name}");
    }
    folder
        .run(&[
            "data", "convert", "many.csv", "--as", "csv", "--output", "a.txt",
        ])
        .ok();
    let text = std::fs::read_to_string(folder.path().join("a.txt")).unwrap();
    assert_eq!(text, folder.run(&["data", "convert", "many.csv"]).ok());
    let error = folder
        .run(&["data", "convert", "many.csv", "--output", "a.xlsx"])
        .refused();
    assert!(
        error.contains("none of the endings .csv, .parquet, .arrow"),
        "{error}"
    );
    let error = folder
        .run(&["data", "convert", "many.csv", "--optimize"])
        .refused();
    assert!(error.contains("csv has none"), "{error}");
    assert!(!folder.names().contains(&"a.xlsx".to_owned()));
}

#[test]
fn types_are_chosen_for_all_symbols_together() {
    let folder = market(&["S1", "S2"]);
    folder.write("data/T.csv", "time,close,volume\n1,1.5,300\n2,2.5,1\n");
    let types = |options: &[&str]| {
        folder
            .run(&[&["data", "convert", "data", "--output", "a.arrow"], options].concat())
            .ok();
        let found = json(folder.run(&[
            "data",
            "inspect",
            "a.arrow",
            "--on-error",
            "collect",
            "--format",
            "json",
        ]));
        let columns = found["files"][0]["columns"].as_array().unwrap();
        columns
            .iter()
            .map(|c| c["kind"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // A later file has a column that the first does not have.
    assert_eq!(types(&[]), ["Utf8", "Timestamp(ns)", "Float64", "Float64"]);
    assert_eq!(
        types(&["--optimize"]),
        ["Utf8", "Timestamp(ns)", "Float32", "Int16"]
    );
}

#[test]
fn one_symbol_that_fails_fails_the_command_or_itself() {
    let folder = market(&["A", "C"]);
    folder.write("data/B.csv", "time,close\n1,x\n");
    for command in ["convert", "stats"] {
        let error = folder
            .run(&["data", command, "data", "--output", "out.csv"])
            .refused();
        assert!(error.contains("`data/B.csv` line 2"), "{error}");
        assert_eq!(folder.names(), ["data"]);
        let ran = folder.run(&["data", command, "data", "--on-error", "collect"]);
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.stderr.starts_with("failed: `B`: "), "{ran:?}");
        assert!(ran.stdout.contains("A") && ran.stdout.contains("C"));
    }
    let absent = folder
        .run(&["data", "stats", "data/A.csv", "--symbols", "A,Z"])
        .refused();
    assert!(
        absent.contains("symbol `Z` of `--symbols` is in none of the files"),
        "{absent}"
    );
}

#[test]
fn the_same_bytes_on_every_engine() {
    let names: Vec<String> = (0..12).map(|i| format!("S{i:02}")).collect();
    let folder = market(&names.iter().map(String::as_str).collect::<Vec<_>>());
    folder.write("data/S05x.csv", csv(&walk(3, 90)).replace("86400,", "x,"));
    folder.write("data/many.csv", MANY);
    for command in [
        &["inspect", "--format", "json"][..],
        &["validate"],
        &["stats", "--format", "json"],
        &["stats", "--format", "csv", "--returns"],
        &["resample", "--timeframe", "1w"],
        &["convert", "--as", "csv"],
    ] {
        let run = |options: &[&str]| {
            let all = [
                &["data", command[0], "data"],
                &command[1..],
                &["--on-error", "collect"],
                options,
            ];
            let ran = folder.run(&all.concat());
            assert_eq!(ran.code, Some(3), "{ran:?}");
            (ran.stdout, ran.stderr)
        };
        let expected = run(&["--engine", "sequential"]);
        for options in [
            &["--workers", "3"][..],
            &["--npartitions", "5", "--workers", "2"],
            &["--engine", "process", "--workers", "2"],
        ] {
            assert_eq!(run(options), expected, "{command:?} {options:?}");
        }
    }
}
