//! What is cached is right, found again, and not computed twice.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hypernodes::prelude::*;
use hypernodes::{
    CacheStore, Capabilities, ChunkRun, Engine, EngineError, Feed, Key, NodeRef, Plan, Sizing,
};

type Entry = (String, Arc<[u8]>);

/// A store that counts, and can lie: what it says to contain is gone when it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Store {
    held: Mutex<BTreeMap<Key, Entry>>,
    pub(crate) gets: AtomicUsize,
    /// Labels whose entries are lost when they are asked for.
    pub(crate) lost: Mutex<Vec<String>>,
    pub(crate) always_lies: AtomicBool,
}

impl Store {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn take_gets(&self) -> usize {
        self.gets.swap(0, Ordering::SeqCst)
    }

    pub(crate) fn lose(&self, labels: &[&str]) {
        *self.lost.lock().unwrap() = labels.iter().map(|&label| label.to_owned()).collect();
    }

    pub(crate) fn len(&self) -> usize {
        self.held.lock().unwrap().len()
    }

    /// Takes the entries of a node away.
    pub(crate) fn delete(&self, label: &str) {
        self.held.lock().unwrap().retain(|_, (of, _)| of != label);
    }

    /// Overwrites the entries of a node with bytes that are no value.
    pub(crate) fn damage(&self, label: &str) {
        for (of, value) in self.held.lock().unwrap().values_mut() {
            if of == label {
                *value = [0xFF; 3].into();
            }
        }
    }

    pub(crate) fn keys(&self) -> Vec<Key> {
        self.held.lock().unwrap().keys().copied().collect()
    }
}

impl CacheStore for Store {
    fn contains(&self, key: &Key) -> bool {
        self.held.lock().unwrap().contains_key(key)
    }

    fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        let mut held = self.held.lock().unwrap();
        let label = &held.get(key)?.0;
        if self.always_lies.load(Ordering::SeqCst) || self.lost.lock().unwrap().contains(label) {
            held.remove(key);
        }
        held.get(key).map(|(_, value)| Arc::clone(value))
    }

    fn put(&self, key: &Key, label: &str, value: &[u8]) {
        let entry = (label.to_owned(), value.into());
        self.held.lock().unwrap().insert(*key, entry);
    }

    fn remove(&self, key: &Key) {
        self.held.lock().unwrap().remove(key);
    }
}

/// Cuts maps into so many chunks; shares the steps of single runs after the first few.
#[derive(Debug)]
pub(crate) struct Cut {
    parts: usize,
    alone: usize,
    capabilities: Capabilities,
}

impl Cut {
    pub(crate) fn into(parts: usize) -> Self {
        Self {
            parts,
            alone: 0,
            capabilities: Capabilities::default(),
        }
    }

    pub(crate) fn alone(steps: usize) -> Self {
        Self {
            alone: steps,
            ..Self::into(3)
        }
    }
}

impl Engine for Cut {
    fn name(&self) -> &str {
        "cut"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing {
            fixed: Some(self.parts),
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        Sequential::default().drive(feed)
    }

    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        for _ in 0..self.alone {
            run.advance();
        }
        let steps = run.share();
        while steps.turn() {}
        run.take_back(&steps);
        Ok(())
    }
}

macro_rules! counted {
    ($count:ident) => {
        static $count: AtomicUsize = AtomicUsize::new(0);
    };
}

pub(crate) fn add(count: &AtomicUsize) {
    count.fetch_add(1, Ordering::SeqCst);
}

pub(crate) fn calls(count: &AtomicUsize) -> usize {
    count.swap(0, Ordering::SeqCst)
}

mod kinds {
    use super::*;
    macro_rules! kind {
        ($module:ident, $type:ty) => {
            pub(super) mod $module {
                #[hypernodes::node(cache)]
                pub(crate) fn kind(x: &$type) -> String {
                    format!("{} {x:?}", std::any::type_name::<$type>())
                }
            }
        };
    }
    kind!(int, i64);
    kind!(unsigned, u64);
    kind!(float, f64);
    kind!(boolean, bool);
    kind!(text, String);
    kind!(unit, ());
    kind!(option, Option<i64>);
    kind!(list, Vec<i64>);
    kind!(pair, (i64, i64));
    kind!(array, [i64; 2]);

    pub(super) fn run<T: hypernodes::PortValue + Clone>(
        node: NodeRef,
        store: &Arc<Store>,
        x: T,
    ) -> String {
        let p = Pipeline::new("p", vec![node])
            .unwrap()
            .with_cache(Arc::clone(store) as _);
        let once = p.run(Inputs::new().with("x", x.clone())).unwrap();
        let again = p.run(Inputs::new().with("x", x)).unwrap();
        assert_eq!(
            once.get::<String>("kind").unwrap(),
            again.get::<String>("kind").unwrap()
        );
        once.get::<String>("kind").unwrap().clone()
    }
}

#[test]
fn values_that_look_alike_have_keys_of_their_own() {
    let store = Store::new();
    let one = |node: Vec<NodeRef>| node.into_iter().next().unwrap();
    let got = [
        kinds::run(one(nodes![kinds::int::kind]), &store, 1_i64),
        kinds::run(one(nodes![kinds::unsigned::kind]), &store, 1_u64),
        kinds::run(one(nodes![kinds::float::kind]), &store, 1.0),
        kinds::run(one(nodes![kinds::float::kind]), &store, -0.0),
        kinds::run(one(nodes![kinds::float::kind]), &store, 0.0),
        kinds::run(one(nodes![kinds::boolean::kind]), &store, true),
        kinds::run(one(nodes![kinds::text::kind]), &store, "1".to_owned()),
        kinds::run(one(nodes![kinds::text::kind]), &store, String::new()),
        kinds::run(one(nodes![kinds::unit::kind]), &store, ()),
        kinds::run(one(nodes![kinds::option::kind]), &store, None::<i64>),
        kinds::run(one(nodes![kinds::option::kind]), &store, Some(1_i64)),
        kinds::run(one(nodes![kinds::list::kind]), &store, Vec::<i64>::new()),
        kinds::run(one(nodes![kinds::list::kind]), &store, vec![1_i64]),
        kinds::run(one(nodes![kinds::list::kind]), &store, vec![1_i64, 2]),
        kinds::run(one(nodes![kinds::pair::kind]), &store, (1_i64, 2_i64)),
        kinds::run(one(nodes![kinds::array::kind]), &store, [1_i64, 2]),
    ];
    let unlike: std::collections::BTreeSet<&String> = got.iter().collect();
    assert_eq!(unlike.len(), got.len(), "{got:?}");
    assert_eq!(store.len(), got.len());
}

counted!(SCALED);
#[hypernodes::node(cache)]
fn scaled(x: u64, k: u64) -> u64 {
    add(&SCALED);
    x * k
}

#[hypernodes::node]
fn total(ys: &[u64]) -> u64 {
    ys.iter().sum()
}

#[test]
fn nested_pipelines_share_a_cache_and_are_never_taken_for_each_other() {
    let store = Store::new();
    let inner = Pipeline::new("inner", nodes![scaled]).unwrap();
    let sum = |inner: hypernodes::PipelineNode| {
        let outer = Pipeline::new("outer", nodes![{ inner }, total]).unwrap();
        outer.with_cache(Arc::clone(&store) as _)
    };
    let mapped = |inner: &Pipeline, over: MapOver| {
        sum(inner
            .as_node()
            .rename_input("x", "xs")
            .map_over(over)
            .rename_output("scaled", "ys"))
    };
    for _ in 0..2 {
        for k in [2, 3] {
            let p = mapped(&inner.bind("k", k).unwrap(), "xs".into());
            let out = p.run(inputs! { xs: [1_u64, 2] }).unwrap();
            assert_eq!(*out.get::<u64>("total").unwrap(), 3 * k);
        }
        for (over, expected) in [
            (MapOver::zip(["xs", "ks"]), 10 + 2 * 20),
            (MapOver::product(["xs", "ks"]), 3 * 30),
        ] {
            let node = inner
                .as_node()
                .rename_input("x", "xs")
                .rename_input("k", "ks")
                .map_over(over);
            let p = sum(node.rename_output("scaled", "ys"));
            let out = p.run(inputs! { xs: [1_u64, 2], ks: [10_u64, 20] }).unwrap();
            assert_eq!(*out.get::<u64>("total").unwrap(), expected);
        }
    }
    // 1*2, 2*2, 1*3, 2*3 in the first map and the second; 1*10, 2*20; and the two that a product has besides.
    assert_eq!(calls(&SCALED), 8);
}

counted!(INNER_FRESH);
#[hypernodes::node]
fn fresh(x: u64) -> u64 {
    add(&INNER_FRESH);
    x + 1
}

counted!(AFTER);
#[hypernodes::node(cache)]
fn after(fresh: u64) -> u64 {
    add(&AFTER);
    fresh * 2
}

counted!(BEFORE);
#[hypernodes::node(cache)]
fn before(seed: u64) -> u64 {
    add(&BEFORE);
    seed + 10
}

#[test]
fn what_is_not_cached_runs_each_time_even_between_cached_nodes_and_inside() {
    let store = Store::new();
    let inner = Pipeline::new("inner", nodes![fresh, after]).unwrap();
    let deep = Pipeline::new("middle", nodes![{ inner.as_node() }]).unwrap();
    let outer = Pipeline::new(
        "outer",
        nodes![before, { deep.as_node().rename_input("x", "before") }],
    )
    .unwrap()
    .with_cache(Arc::clone(&store) as _);
    for round in 1..4 {
        let out = outer.run(inputs! { seed: 1_u64 }).unwrap();
        assert_eq!(*out.get::<u64>("after").unwrap(), 24);
        assert_eq!(INNER_FRESH.load(Ordering::SeqCst), round);
    }
    assert_eq!((calls(&BEFORE), calls(&AFTER)), (1, 1));
    let runs = outer.map(inputs! { seed: [0_u64, 1, 2] }, "seed").unwrap();
    assert_eq!(runs.slice::<u64>("after").unwrap(), [22, 24, 26]);
    assert_eq!((calls(&BEFORE), calls(&AFTER)), (2, 2));
}

/// Keys are the same in each process, and as long as nobody changes how they are made: caches on disk stay good.
#[test]
fn keys_are_known_beforehand() {
    let store = Store::new();
    let inner = Pipeline::new("inner", nodes![keyed]).unwrap();
    let middle = Pipeline::new("middle", nodes![{ inner.as_node() }]).unwrap();
    let outer = Pipeline::new("outer", nodes![{ middle.as_node() }])
        .unwrap()
        .with_cache(Arc::clone(&store) as _);
    outer.run(inputs! { x: 7_u64 }).unwrap();
    let keys: Vec<String> = store.keys().iter().map(ToString::to_string).collect();
    assert_eq!(
        keys,
        ["5e14ecdcbbc286403cbc453aa4e83283784dd1db9efa8bbf0abc3733bb6cb6c7"]
    );
}

#[hypernodes::node(cache)]
fn keyed(x: u64) -> u64 {
    x
}

counted!(MAYBE);
#[hypernodes::node(cache)]
fn maybe(x: u64) -> Option<u64> {
    add(&MAYBE);
    (x > 100).then_some(x)
}

#[test]
fn a_result_that_is_nothing_is_found_too() {
    let p = Pipeline::new("p", nodes![maybe])
        .unwrap()
        .with_cache(Store::new());
    for _ in 0..3 {
        assert_eq!(
            *p.run(inputs! { x: 1_u64 })
                .unwrap()
                .get::<Option<u64>>("maybe")
                .unwrap(),
            None
        );
    }
    assert_eq!(calls(&MAYBE), 1);
}

mod versions {
    pub(super) mod one {
        #[hypernodes::node(cache)]
        pub(crate) fn f(x: u64) -> u64 {
            x + 1
        }
    }
    pub(super) mod two {
        #[hypernodes::node(cache, version = 2)]
        pub(crate) fn f(x: u64) -> u64 {
            x + 1
        }
    }
}

#[test]
fn closures_of_one_line_and_versions_have_keys_of_their_own() {
    let store = Store::new();
    let run = |nodes: Vec<NodeRef>, name: &str| {
        let p = Pipeline::new("p", nodes)
            .unwrap()
            .with_cache(Arc::clone(&store) as _);
        *p.run(inputs! { x: 5_u64 })
            .unwrap()
            .get::<u64>(name)
            .unwrap()
    };
    #[rustfmt::skip]
    let (a, b) = (node_fn!("y", cache, |x: u64| x + 1), node_fn!("y", cache, |x: u64| x + 2));
    assert_eq!((run(vec![a], "y"), run(vec![b], "y")), (6, 7));
    assert_eq!(store.len(), 2);
    run(nodes![versions::one::f], "f");
    run(nodes![versions::two::f], "f");
    assert_eq!(store.len(), 4);
    // A renamed node computes the same.
    run(
        nodes![versions::one::f]
            .into_iter()
            .map(|node| node.rename_output("f", "g"))
            .collect(),
        "g",
    );
    assert_eq!(store.len(), 4);
}

counted!(DIVIDED);
#[hypernodes::node(cache, outputs = ("q", "r"))]
fn divided(x: u64) -> (u64, u64) {
    add(&DIVIDED);
    (x / 10, x % 10)
}

#[test]
fn outputs_that_were_not_wanted_are_computed_when_they_are() {
    let both = Pipeline::new("p", nodes![divided])
        .unwrap()
        .with_cache(Store::new());
    let runs = |outputs: &[&str]| {
        let p = both.select(outputs.iter().copied()).unwrap();
        let runs = p.map(inputs! { x: [12_u64, 34] }, "x").unwrap();
        let all = outputs.iter().map(|name| runs.column::<u64>(name).unwrap());
        (all.collect::<Vec<_>>(), calls(&DIVIDED))
    };
    assert_eq!(runs(&["q"]), (vec![vec![1, 3]], 2));
    assert_eq!(runs(&["q"]), (vec![vec![1, 3]], 0));
    assert_eq!(runs(&["r"]), (vec![vec![2, 4]], 2));
    assert_eq!(runs(&["r", "q"]), (vec![vec![2, 4], vec![1, 3]], 0));
}

static CHAIN: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];
#[hypernodes::node(cache)]
fn a(x: u64) -> String {
    add(&CHAIN[0]);
    format!("a{x}")
}
#[hypernodes::node(cache)]
fn b(a: &str) -> String {
    add(&CHAIN[1]);
    format!("b{a}")
}
#[hypernodes::node(cache)]
fn c(b: &str) -> String {
    add(&CHAIN[2]);
    format!("c{b}")
}
/// Not cached, and first: the chunk that begins again computes it again, and nothing is counted.
#[hypernodes::node]
fn side(x: u64) -> u64 {
    x
}
#[hypernodes::node]
fn both(a: &str, c: &str) -> String {
    format!("{a}{c}")
}

fn chained() -> [usize; 3] {
    [0, 1, 2].map(|i| calls(&CHAIN[i]))
}

/// The tests of this chain count its calls.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub(crate) fn alone() -> std::sync::MutexGuard<'static, ()> {
    ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[test]
fn a_chain_of_hits_is_loaded_at_its_end_only() {
    let _alone = alone();
    let store = Store::new();
    let p = Pipeline::new("p", nodes![a, b, c])
        .unwrap()
        .with_cache(Arc::clone(&store) as _);
    let p = p.select(["c"]).unwrap();
    let run = || {
        let runs = p.map(inputs! { x: 0..10_u64 }, "x").unwrap();
        assert_eq!(runs.column::<String>("c").unwrap()[9], "cba9");
        (chained(), store.take_gets())
    };
    assert_eq!(run(), ([10, 10, 10], 0));
    assert_eq!(run(), ([0, 0, 0], 10));
    store.damage("a");
    store.damage("b");
    assert_eq!(run(), ([0, 0, 0], 10));
    // What is gone is computed again, but what depends on it is found.
    store.delete("a");
    assert_eq!(run(), ([10, 0, 0], 10));
    // `b` needs `a`, which is damaged: the whole is computed again, once.
    store.damage("a");
    store.delete("b");
    let (again, _) = run();
    assert_eq!(again, [10, 10, 0]);
    assert_eq!(run(), ([0, 0, 0], 10));
    store.damage("c");
    assert_eq!(run().0, [0, 0, 10]);
}

#[test]
fn what_vanishes_after_it_was_seen_is_computed_again() {
    let _alone = alone();
    let engines: [fn(Pipeline) -> Pipeline; 5] = [
        |p| p,
        |p| p.with_engine(Cut::into(3)),
        |p| p.with_engine(Cut::alone(1)),
        |p| p.with_engine(Cut::alone(2)),
        |p| p.with_engine(Cut::alone(4)),
    ];
    for on in engines {
        for lost in [&["a"][..], &["b"], &["c"], &["a", "c"], &["a", "b", "c"]] {
            let store = Store::new();
            let nodes = nodes![side, a, b, c, both];
            let p = on(Pipeline::new("p", nodes)
                .unwrap()
                .with_cache(Arc::clone(&store) as _));
            p.map(inputs! { x: 0..7_u64 }, "x").unwrap();
            store.lose(lost);
            let runs = p.map(inputs! { x: 0..7_u64 }, "x").unwrap();
            assert_eq!(runs.column::<String>("both").unwrap()[6], "a6cba6");
            let out = p.run(inputs! { x: 3_u64 }).unwrap();
            assert_eq!(out.get::<String>("both").unwrap(), "a3cba3");
            store.always_lies.store(true, Ordering::SeqCst);
            store.lose(&[]);
            let out = p.run(inputs! { x: 3_u64 }).unwrap();
            assert_eq!(out.get::<String>("b").unwrap(), "ba3");
            let rows = p.map_iter(inputs! {}, "x", 0..20_u64).unwrap();
            let rows: Vec<String> = rows
                .map(|row| row.unwrap().get::<String>("c").unwrap().clone())
                .collect();
            assert_eq!((rows.len(), &*rows[19]), (20, "cba19"));
        }
    }
    chained();
}

counted!(CHECKED);
#[hypernodes::node(cache)]
fn checked(x: u64) -> Result<u64, String> {
    add(&CHECKED);
    if x % 5 == 3 {
        Err(format!("{x} is refused"))
    } else {
        Ok(x * 2)
    }
}

#[hypernodes::node(cache)]
fn named(checked: u64, x: u64) -> Result<String, String> {
    if x == 7 {
        Err("7 again".to_owned())
    } else {
        Ok(format!("{x}:{checked}"))
    }
}

#[test]
fn failing_rows_between_hits_and_misses_change_nothing() {
    let plain = Pipeline::new("p", nodes![checked, named]).unwrap();
    for policy in [ErrorPolicy::Collect, ErrorPolicy::FailFast] {
        for parts in [1, 2, 3, 20] {
            for known in [
                vec![],
                vec![1],
                vec![0, 2, 4],
                vec![4, 5, 6, 9, 12],
                (0..20).collect::<Vec<u64>>(),
            ] {
                let p = plain.on_error(policy).with_engine(Cut::into(parts));
                let cached = p.with_cache(Store::new());
                let collect = cached.on_error(ErrorPolicy::Collect);
                collect.map(inputs! { x: known }, "x").unwrap();
                let [expected, got, again] =
                    [&p, &cached, &cached].map(|p| told(p.map(inputs! { x: 0..20_u64 }, "x")));
                assert_eq!(got, expected);
                assert_eq!(again, expected);
            }
        }
    }
    // Failures are never kept, and what a failed run has computed is.
    let p = plain.with_cache(Store::new());
    calls(&CHECKED);
    for computed in [4, 1] {
        p.map(inputs! { x: 0..20_u64 }, "x").unwrap_err();
        assert_eq!(calls(&CHECKED), computed);
    }
}

fn told(runs: Result<hypernodes::Runs, hypernodes::Error>) -> Vec<String> {
    match runs {
        Err(error) => vec![format!("{error}, item {:?}", error.to_string())],
        Ok(runs) => {
            let results = runs.results::<String>("named").unwrap();
            results
                .into_iter()
                .map(|result| format!("{result:?}"))
                .collect()
        }
    }
}
