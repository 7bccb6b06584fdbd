//! Caches, run folders and memory limits on every engine that computes several items at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{CacheStore, Engine, Key, MemoryLimits, RunDir, process_memory};
#[cfg(feature = "process")]
use hypernodes_engines::Process;
use hypernodes_engines::Threaded;
use hypernodes_engines::conformance::{Notes, note};

/// The engines, with so many workers each.
fn engines(workers: usize) -> Vec<Arc<dyn Engine>> {
    let threaded = Threaded::new().workers(workers);
    vec![
        Arc::new(threaded),
        #[cfg(feature = "process")]
        Arc::new(Process::new().unwrap().workers(workers)),
    ]
}

/// What it says to contain is gone when it is asked for, once it lies.
#[derive(Debug, Default)]
struct Liar {
    held: Mutex<BTreeMap<Key, Arc<[u8]>>>,
    lies: AtomicBool,
}

impl CacheStore for Liar {
    fn contains(&self, key: &Key) -> bool {
        self.held.lock().unwrap().contains_key(key)
    }

    fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        if self.lies.load(Ordering::SeqCst) {
            self.remove(key);
        }
        self.held.lock().unwrap().get(key).map(Arc::clone)
    }

    fn put(&self, key: &Key, _: &str, value: &[u8]) {
        self.held.lock().unwrap().insert(*key, value.into());
    }

    fn remove(&self, key: &Key) {
        self.held.lock().unwrap().remove(key);
    }
}

#[hypernodes::node(cache)]
fn a(x: u64) -> String {
    format!("a{x}")
}
#[hypernodes::node]
fn slow(a: &str) -> String {
    // So slow that the steps behind it are shared among threads.
    std::thread::sleep(Duration::from_millis(3));
    a.to_uppercase()
}
#[hypernodes::node(cache)]
fn b(x: u64, slow: &str) -> String {
    format!("{slow}b{x}")
}
#[hypernodes::node(cache)]
fn c(a: &str, x: u64) -> String {
    format!("{a}c{x}")
}
#[hypernodes::node]
fn all(a: &str, b: &str, c: &str) -> String {
    format!("{a} {b} {c}")
}

#[test]
fn what_vanishes_from_the_cache_is_computed_again() {
    let engines = engines(3).into_iter();
    for engine in engines.flat_map(|engine| std::iter::repeat_n(engine, 20)) {
        let store = Arc::new(Liar::default());
        let p = Pipeline::new("p", nodes![a, slow, b, c, all]).unwrap();
        let p = p
            .with_shared_engine(engine)
            .with_cache(Arc::clone(&store) as _);
        for lies in [false, true, true] {
            store.lies.store(lies, Ordering::SeqCst);
            for _ in 0..2 {
                let out = p.run(inputs! { x: 4_u64 }).unwrap();
                assert_eq!(out.get::<String>("all").unwrap(), "a4 A4b4 a4c4");
            }
            let runs = p.map(inputs! { x: 0..20_u64 }, "x").unwrap();
            assert_eq!(
                runs.slice::<String>("all").unwrap()[19],
                "a19 A19b19 a19c19"
            );
            let rows = p.map_iter(inputs! {}, "x", 0..20_u64).unwrap();
            let rows: Vec<String> = rows
                .map(|row| row.unwrap().get::<String>("all").unwrap().clone())
                .collect();
            assert_eq!((rows.len(), &*rows[7]), (20, "a7 A7b7 a7c7"));
        }
    }
}

/// Fails at every fortieth call.
#[hypernodes::node(output = "y")]
fn now_and_then(x: u64, notes: &str) -> Result<u64, String> {
    if note(notes, x).is_multiple_of(40) {
        Err("now and then".to_owned())
    } else {
        Ok(x * 2)
    }
}

#[test]
fn a_run_folder_is_free_as_soon_as_its_map_has_ended() {
    let path = std::env::temp_dir().join(format!("hypernodes-engines-{}", std::process::id()));
    let p = Pipeline::new("p", nodes![now_and_then]).unwrap();
    for engine in engines(4) {
        for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
            let notes = Notes::new();
            let p = p.bind("notes", notes.path()).unwrap();
            let p = p
                .with_shared_engine(Arc::clone(&engine))
                .on_error(policy)
                .with_run_dir(RunDir::new(&path).resume(true));
            for _ in 0..100 {
                match p.map(inputs! { x: 0..200_u64 }, "x") {
                    Ok(runs) if runs.failures().len() == 0 => {
                        assert_eq!(runs.slice::<u64>("y").unwrap()[199], 398);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let text = error.to_string();
                        assert!(text.contains("node `now_and_then` failed"), "{error}");
                    }
                }
            }
            // What a failure cuts off on other threads is computed again; where all are collected, only what failed is.
            let most = if policy == ErrorPolicy::Collect {
                206
            } else {
                u64::MAX
            };
            let calls = notes.count();
            assert!((200..=most).contains(&calls), "{calls}");
            std::fs::remove_dir_all(&path).unwrap();
            // One that is dropped before its end gives the folder back too.
            for _ in 0..30 {
                let mut rows = p.map_iter(inputs! {}, "x", 0..200_u64).unwrap();
                drop(rows.next());
            }
            std::fs::remove_dir_all(&path).unwrap();
        }
    }
}

#[hypernodes::node]
fn z(x: u64, k: u64) -> u64 {
    std::thread::sleep(Duration::from_micros(50));
    x + k
}
#[hypernodes::node]
fn sum(zs: &[u64]) -> u64 {
    zs.iter().sum()
}

#[test]
fn a_paused_run_still_ends_on_any_number_of_workers() {
    let limit_bytes = process_memory().unwrap_or(1 << 30) * 100;
    let limits = MemoryLimits {
        limit_bytes,
        target: 0.0001,
        spill: 0.0001,
        pause: 0.0001,
        terminate: 1.0,
    };
    let inner = Pipeline::new("inner", nodes![z]).unwrap();
    let nested = inner
        .as_node()
        .rename_input("x", "xs")
        .map_over("xs")
        .rename_output("z", "zs");
    let p = Pipeline::new("p", nodes![{ nested }, sum])
        .unwrap()
        .with_memory_limits(limits);
    let xs: Vec<u64> = (0..30).collect();
    for engine in [1, 2, 4].into_iter().flat_map(engines) {
        let p = p.with_shared_engine(engine);
        let runs = p
            .map(inputs! { xs: xs.clone(), k: 0..40_u64 }, "k")
            .unwrap();
        assert_eq!(runs.slice::<u64>("sum").unwrap()[39], 435 + 30 * 39);
        let rows = p
            .map_iter(inputs! { xs: xs.clone() }, "k", 0..40_u64)
            .unwrap();
        assert_eq!(rows.filter(Result::is_ok).count(), 40);
    }
}
