//! `scan`: ranking, skipping, choosing.

use std::fmt::Write;

use serde_json::Value;

use crate::support::{Folder, csv, market, walk};

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("json")
}

fn symbols(rows: &Value) -> Vec<&str> {
    let rows = rows.as_array().expect("rows with symbols");
    rows.iter()
        .map(|row| row["symbol"].as_str().expect("rows with symbols"))
        .collect()
}

#[test]
fn the_example_data_is_ranked() {
    let folder = Folder::new();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data");
    insta::assert_snapshot!(folder.run(&["scan", data]).ok());
    let text = folder.run(&["scan", data, "--format", "json"]).ok();
    assert!(text.starts_with(r#"{"long":[{"symbol":"#));
    let report = json(&text);
    let keys: Vec<&str> = report
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(keys.len(), 5);
    assert_eq!(report["symbols"], 3);
    let row = &report["long"][0];
    assert_eq!(row["symbol"], "goog_d");
    assert_eq!(
        (row["trend"].as_i64(), row["exchange"].as_str()),
        (Some(1), Some("UNKNOWN"))
    );
    assert_eq!(row["price"], 806.19);
    let csv = folder.run(&["scan", data, "--format", "csv"]).ok();
    assert!(csv.starts_with("side,symbol,signal,trend,price,exchange\nlong,goog_d,"));
    assert_eq!(csv.lines().count(), 4);
}

#[test]
fn each_side_is_sorted_and_cut_and_the_rest_is_told() {
    let names: Vec<String> = (0..30).map(|i| format!("S{i:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let folder = market(&names);
    folder.write("data/short.csv", csv(&walk(1, 20)));
    let run = |options: &[&str]| {
        let args = [
            &["scan", "data", "--limit", "200", "--format", "json"],
            options,
        ]
        .concat();
        json(&folder.run(&args).ok())
    };
    let all = run(&[]);
    let signals = |side: &str| -> Vec<f64> {
        let rows = all[side].as_array().unwrap();
        rows.iter()
            .map(|row| row["signal"].as_f64().unwrap())
            .collect()
    };
    assert!(signals("long").is_sorted_by(|a, b| a >= b));
    assert!(signals("short").is_sorted());
    assert!(signals("long").iter().all(|s| *s > 0.0) && signals("short").iter().all(|s| *s < 0.0));
    let reason = &all["skipped"].as_array().unwrap().last().unwrap()["reason"];
    assert_eq!(reason, "20 bars, fewer than 200");
    assert_eq!(all["symbols"], 31);

    let top = run(&["--top", "2"]);
    assert_eq!(symbols(&top["long"]), symbols(&all["long"])[..2]);
    assert_eq!(symbols(&top["short"]), symbols(&all["short"])[..2]);
    let strong = run(&["--min-signal", "0.5"]);
    assert!(
        strong["long"]
            .as_array()
            .unwrap()
            .iter()
            .all(|r| r["signal"].as_f64() >= Some(0.5))
    );
    assert!(
        strong["skipped"]
            .to_string()
            .contains("below the minimum 0.5")
    );
}

#[test]
fn symbols_of_one_file_are_those_of_many() {
    let names = ["A", "B", "C"];
    let folder = market(&names);
    let apart = folder
        .run(&["scan", "data", "--limit", "150", "--format", "json"])
        .ok();
    let walks: Vec<Vec<f64>> = (0..3).map(|seed| walk(seed + 7, 200)).collect();
    let (mut interleaved, mut grouped) = (String::new(), String::new());
    interleaved += "time,stock_code,close_price\n";
    grouped += "Symbol,Date,Close\n";
    for day in 0..200 {
        for (name, walk) in names.iter().zip(&walks) {
            writeln!(interleaved, "{},{name},{}", 86_400 * day, walk[day]).unwrap();
        }
    }
    for (name, walk) in names.iter().zip(&walks) {
        for (day, close) in walk.iter().enumerate() {
            writeln!(grouped, "{name},{},{close}", 86_400 * day).unwrap();
        }
    }
    for text in [interleaved, grouped] {
        let file = folder.write("all.csv", text);
        let run = |options: &[&str]| {
            let args = [
                &["scan", &file, "--limit", "150", "--format", "json"],
                options,
            ]
            .concat();
            folder.run(&args).ok()
        };
        assert_eq!(run(&[]), apart);
        assert_eq!(json(&run(&["--symbols", "C,A"]))["symbols"], 2);
        folder.write("list.txt", "B\n\nC\n");
        assert_eq!(json(&run(&["--symbols", "@list.txt"]))["symbols"], 2);
    }
}

#[test]
fn columns_exchange_and_times_are_found() {
    let folder = Folder::new();
    let mut text = String::from("ticker,when,px,Exchange\n");
    for (day, close) in walk(2, 60).iter().enumerate() {
        writeln!(
            text,
            "X,2024-{:02}-{:02},{close},NYSE",
            1 + day / 28,
            1 + day % 28
        )
        .unwrap();
    }
    let file = folder.write("odd.csv", text);
    let columns = [
        "--symbol-col",
        "ticker",
        "--time-col",
        "when",
        "--price-col",
        "px",
    ];
    let run = |options: &[&str]| {
        let args = [
            &["scan", &file, "--format", "json", "--min-signal", "0"],
            &columns[..],
            options,
        ];
        json(&folder.run(&args.concat()).ok())
    };
    let all = run(&["--limit", "60"]);
    let row = all["long"].get(0).or(all["short"].get(0)).unwrap();
    assert_eq!(
        (row["symbol"].as_str(), row["exchange"].as_str()),
        (Some("X"), Some("NYSE"))
    );
    let some = run(&[
        "--limit",
        "60",
        "--from",
        "2024-01-05",
        "--to",
        "2024-01-20",
    ]);
    assert_eq!(some["skipped"][0]["reason"], "16 bars, fewer than 60");
    let none = run(&["--limit", "60", "--from", "2030-01-01"]);
    assert_eq!(none["skipped"][0]["reason"], "0 bars, fewer than 60");
}

#[test]
fn extreme_prices_of_a_table_are_short() {
    let folder = Folder::new();
    let close: Vec<f64> = walk(2, 60).iter().map(|c| c * 1e88).collect();
    folder.write("A.csv", csv(&close));
    let table = folder
        .run(&["scan", "A.csv", "--limit", "60", "--min-signal", "0"])
        .ok();
    assert!(table.lines().all(|line| line.len() < 80), "{table}");
    let last = format!("  {:?}  UNKNOWN", close[59]);
    assert!(table.contains(&last), "{table}");
}

#[test]
fn symbols_that_csv_leaves_out_are_told_on_stderr() {
    let folder = market(&["A"]);
    for i in 0..12 {
        folder.write(&format!("data/S{i:02}.csv"), csv(&walk(1, 20)));
    }
    let args = ["scan", "data", "--limit", "100", "--format"];
    let ran = folder.run(&[&args[..], &["csv"]].concat());
    assert_eq!(ran.code, Some(0));
    let told: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(told.len(), 11, "{}", ran.stderr);
    assert_eq!(told[0], "skipped: `S00`: 20 bars, fewer than 100");
    assert_eq!(told[10], "skipped: 2 more; `--format json` lists them");
    folder.run(&[&args[..], &["json"]].concat()).ok();
    folder.run(&[&args[..], &["table"]].concat()).ok();
}
