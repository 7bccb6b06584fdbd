//! Where results go.

use std::fs;
use std::io::{BufRead, BufReader, Read};

use crate::support::{csv, market, walk};

#[test]
fn a_file_appears_when_it_is_complete() {
    let folder = market(&["A", "B"]);
    let args = ["scan", "data", "--limit", "100"];
    let shown = folder.run(&args).ok();
    let said = folder
        .run(&[&args[..], &["--output", "out.txt"]].concat())
        .ok();
    assert_eq!(said, "");
    assert_eq!(
        fs::read_to_string(folder.path().join("out.txt")).unwrap(),
        shown
    );
    assert_eq!(folder.names(), ["data", "out.txt"]);
}

#[test]
fn a_run_that_fails_leaves_the_file_as_it_was() {
    let folder = market(&["A", "B"]);
    folder.write("out.csv", "precious");
    folder.write("data/B.csv", "time,close\n1,0\n");
    let ran = folder.run(&["atc", "data", "--output", "out.csv"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(folder.names(), ["data", "out.csv"]);
    assert_eq!(
        fs::read_to_string(folder.path().join("out.csv")).unwrap(),
        "precious"
    );
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_work() {
    let folder = market(&["A"]);
    let run = |output: &str| folder.run(&["scan", "data", "--output", output]).refused();
    assert_eq!(
        run("data"),
        "error: cannot write `data`: is a directory; choose another `--output`\n"
    );
    assert!(run("none/out.csv").contains("`none/out.csv`: entity not found"));
    assert!(run("data/A.csv/out.csv").contains("`data/A.csv/out.csv`: not a directory"));
}

#[cfg(unix)]
#[test]
fn links_and_devices_stay_what_they_are() {
    let folder = market(&["A"]);
    let target = folder.path().join("real.csv");
    fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink("real.csv", folder.path().join("link.csv")).unwrap();
    folder
        .run(&["scan", "data", "--limit", "100", "--output", "link.csv"])
        .ok();
    assert!(folder.path().join("link.csv").is_symlink());
    assert!(fs::read_to_string(&target).unwrap().ends_with("1 symbol\n"));
    folder
        .run(&["scan", "data", "--limit", "100", "--output", "/dev/null"])
        .ok();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = market(&["A"]);
    folder.write("data/A.csv", csv(&walk(1, 30_000)));
    let mut child = folder.command(&["atc", "data"]).spawn().unwrap();
    let mut first = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert!(first.starts_with("bar,close,"));
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn the_reason_is_told_once_and_the_remedy_last() {
    let folder = market(&["A"]);
    let run = |output: &str| {
        let args = ["scan", "data", "--limit", "100", "--output", output];
        folder.run(&args).stderr
    };
    assert_eq!(
        run("none/out.csv"),
        "error: cannot write `none/out.csv`: entity not found; choose another `--output`\n"
    );
    #[cfg(target_os = "linux")]
    assert_eq!(
        run("/dev/full"),
        "error: cannot write: no storage space; make room, or choose another `--output`\n"
    );
}

#[cfg(unix)]
#[test]
fn a_run_that_is_told_to_end_writes_what_is_finished_and_nothing_temporary() {
    use std::process::Command;

    let folder = market(&["A"]);
    for symbol in 0..40 {
        folder.write(&format!("data/S{symbol}.csv"), csv(&walk(symbol, 5_000)));
    }
    let args = ["atc", "data", "--engine", "sequential", "--output", "out"];
    let mut child = folder.command(&args).spawn().unwrap();
    let id = child.id();
    // The handler is there once rows are.
    let temporary = folder.path().join(format!(".out.{id}.tmp"));
    while fs::metadata(&temporary).map_or(0, |file| file.len()) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    let told = Command::new("kill")
        .args(["-TERM", &id.to_string()])
        .status();
    assert!(told.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert_eq!(folder.names(), ["data", "out"]);
    let done = said.strip_prefix("cancelled after ").unwrap();
    let (done, next) = done.split_once(" symbol").unwrap();
    assert!(next.ends_with("; what is finished is written\n"), "{said}");
    let done: usize = done.parse().unwrap();
    assert!((1..41).contains(&done), "{said}");
    // The rows of whole symbols, as they are without a request to end.
    let written = fs::read_to_string(folder.path().join("out")).unwrap();
    let whole = folder.run(&["atc", "data"]).ok();
    assert!(whole.starts_with(&written));
    let symbols: std::collections::BTreeSet<&str> = written
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(symbols.len(), done);
    assert!(
        whole[written.len()..].starts_with('S'),
        "it ends between two symbols"
    );
}
