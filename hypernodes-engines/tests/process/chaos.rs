//! A monkey kills workers while items kill others: nothing but the poisonous items is lost, and nothing is left behind.
//!
//! The engine lives in a program of its own here, where all children, descriptors and mappings are its. All of it, with 20
//! seeds (release builds are recommended):
//! ```text
//! HYPERNODES_CHAOS_SEEDS=20 cargo test -p hypernodes-engines --features process,threaded,conformance --test process -- --ignored --nocapture chaos
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use hypernodes::prelude::*;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::basics::engine;
use crate::nodes::{Poison, swallow};
use crate::stage::{PATIENCE, children, memory, play, program, say};

/// How often the monkey kills.
const PACE: Duration = Duration::from_millis(50);

/// Rounds of arithmetic that take some 30 microseconds.
const ROUNDS: u64 = if cfg!(debug_assertions) {
    2_500
} else {
    25_000
};

/// The parent's memory may differ by this much: allocators keep what they have had.
const MARGIN_KIB: u64 = 24 * 1024;

/// What the thread is called that swallows poison.
const DOOMED: &str = "poisoned";

#[node(output = "y")]
pub(crate) fn grind(x: u64, poisons: &[(u64, Poison)]) -> u64 {
    if let Some((_, poison)) = poisons.iter().find(|(item, _)| *item == x) {
        // What the poison does is to be seen: the monkey spares this worker.
        fs::write("/proc/thread-self/comm", DOOMED).unwrap();
        swallow(*poison);
    }
    ground(x)
}

fn ground(x: u64) -> u64 {
    let round = |hash: u64, i: u64| {
        (hash ^ i)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29)
    };
    (0..ROUNDS).fold(x, round)
}

/// What is told of an item with this poison.
fn verdict(poison: Poison, item: u64) -> [String; 2] {
    let (begin, end) = match poison {
        Poison::Segfault => ("killed by SIGSEGV while", ""),
        Poison::Abort => ("killed by SIGABRT while", ""),
        Poison::Overflow => ("overflowed its stack while", ""),
        Poison::Exit => ("exited with code 3 while", ""),
        Poison::Memory => ("ran out of memory (limit 256 MiB) while", ""),
        Poison::Hang => {
            let told = format!("node `grind` timed out on item {item}: it took longer than 2s");
            return [told, String::new()];
        }
        Poison::Garbage => ("sent a damaged frame (", ") while"),
        other => panic!("{other:?} is no poison of this test"),
    };
    [
        begin.to_owned(),
        format!("{end} running node `grind` on item {item}"),
    ]
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }
}

/// The role: so many items with each of so many seeds.
pub(crate) fn storms(given: &[u64]) {
    let &[items, first, seeds] = given else {
        panic!("give items, the first seed, how many");
    };
    // What is only ever made once is there now.
    storm(1000, 0);
    let before = Footprint::now();
    let memory_before = memory("VmRSS:");
    for seed in first..first + seeds {
        let begun = Instant::now();
        let kills = storm(items, seed);
        let seconds = begun.elapsed().as_secs_f64();
        before.returns();
        let now = memory("VmRSS:");
        say(format_args!(
            "seed {seed}: {items} items in {seconds:.1} s, {kills} kills, memory {memory_before} -> {now} KiB"
        ));
        assert!(now < memory_before + MARGIN_KIB, "{memory_before} -> {now}");
    }
}

/// One map with poisonous items and a monkey; gives how many workers the monkey has killed.
fn storm(items: u64, seed: u64) -> usize {
    let mut dice = Dice(seed);
    let mut poisons: Vec<(u64, Poison)> = Vec::new();
    for poison in [
        Poison::Segfault,
        Poison::Abort,
        Poison::Overflow,
        Poison::Exit,
        Poison::Memory,
        Poison::Hang,
        Poison::Garbage,
    ] {
        let is_free = |item: &u64| poisons.iter().all(|(taken, _)| taken != item);
        let item = std::iter::repeat_with(|| dice.roll(items)).find(is_free);
        poisons.push((item.unwrap(), poison));
    }
    let p = Pipeline::new("storm", nodes![grind])
        .unwrap()
        .with_engine(engine(4).worker_memory(256 << 20))
        .with_item_timeout(Duration::from_secs(2))
        .on_error(ErrorPolicy::Collect);
    let xs: Vec<u64> = (0..items).collect();
    let monkey = Monkey::release(dice);
    let runs = p
        .map(inputs! { x: xs, poisons: poisons.clone() }, ["x"])
        .unwrap();
    let kills = monkey.call_back();
    let mut blamed = BTreeSet::new();
    let results = runs.results::<u64>("y").unwrap();
    assert_eq!(results.len() as u64, items);
    for (x, result) in (0..).zip(results) {
        match result {
            Ok(y) => assert_eq!(*y, ground(x), "item {x}"),
            Err(failure) => {
                let told = failure.to_string();
                let found = poisons.iter().find(|(item, _)| *item == x);
                let (_, poison) = found.unwrap_or_else(|| panic!("seed {seed}: item {x}: {told}"));
                let [begin, within] = verdict(*poison, x);
                let is_right = told.starts_with(&begin) && told.contains(&within);
                assert!(is_right, "seed {seed}: {poison:?}: {told}");
                blamed.insert(x);
            }
        }
    }
    let poisonous: BTreeSet<u64> = poisons.iter().map(|(item, _)| *item).collect();
    assert_eq!(blamed, poisonous);
    kills
}

/// Kills a worker now and then.
struct Monkey {
    end: Sender<()>,
    thread: std::thread::JoinHandle<usize>,
}

impl Monkey {
    fn release(mut dice: Dice) -> Self {
        let (end, ended) = channel::<()>();
        let play = move || {
            let mut kills = 0;
            while ended.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
                let workers: Vec<u32> = children().into_iter().collect();
                if workers.is_empty() {
                    continue;
                }
                let at = dice.roll(workers.len() as u64);
                kills += usize::from(kill(workers[usize::try_from(at).unwrap()]));
            }
            kills
        };
        let thread = std::thread::Builder::new().spawn(play).unwrap();
        Self { end, thread }
    }

    fn call_back(self) -> usize {
        drop(self.end);
        self.thread.join().unwrap()
    }
}

/// Kills a worker, unless it is swallowing poison: then the poison's effect would not be seen.
fn kill(worker: u32) -> bool {
    let pid = Pid::from_raw(i32::try_from(worker).unwrap()).unwrap();
    if kill_process(pid, Signal::STOP).is_err() {
        return false;
    }
    // Looked at while it stands still, it cannot begin to swallow afterwards.
    let stands = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    if waitid(WaitId::Pid(pid), stands).is_err() {
        return false;
    }
    let threads = fs::read_dir(format!("/proc/{worker}/task"));
    let is_doomed = threads.into_iter().flatten().flatten().any(|thread| {
        fs::read_to_string(thread.path().join("comm")).is_ok_and(|name| name.trim() == DOOMED)
    });
    let signal = if is_doomed {
        Signal::CONT
    } else {
        Signal::KILL
    };
    kill_process(pid, signal).is_ok() && !is_doomed
}

/// What this process holds that could be left behind.
#[derive(Debug, PartialEq, Eq)]
struct Footprint {
    children: BTreeSet<u32>,
    descriptors: BTreeSet<(String, String)>,
    mappings: usize,
    threads: usize,
}

impl Footprint {
    fn now() -> Self {
        let descriptors = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| {
            let path = entry.ok()?.path();
            // The folder itself is open while it is read: its link is gone when it is asked for again.
            let to = fs::read_link(&path).ok()?.display().to_string();
            let is_this = to.ends_with("/fd") && to.starts_with("/proc/");
            (!is_this).then(|| (path.display().to_string(), to))
        });
        let descriptors = descriptors.collect();
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        Self {
            children: children(),
            descriptors,
            mappings: maps
                .lines()
                .filter(|line| line.contains("memfd:hypernodes"))
                .count(),
            threads: fs::read_dir("/proc/self/task").unwrap().count(),
        }
    }

    /// Waits until it is as it was: a thread that copied a worker's last words may still be on its way out.
    fn returns(&self) {
        let until = Instant::now() + PATIENCE;
        while *self != Self::now() {
            assert!(
                Instant::now() < until,
                "{self:#?}\nbecame\n{:#?}",
                Self::now()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!((self.mappings, self.children.len()), (0, 0), "{self:#?}");
    }
}

#[test]
fn only_poisonous_items_are_lost() {
    let said = play(program("storm", &[20_000, 1, 1]), PATIENCE * 2);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(!said[0].contains(" 0 kills"), "{said:?}");
}

#[test]
#[ignore = "takes minutes; see the head of this file"]
fn only_poisonous_items_are_lost_with_every_seed() {
    let seeds = std::env::var("HYPERNODES_CHAOS_SEEDS").map_or(20, |n| n.parse().unwrap());
    let said = play(program("storm", &[100_000, 1, seeds]), PATIENCE * 60);
    println!("{}", said.join("\n"));
    assert_eq!(said.len() as u64, seeds);
}
