//! `atc`: the columns, against the external vectors.

use std::fs::File;
use std::io::Read;

use crate::support::{Folder, csv, market, walk};

fn vector(name: &str) -> String {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../hypernodes-trading/tests/fixtures"
    );
    let file = File::open(format!("{folder}/{name}.csv.gz")).expect("a vector file");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("a vector file");
    text
}

fn number(cell: &str) -> Option<f64> {
    (!cell.is_empty()).then(|| cell.parse().expect("a vector file"))
}

#[test]
fn the_csv_is_that_of_the_vectors() {
    let folder = Folder::new();
    for (name, options) in [
        ("goog__default", &[][..]),
        ("goog__cut50", &["--cutout", "50"]),
        ("lcg1200__default", &[]),
        (
            "lcg1200__narrow20",
            &["--robustness", "narrow", "--ma-len", "20"],
        ),
    ] {
        for profile in ["lts", "pine"] {
            let theirs = vector(&format!("{name}__{profile}"));
            let close = theirs
                .lines()
                .skip(1)
                .map(|l| number(l.split(',').nth(1).unwrap()));
            let close: Vec<f64> = close.map(Option::unwrap).collect();
            let file = folder.write("series.csv", csv(&close));
            let mut args = vec!["atc", &file, "--profile", profile];
            args.extend(options);
            let ours = folder.run(&args).ok();

            assert_eq!(ours.lines().next(), theirs.lines().next());
            assert_eq!(ours.lines().count(), theirs.lines().count());
            for (ours, theirs) in ours.lines().zip(theirs.lines()).skip(1) {
                for (a, b) in ours.split(',').zip(theirs.split(',')) {
                    match (number(a), number(b)) {
                        (None, None) => {}
                        (Some(x), Some(y)) if (x - y).abs() <= 1e-9 * y.abs().max(1.0) => {}
                        _ => panic!("{name} {profile}: `{ours}`, expected `{theirs}`"),
                    }
                }
            }
        }
    }
}

#[test]
fn with_many_symbols_the_symbol_comes_first() {
    let folder = market(&["B", "A"]);
    let text = folder.run(&["atc", "data"]).ok();
    let mut lines = text.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("symbol,bar,close,R,EMA_Signal,")
    );
    assert!(lines.next().unwrap().starts_with("A,0,100.0,,"));
    assert!(text.lines().last().unwrap().starts_with("B,199,"));
    assert_eq!(text.lines().count(), 1 + 2 * 200);

    let one = folder.run(&["atc", "data", "--symbols", "B"]).ok();
    assert!(one.starts_with("bar,close,"));
    let file = "symbol,time,close\nZ,1,1\nZ,2,2\n";
    let file = folder.write("one.csv", file);
    assert!(folder.run(&["atc", &file]).ok().starts_with("bar,close,"));
}

#[test]
fn numbers_read_back_to_the_same_bits() {
    let folder = Folder::new();
    let close = walk(3, 100);
    let file = folder.write("A.csv", csv(&close));
    let text = folder.run(&["atc", &file]).ok();
    let read = text
        .lines()
        .skip(1)
        .map(|l| number(l.split(',').nth(1).unwrap()).unwrap());
    assert!(read.map(f64::to_bits).eq(close.iter().map(|c| c.to_bits())));
}

#[test]
fn json_has_a_row_for_each_bar_and_null_for_what_is_undefined() {
    let folder = market(&["A", "B"]);
    let json = folder.run(&["atc", "data", "--format", "json"]).ok();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(rows.len(), 400);
    assert_eq!(rows[200]["symbol"], "B");
    assert_eq!(rows[200]["bar"], 0);
    assert!(rows[200]["R"].is_null());
    assert!(rows[201]["Average_Signal"].is_f64());
    let keys: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 17);
    let none = folder.run(&[
        "atc",
        "data",
        "--symbols",
        "C",
        "--format",
        "json",
        "--on-error",
        "collect",
    ]);
    assert_eq!(
        serde_json::from_str::<Vec<serde_json::Value>>(&none.stdout)
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn a_table_is_for_people() {
    let folder = Folder::new();
    let file = folder.write("A.csv", csv(&[100.0, 110.0, 99.0]));
    let text = folder.run(&["atc", &file, "--format", "table"]).ok();
    insta::assert_snapshot!(
        text.lines()
            .map(|line| &line[..96])
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn sources_and_shared_lengths_are_options() {
    let folder = Folder::new();
    let mut text = String::from("time,high,low,close\n");
    for (i, close) in walk(5, 120).iter().enumerate() {
        text += &format!("{i},{},{},{close}\n", close * 1.01, close * 0.97);
    }
    let file = folder.write("A.csv", text);
    let run = |options: &[&str]| folder.run(&[&["atc", &file], options].concat()).ok();
    let all = run(&["--ma-len", "20"]);
    let each = ["ema", "hma", "wma", "dema", "lsma", "kama"].map(|kind| format!("--{kind}-len=20"));
    let each: Vec<&str> = each.iter().map(String::as_str).collect();
    assert_eq!(all, run(&each));
    assert_ne!(all, run(&[]));
    assert_ne!(all, run(&["--ma-len", "20", "--source", "hl2"]));
    assert_ne!(all, run(&["--ma-len", "20", "--kama-weight", "3"]));
    assert_eq!(
        all,
        run(&[
            "--ma-len",
            "20",
            "--long-threshold",
            "0.1",
            "--short-threshold",
            "-0.1"
        ])
    );
}

#[test]
fn columns_of_a_table_never_touch() {
    let folder = Folder::new();
    let (long, big) = ("a_symbol_with_a_long_name", "1e90");
    let rows = format!("symbol,time,close\n{long},1,1\n{long},2,{big}\nB,1,1.2345678901234567\n");
    let file = folder.write("all.csv", rows);
    let text = folder.run(&["atc", &file, "--format", "table"]).ok();
    let mut lines = text.lines();
    let columns = lines.next().unwrap().split_whitespace().count();
    for line in lines {
        // `R` is undefined at the first bar.
        let cells: Vec<&str> = line.split("  ").filter(|c| !c.trim().is_empty()).collect();
        let undefined = usize::from(cells[1].trim() == "0");
        assert_eq!(cells.len(), columns - undefined, "{line}");
        assert!(line.len() < 320, "{line}");
    }
    assert!(text.contains("  1e90  "), "{text}");
}

#[test]
fn bad_input_leaves_nothing_on_standard_output() {
    let folder = Folder::new();
    let file = folder.write("A.csv", "time,close\n1,x\n");
    for format in ["json", "csv", "table"] {
        folder.run(&["atc", &file, "--format", format]).refused();
    }
    let run = |format: &str| {
        let args = ["atc", &file, "--on-error", "collect", "--format", format];
        folder.run(&args).stdout
    };
    assert_eq!(run("json"), "[\n]\n");
    assert!(run("csv").starts_with("bar,close,R,EMA_Signal,"));
    assert_eq!(run("csv").lines().count(), 1);
}
