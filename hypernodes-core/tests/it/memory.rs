//! Memory limits: what does not fit goes to disk, waits, or ends the run. Each test is a process of its own, whose memory
//! is that of its map.
#![cfg(target_os = "linux")]

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{
    Error, Event, EventKind, Listener, MemoryLevel, MemoryLimits, RunDir, RunError, process_memory,
};

const CHILD: &str = "HYPERNODES_MEMORY_CHILD";
const MIB: u64 = 1 << 20;

/// Runs a test in a process of its own. Gives what it prints.
fn apart(name: &str, variant: &str, test: impl FnOnce(&str)) -> Option<String> {
    if let Ok(variant) = std::env::var(CHILD) {
        test(&variant);
        return None;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("memory::{name}"), "--nocapture"])
        .env(CHILD, variant)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout).into_owned();
    let errors = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{text}{errors}");
    Some(text)
}

/// A level that holds from so many bytes above what is used now on.
fn above(mib: u64) -> (u64, f64) {
    let used = process_memory().unwrap();
    let limit = used + 4096 * MIB;
    (limit, (used + mib * MIB) as f64 / limit as f64)
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<EventKind>>>);

impl Listener for Heard {
    fn hear(&self, event: &Event) {
        self.0.lock().unwrap().push(event.kind.clone());
    }
}

impl Heard {
    fn count(&self, is_meant: impl Fn(&EventKind) -> bool) -> usize {
        self.0
            .lock()
            .unwrap()
            .iter()
            .filter(|kind| is_meant(kind))
            .count()
    }
}

/// Up to 16 MiB in values that own what they hold.
fn blobs(fails: bool) -> Pipeline {
    let node = node_fn!("blob", move |x: u64| -> Result<Vec<u8>, String> {
        match fails && x % 100 == 3 {
            true => Err("three".to_owned()),
            false => Ok(vec![u8::try_from(x % 251).unwrap(); 64 << 10]),
        }
    });
    let number = node_fn!("number", |x: u64| -> u64 { x * 2 });
    Pipeline::new("p", vec![node, number]).unwrap()
}

fn temporary() -> usize {
    let prefix = format!("hypernodes-spill-{}-", std::process::id());
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .count()
}

#[test]
fn columns_go_to_disk_and_come_back() {
    apart("columns_go_to_disk_and_come_back", "1", |_| {
        for fails in [false, true] {
            let (limit_bytes, spill) = above(4);
            let limits = MemoryLimits {
                limit_bytes,
                target: spill / 2.0,
                spill,
                pause: 1.0,
                terminate: 1.0,
            };
            let heard = Heard::default();
            let p = blobs(fails)
                .on_error(ErrorPolicy::Collect)
                .with_memory_limits(limits);
            let p = p.with_listener(heard.clone());
            let mut runs = p.map(inputs! { x: 0..256_u64 }, "x").unwrap();
            let spilled = heard.count(|kind| matches!(kind, EventKind::Spilled { .. }));
            assert!(spilled >= 1, "{spilled}");
            let blob = |blob: &Vec<u8>, x: usize| {
                assert_eq!((blob.len(), usize::from(blob[65_535])), (64 << 10, x % 251));
            };
            if fails {
                assert_eq!(runs.failures().len(), 3);
                for (x, result) in runs
                    .results::<Vec<u8>>("blob")
                    .unwrap()
                    .into_iter()
                    .enumerate()
                {
                    assert_eq!(result.is_err(), x % 100 == 3);
                    result.ok().into_iter().for_each(|value| blob(value, x));
                }
                assert_eq!(*runs.row(255).unwrap().get::<u64>("number").unwrap(), 510);
                runs.take_column::<u64>("number").unwrap_err();
            } else {
                assert_eq!(runs.slice::<u64>("number").unwrap()[200], 400);
                for (x, row) in runs.rows().enumerate() {
                    blob(row.unwrap().get("blob").unwrap(), x);
                }
                let taken = runs.take_column::<Vec<u8>>("blob").unwrap();
                assert_eq!(taken.len(), 256);
                taken
                    .iter()
                    .enumerate()
                    .for_each(|(x, value)| blob(value, x));
            }
            assert_eq!(temporary(), 0);
        }
    });
}

#[test]
fn a_paused_run_still_ends() {
    apart("a_paused_run_still_ends", "1", |_| {
        // Less than is in use: every chunk waits for those under way, none of which gives memory back.
        let limit_bytes = process_memory().unwrap() * 10;
        let limits = MemoryLimits {
            limit_bytes,
            target: 0.001,
            spill: 0.001,
            pause: 0.001,
            terminate: 1.0,
        };
        let inner = Pipeline::new(
            "inner",
            nodes![{ node_fn!("z", |x: u64, k: u64| -> u64 { x + k }) }],
        )
        .unwrap();
        let nested = inner
            .as_node()
            .rename_input("x", "xs")
            .map_over("xs")
            .rename_output("z", "zs");
        let sum = node_fn!("sum", |zs: &[u64]| -> u64 { zs.iter().sum() });
        let p = Pipeline::new("p", nodes![{ nested }, { sum }]).unwrap();
        let heard = Heard::default();
        let p = p.with_memory_limits(limits).with_listener(heard.clone());
        let xs: Vec<u64> = (0..50).collect();
        let runs = p
            .map(inputs! { xs: xs.clone(), k: 0..200_u64 }, "k")
            .unwrap();
        assert_eq!(runs.slice::<u64>("sum").unwrap()[199], 1225 + 50 * 199);
        let paused = |kind: &EventKind| {
            matches!(
                kind,
                EventKind::Memory {
                    level: MemoryLevel::Pause,
                    ..
                }
            )
        };
        assert!(heard.count(paused) > 0);
        let rows = p
            .map_iter(inputs! { xs: xs.clone() }, "k", 0..200_u64)
            .unwrap();
        assert_eq!(rows.filter(Result::is_ok).count(), 200);
        p.run(inputs! { xs: xs, k: 1_u64 }).unwrap();
    });
}

#[test]
fn a_run_without_memory_ends_and_goes_on_later() {
    apart("a_run_without_memory_ends_and_goes_on_later", "1", |_| {
        let (limit_bytes, level) = above(16);
        let limits = MemoryLimits {
            limit_bytes,
            target: level,
            spill: level,
            pause: level,
            terminate: level,
        };
        let path = std::env::temp_dir().join(format!("hypernodes-memory-{}", std::process::id()));
        let p = blobs(false).with_run_dir(RunDir::new(&path).resume(true));
        let short = p.with_memory_limits(limits);
        let error = short.map(inputs! { x: 0..512_u64 }, "x").unwrap_err();
        match error {
            Error::Run(RunError::OutOfMemory {
                done, is_resumable, ..
            }) => {
                assert!(is_resumable && done > 0 && done < 512, "{done}");
            }
            error => panic!("{error}"),
        }
        let heard = Heard::default();
        let runs = p
            .with_listener(heard.clone())
            .map(inputs! { x: 0..512_u64 }, "x")
            .unwrap();
        assert_eq!(runs.slice::<Vec<u8>>("blob").unwrap()[200][0], 200);
        assert_eq!(
            heard.count(|kind| matches!(kind, EventKind::Restored { items } if *items > 0)),
            1
        );
        drop(runs);
        let error = blobs(false)
            .with_memory_limits(limits)
            .map_iter(inputs! {}, "x", 0..512_u64)
            .unwrap();
        let held: Vec<_> = error.collect();
        assert!(matches!(
            held.last(),
            Some(Err(Error::Run(RunError::OutOfMemory { .. })))
        ));
        std::fs::remove_dir_all(path).unwrap();
    });
}

#[test]
fn an_iteration_holds_as_much_of_many_items_as_of_few() {
    let peak = |items: &str| -> u64 {
        let text = apart(
            "an_iteration_holds_as_much_of_many_items_as_of_few",
            items,
            |items| {
                let items: u64 = items.parse().unwrap();
                let p = Pipeline::new("p", nodes![{ node_fn!("blob", |x: u64| vec![x; 4 << 10]) }])
                    .unwrap();
                let mut sum = 0;
                for row in p.map_iter(inputs! {}, "x", 0..items).unwrap() {
                    sum += row.unwrap().get::<Vec<u64>>("blob").unwrap()[7];
                    if sum % 64 == 0 {
                        std::thread::sleep(Duration::from_micros(100));
                    }
                }
                assert_eq!(sum, items * (items - 1) / 2);
                let status = std::fs::read_to_string("/proc/self/status").unwrap();
                let line = status
                    .lines()
                    .find_map(|line| line.strip_prefix("VmHWM:"))
                    .unwrap();
                println!("PEAK {}", line.trim().trim_end_matches(" kB"));
            },
        );
        text.and_then(|text| {
            let line = text
                .lines()
                .find_map(|line| line.split_once("PEAK ").map(|pair| pair.1.to_owned()));
            line.map(|line| line.parse().unwrap())
        })
        .unwrap_or_default()
    };
    let (few, many) = (peak("100"), peak("10000"));
    // 32 KiB an item: three megabytes of few, and 300 of many if they were held.
    assert!(
        many <= few * 13 / 10 + 16 * 1024,
        "{few} KiB for 100 items, {many} KiB for 10,000"
    );
}
