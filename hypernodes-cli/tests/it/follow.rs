//! `follow`: bars as they come.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};

use crate::support::{Folder, Running, csv, market, walk};

/// The cells of the last column behind the time, by rows.
fn last_cells(text: &str) -> Vec<String> {
    let lines = text.lines().skip(1);
    lines
        .map(|line| line.rsplit(',').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_file_gives_what_indicators_gives() {
    let folder = market(&["A"]);
    for column in ["RSI_14", "MACD.hist", "ATC_HMA_28", "KAMA_10"] {
        let followed = folder
            .run(&["follow", "data/A.csv", "--until-end", "--columns", column])
            .ok();
        let computed = folder
            .run(&["indicators", "data/A.csv", "--columns", column])
            .ok();
        assert!(followed.starts_with(&format!("time,close,{column}\n1970-01-01T00:00:00,")));
        assert_eq!(last_cells(&followed), last_cells(&computed), "{column}");
    }
}

#[test]
fn signals_are_printed_alone() {
    let folder = market(&["A"]);
    let run = |more: &[&str]| {
        let args = [
            "follow",
            "data/A.csv",
            "--until-end",
            "--columns",
            "SMA_5,SMA_20",
        ];
        folder.run(&[&args[..], more].concat()).ok()
    };
    let all = run(&[]);
    let found = run(&["--where", "crosses_above(SMA_5, SMA_20)"]);
    let number = |cell: &str| cell.parse::<f64>().unwrap_or(f64::NAN);
    let mut expected = vec![all.lines().next().expect("a header").to_owned()];
    let mut before = [f64::NAN; 2];
    for line in all.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let now = [number(cells[2]), number(cells[3])];
        if before[0] <= before[1] && now[0] > now[1] {
            expected.push(line.to_owned());
        }
        before = now;
    }
    assert!(expected.len() > 2);
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_growing_file_is_answered_line_by_line() {
    let folder = Folder::new();
    let path = folder.write("ticks.csv", "time,symbol,close\n");
    let mut command = folder.command(&[
        "follow",
        "ticks.csv",
        "--columns",
        "SMA_2",
        "--format",
        "json",
    ]);
    let mut running = Running::of(&mut command);
    let mut said = BufReader::new(running.child().stdout.take().expect("it is piped")).lines();
    let mut file = OpenOptions::new()
        .append(true)
        .open(path)
        .expect("a working machine");
    for (row, expected) in [
        (
            "60,A,10\n",
            r#"{"symbol":"A","time":"1970-01-01T00:01:00","close":10.0,"SMA_2":null}"#,
        ),
        (
            "60,B,20\n",
            r#"{"symbol":"B","time":"1970-01-01T00:01:00","close":20.0,"SMA_2":null}"#,
        ),
        (
            "120,A,12\n",
            r#"{"symbol":"A","time":"1970-01-01T00:02:00","close":12.0,"SMA_2":11.0}"#,
        ),
    ] {
        // Half a line is no line.
        let (first, second) = row.split_at(3);
        file.write_all(first.as_bytes()).expect("a working machine");
        file.write_all(second.as_bytes())
            .expect("a working machine");
        assert_eq!(said.next().expect("a row").expect("text"), expected);
    }
    running.signal("-INT");
    assert_eq!(running.end().code, Some(130));
}

#[test]
fn standard_input_is_read_to_its_end() {
    let folder = Folder::new();
    let text = csv(&walk(3, 30));
    let from = folder.write("in.csv", text.trim_end());
    let mut command = folder.command(&["follow", "-", "--columns", "EMA_3"]);
    command.stdin(std::fs::File::open(from).expect("a working machine"));
    let ran = Running::of(&mut command).end().ok();
    assert_eq!(ran.lines().count(), 31);
    let file = folder
        .run(&["follow", "in.csv", "--until-end", "--columns", "EMA_3"])
        .ok();
    assert_eq!(ran, file);
}

#[test]
fn longer_bars_are_printed_when_they_are_finished() {
    let folder = Folder::new();
    folder.write("m.csv", "time,close\n0,10\n60,11\n300,12\n360,13\n");
    let ran = folder
        .run(&["follow", "m.csv", "--until-end", "--timeframe", "5m"])
        .ok();
    let expected = "time,close\n1970-01-01T00:00:00,11.0\n1970-01-01T00:05:00,13.0\n";
    assert_eq!(ran, expected);
}

#[test]
fn what_cannot_be_followed_is_told() {
    let folder = Folder::new();
    folder.write("bad.csv", "time,close\n0,10\n60,oops\n120,12\n");
    folder.write("good.csv", "time,close\n0,10\n");
    let refused = |args: &[&str]| {
        let args = [&["follow"], args, &["--until-end"]].concat();
        folder.run(&args).refused()
    };
    assert!(refused(&["good.csv", "--columns", "SMO_2"]).contains("did you mean `SMA_2`"));
    assert!(refused(&["good.csv", "--where", "close"]).contains("`close` is a number"));
    assert!(refused(&["good.csv", "--where", "atc_signal > 0"]).contains("cannot be followed"));
    assert!(refused(&["good.csv", "--symbols", ","]).contains("`--symbols` names no symbol"));
    assert!(refused(&["absent.csv"]).contains("cannot read `absent.csv`"));
    assert!(refused(&["good.csv", "--output", "x.csv"]).contains("--output"));
    let ended = folder.run(&["follow", "bad.csv", "--until-end"]);
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.stdout, "time,close\n1970-01-01T00:00:00,10.0\n");
    assert!(
        ended
            .stderr
            .contains("`bad.csv` line 3, column `close`: `oops`"),
        "{}",
        ended.stderr
    );
    let ended = folder.run(&["follow", "bad.csv", "--until-end", "--on-error", "collect"]);
    assert_eq!(ended.code, Some(3));
    assert_eq!(ended.stdout.lines().count(), 3);
}

#[test]
fn files_that_are_no_text_are_told_as_what_they_are() {
    let folder = Folder::new();
    folder.write("A.csv", "time,close\n0,10\n60,11\n");
    for name in ["a.parquet", "a.arrow"] {
        let args = ["data", "convert", "A.csv", "--output", name];
        folder.run(&args).ok();
    }
    folder.write("a.csv.gz", b"\x1f\x8b\x08\x00\n");
    folder.write("a.csv.zst", b"\x28\xb5\x2f\xfd\n");
    let files = [
        ("a.parquet", "a Parquet file"),
        ("a.arrow", "an Arrow IPC file"),
        ("a.csv.gz", "packed with gzip"),
        ("a.csv.zst", "packed with zstd"),
    ];
    for (name, what) in files {
        let ended = folder.run(&["follow", name]);
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{name}");
        let expected = format!("`{name}` is {what}, and `follow` reads plain csv; ");
        assert!(ended.stderr.contains(&expected), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1);
    }
}
