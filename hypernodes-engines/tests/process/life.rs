//! How workers live: what they see, what they print, when they are replaced, and that they end.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes_engines::Process;
use hypernodes_engines::process::isolated;
use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};

use crate::basics::engine;
use crate::nodes::{add, pid, square};
use crate::stage::{PATIENCE, Watched, hear, play, program, say};

#[node(output = "never")]
pub(crate) fn forever(x: u64) -> u64 {
    say(std::process::id());
    loop {
        std::thread::sleep(Duration::from_secs(x + 3600));
    }
}

/// The role: maps for ever, until it is told to exit.
pub(crate) fn endless() {
    let exit = || {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(7);
    };
    std::thread::Builder::new().spawn(exit).unwrap();
    let p = Pipeline::new("endless", nodes![forever]).unwrap();
    let p = p.with_engine(engine(2).npartitions(8));
    let _ = p.map(inputs! { x: vec![0_u64; 8] }, ["x"]);
}

/// Starts it, and waits until both of its workers compute.
fn begun(mut program: Command) -> (Child, Vec<u32>) {
    let mut child = program.spawn().unwrap();
    let said = hear(&mut child, 2);
    let workers: BTreeSet<u32> = said.iter().map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(workers.len(), 2, "{said:?}");
    (child, workers.into_iter().collect())
}

fn watched(workers: &[u32]) -> Vec<Watched> {
    workers.iter().copied().map(Watched::new).collect()
}

fn of(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
}

#[test]
fn workers_end_when_their_parent_is_killed() {
    let (mut child, workers) = begun(program("endless", &[]));
    let ends = watched(&workers);
    assert!(ends.iter().all(|end| !end.comes(Duration::ZERO)));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(ends.iter().all(|end| end.comes(PATIENCE)));
}

#[test]
fn workers_end_when_their_parent_exits_in_the_middle() {
    let (mut child, workers) = begun(program("endless", &[]));
    let ends = watched(&workers);
    child.stdin.take().unwrap().write_all(b"x").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert!(ends.iter().all(|end| end.comes(PATIENCE)));
}

#[test]
fn an_interrupt_from_the_terminal_reaches_the_parent_only_and_ends_all() {
    let mut program = program("endless", &[]);
    program.process_group(0);
    let (mut child, workers) = begun(program);
    let ends = watched(&workers);
    for &worker in &workers {
        // In a group of its own a worker hears nothing of Ctrl-C.
        assert_eq!(getpgid(Some(of(worker))).unwrap(), of(worker));
    }
    kill_process_group(of(child.id()), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(2));
    assert!(ends.iter().all(|end| end.comes(PATIENCE)));
}

fn pids(engine: &Process, items: u64) -> Vec<u32> {
    let p = Pipeline::new("pid", nodes![pid]).unwrap();
    let p = p.with_engine(engine.clone());
    let xs: Vec<u64> = (0..items).collect();
    let runs = p.map(inputs! { x: xs }, ["x"]).unwrap();
    runs.column::<u32>("pid").unwrap().to_vec()
}

fn distinct(pids: &[u32]) -> usize {
    pids.iter().collect::<BTreeSet<_>>().len()
}

#[test]
fn a_worker_is_replaced_after_so_many_items() {
    let tired = engine(1).npartitions(10).recycle_after(100);
    let seen = distinct(&pids(&tired, 1000));
    // What it has when it gets tired it still does: two chunks each at most.
    assert!((5..=10).contains(&seen), "{seen}");
    assert_eq!(distinct(&pids(&engine(1).npartitions(10), 1000)), 1);
    let rested = engine(1).npartitions(10).recycle_after(1_000_000);
    assert_eq!(distinct(&pids(&rested, 1000)), 1);
    assert_eq!(rested.idle_workers().len(), 1);
}

#[node(output = "resident")]
pub(crate) fn leak(x: u64) -> (u32, u64) {
    let leaked = vec![u8::try_from(x % 251).unwrap() | 1; 4 << 20];
    std::mem::forget(std::hint::black_box(leaked));
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    (std::process::id(), pages * 4096)
}

#[test]
fn a_worker_is_replaced_above_so_much_memory() {
    let mark: u64 = 128 << 20;
    let p = Pipeline::new("leak", nodes![leak]).unwrap();
    let p = p.with_engine(engine(1).npartitions(50).recycle_above(mark));
    let xs: Vec<u64> = (0..100).collect();
    let runs = p.map(inputs! { x: xs }, ["x"]).unwrap();
    let seen = runs.column::<(u32, u64)>("resident").unwrap();
    let workers: BTreeSet<u32> = seen.iter().map(|(pid, _)| *pid).collect();
    assert!(workers.len() >= 3, "{workers:?}");
    // Above the mark it ends at most two more chunks, of two items each.
    let most = seen.iter().map(|(_, bytes)| *bytes).max().unwrap();
    assert!(most < mark + ((4 * 4) << 20) + (8 << 20), "{most}");
}

#[node(output = "seen")]
pub(crate) fn look_around(x: u64) -> String {
    let folder = std::env::current_dir().unwrap();
    let variable = std::env::var("HYPERNODES_TEST_SEEN").unwrap_or_default();
    format!("{x} {} {variable}", folder.display())
}

/// The role: what nodes see before and after changes.
#[expect(unsafe_code, reason = "the environment is changed")]
pub(crate) fn surroundings() {
    let p = Pipeline::new("around", nodes![look_around]).unwrap();
    let p = p.with_engine(engine(2));
    let look = || {
        let runs = p.map(inputs! { x: vec![1_u64; 200] }, ["x"]).unwrap();
        let seen: BTreeSet<String> = runs
            .column::<String>("seen")
            .unwrap()
            .iter()
            .cloned()
            .collect();
        say(format_args!("{seen:?}"));
        let seen = p.run(inputs! { x: 2_u64 }).unwrap();
        say(seen.get::<String>("seen").unwrap());
    };
    std::env::set_current_dir("/usr").unwrap();
    look();
    std::env::set_current_dir("/tmp").unwrap();
    look();
    // SAFETY: no other thread of this program reads the environment now: lanes have ended with their map.
    unsafe { std::env::set_var("HYPERNODES_TEST_SEEN", "changed") };
    look();
    std::env::set_current_dir("/usr").unwrap();
    look();
}

#[test]
fn the_next_run_sees_a_change_of_the_surroundings() {
    let said = play(program("surroundings", &[]), PATIENCE);
    let expected = [
        r#"{"1 /usr "}"#,
        "2 /usr ",
        r#"{"1 /tmp "}"#,
        "2 /tmp ",
        r#"{"1 /tmp changed"}"#,
        "2 /tmp changed",
        r#"{"1 /usr changed"}"#,
        "2 /usr changed",
    ];
    assert_eq!(said, expected);
}

#[node(output = "length")]
pub(crate) fn talk(x: u64) -> u64 {
    println!("out {x} {}", "o".repeat(50));
    // One write each: what several processes write at the same time is not mixed then.
    let line = format!("err {x} {}\n", "e".repeat(50));
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    if x == 0 {
        print!("without an end of line");
    }
    x
}

/// The role: nodes that print.
pub(crate) fn prints(given: &[u64]) {
    let p = Pipeline::new("talk", nodes![talk]).unwrap();
    let p = p.with_engine(engine(2));
    let xs: Vec<u64> = (0..given[0]).collect();
    let runs = p.map(inputs! { x: xs.clone() }, ["x"]).unwrap();
    assert_eq!(runs.column::<u64>("length").unwrap(), xs);
}

#[test]
fn what_nodes_print_arrives_unharmed() {
    let items = 2000;
    let mut program = program("prints", &[items]);
    let output = program.stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success());
    for (bytes, begin, letter) in [(&output.stdout, "out ", "o"), (&output.stderr, "err ", "e")] {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let text = text.replacen("without an end of line", "", 1);
        // The harness begins a line of its own with the name of the test.
        let own = |line: &'_ str| line.find(begin).map(|at| line[at..].to_owned());
        let mut came: Vec<String> = text.lines().filter_map(own).collect();
        let rest = letter.repeat(50);
        let mut expected: Vec<String> = (0..items).map(|x| format!("{begin}{x} {rest}")).collect();
        came.sort_unstable();
        expected.sort_unstable();
        assert_eq!(came, expected);
    }
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(out.matches("without an end of line").count(), 1);
}

#[node(output = "never")]
pub(crate) fn beget(file: &str) -> u64 {
    let child = Command::new("sleep").arg("3600").spawn().unwrap();
    fs::write(file, child.id().to_string()).unwrap();
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

#[test]
fn what_a_node_has_started_ends_with_its_killed_worker() {
    let file = std::env::temp_dir().join(format!("hypernodes-grandchild-{}", std::process::id()));
    let path = file.to_str().unwrap().to_owned();
    let hanging = isolated(beget::node()).timeout(Duration::from_secs(2));
    let error = hanging.run(inputs! { file: path }).unwrap_err();
    assert_eq!(
        error.to_string(),
        "node `beget` timed out: it took longer than 2s"
    );
    let grandchild: u32 = fs::read_to_string(&file).unwrap().parse().unwrap();
    fs::remove_file(&file).unwrap();
    // It is nobody's child any more: whoever adopts it may not have buried it yet.
    let stat = fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map_or("", |(_, rest)| &rest[..1]);
    if !["", "Z", "X"].contains(&state) {
        assert!(Watched::new(grandchild).comes(PATIENCE), "{stat}");
    }
}

#[test]
fn an_idle_engine_that_is_dropped_leaves_no_worker() {
    let engine = engine(3);
    pids(&engine, 100_000);
    let idle = engine.idle_workers();
    assert!(!idle.is_empty());
    let is_there = |pid: &u32| Path::new(&format!("/proc/{pid}")).exists();
    assert!(idle.iter().all(is_there));
    drop(engine);
    assert!(!idle.iter().any(is_there), "{idle:?}");
}

#[test]
fn an_idle_worker_that_was_killed_is_no_loss() {
    let engine = engine(2);
    for _ in 0..3 {
        pids(&engine, 1000);
        let idle = engine.idle_workers();
        let ends = watched(&idle);
        for &worker in &idle {
            kill_process(of(worker), Signal::KILL).unwrap();
        }
        assert!(ends.iter().all(|end| end.comes(PATIENCE)));
        let next = pids(&engine, 1000);
        assert!(next.iter().all(|pid| !idle.contains(pid)));
    }
}

#[test]
fn threads_share_an_engine() {
    let shared = engine(2);
    std::thread::scope(|scope| {
        for k in 0..6_u64 {
            let shared = shared.clone();
            let compute = move || {
                let p = Pipeline::new("squares", nodes![square, add]).unwrap();
                let p = p.with_engine(shared);
                for items in [1, 10, 3000] {
                    let xs: Vec<u64> = (0..items).collect();
                    let runs = p.map(inputs! { x: xs, k: k }, ["x"]).unwrap();
                    let expected: Vec<u64> = (0..items).map(|x| x * x + k).collect();
                    assert_eq!(runs.column::<u64>("sum").unwrap(), expected);
                    let out = p.run(inputs! { x: items, k: k }).unwrap();
                    assert_eq!(*out.get::<u64>("sum").unwrap(), items * items + k);
                }
            };
            std::thread::Builder::new()
                .spawn_scoped(scope, compute)
                .unwrap();
        }
    });
    assert!(
        shared.idle_workers().len() <= 2,
        "{:?}",
        shared.idle_workers()
    );
}

#[test]
fn two_engines_share_nothing() {
    let (one, other) = (engine(1), engine(1));
    let (first, second) = (pids(&one, 100), pids(&other, 100));
    assert_eq!((distinct(&first), distinct(&second)), (1, 1));
    assert_ne!(first[0], second[0]);
    drop(one);
    assert_eq!(pids(&other, 100), second);
}
