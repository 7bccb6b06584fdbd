//! The weaknesses of the Python ancestor, one test each: what it did wrong, done right. The numbers are those of the
//! list that this project began from; those about caches and events are in `upstream_runs.rs`.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{Engine, Sizing};

fn double() -> Pipeline {
    Pipeline::new("double", nodes![node_fn!("y", |x: u64| x * 2)]).unwrap()
}

/// 6: a nested pipeline's engine was swapped while it ran.
#[test]
fn w06_running_in_a_parent_leaves_the_inner_pipeline_alone() {
    let inner = double();
    let outer = Pipeline::new("outer", nodes![inner.as_node().map_over(["x"])]).unwrap();
    let outer = outer.with_engine(Threaded::new().workers(4));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                outer
                    .map(inputs! { x: vec![vec![1_u64, 2]; 50] }, "x")
                    .unwrap()
            });
        }
    });
    assert!(inner.engine().is_none());
}

/// 7: engine inheritance was documented both ways and did neither.
#[test]
fn w07_nested_maps_run_on_the_parents_engine_and_an_own_one_is_honoured() {
    let threads = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&threads);
    let who = node_fn!("y", |x: u64| {
        seen.lock()
            .unwrap()
            .insert(std::thread::current().name().map(str::to_owned));
        std::thread::sleep(Duration::from_millis(1));
        x
    });
    let inner = Pipeline::new("inner", nodes![{ who }]).unwrap();
    let outer =
        |inner: &Pipeline| Pipeline::new("outer", nodes![inner.as_node().map_over(["x"])]).unwrap();
    let parallel = outer(&inner).with_engine(Threaded::new().workers(4).workload(Workload::Io));
    parallel
        .map(inputs! { x: vec![(0..64_u64).collect::<Vec<_>>()] }, "x")
        .unwrap();
    assert!(
        threads.lock().unwrap().len() > 1,
        "one big outer item uses several workers"
    );

    threads.lock().unwrap().clear();
    let own =
        outer(&inner.with_engine(Sequential::default())).with_engine(Threaded::new().workers(4));
    own.map(inputs! { x: vec![(0..16_u64).collect::<Vec<_>>()] }, "x")
        .unwrap();
    assert_eq!(
        threads.lock().unwrap().len(),
        1,
        "the inner engine is honoured"
    );
}

/// 8: fewer than twenty slow items never ran in parallel.
#[test]
fn w08_few_slow_items_use_every_worker() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (inside, peak) = (Arc::clone(&now), Arc::clone(&most));
    let slow = node_fn!("y", |x: u64| {
        peak.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        inside.fetch_sub(1, Ordering::SeqCst);
        x
    });
    let p = Pipeline::new("slow", nodes![{ slow }])
        .unwrap()
        .with_engine(Threaded::new().workers(8));
    p.map(inputs! { x: 0..19_u64 }, "x").unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 8);
}

/// 9: independent nodes of one run never overlapped.
#[test]
fn w09_independent_nodes_of_one_run_overlap() {
    let barrier = Arc::new(std::sync::Barrier::new(2));
    let meet = |name: &'static str| {
        let barrier = Arc::clone(&barrier);
        node_fn!(name, |x: u64| {
            barrier.wait();
            x
        })
    };
    let p = Pipeline::new("meet", nodes![meet("a"), meet("b")]).unwrap();
    // Would hang for ever if one waited for the other.
    p.with_engine(Threaded::new().workers(2))
        .run(inputs! { x: 1_u64 })
        .unwrap();
}

/// 10: the number of workers was ignored, wrong settings were accepted, engines held state of calls.
#[test]
fn w10_settings_are_used_and_checked() {
    let p = double();
    let sizing = |engine: &Threaded, items| -> Sizing { engine.sizing(p.plan(), items) };
    assert_eq!(sizing(&Threaded::new().workers(3), 100).workers, 3);
    assert_eq!(sizing(&Threaded::new().workers(8), 500).partitions, 16);
    assert_eq!(
        sizing(&Threaded::new().npartitions(16), 500).fixed,
        Some(16)
    );
    assert!(
        "fast"
            .parse::<Workload>()
            .unwrap_err()
            .to_string()
            .contains("expected `io`, `cpu` or `mixed`")
    );
}

/// 11: an empty nested map lost its outputs.
#[test]
fn w11_an_empty_nested_map_gives_empty_lists() {
    let outer = Pipeline::new(
        "outer",
        nodes![
            double().as_node().map_over(["x"]),
            node_fn!("total", |y: &[u64]| y.iter().sum::<u64>()),
        ],
    )
    .unwrap();
    let out = outer.run(inputs! { x: Vec::<u64>::new() }).unwrap();
    assert_eq!(*out.get::<u64>("total").unwrap(), 0);
}

/// 12: an output that was listed as available could not be asked for.
#[test]
fn w12_every_output_that_is_listed_can_be_asked_for() {
    let inner = Pipeline::new(
        "inner",
        nodes![node_fn!("a", |x: u64| x), node_fn!("b", |x: u64| x + 1)],
    )
    .unwrap();
    let outer = Pipeline::new("outer", nodes![inner.as_node(), node_fn!("c", |a: u64| a)]).unwrap();
    let all: Vec<String> = outer
        .run(inputs! { x: 1_u64 })
        .unwrap()
        .names()
        .map(str::to_owned)
        .collect();
    assert_eq!(all, ["a", "b", "c"]);
    for name in all {
        outer
            .select([name])
            .unwrap()
            .run(inputs! { x: 1_u64 })
            .unwrap();
    }
}

/// 13: defaults unsupported; wrong types, arities, names and modes silently accepted.
#[test]
fn w13_what_was_silent_is_an_error() {
    let with_default = Pipeline::new(
        "p",
        nodes![node_fn!("y", |x: u64, #[default(3)] k: u64| x * k)],
    )
    .unwrap();
    assert_eq!(
        *with_default
            .run(inputs! { x: 2_u64 })
            .unwrap()
            .get::<u64>("y")
            .unwrap(),
        6
    );
    assert!(
        Pipeline::new(
            "p",
            nodes![node_fn!("a", |x: u64| x), node_fn!("b", |a: &str| a.len())]
        )
        .is_err()
    );
    assert!(Pipeline::new("p", nodes![double().as_node().rename_output("z", "w")]).is_err());
    assert!(double().bind("k", 1_u64).is_err());
    assert!(double().run(inputs! { x: 1_u64, extra: 2_u64 }).is_err());
}

/// 14: only lists could be mapped, the order of axes was that of a dict, a node could feed itself.
#[test]
fn w14_anything_iterable_is_an_axis_in_the_order_given() {
    let p = Pipeline::new("p", nodes![node_fn!("s", |a: i32, b: i32| a * 10 + b)]).unwrap();
    let set: BTreeSet<i32> = [2, 1].into();
    let runs = p
        .map(inputs! { b: 5..7, a: set }, MapOver::product(["a", "b"]))
        .unwrap();
    assert_eq!(runs.column::<i32>("s").unwrap(), [15, 16, 25, 26]);
    let error = Pipeline::new("p", nodes![node_fn!("x", |x: u64| x)])
        .unwrap_err()
        .to_string();
    assert!(error.contains("takes its own output"), "{error}");
}

/// 15: deep graphs overflowed the stack or took seconds.
#[test]
fn w15_ten_thousand_nodes_in_reverse() {
    let node = |i: usize| {
        node_fn!(format!("n{i}"), |x: u64| x + 1).rename_input("x", format!("n{}", i + 1))
    };
    let nodes = (0..10_000).map(node).collect();
    let p = Pipeline::new("deep", nodes)
        .unwrap()
        .select(["n0"])
        .unwrap();
    assert_eq!(
        *p.run(inputs! { n10000: 0_u64 })
            .unwrap()
            .get::<u64>("n0")
            .unwrap(),
        10_000
    );
}

/// 16: bind changed pipelines in place, and binding after nesting left the outer one wrong.
#[test]
fn w16_pipelines_are_values() {
    let inner = Pipeline::new("inner", nodes![node_fn!("y", |x: u64, b: u64| x + b)]).unwrap();
    let before = Pipeline::new("outer", nodes![inner.as_node()]).unwrap();
    let bound = inner.bind("b", 1_u64).unwrap();
    let after = Pipeline::new("outer", nodes![bound.as_node()]).unwrap();
    assert!(
        before
            .run(inputs! { x: 1_u64 })
            .unwrap_err()
            .to_string()
            .contains("input `b` (u64) is missing")
    );
    assert_eq!(
        *after
            .run(inputs! { x: 1_u64 })
            .unwrap()
            .get::<u64>("y")
            .unwrap(),
        2
    );
    let bogus = Pipeline::new("outer", nodes![inner.as_node().map_over(["z"])])
        .unwrap_err()
        .to_string();
    assert!(
        bogus.contains("maps over `z`, which is no input"),
        "{bogus}"
    );
}

/// 18: engines disagreed on pruning, empty maps and constants. The conformance suite holds the rest.
#[test]
fn w18_engines_agree() {
    let p = Pipeline::new(
        "p",
        nodes![
            node_fn!("a", |x: u64| x + 1),
            node_fn!("b", |a: u64| -> u64 {
                assert!(a < 1_000_000, "too big");
                a * 2
            }),
        ],
    )
    .unwrap();
    for engine in [
        Threaded::new().workers(1),
        Threaded::new().workers(3).npartitions(7),
    ] {
        let q = p.with_engine(engine);
        for n in [0_u64, 1, 10, 1000] {
            let one = p.map(inputs! { x: 0..n }, "x").unwrap();
            let other = q.map(inputs! { x: 0..n }, "x").unwrap();
            assert_eq!(
                one.names().collect::<Vec<_>>(),
                other.names().collect::<Vec<_>>()
            );
            assert_eq!(
                one.column::<u64>("b").unwrap(),
                other.column::<u64>("b").unwrap()
            );
        }
        let pruned = q
            .select(["a"])
            .unwrap()
            .map(inputs! { x: [5_000_000_u64] }, "x")
            .unwrap();
        assert_eq!(pruned.column::<u64>("a").unwrap(), [5_000_001]);
    }
}
