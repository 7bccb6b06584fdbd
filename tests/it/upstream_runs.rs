//! The ancestor's weaknesses with caches and events, one test each, by the numbers of the same list.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hypernodes::prelude::*;
use hypernodes::{CacheStore, DiskCache, Event, EventKind, Key, MemoryCache, NodeRef, SpanId};

fn counted(counter: &Arc<AtomicUsize>) -> Arc<AtomicUsize> {
    Arc::clone(counter)
}

fn memory() -> Arc<MemoryCache> {
    Arc::new(MemoryCache::new(1 << 20))
}

#[node(output = "kind", cache)]
fn kind_of_number(x: u64) -> String {
    format!("number {x}")
}

#[node(output = "kind", cache)]
fn kind_of_text(x: &str) -> String {
    format!("text {x}")
}

#[node(output = "kind", cache)]
fn kind_of_maybe(x: &Option<u64>) -> String {
    format!("{x:?}")
}

/// 1: `1` and `"1"`, `None` and `"None"`, `[]` and `""` shared a key.
#[test]
fn w01_values_of_different_types_have_different_keys() {
    let store = memory();
    let kind = |node: NodeRef, inputs| {
        let p = Pipeline::new("p", nodes![{ node }]).unwrap();
        let out = p
            .with_cache(Arc::<MemoryCache>::clone(&store))
            .run(inputs)
            .unwrap();
        out.get::<String>("kind").unwrap().clone()
    };
    for _ in 0..2 {
        assert_eq!(
            kind(kind_of_number::node(), inputs! { x: 1_u64 }),
            "number 1"
        );
        assert_eq!(kind(kind_of_text::node(), inputs! { x: "1" }), "text 1");
        assert_eq!(
            kind(kind_of_text::node(), inputs! { x: "None" }),
            "text None"
        );
        assert_eq!(kind(kind_of_text::node(), inputs! { x: "" }), "text ");
        assert_eq!(
            kind(kind_of_maybe::node(), inputs! { x: None::<u64> }),
            "None"
        );
        assert_eq!(
            kind(kind_of_maybe::node(), inputs! { x: Some(1_u64) }),
            "Some(1)"
        );
    }
    assert_eq!(store.stats().puts, 6);
}

#[node(output = "y", cache)]
fn scaled(x: u64, k: u64) -> u64 {
    x * k
}

/// 2: the key of a nested pipeline left out what was bound, renamed, and how it was mapped.
#[test]
fn w02_bindings_renames_and_axes_of_nested_pipelines_count() {
    let store = memory();
    let inner = Pipeline::new("inner", nodes![scaled]).unwrap();
    let bound = |k: u64| {
        let inner = inner.bind("k", k).unwrap();
        let p = Pipeline::new("outer", nodes![inner.as_node()]).unwrap();
        let out = p
            .with_cache(Arc::<MemoryCache>::clone(&store))
            .run(inputs! { x: 5_u64 })
            .unwrap();
        *out.get::<u64>("y").unwrap()
    };
    assert_eq!((bound(2), bound(3), bound(2)), (10, 15, 10));
    let mapped = |over: MapOver| {
        let p = Pipeline::new("outer", nodes![inner.as_node().map_over(over)]).unwrap();
        let inputs = inputs! { x: vec![1_u64, 2], k: vec![10_u64, 20] };
        let out = p
            .with_cache(Arc::<MemoryCache>::clone(&store))
            .run(inputs)
            .unwrap();
        out.get::<Vec<u64>>("y").unwrap().clone()
    };
    assert_eq!(mapped(MapOver::zip(["x", "k"])), [10, 40]);
    assert_eq!(mapped(MapOver::product(["x", "k"])), [10, 20, 20, 40]);
    let renamed = inner.as_node().rename_output("y", "z");
    let p = Pipeline::new("outer", nodes![{ renamed.into_ref() }]).unwrap();
    let out = p
        .with_cache(Arc::<MemoryCache>::clone(&store))
        .run(inputs! { x: 5_u64, k: 2_u64 })
        .unwrap();
    assert_eq!(*out.get::<u64>("z").unwrap(), 10);
}

trait IntoRef {
    fn into_ref(self) -> NodeRef;
}
impl<T: hypernodes::IntoNode> IntoRef for T {
    fn into_ref(self) -> NodeRef {
        self.into_node()
    }
}

/// 3: a node that was not to be cached was not run when the pipeline around it was cached.
#[test]
fn w03_an_inner_node_without_cache_runs_every_time() {
    let calls = Arc::new(AtomicUsize::new(0));
    let called = counted(&calls);
    let fresh = node_fn!("fresh", |y: u64| -> u64 {
        called.fetch_add(1, Ordering::Relaxed);
        y + 1
    });
    let inner = Pipeline::new("inner", nodes![scaled, { fresh }]).unwrap();
    let p = Pipeline::new("outer", nodes![inner.as_node()])
        .unwrap()
        .with_cache(memory());
    for _ in 0..3 {
        let out = p.run(inputs! { x: 5_u64, k: 2_u64 }).unwrap();
        assert_eq!(*out.get::<u64>("fresh").unwrap(), 11);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

trait Kind {
    const ADDED: u64;
}
struct One;
struct Two;
impl Kind for One {
    const ADDED: u64 = 1;
}
impl Kind for Two {
    const ADDED: u64 = 2;
}

static NONES: AtomicUsize = AtomicUsize::new(0);

#[node(output = "none", cache)]
fn gives_none(x: u64) -> Option<u64> {
    NONES.fetch_add(1, Ordering::Relaxed);
    let _ = x;
    None
}

/// 4: a result of `None` never hit; closures on one line had one key; captures were not seen.
#[test]
fn w04_none_hits_closures_differ_and_captures_are_refused() {
    let p = Pipeline::new("p", nodes![gives_none])
        .unwrap()
        .with_cache(memory());
    for _ in 0..3 {
        assert_eq!(
            *p.run(inputs! { x: 1_u64 })
                .unwrap()
                .get::<Option<u64>>("none")
                .unwrap(),
            None
        );
    }
    assert_eq!(NONES.load(Ordering::Relaxed), 1);

    let (plus, times) = (
        node_fn!("a", cache, |x: u64| -> u64 { x + 3 }),
        node_fn!("b", cache, |x: u64| -> u64 { x * 3 }),
    );
    let p = Pipeline::new("p", nodes![{ plus }, { times }])
        .unwrap()
        .with_cache(memory());
    for _ in 0..2 {
        let out = p.run(inputs! { x: 5_u64 }).unwrap();
        assert_eq!(
            (*out.get::<u64>("a").unwrap(), *out.get::<u64>("b").unwrap()),
            (8, 15)
        );
    }

    fn added<K: Kind>() -> NodeRef {
        node_fn!("y", cache, |x: u64| -> u64 { x + K::ADDED })
    }
    let store = memory();
    let with = |node: NodeRef| {
        let p = Pipeline::new("p", nodes![{ node }]).unwrap();
        let out = p
            .with_cache(Arc::<MemoryCache>::clone(&store))
            .run(inputs! { x: 5_u64 })
            .unwrap();
        *out.get::<u64>("y").unwrap()
    };
    assert_eq!((with(added::<One>()), with(added::<Two>())), (6, 7));

    let k = 3_u64;
    let captures = node_fn!("c", cache, |x: u64| -> u64 { x + k });
    let error = Pipeline::new("p", nodes![{ captures }])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("node `c` cannot be cached: its closure captures values"),
        "{error}"
    );
}

/// 5: two handles on one folder lost entries, a damaged one was an error.
#[test]
fn w05_a_folder_is_shared_and_a_damaged_entry_is_a_miss() {
    let folder = std::env::temp_dir().join(format!("hypernodes-w05-{}", std::process::id()));
    let (one, other) = (
        DiskCache::open(&folder).unwrap(),
        DiskCache::open(&folder).unwrap(),
    );
    let key = |n: u8| Key::from_bytes([n; 32]);
    one.put(&key(1), "a", b"one");
    other.put(&key(2), "b", b"two");
    assert_eq!(
        (one.get(&key(2)).as_deref(), other.get(&key(1)).as_deref()),
        (Some(&b"two"[..]), Some(&b"one"[..]))
    );
    let hex = key(1).to_string();
    std::fs::write(folder.join(&hex[..2]).join(&hex[2..]), b"damaged").unwrap();
    assert_eq!(one.get(&key(1)), None);
    assert!(!other.contains(&key(1)), "it is gone");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// 17: the hierarchy of events was lost, ends were missing after failures, and a callback that panicked ended the run.
#[test]
fn w17_every_span_ends_inside_its_parent_and_listeners_do_no_harm() {
    let told = Arc::new(Mutex::new(Vec::<Event>::new()));
    let heard = Arc::clone(&told);
    let inner = Pipeline::new(
        "inner",
        nodes![node_fn!("y", |x: u64| -> Result<u64, String> {
            if x == 3 { Err("three".into()) } else { Ok(x) }
        })],
    );
    let p = Pipeline::new("outer", nodes![inner.unwrap().as_node().map_over(["x"])])
        .unwrap()
        .on_error(ErrorPolicy::Collect)
        .with_listener(|_: &Event| panic!("a listener that panics"))
        .with_listener(move |event: &Event| heard.lock().unwrap().push(event.clone()));
    let runs = p
        .map(inputs! { x: vec![vec![1_u64, 2], vec![3]] }, "x")
        .unwrap();
    assert_eq!(runs.failures().len(), 1);

    let events = told.lock().unwrap();
    let mut open: Vec<SpanId> = Vec::new();
    let mut deepest = 0;
    for event in events.iter() {
        match &event.kind {
            EventKind::RunStarted(_)
            | EventKind::ChunkStarted { .. }
            | EventKind::NodeStarted { .. }
            | EventKind::NestedStarted { .. } => {
                assert_eq!(event.parent, open.last().copied(), "{event:?}");
                open.push(event.span);
                deepest = deepest.max(open.len());
            }
            EventKind::RunEnded { .. }
            | EventKind::ChunkEnded { .. }
            | EventKind::NodeEnded { .. }
            | EventKind::NestedEnded { .. } => {
                assert_eq!(open.pop(), Some(event.span), "{event:?}");
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    // Run, chunk, node, nested map, chunk, node.
    assert_eq!(deepest, 6);
}

/// 18: keys differed from engine to engine.
#[test]
fn w18_what_one_engine_keeps_another_finds() {
    let store = memory();
    let p = Pipeline::new("p", nodes![scaled])
        .unwrap()
        .with_cache(Arc::<MemoryCache>::clone(&store));
    let map = |p: &Pipeline| {
        let runs = p.map(inputs! { x: 0..100_u64, k: 3_u64 }, ["x"]).unwrap();
        runs.column::<u64>("y").unwrap()
    };
    let first = map(&p);
    let puts = store.stats().puts;
    let again = map(&p.with_engine(Threaded::new().workers(3).npartitions(7)));
    assert_eq!((first, puts), (again, store.stats().puts));
}
