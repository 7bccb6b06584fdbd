//! `--engine process`: the same bytes, whatever becomes of the workers.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use crate::support::{Folder, Ran, Running, csv, eventually, json_of, large_market, market, walk};

const PROCESS: [&str; 2] = ["--engine", "process"];

fn told(folder: &Folder, args: &[&[&str]]) -> (Option<i32>, String, String) {
    let Ran {
        code,
        stdout,
        stderr,
    } = folder.run(&args.concat());
    (code, stdout, stderr)
}

/// A market with everything that can be wrong with a symbol.
fn odd_market() -> Folder {
    let folder = market(&["A", "B", "C", "D"]);
    folder.write("data/E.csv", csv(&walk(3, 90)).replace("86400,", "x,"));
    folder.write("data/F.csv", "time,close\n");
    folder.write("data/G.csv", csv(&walk(5, 20)));
    folder.write("data/H.csv", "time,price\n1,2\n");
    folder.write("data/I.csv", [0xff, 0xfe, 0x00]);
    let mut many = String::from("time,symbol,close\n");
    for (day, close) in walk(99, 200).iter().enumerate() {
        many += &format!("{day},M1,{close}\n{day},M2,{}\n", 1.0 / close);
    }
    folder.write("data/T.csv", many + "300,M2,oops\n");
    folder
}

#[test]
fn the_bytes_are_those_of_the_other_engines() {
    let folder = odd_market();
    let options: [&[&str]; 7] = [
        &["--workers", "2"],
        &["--workers", "1", "--threads-per-worker", "2"],
        &["--workers", "2", "--npartitions", "3"],
        &["--workers", "2", "--worker-memory", "4GB"],
        &["--workers", "2", "--timeout", "3600", "--retries", "1"],
        &["--workers", "2", "--cache", "c"],
        &["--workers", "2", "--report", "r.html"],
    ];
    let commands: [&[&str]; 4] = [
        &["scan", "data", "--limit", "100", "--format", "json"],
        // No symbol has a row in the range.
        &["scan", "data", "--limit", "50", "--from", "2200-01-01"],
        &["atc", "data", "--cutout", "30"],
        &["atc", "data", "--symbols", "A,M1,Q", "--format", "json"],
    ];
    for command in commands {
        for on_error in ["collect", "fail"] {
            let command = [command, &["--on-error", on_error]].concat();
            let expected = told(&folder, &[&command, &["--engine", "sequential"]]);
            for options in options {
                let found = told(&folder, &[&command, &PROCESS, options]);
                assert_eq!(found, expected, "{command:?} {options:?}");
            }
        }
    }
}

#[test]
fn a_run_goes_on_with_another_engine() {
    let folder = large_market(60);
    let whole = folder.run(&["atc", "data"]).ok();
    for (run, first, then) in [("p", "process", "threaded"), ("t", "threaded", "process")] {
        let args = ["atc", "data", "--run-dir", run, "--workers", "2"];
        let mut command = standing(&folder, &[&args[..], &["--engine", first]].concat(), run);
        command.signal("-INT");
        let ended = command.end();
        assert_eq!(ended.code, Some(130), "{}", ended.stderr);
        assert!(ended.stdout.len() < whole.len() && whole.starts_with(&ended.stdout));
        let resumed = [&args[..], &["--resume", "--engine", then]].concat();
        assert_eq!(folder.run(&resumed).ok(), whole, "{first}, then {then}");
        let restored = json_of(&folder, &format!("{run}/report.json"))["items_restored"].as_u64();
        assert!((1..60).contains(&restored.unwrap()), "{restored:?}");
    }
}

/// `atc` that stands still, because nobody reads what it writes.
fn standing(folder: &Folder, args: &[&str], run: &str) -> Running {
    let command = Running::of(&mut folder.command(args));
    eventually("the run does not begin", || {
        let kept = fs::metadata(folder.path().join(run).join("pieces.log"));
        kept.is_ok_and(|file| file.len() > 100).then_some(())
    });
    command
}

const STANDING: [&str; 8] = [
    "atc",
    "data",
    "--run-dir",
    "r",
    "--engine",
    "process",
    "--workers",
    "2",
];

/// The parent of a process that is there, and no zombie.
fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(parent)
}

fn workers(of: &mut Running) -> Vec<u32> {
    let of = of.child().id();
    let entries = fs::read_dir("/proc")
        .expect("processes can be listed")
        .flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|id| parent(*id) == Some(of))
        .collect()
}

fn all_end(workers: &[u32]) {
    assert!(!workers.is_empty());
    eventually("a worker is left behind", || {
        workers.iter().all(|id| parent(*id).is_none()).then_some(())
    });
}

#[test]
fn ctrl_c_leaves_no_worker_behind() {
    let folder = large_market(60);
    let mut command = standing(&folder, &STANDING, "r");
    let ids = workers(&mut command);
    command.signal("-INT");
    let ended = command.end();
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    let hint = "; what is finished is written and kept: add `--resume` to go on with it\n";
    assert!(ended.stderr.ends_with(hint), "{}", ended.stderr);
    all_end(&ids);
}

#[test]
fn a_second_ctrl_c_leaves_no_worker_behind() {
    let folder = large_market(60);
    let mut command = standing(&folder, &STANDING, "r");
    let ids = workers(&mut command);
    // Nobody reads, so only the second signal can end it.
    let code = eventually("it does not end", || {
        let ended = command.child().try_wait().unwrap();
        if ended.is_none() {
            command.signal("-INT");
        }
        ended
    });
    assert_eq!(code.code(), Some(130));
    all_end(&ids);
}

#[test]
fn a_killed_worker_costs_nothing() {
    let folder = large_market(60);
    let whole = folder.run(&["atc", "data"]).ok();
    let mut command = standing(&folder, &STANDING, "r");
    let ids = workers(&mut command);
    for id in &ids {
        let killed = Command::new("kill")
            .args(["-KILL", &id.to_string()])
            .status();
        assert!(killed.unwrap().success());
    }
    assert_eq!(command.end().ok(), whole);
    all_end(&ids);
}

#[test]
fn what_the_engine_cannot_use_is_refused() {
    let folder = market(&["A"]);
    for (options, told) in [
        (["--worker-memory", "1kB"], "worker_memory"),
        (["--workers", "100000"], "`workers` is 100000"),
        (["--threads-per-worker", "100000"], "threads_per_worker"),
        (["--threads-per-worker", "0"], "--threads-per-worker"),
        (["--worker-memory", "-1"], "--worker-memory"),
        (["--worker-memory", "0"], "--worker-memory"),
    ] {
        let scan = ["scan", "data", "--limit", "90"];
        let args = [&scan[..], &PROCESS, &options].concat();
        let refused = folder.run(&args).refused();
        assert!(refused.contains(told), "{options:?}: {refused}");
    }
}

#[test]
fn a_plan_has_its_own_rule_for_processes() {
    let folder = market(&["A", "B", "C"]);
    let plan = ["plan", "scan", "data", "--workers", "2"];
    let more = ["--threads-per-worker", "2", "--worker-memory", "1GB"];
    insta::assert_snapshot!(folder.run(&[&plan[..], &PROCESS, &more].concat()).ok());
    let number = |more: &[&str]| {
        let args = ["plan", "npartitions", "--items", "5000", "--workers", "2"];
        folder.run(&[&args[..], &PROCESS, more].concat()).ok()
    };
    let own: usize = number(&[]).trim().parse().unwrap();
    assert!(own >= 2, "{own}");
    assert_eq!(number(&["--npartitions", "7"]), "7\n");
}

#[test]
fn a_worker_whose_parent_ends_first_does_not_run_the_program() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let inode = fs::File::from(OwnedFd::from(theirs.try_clone().unwrap()));
    let inode = inode.metadata().unwrap().ino().to_string();
    let folder = market(&["A"]);
    // The shell ends at once, so nobody who started this worker is left; its output ends when it has ended.
    let output = Command::new("sh")
        .args(["-c", "exec 3<&0; \"$0\" scan data <&3 & exit 0"])
        .arg(env!("CARGO_BIN_EXE_hypernodes"))
        .current_dir(folder.path())
        .env("HYPERNODES_WORKER", inode)
        .stdin(OwnedFd::from(theirs))
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(ours);
    let output = output.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        Default::default()
    );
}
