//! `--run-dir` and `--resume`: what is finished is kept, whatever ends the command.
#![cfg(unix)]

use std::fs;

use crate::support::{Folder, Ran, Running, csv, eventually, json_of, large_market, market, walk};

/// A number from 0 to 1 that looks random.
fn random(state: &mut u64) -> f64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}

fn kept_bytes(folder: &Folder, run: &str) -> u64 {
    fs::metadata(folder.path().join(run).join("pieces.log")).map_or(0, |file| file.len())
}

#[test]
fn a_killed_scan_goes_on_to_the_same_bytes() {
    let folder = large_market(400);
    let scan = ["scan", "data", "--limit", "90", "--format", "json"];
    let undisturbed = folder.run(&scan).ok();
    let whole = folder
        .run(&[&scan[..], &["--run-dir", "whole"]].concat())
        .ok();
    assert_eq!(whole, undisturbed);
    let all = kept_bytes(&folder, "whole") as f64;

    let kills = std::env::var("HYPERNODES_TEST_KILLS");
    let kills: u64 = kills.ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let mut interrupted = 0;
    for seed in 0..kills {
        let (run, mut state) = (format!("run-{seed}"), seed);
        let options = ["--run-dir", &run, "--resume"];
        let args = [&scan[..], &options].concat();
        // Twice: a run that was resumed can be killed, too.
        let mut part = 0.0;
        for _ in 0..2 {
            part += (1.0 - part) * random(&mut state);
            let mut command = Running::of(&mut folder.command(&args));
            eventually("it keeps nothing", || {
                let is_there = kept_bytes(&folder, &run) as f64 >= part * all;
                let has_ended = command.child().try_wait().unwrap().is_some();
                (is_there || has_ended).then_some(())
            });
            command.signal("-KILL");
            command.end();
            let status = folder.run(&["status", &run]);
            interrupted += u64::from(status.stdout.contains("state     interrupted"));
        }
        assert_eq!(folder.run(&args).ok(), undisturbed, "seed {seed}");
        let again = folder.run(&args).ok();
        assert_eq!(again, undisturbed, "resumed when nothing is left");
        let report = json_of(&folder, &format!("{run}/report.json"));
        assert_eq!(report["items_restored"], 400);
        assert_eq!(report["chunks"], 0);
    }
    assert!(interrupted > 0, "no kill came in time");
}

/// `atc` that stands still, because nobody reads what it writes.
fn standing(folder: &Folder, run: &str) -> (Running, [String; 4]) {
    let args = ["atc", "data", "--run-dir", run].map(str::to_owned);
    let typed: Vec<&str> = args.iter().map(String::as_str).collect();
    let command = Running::of(&mut folder.command(&typed));
    eventually("the run does not begin", || {
        kept_bytes(folder, run).gt(&100).then_some(())
    });
    (command, args)
}

#[test]
fn ctrl_c_keeps_what_is_finished_and_resume_goes_on() {
    let folder = large_market(60);
    let whole = folder.run(&["atc", "data"]).ok();
    let (mut command, args) = standing(&folder, "r");
    command.signal("-INT");
    let ended = command.end();
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert!(
        ended.stderr.starts_with("cancelled after "),
        "{}",
        ended.stderr
    );
    // One symbol, or more: that depends on the moment.
    let hint = "; what is finished is written and kept: add `--resume` to go on with it\n";
    assert!(ended.stderr.ends_with(hint), "{}", ended.stderr);
    assert!(ended.stdout.len() < whole.len() && whole.starts_with(&ended.stdout));
    assert!(folder.run(&["jobs", "r"]).ok().contains("  cancelled  "));
    assert_eq!(json_of(&folder, "r/report.json")["outcome"], "cancelled");

    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    let refused = folder.run(&args).refused();
    assert_eq!(
        refused,
        "error: folder `r` holds a run already; add `--resume` to go on with it, or choose another folder\n"
    );
    args.push("--resume");
    assert_eq!(folder.run(&args).ok(), whole);
    let restored = json_of(&folder, "r/report.json")["items_restored"].as_u64();
    assert!((1..60).contains(&restored.unwrap()), "{restored:?}");
}

#[test]
fn ctrl_c_with_partitions_writes_what_is_finished() {
    let folder = large_market(300);
    let scan = [
        "scan",
        "data",
        "--limit",
        "90",
        "--format",
        "json",
        "--npartitions",
        "60",
    ];
    let whole = folder.run(&scan).ok();
    let args = [&scan[..], &["--run-dir", "r"]].concat();
    let mut command = Running::of(&mut folder.command(&args));
    eventually("it keeps nothing", || {
        (kept_bytes(&folder, "r") > 500).then_some(())
    });
    command.signal("-INT");
    let ended = command.end();
    let symbols = serde_json::from_str::<serde_json::Value>(&ended.stdout).unwrap()["symbols"]
        .as_u64()
        .unwrap();
    // A quick machine is done before it hears of it.
    if ended.code == Some(130) {
        let told = format!("cancelled after {symbols} symbol");
        assert!(ended.stderr.starts_with(&told), "{}", ended.stderr);
    } else {
        assert_eq!((ended.code, symbols), (Some(0), 300));
    }
    assert_eq!(folder.run(&[&args[..], &["--resume"]].concat()).ok(), whole);
}

#[test]
fn a_second_ctrl_c_ends_it_at_once() {
    let folder = large_market(60);
    let (mut command, _) = standing(&folder, "r");
    // Nobody reads, so only the second signal can end it.
    let code = eventually("it does not end", || {
        let ended = command.child().try_wait().unwrap();
        if ended.is_none() {
            command.signal("-INT");
        }
        ended
    });
    assert_eq!(code.code(), Some(130));
}

#[test]
fn a_folder_in_use_is_refused_and_seen_at_work() {
    let folder = large_market(60);
    let (mut command, args) = standing(&folder, "runs");
    let args: Vec<&str> = args
        .iter()
        .map(String::as_str)
        .chain(["--resume"])
        .collect();
    let id = command.child().id();
    assert_eq!(
        folder.run(&args).refused(),
        format!(
            "error: folder `runs` is in use by process {id}; wait for it, or choose another folder\n"
        )
    );
    let jobs = folder.run(&["jobs", "runs", "--format", "json"]).ok();
    let jobs: serde_json::Value = serde_json::from_str(&jobs).unwrap();
    assert_eq!(
        (&jobs[0]["state"], jobs[0]["process"].as_u64()),
        (&"running".into(), Some(id.into()))
    );
    let status = folder.run(&["status", "runs"]).ok();
    assert!(
        status.contains(&format!("state     running (process {id})\n")),
        "{status}"
    );
    assert_eq!(command.end().code, Some(0));
    let status = folder.run(&["status", "--run-dir", "runs"]).ok();
    assert!(
        status.contains("items     60 done, 0 failed, 0 restored, of -\n"),
        "{status}"
    );
}

#[test]
fn what_has_changed_is_refused_with_every_difference() {
    let folder = market(&["A", "B"]);
    let scan = |more: &[&str]| -> Ran {
        let args = ["scan", "data", "--run-dir", "r", "--resume", "--limit"];
        folder.run(&[&args[..], more].concat())
    };
    let first = scan(&["100"]).ok();
    assert_eq!(scan(&["100"]).ok(), first, "a run that is complete");
    let ended = scan(&["101", "--ema-len", "20"]);
    assert_eq!(ended.code, Some(2));
    assert_eq!(
        ended.stderr,
        "error: the run in folder `r` cannot go on, because it would mix results:\n  \
         - input `atc` has changed\n  - input `scan` has changed\n\
         undo the changes, or choose another folder\n"
    );
    folder.write("data/B.csv", csv(&walk(3, 199)));
    let ended = scan(&["100"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .stderr
            .contains("\n  - symbol `B` (number 2): its file or its rows have changed\n"),
        "{}",
        ended.stderr
    );
    fs::remove_file(folder.path().join("data/B.csv")).unwrap();
    let ended = scan(&["100"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .stderr
            .contains("\n  - the run folder has more symbols than the 1 that there are now\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_folder_that_is_something_else_is_refused() {
    let folder = market(&["A"]);
    for (dir, told) in [
        ("data", "error: folder `data` is not empty and holds no run"),
        ("data/A.csv", "error: `data/A.csv` is not a folder"),
    ] {
        let refused = folder
            .run(&["scan", "data", "--limit", "90", "--run-dir", dir])
            .refused();
        assert!(refused.starts_with(told), "{refused}");
    }
    for command in ["status", "report"] {
        let refused = folder.run(&[command, "data"]).refused();
        assert!(
            refused.starts_with("error: there is no run in `data`"),
            "{refused}"
        );
    }
    assert!(
        folder
            .run(&["jobs", "none"])
            .refused()
            .starts_with("error: no folder at `none`")
    );
    assert_eq!(folder.run(&["jobs", ".", "--format", "json"]).ok(), "[]\n");
}
