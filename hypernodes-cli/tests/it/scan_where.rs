//! `scan --where` and `--rank-by`, `plan partition-size`.

use serde_json::Value;

use crate::support::{Folder, csv, market, walk};

const WHERE: &[&str] = &["scan", "data", "--where", "close > SMA_20 and RSI_14 < 70"];

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("json")
}

fn symbols(report: &Value) -> Vec<&str> {
    let rows = report["matched"].as_array().expect("rows");
    rows.iter()
        .map(|row| row["symbol"].as_str().expect("a symbol"))
        .collect()
}

/// Three symbols of three bars: up, down, and one with a single bar.
fn three() -> Folder {
    let folder = Folder::new();
    folder.write("data/DOWN.csv", csv(&[12.0, 11.0, 10.0]));
    folder.write("data/NEW.csv", csv(&[7.0]));
    folder.write("data/UP.csv", csv(&[10.0, 11.0, 15.0]));
    folder.write("data/WELL.csv", csv(&[10.0, 11.0, 12.0]));
    folder
}

#[test]
fn symbols_that_match_are_listed_with_what_decided() {
    let folder = three();
    let args = ["scan", "data", "--where", "close > SMA_2"];
    let run = |more: &[&str]| folder.run(&[&args[..], more].concat());
    let report = json(&run(&["--format", "json"]).ok());
    assert_eq!(symbols(&report), ["UP", "WELL"]);
    let row = &report["matched"][0];
    assert_eq!(row["values"], json(r#"{"close":15.0,"SMA_2":13.0}"#));
    assert_eq!(
        (&row["score"], &row["price"]),
        (&Value::Null, &json("15.0"))
    );
    assert_eq!(row["exchange"], "UNKNOWN");
    let reason = "undefined at the last bar: `SMA_2` needs 2 bars, there are 1";
    assert_eq!(report["skipped"][0]["reason"], reason);
    assert_eq!(
        (&report["unmatched"], &report["symbols"]),
        (&json("1"), &json("4"))
    );
    assert_eq!(report["failed"], json("[]"));

    let csv = run(&[
        "--format",
        "csv",
        "--rank-by",
        "change(close, 1) / close[1]",
        "--top",
        "1",
    ]);
    let told =
        "symbol,score,price,exchange,close,SMA_2\nUP,0.36363636363636365,15.0,UNKNOWN,15.0,13.0\n";
    assert_eq!((csv.code, csv.stdout.as_str()), (Some(0), told));
    assert_eq!(csv.stderr, format!("skipped: `NEW`: {reason}\n"));

    let table = run(&["--rank-by", "close"]).ok();
    assert!(
        table.starts_with("matched (2)\n  symbol    score  price  exchange    close    SMA_2\n"),
        "{table}"
    );
    assert!(
        table.ends_with("\n4 symbols, 1 without a match\n"),
        "{table}"
    );
}

#[test]
fn ranks_go_either_way_and_a_limit_skips() {
    let folder = three();
    let run = |more: &[&str]| {
        let args = [
            &["scan", "data", "--format", "json", "--rank-by", "close"],
            more,
        ]
        .concat();
        json(&folder.run(&args).ok())
    };
    assert_eq!(symbols(&run(&[])), ["UP", "WELL", "DOWN", "NEW"]);
    assert_eq!(
        symbols(&run(&["--order", "asc", "--top", "2"])),
        ["NEW", "DOWN"]
    );
    let some = run(&["--limit", "2"]);
    assert_eq!(symbols(&some), ["UP", "WELL", "DOWN"]);
    assert_eq!(some["skipped"][0]["reason"], "1 bars, fewer than 2");
}

#[test]
fn every_engine_gives_the_same_bytes() {
    let names: Vec<String> = (0..40).map(|i| format!("S{i:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let folder = market(&names);
    folder.write("data/SHORT.csv", csv(&walk(1, 10)));
    for format in ["json", "csv", "table"] {
        let rank = ["--rank-by", "atc_signal", "--format", format];
        let run = |more: &[&str]| {
            let ran = folder.run(&[WHERE, &rank, more].concat());
            assert_eq!(ran.code, Some(0), "{ran:?}");
            (ran.stdout, ran.stderr)
        };
        let expected = run(&["--engine", "sequential"]);
        assert!(expected.0.len() > 500, "{expected:?}");
        assert_eq!(run(&["--workers", "3"]), expected);
        assert_eq!(run(&["--partition-size", "7"]), expected);
        assert_eq!(run(&["--engine", "process", "--workers", "2"]), expected);
    }
}

#[test]
fn a_wrong_expression_is_shown_with_a_caret() {
    let folder = three();
    let refused = |args: &[&str]| folder.run(&[&["scan", "data"], args].concat()).refused();
    assert_eq!(
        refused(&["--where", "RSI14 < 30 and close > 1"]),
        "error: --where: RSI14 < 30 and close > 1\n                ^^^^^ unknown name `RSI14`; did you mean `RSI_14`?\n"
    );
    assert!(refused(&["--rank-by", "close +"]).contains("^ expected a number"));
    assert!(refused(&["--where", "close"]).contains("`--where`: `close` is a number"));
    assert!(
        refused(&["--rank-by", "close > 1"]).contains("`--rank-by`: `close > 1` is a condition")
    );
    assert!(
        refused(&["--where", "volume > 1"])
            .contains("symbol `DOWN`: `DOWN` has no column `volume`")
    );
    assert!(refused(&["--where", "close > 1", "--limit", "0"]).contains("`--limit` is 0"));
    assert!(refused(&["--where", &"(".repeat(100_000)]).contains("too long"));
    let collected = folder.run(&[
        "scan",
        "data",
        "--where",
        "volume > 1",
        "--on-error",
        "collect",
        "--format",
        "json",
    ]);
    assert_eq!(collected.code, Some(3));
    assert_eq!(
        json(&collected.stdout)["failed"].as_array().unwrap().len(),
        4
    );
}

#[test]
fn plan_and_graph_show_the_scan_by_expression() {
    let folder = Folder::new();
    let by = ["scan", "--where", "close > 1"];
    let plan = folder.run(&[&["plan"], &by[..]].concat()).ok();
    assert!(
        plan.contains("where_match") && plan.contains("rank_matches (each symbol"),
        "{plan}"
    );
    assert!(!plan.contains("atc_score"), "{plan}");
    let graph = folder.run(&[&["graph"], &by[..]].concat()).ok();
    assert!(
        graph.contains("market_where") && graph.contains("rank_matches"),
        "{graph}"
    );
    let wrong = folder
        .run(&["graph", "scan", "--rank-by", "clos"])
        .refused();
    assert!(wrong.contains("did you mean `close`"), "{wrong}");
    assert!(folder.run(&["graph", "scan"]).ok().contains("rank_symbols"));
}

#[test]
fn a_partition_size_is_printed_alone_and_why_beside_it() {
    let folder = three();
    let sizes = ["--memory", "2GB", "--target", "100MB", "--workers", "8"];
    let run = |more: &[&str]| folder.run(&[&["plan", "partition-size"], &sizes[..], more].concat());
    let ran = run(&["--symbols", "2000"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "63\n"));
    assert!(
        ran.stderr
            .contains("min(1388 by target, 63 by 8 workers, 3472 by memory)"),
        "{ran:?}"
    );
    assert!(
        ran.stderr
            .contains("72000 bytes a symbol (1500 bars x 6 columns x 8)"),
        "{ran:?}"
    );
    let size = |more: &[&str]| run(&[&["--symbols", "100000"], more].concat()).stdout;
    assert_eq!(size(&[]), "200\n");
    assert_eq!(size(&["--bars", "20000"]), "104\n");
    assert_eq!(size(&["--bytes-per-symbol", "50MB"]), "2\n");
    let told = json(&run(&["data", "--format", "json"]).ok());
    // Ten bars of a time and a close.
    assert_eq!(
        (&told["symbols"], &told["bytes_per_symbol"]),
        (&json("4"), &json("40"))
    );
    assert_eq!(
        (&told["partition_size"], &told["partitions"]),
        (&json("1"), &json("4"))
    );
    assert!(run(&[]).refused().contains("give `--symbols N`, or DATA"));
    assert!(
        run(&["--symbols", "A,B"])
            .refused()
            .contains("expected a whole number")
    );
}
