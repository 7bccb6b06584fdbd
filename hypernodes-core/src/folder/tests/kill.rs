//! A process that appends is ended from outside: what it has reported is there.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{Scratch, manifest};
use crate::folder::{FolderError, Piece, RunFolder, RunPhase, read_status};

const FOLDER: &str = "HYPERNODES_TEST_FOLDER";

/// Long enough that a kill can fall into the middle of writing one.
const COLUMN: usize = 200_000;

const ROUNDS: usize = 20;

fn piece(start: u64) -> Piece {
    let fill = u8::try_from(start % 251).unwrap();
    Piece {
        start,
        rows: 1,
        columns: vec![vec![fill; COLUMN], start.to_le_bytes().to_vec()],
        ..Piece::default()
    }
}

/// Not a test: what the child process does. Goes on where the pieces end, and stops when nobody listens or a write
/// fails.
#[test]
fn child() {
    let Some(path) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = RunFolder::resume(path.as_ref(), &manifest()).unwrap();
    let first = folder.pieces().last().map_or(0, |piece| piece.start + 1);
    let mut out = std::io::stdout();
    for start in first.. {
        let told = match folder.append(&piece(start)) {
            Ok(_) => writeln!(out, "\npiece {start}"),
            Err(error) => return writeln!(out, "\nerror {error}").unwrap(),
        };
        if told.and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

fn child_of(mut command: Command, path: &std::path::Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = command
        .args(["--exact", "folder::tests::kill::child", "--nocapture"])
        .env(FOLDER, path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

/// The next piece that the child reports.
fn next_report(out: &mut impl BufRead) -> Option<u64> {
    let mut line = String::new();
    while out.read_line(&mut line).ok()? > 0 {
        // A report that was cut short was not made.
        if let Some(start) = line
            .strip_prefix("piece ")
            .and_then(|rest| rest.strip_suffix('\n'))
        {
            return start.parse().ok();
        }
        line.clear();
    }
    None
}

#[test]
fn a_killed_process_loses_nothing_that_it_has_reported() {
    let scratch = Scratch::new();
    drop(RunFolder::create(&scratch.0, &manifest()).unwrap());
    let mut seed = 0x5EED_u64;
    let mut random = move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    };
    let mut reported = 0;
    for round in 0..ROUNDS {
        let (mut child, mut out) =
            child_of(Command::new(std::env::current_exe().unwrap()), &scratch.0);
        for _ in 0..1 + random() % 5 {
            reported = next_report(&mut out).expect("the child reports until it is killed") + 1;
        }
        if round == 0 {
            assert!(matches!(
                RunFolder::resume(&scratch.0, &manifest()),
                Err(FolderError::InUse { process: Some(process), .. }) if process == child.id()
            ));
        }
        // Anywhere in the work on the next pieces.
        for _ in 0..random() % 50_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        while let Some(start) = next_report(&mut out) {
            reported = start + 1;
        }
        child.wait().unwrap();

        assert_eq!(
            read_status(&scratch.0).unwrap().state.state,
            RunPhase::Interrupted
        );
        let folder = RunFolder::resume(&scratch.0, &manifest()).unwrap();
        assert_eq!(folder.missing(reported), [], "round {round}");
        for (start, info) in (0..).zip(folder.pieces()) {
            // Old ones were read in an earlier round.
            if info.start + 20 > reported {
                assert_eq!(folder.read(info).unwrap(), piece(start), "round {round}");
            }
        }
    }
    assert!(reported >= ROUNDS as u64);
}

/// A limit of the file size does what a full disk does: a part is written, then the system refuses.
#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_keeps_what_was_written() {
    let scratch = Scratch::new();
    drop(RunFolder::create(&scratch.0, &manifest()).unwrap());
    let mut shell = Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\"";
    shell
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap());
    let (mut child, out) = child_of(shell, &scratch.0);
    let lines: Vec<String> = out.lines().map_while(Result::ok).collect();
    child.wait().unwrap();

    let error = lines
        .iter()
        .find(|line| line.starts_with("error "))
        .expect("a limit was set");
    let path = scratch.0.join("pieces.log");
    assert!(
        error.contains(&format!("cannot write `{}`", path.display())),
        "{error}"
    );
    assert!(error.contains("largest size"), "{error}");
    let reported = lines
        .iter()
        .filter(|line| line.starts_with("piece "))
        .count();
    assert!(reported >= 2, "{lines:?}");
    let len = std::fs::metadata(&path).unwrap().len();
    let folder = RunFolder::resume(&scratch.0, &manifest()).unwrap();
    assert_eq!(folder.pieces().len(), reported);
    // Nothing had to be cut off: the failed append has done it.
    let last = folder.pieces().last().unwrap();
    assert_eq!(last.offset + last.len, len);
}
