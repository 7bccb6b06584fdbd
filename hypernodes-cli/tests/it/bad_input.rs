//! Everything that can be wrong with files and options: exit 2 and one or two clear lines.

use std::fmt::Write;

use crate::support::{Folder, csv, walk};

const GOOD: &str = "time,open,high,low,close,volume\n1,2,3,1,2,9\n2,2,3,1,2,9\n";

/// Files by name, each wrong in its own way.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let rows = |rows: &str| format!("time,open,high,low,close,volume\n{rows}").into_bytes();
    vec![
        ("empty.csv", vec![]),
        ("blank.csv", b"\n\n  \n".to_vec()),
        ("header_only.csv", b"time,close\n".to_vec()),
        ("no_close.csv", b"time,colse\n1,2\n".to_vec()),
        ("no_time.csv", b"close\n2\n".to_vec()),
        ("two_closes.csv", b"time,close,Close\n1,2,3\n".to_vec()),
        ("text_price.csv", rows("1,2,3,1,two,9\n")),
        ("nan_price.csv", rows("1,2,3,1,2,9\n2,2,3,1,NaN,9\n")),
        ("inf_price.csv", rows("1,2,inf,1,2,9\n")),
        ("zero_price.csv", rows("1,2,3,1,0,9\n")),
        ("negative_volume.csv", rows("1,2,3,1,2,-9\n")),
        ("empty_cell.csv", rows("1,2,3,1,,9\n")),
        ("bad_time.csv", rows("31.01.2024,2,3,1,2,9\n")),
        ("repeated_time.csv", rows("1,2,3,1,2,9\n1,2,3,1,2,9\n")),
        ("descending_time.csv", rows("2,2,3,1,2,9\n1,2,3,1,2,9\n")),
        ("high_below_low.csv", rows("1,2,1,3,2,9\n")),
        ("short_row.csv", rows("1,2,3,1,2,9\n2,2,3\n")),
        ("long_row.csv", rows("1,2,3,1,2,9,4\n")),
        ("binary.csv", (0_u8..=255).cycle().take(4_000).collect()),
        ("nul.csv", b"time,close\n1,\0\0\n".to_vec()),
        (
            "no_symbol.csv",
            b"symbol,time,close\nA,1,1\n,2,2\n".to_vec(),
        ),
    ]
}

/// Parquet files by name, each wrong in its own way.
fn tables() -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parquet");
    let found = std::fs::read_dir(folder).expect("it is there");
    let mut files: Vec<_> = found
        .map(|file| file.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "parquet"))
        .map(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read(path).expect("it can be read"))
        })
        .collect();
    files.sort();
    files.push(("text.parquet".to_owned(), GOOD.into()));
    files.push(("empty.parquet".to_owned(), Vec::new()));
    files
}

#[test]
fn each_bad_table_is_told_with_its_place_and_a_remedy() {
    let folder = Folder::new();
    let mut told = String::new();
    for (name, bytes) in tables() {
        folder.write(&name, bytes);
        let scan = folder.run(&["scan", &name]).refused();
        for command in [
            &["data", "stats"][..],
            &["indicators", "--columns", "SMA_2"],
        ] {
            let ran = folder.run(&[command, &[&name]].concat());
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(2), scan.as_str()));
        }
        let (inspected, validated) = (
            folder.run(&["data", "inspect", &name]),
            folder.run(&["data", "validate", &name]),
        );
        assert!(
            inspected.stdout.contains("failed: "),
            "{}",
            inspected.stdout
        );
        assert_eq!(validated.code, Some(2));
        assert!(scan.contains(&name) && scan.lines().count() == 1, "{scan}");
        told += &scan;
    }
    insta::assert_snapshot!(told);
}

#[test]
fn each_bad_file_is_told_with_its_place_and_a_remedy() {
    let folder = Folder::new();
    let mut told = String::new();
    for (name, bytes) in files() {
        folder.write(name, bytes);
        let scan = folder.run(&["scan", name]).refused();
        let ran = folder.run(&["atc", name]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(2), scan.as_str()));
        assert!(scan.contains(name), "{scan}");
        told += &scan;
    }
    insta::assert_snapshot!(told);
}

#[test]
fn one_bad_symbol_of_a_good_file_is_reported_and_the_rest_goes_on() {
    for (name, bytes) in files() {
        let folder = Folder::new();
        folder.write(&format!("data/{name}"), bytes);
        folder.write("data/good.csv", GOOD);
        let ran = folder.run(&["scan", "data", "--on-error", "collect", "--format", "json"]);
        assert_eq!(ran.code, Some(3), "{name}: {ran:?}");
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["failed"].as_array().unwrap().len(), 1, "{name}");
        let skipped = report["skipped"].as_array().unwrap();
        assert!(
            skipped.iter().any(|s| s["symbol"] == "good"),
            "{name}: {report}"
        );
    }
}

#[test]
fn each_bad_option_is_told() {
    let folder = Folder::new();
    folder.write("good.csv", csv(&walk(1, 120)));
    std::fs::create_dir(folder.path().join("nothing")).unwrap();
    folder.write("none.txt", " \n");
    let mut told = String::new();
    for line in [
        "scan missing.csv",
        "scan missing/",
        "scan nothing",
        "scan none*.csv",
        "scan [.csv",
        "scan",
        "scna good.csv",
        "scan good.csv --engine abacus",
        "scan good.csv --engine gpu",
        "scan good.csv --workers -1",
        "scan good.csv --workers 99999",
        "scan good.csv --workers many",
        "scan good.csv --npartitions 0",
        "scan good.csv --workload heavy",
        "scan good.csv --on-error ignore",
        "scan good.csv --format xml",
        "scan good.csv --log loud",
        "scan good.csv --limit 0",
        "scan good.csv --limit 1.5",
        "scan good.csv --limit 100 --cutout 100",
        "scan good.csv --min-signal -1",
        "scan good.csv --min-signal nan",
        "scan good.csv --top 0",
        "scan good.csv --lambda nan",
        "scan good.csv --lambda inf",
        "scan good.csv --lambda 1e9 --limit 120",
        "scan good.csv --decay 2",
        "scan good.csv --ma-len 0",
        "scan good.csv --ma-len 6",
        "scan good.csv --kama-len 7 --robustness wide",
        "scan good.csv --hma-len 99999999999",
        "scan good.csv --ema-weight -1",
        "scan good.csv --long-threshold -0.5",
        "scan good.csv --robustness huge",
        "scan good.csv --profile tradingview",
        "scan good.csv --source open",
        "scan good.csv --source hl2 --limit 100",
        "scan good.csv --from yesterday",
        "scan good.csv --from 2024-01-02 --to 2024-01-01",
        "scan good.csv --symbols ,",
        "scan good.csv --symbols @none.txt",
        "scan good.csv --symbols @no.txt",
        "scan good.csv --symbols other",
        "scan good.csv --time-col when",
        "scan good.csv --symbol-col tikcer",
        "scan good.csv --price-col clsoe",
        "scan good.csv --wehre x",
        "atc good.csv --cutout 120",
        "atc good.csv --to 1960-01-01",
        "plan npartitions",
        "plan npartitions --items x",
        "graph",
        "completions tcsh",
    ] {
        let args: Vec<&str> = line.split(' ').collect();
        let ran = folder.run(&args);
        assert_eq!(ran.code, Some(2), "{line}: {ran:?}");
        if line != "graph" {
            assert!(ran.stderr.lines().count() <= 2, "{line}: {ran:?}");
            assert!(!ran.stderr.contains("good.csv: "), "{ran:?}");
        }
        writeln!(
            told,
            "$ {line}\n{}",
            ran.stderr.lines().take(2).collect::<Vec<_>>().join("\n")
        )
        .unwrap();
    }
    insta::assert_snapshot!(told);
}
