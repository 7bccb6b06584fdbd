//! `--on-error collect`: a symbol that fails is told, the others go on.

use serde_json::Value;

use crate::support::{csv, market, walk};

#[test]
fn failed_symbols_are_reported_and_the_rest_is_ranked() {
    let folder = market(&["A", "B", "C"]);
    folder.write("data/B.csv", "time,close\n1,1\n2,oops\n");
    folder.write("data/D.csv", "");
    let args = ["scan", "data", "--limit", "100", "--format", "json"];
    let ended = folder.run(&args).refused();
    assert_eq!(
        ended,
        "error: `data/B.csv` line 3, column `close`: `oops` is not a number; correct it or remove the row\n"
    );
    let ran = folder.run(&[&args[..], &["--on-error", "collect"]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(3), ""));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["symbols"], 4);
    assert_eq!(report["failed"][0]["symbol"], "B");
    assert!(
        report["failed"][0]["error"]
            .as_str()
            .unwrap()
            .contains("line 3")
    );
    assert_eq!(report["failed"][1]["symbol"], "D");

    let table = folder.run(&["scan", "data", "--limit", "100", "--on-error", "collect"]);
    assert_eq!(table.code, Some(3));
    assert!(
        table
            .stdout
            .contains("failed (2)\n  B: `data/B.csv` line 3"),
        "{}",
        table.stdout
    );
    let csv = folder.run(&[
        "scan",
        "data",
        "--limit",
        "100",
        "--on-error",
        "collect",
        "--format",
        "csv",
    ]);
    assert!(
        csv.stderr.starts_with("failed: `B`: `data/B.csv` line 3"),
        "{}",
        csv.stderr
    );
}

#[test]
fn a_symbol_in_two_files_is_an_error_that_names_both() {
    let folder = market(&["A", "B"]);
    folder.write("more/A.csv", csv(&walk(1, 50)));
    let ended = folder.run(&["atc", "data", "more"]).stderr;
    assert_eq!(
        ended,
        "error: symbol `A` is in `data/A.csv` and again in `more/A.csv`; rename or remove one\n"
    );
    let ran = folder.run(&["atc", "data", "more", "--on-error", "collect"]);
    assert_eq!(ran.code, Some(3));
    assert_eq!(ran.stdout.lines().count(), 401);
    assert!(
        ran.stderr.starts_with("failed: `A`: symbol `A` is in"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_atc_refuses_names_the_symbol() {
    let folder = market(&["A", "B"]);
    folder.write("data/B.csv", csv(&walk(1, 5)));
    let ran = folder.run(&["atc", "data", "--cutout", "10"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.stderr,
        "error: symbol `B`: cutout 10 leaves none of 5 bars; choose a smaller cutout or more bars\n"
    );
    let missing = folder
        .run(&["scan", "data", "--limit", "100", "--symbols", "A,Q"])
        .refused();
    assert_eq!(
        missing,
        "error: symbol `Q` of `--symbols` is in none of the files\n"
    );
}
