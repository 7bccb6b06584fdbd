//! What only `Threaded` promises: who computes, how many at a time, and what is left afterwards.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{
    Call, Column, EngineError, Error, FnNode, InputPort, IntoNode, NodeOptions, NodeRef,
    OutputPort, Passing, PortFacts, PortType, Signature,
};
use hypernodes_engines::Threaded;

use crate::support::{AtOnce, Meeting, eventually};

fn items(n: u64) -> Vec<u64> {
    (0..n).collect()
}

/// A node that notes how many rows it was given at a time.
fn noting(rows: &Arc<Mutex<Vec<usize>>>, cost: Duration) -> NodeRef {
    let rows = Arc::clone(rows);
    let port = PortType::of::<u64>();
    let signature = Signature {
        name: "y".into(),
        doc: "",
        inputs: vec![InputPort {
            name: "x".into(),
            port,
            facts: PortFacts::default(),
            passing: Passing::Ref,
            default: None,
        }],
        outputs: vec![OutputPort {
            name: "y".into(),
            port,
            facts: PortFacts::default(),
        }],
        options: NodeOptions::default(),
    };
    let call = move |call: &mut Call<'_>| {
        rows.lock().unwrap().push(call.rows());
        std::thread::sleep(cost * u32::try_from(call.rows()).unwrap());
        call.push(Column::from_vec(vec![0_u64; call.rows()]));
    };
    FnNode::new(signature, call).into_node()
}

#[test]
fn nineteen_slow_items_on_eight_workers_take_three_waves() {
    let meeting = Arc::new(Meeting::new());
    let p = Pipeline::new(
        "p",
        nodes![node_fn!("y", move |x: u64| {
            meeting.meet(8, 19);
            x
        })],
    );
    let p = p.unwrap().with_engine(Threaded::new().workers(8));
    assert_eq!(
        p.map(inputs! { x: items(19) }, ["x"])
            .unwrap()
            .column::<u64>("y")
            .unwrap(),
        items(19)
    );
}

#[test]
fn independent_nodes_of_one_run_overlap() {
    let engine = Threaded::new().workers(2);
    for _ in 0..20 {
        let meeting = Arc::new(Meeting::new());
        let node = |name: &'static str| {
            let meeting = Arc::clone(&meeting);
            node_fn!(name, move |x: u64| {
                meeting.meet(2, 2);
                x
            })
        };
        let sum = node_fn!("c", |a: u64, b: u64| a + b);
        let p = Pipeline::new("p", nodes![{ node("a") }, { node("b") }, { sum }]).unwrap();
        let out = p
            .with_engine(engine.clone())
            .run(inputs! { x: 1_u64 })
            .unwrap();
        assert_eq!(*out.get::<u64>("c").unwrap(), 2);
    }
}

#[test]
fn independent_nodes_overlap_although_the_plan_was_cheap_before() {
    let meeting = Arc::new(Meeting::new());
    let node = |name: &'static str| {
        let meeting = Arc::clone(&meeting);
        node_fn!(name, move |x: u64, slow: bool| {
            if slow {
                meeting.meet(2, usize::MAX);
            }
            x
        })
    };
    let first = node_fn!("first", |x: u64, slow: bool| {
        if slow {
            std::thread::sleep(Duration::from_millis(1));
        }
        x
    });
    let (a, b) = (
        node("a").rename_input("x", "first"),
        node("b").rename_input("x", "first"),
    );
    let p = Pipeline::new("p", nodes![{ first }, { a }, { b }])
        .unwrap()
        .with_engine(Threaded::new().workers(2));
    for _ in 0..20 {
        p.run(inputs! { x: 1_u64, slow: false }).unwrap();
    }
    p.run(inputs! { x: 1_u64, slow: true }).unwrap();
}

#[test]
fn a_chain_stays_on_the_callers_thread() {
    let threads = Arc::new(Mutex::new(BTreeSet::new()));
    let node = |name: &'static str| {
        let threads = Arc::clone(&threads);
        node_fn!(name, move |x: u64| {
            threads
                .lock()
                .unwrap()
                .insert(format!("{:?}", std::thread::current().id()));
            x
        })
    };
    let (a, b) = (node("a"), node("b").rename_input("x", "a"));
    let p = Pipeline::new("p", nodes![{ a }, { b }])
        .unwrap()
        .with_engine(Threaded::new().workers(4));
    for _ in 0..10 {
        p.run(inputs! { x: 1_u64 }).unwrap();
    }
    assert_eq!(
        *threads.lock().unwrap(),
        BTreeSet::from([format!("{:?}", std::thread::current().id())])
    );
}

#[test]
fn so_many_partitions_are_so_many_chunks() {
    for (n, parts, sizes) in [
        (1000, 16, vec![62, 63]),
        (1000, 1, vec![1000]),
        (10, 16, vec![1]),
        (64, 16, vec![4]),
    ] {
        let rows = Arc::new(Mutex::new(Vec::new()));
        let p = Pipeline::new("p", nodes![{ noting(&rows, Duration::ZERO) }]).unwrap();
        let p = p.with_engine(Threaded::new().workers(3).npartitions(parts));
        p.map(inputs! { x: items(n) }, ["x"]).unwrap();
        let rows = rows.lock().unwrap();
        assert_eq!(rows.len(), parts.min(usize::try_from(n).unwrap()));
        assert_eq!(
            rows.iter()
                .copied()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>(),
            sizes
        );
    }
}

#[test]
fn chunks_grow_over_quick_items_and_stay_small_over_slow_ones() {
    let rows = Arc::new(Mutex::new(Vec::new()));
    let quick = Pipeline::new("p", nodes![{ noting(&rows, Duration::ZERO) }]).unwrap();
    quick
        .with_engine(Threaded::new().workers(2))
        .map(inputs! { x: items(100_000) }, ["x"])
        .unwrap();
    let sizes = std::mem::take(&mut *rows.lock().unwrap());
    assert!(sizes.iter().max() >= Some(&512), "{sizes:?}");

    let slow = Pipeline::new("p", nodes![{ noting(&rows, Duration::from_millis(1)) }]).unwrap();
    slow.with_engine(Threaded::new().workers(2))
        .map(inputs! { x: items(50) }, ["x"])
        .unwrap();
    assert_eq!(*rows.lock().unwrap(), vec![1; 50]);
}

#[test]
fn waiting_items_get_four_threads_per_worker() {
    let p = |meeting: Meeting| {
        Pipeline::new(
            "p",
            nodes![node_fn!("y", workload = "io", move |x: u64| {
                meeting.meet(8, 24);
                x
            })],
        )
    };
    for workload in [Workload::Io, Workload::Mixed] {
        let p = p(Meeting::new())
            .unwrap()
            .with_engine(Threaded::new().workers(2).workload(workload));
        p.map(inputs! { x: items(24) }, ["x"]).unwrap();
    }
}

#[test]
fn one_outer_item_uses_every_worker() {
    let meeting = Arc::new(Meeting::new());
    let leaf = node_fn!("y", move |x: u64| {
        meeting.meet(4, 40);
        x
    });
    let inner = Pipeline::new("inner", nodes![{ leaf }]).unwrap();
    let middle = Pipeline::new("middle", nodes![inner.as_node().map_over(["x"])]).unwrap();
    let outer = Pipeline::new("outer", nodes![middle.as_node().map_over(["x"])]).unwrap();
    let p = outer.with_engine(Threaded::new().workers(4));
    p.map(
        inputs! { x: vec![vec![Vec::new(), items(40), Vec::new()]] },
        ["x"],
    )
    .unwrap();
}

#[test]
fn a_waiting_worker_helps_with_what_is_nested_in_what_it_waits_for() {
    // Two middle items on two workers; the first is done at once, and its worker waits for the second, whose inner
    // items then need both.
    let meeting = Arc::new(Meeting::new());
    let leaf = node_fn!("y", move |x: u64| {
        meeting.meet(2, 20);
        x
    });
    let inner = Pipeline::new("inner", nodes![{ leaf }]).unwrap();
    let middle = Pipeline::new("middle", nodes![inner.as_node().map_over(["x"])]).unwrap();
    let outer = Pipeline::new("outer", nodes![middle.as_node().map_over(["x"])]).unwrap();
    let p = outer.with_engine(Threaded::new().workers(2));
    p.map(inputs! { x: vec![vec![Vec::new(), items(20)]] }, ["x"])
        .unwrap();
}

#[test]
fn never_more_than_the_budget_computes() {
    let at_once = Arc::new(AtOnce::default());
    let count = Arc::clone(&at_once);
    let leaf = node_fn!("y", move |x: u64| {
        count.during(|| std::thread::sleep(Duration::from_micros(200)));
        x
    });
    let engine = Threaded::new().workers(3).workload(Workload::Cpu);
    let inner = Pipeline::new("inner", nodes![{ leaf }]).unwrap();
    let own = inner.with_engine(engine.clone());
    let by_hand = node_fn!("z", move |x: &[u64]| {
        let runs = own.map(inputs! { x: x }, ["x"]).unwrap();
        runs.column::<u64>("y").unwrap().into_iter().sum::<u64>()
    });
    let p = Pipeline::new(
        "outer",
        nodes![inner.as_node().map_over(["x"]), { by_hand }],
    )
    .unwrap()
    .with_engine(engine);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                p.map(
                    inputs! { x: (0..40).map(|i| items(i % 8)).collect::<Vec<_>>() },
                    ["x"],
                )
                .unwrap()
            });
        }
    });
    assert!(
        (2..=3).contains(&at_once.most()),
        "{} at once",
        at_once.most()
    );
}

#[cfg(target_os = "linux")]
#[test]
fn no_thread_is_left_when_the_engine_is_dropped() {
    let meeting = Arc::new(Meeting::new());
    let threads = Arc::new(Mutex::new(BTreeSet::new()));
    let numbers = Arc::clone(&threads);
    let p = Pipeline::new(
        "p",
        nodes![node_fn!("y", move |x: u64| {
            numbers
                .lock()
                .unwrap()
                .insert(crate::support::thread_number());
            meeting.meet(8, 8);
            x
        })],
    );
    let p = p
        .unwrap()
        .with_engine(Threaded::new().workers(2).workload(Workload::Io));
    p.map(inputs! { x: items(8) }, ["x"]).unwrap();
    let threads = std::mem::take(&mut *threads.lock().unwrap());
    assert_eq!(threads.len(), 8);
    let is_alive = |thread: &String| {
        std::path::Path::new("/proc/self/task")
            .join(thread)
            .exists()
    };
    assert!(threads.iter().all(is_alive), "they wait for more");
    drop(p);
    eventually("every thread ends", || !threads.iter().any(is_alive));
}

#[test]
fn no_value_is_left_when_a_map_is_over() {
    let alive = Arc::new(());
    let engine = Threaded::new().workers(3);
    let inner = Pipeline::new("inner", nodes![node_fn!("y", |x: Arc<()>| x)]).unwrap();
    let p = Pipeline::new("outer", nodes![inner.as_node().map_over(["x"])])
        .unwrap()
        .with_engine(engine.clone());
    for _ in 0..50 {
        let lists: Vec<Vec<Arc<()>>> = (0..20).map(|i| vec![Arc::clone(&alive); i]).collect();
        p.map(inputs! { x: lists }, ["x"]).unwrap();
        drop(
            inner
                .with_engine(engine.clone())
                .map_iter(inputs! {}, "x", vec![Arc::clone(&alive); 1000])
                .unwrap()
                .next(),
        );
    }
    eventually("every value is dropped", || Arc::strong_count(&alive) == 1);
}

#[test]
fn wrong_settings_are_told_by_the_first_run() {
    let p = Pipeline::new(
        "p",
        nodes![node_fn!("y", |x: u64| x), node_fn!("z", |x: u64| x)],
    )
    .unwrap();
    for engine in [
        Threaded::new().workers(100_000),
        Threaded::new().npartitions(0),
    ] {
        let p = p.with_engine(engine);
        let is_config = |error: Error| matches!(error, Error::Engine(EngineError::Config { .. }));
        assert!(is_config(
            p.map(inputs! { x: items(3) }, ["x"]).unwrap_err()
        ));
        assert!(is_config(p.run(inputs! { x: 1_u64 }).unwrap_err()));
        assert!(is_config(
            p.map_iter(inputs! {}, "x", items(3))
                .unwrap()
                .next()
                .unwrap()
                .unwrap_err()
        ));
    }
}

/// A value that panics when it is dropped, while it is told to.
#[derive(Clone)]
struct Grenade(Arc<AtomicBool>);

impl Drop for Grenade {
    fn drop(&mut self) {
        assert!(
            !self.0.load(Ordering::SeqCst) || std::thread::panicking(),
            "dropped"
        );
    }
}

#[test]
fn a_panic_outside_of_every_node_is_an_error_and_hangs_nothing() {
    let is_live = Arc::new(AtomicBool::new(true));
    let make = Arc::clone(&is_live);
    let p = Pipeline::new(
        "p",
        nodes![
            node_fn!("g", move |x: u64| Grenade(if x == 5 {
                Arc::clone(&make)
            } else {
                Arc::default()
            })),
            node_fn!("y", |x: u64| if x == 5 { Err("five") } else { Ok(x) }),
        ],
    );
    let p = p
        .unwrap()
        .on_error(ErrorPolicy::Collect)
        .with_engine(Threaded::new().workers(2).npartitions(2));
    // The failed item's other value is dropped when its chunk is put together.
    let error = p.map(inputs! { x: items(10) }, ["x"]).unwrap_err();
    assert!(
        matches!(error, Error::Engine(EngineError::Panicked { .. })),
        "{error:?}"
    );
    is_live.store(false, Ordering::SeqCst);
    assert_eq!(
        p.map(inputs! { x: items(10) }, ["x"])
            .unwrap()
            .failures()
            .len(),
        1
    );
}

#[test]
fn a_job_left_behind_that_panics_ends_nothing() {
    let left = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&left);
    let p = Pipeline::new(
        "p",
        nodes![node_fn!("y", move |x: u64| {
            let count = Arc::clone(&count);
            rayon::spawn(move || {
                count.fetch_add(1, Ordering::SeqCst);
                panic!("left behind");
            });
            // Too dear to be computed on the caller's own thread, which is none of the engine's.
            std::thread::sleep(Duration::from_millis(1));
            x
        })],
    );
    let p = p
        .unwrap()
        .with_engine(Threaded::new().workers(2).npartitions(8));
    p.map(inputs! { x: items(20) }, ["x"]).unwrap();
    eventually("the jobs run", || left.load(Ordering::SeqCst) == 20);
    p.map(inputs! { x: items(20) }, ["x"]).unwrap();
}

#[test]
fn rayon_inside_a_node_gets_the_threads_of_the_engine() {
    let names = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&names);
    let p = Pipeline::new(
        "p",
        nodes![node_fn!("y", move |x: u64| {
            rayon::join(
                || {
                    seen.lock()
                        .unwrap()
                        .insert(std::thread::current().name().unwrap_or_default().to_owned())
                },
                || std::thread::sleep(Duration::from_millis(1)),
            );
            assert_eq!(rayon::current_num_threads(), 3);
            x
        })],
    );
    p.unwrap()
        .with_engine(Threaded::new().workers(3))
        .map(inputs! { x: items(20) }, ["x"])
        .unwrap();
    assert!(
        names
            .lock()
            .unwrap()
            .iter()
            .all(|name| name.starts_with("hypern-cpu-")),
        "{names:?}"
    );
}

#[test]
fn a_second_map_does_not_wait_for_the_end_of_the_first() {
    let engine = Threaded::new().workers(1);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let long = Pipeline::new(
        "long",
        nodes![node_fn!("y", move |x: u64| {
            if !stopped.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            x
        })],
    );
    let (long, short) = (
        long.unwrap().with_engine(engine.clone()),
        Pipeline::new("short", nodes![node_fn!("y", |x: u64| x)]),
    );
    let short = short.unwrap().with_engine(engine);
    std::thread::scope(|scope| {
        let long = scope.spawn(|| {
            long.map(inputs! { x: items(100_000) }, ["x"])
                .unwrap()
                .len()
        });
        for _ in 0..3 {
            assert_eq!(
                short.map(inputs! { x: items(100) }, ["x"]).unwrap().len(),
                100
            );
        }
        assert!(
            !long.is_finished(),
            "the long one was to take a minute and a half"
        );
        stop.store(true, Ordering::SeqCst);
    });
}
