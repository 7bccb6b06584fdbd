//! What listeners are told: whole runs, balanced spans, counts that add up, and nothing where nobody listens.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{
    Call, CancelToken, Column, Event, EventKind, FnNode, InputPort, IntoNode, Listening,
    NodeOptions, OutputPort, Passing, PortFacts, PortType, RunContext, RunMode, RunOutcome,
    Signature, SpanId,
};

use crate::support::{Cut, Ear, mode_of};

/// Fails in the first step for items divisible by 7, panics in the second for items divisible by 5.
fn failing() -> Pipeline {
    Pipeline::new(
        "failing",
        nodes![
            node_fn!("first", |x: u64| -> Result<u64, String> {
                if x % 7 == 6 {
                    Err(format!("first {x}"))
                } else {
                    Ok(x)
                }
            }),
            node_fn!("second", |first: u64| -> u64 {
                assert!(first % 5 != 4, "second {first}");
                first * 2
            }),
        ],
    )
    .unwrap()
}

fn fine() -> Pipeline {
    Pipeline::new(
        "fine",
        nodes![
            node_fn!("q_and_r", outputs = ("q", "r"), |x: u64| (x / 3, x % 3)),
            node_fn!("sum", |q: u64, r: u64| q + r),
        ],
    )
    .unwrap()
}

fn outcome(events: &[Event]) -> (RunOutcome, u64, u64, bool) {
    match &events.last().unwrap().kind {
        EventKind::RunEnded {
            outcome,
            done,
            failed,
            error,
        } => (*outcome, *done, *failed, error.is_some()),
        other => panic!("{other:?}"),
    }
}

/// Per node: rows and failed rows, all calls together.
fn totals(events: &[Event]) -> BTreeMap<String, (u64, u64)> {
    let mut totals = BTreeMap::new();
    for event in events {
        if let EventKind::NodeEnded {
            node, rows, failed, ..
        } = &event.kind
        {
            let total = totals.entry(node.to_string()).or_insert((0, 0));
            *total = (total.0 + rows, total.1 + failed);
        }
    }
    totals
}

fn failed_items(events: &[Event]) -> Vec<(Vec<u64>, String, String)> {
    let failed = events.iter().filter_map(|event| match &event.kind {
        EventKind::ItemFailed {
            items,
            node,
            message,
            ..
        } => {
            assert_eq!(event.span, SpanId(1));
            Some((items.clone(), node.to_string(), message.clone()))
        }
        _ => None,
    });
    let mut failed: Vec<_> = failed.collect();
    failed.sort();
    failed
}

#[test]
fn each_kind_of_run_is_told_from_its_beginning_to_its_end() {
    let ear = Ear::new();
    let p = ear.on(&fine());
    p.run(inputs! { x: 5_u64 }).unwrap();
    let events = ear.take_run();
    assert_eq!(mode_of(&events), RunMode::Single);
    assert_eq!(outcome(&events), (RunOutcome::Done, 1, 0, false));
    p.map(inputs! { x: 0..9_u64 }, ["x"]).unwrap();
    let events = ear.take_run();
    assert_eq!(mode_of(&events), RunMode::Map);
    assert_eq!(outcome(&events), (RunOutcome::Done, 9, 0, false));
    let want = [("q_and_r", (9, 0)), ("sum", (9, 0))];
    assert_eq!(
        totals(&events),
        want.map(|(node, total)| (node.to_owned(), total)).into()
    );
    assert_eq!(p.map_iter(inputs! {}, "x", 0..9_u64).unwrap().count(), 9);
    let events = ear.take_run();
    assert_eq!(mode_of(&events), RunMode::Iterate);
    assert_eq!(outcome(&events), (RunOutcome::Done, 9, 0, false));
    p.map(inputs! { x: 0..0_u64 }, ["x"]).unwrap();
    assert_eq!(outcome(&ear.take_run()), (RunOutcome::Done, 0, 0, false));
}

#[test]
fn a_failing_run_ends_and_tells_the_item_that_it_reports() {
    let ear = Ear::new();
    let p = ear.on(&failing());
    for engine in [Cut::into(1), Cut::into(3), Cut::into(20)] {
        let p = p.with_engine(engine);
        p.map(inputs! { x: 0..20_u64 }, ["x"]).unwrap_err();
        let events = ear.take_run();
        assert_eq!(outcome(&events), (RunOutcome::Failed, 4, 1, true));
        let want = (
            vec![4],
            "second".to_owned(),
            "panicked: second 4".to_owned(),
        );
        assert_eq!(failed_items(&events), [want]);
    }
    p.with_engine(Cut::for_two(10))
        .map(inputs! { x: 0..20_u64 }, ["x"])
        .unwrap_err();
    assert_eq!(failed_items(&ear.take_run()).len(), 1);
    p.run(inputs! { x: 6_u64 }).unwrap_err();
    let events = ear.take_run();
    assert_eq!(outcome(&events), (RunOutcome::Failed, 0, 1, true));
    assert_eq!(
        failed_items(&events),
        [(vec![], "first".to_owned(), "first 6".to_owned())]
    );
    assert!(
        p.map_iter(inputs! {}, "x", 0..20_u64)
            .unwrap()
            .last()
            .unwrap()
            .is_err()
    );
    let events = ear.take_run();
    assert_eq!(outcome(&events), (RunOutcome::Failed, 4, 1, true));
    assert_eq!(failed_items(&events).len(), 1);
}

#[test]
fn every_failed_item_is_told_once_when_all_are_collected() {
    let ear = Ear::new();
    let p = ear.on(&failing()).on_error(ErrorPolicy::Collect);
    let is_bad = |x: &u64| x % 7 == 6 || x % 5 == 4;
    let want: Vec<Vec<u64>> = (0..40).filter(is_bad).map(|x| vec![x]).collect();
    let check = |events: &[Event]| {
        let items: Vec<Vec<u64>> = failed_items(events)
            .into_iter()
            .map(|(items, ..)| items)
            .collect();
        assert_eq!(items, want);
        let bad = want.len() as u64;
        assert_eq!(outcome(events), (RunOutcome::Partial, 40 - bad, bad, false));
        let totals = totals(events);
        assert_eq!(totals["first"], (40, 5));
        assert_eq!(totals["second"], (35, bad - 5));
        let chunks: u64 = events
            .iter()
            .map(|event| match event.kind {
                EventKind::ChunkEnded { failed, .. } => failed,
                _ => 0,
            })
            .sum();
        assert_eq!(chunks, bad);
    };
    for chunks in [1, 3, 40] {
        p.with_engine(Cut::into(chunks))
            .map(inputs! { x: 0..40_u64 }, ["x"])
            .unwrap();
        check(&ear.take_run());
        p.with_engine(Cut::for_two(chunks))
            .map(inputs! { x: 0..40_u64 }, ["x"])
            .unwrap();
        check(&ear.take_run());
    }
    assert_eq!(p.map_iter(inputs! {}, "x", 0..40_u64).unwrap().count(), 40);
    check(&ear.take_run());
}

/// A pipeline in a pipeline in a pipeline: inline, mapped, and on an engine of its own.
fn deep() -> Pipeline {
    let leaf = Pipeline::new(
        "leaf",
        nodes![node_fn!("y", |x: u64| -> Result<u64, String> {
            if x == 13 {
                Err("thirteen".to_owned())
            } else {
                Ok(x + 1)
            }
        })],
    )
    .unwrap();
    let middle = Pipeline::new("middle", nodes![leaf.as_node()]).unwrap();
    let own = middle.with_engine(Cut::into(2));
    Pipeline::new(
        "deep",
        nodes![
            middle
                .as_node()
                .map_over(["x"])
                .named("mapped")
                .rename_output("y", "ys"),
            own.as_node()
                .named("own")
                .rename_input("x", "k")
                .rename_output("y", "z"),
        ],
    )
    .unwrap()
}

#[test]
fn spans_stand_inside_those_around_them() {
    let ear = Ear::new();
    let lists = vec![vec![1_u64, 2], vec![], vec![3]];
    let inputs = || inputs! { x: lists.clone(), k: [1_u64, 2, 3] };
    ear.on(&deep())
        .with_engine(Cut::into(1))
        .map(inputs(), ["x", "k"])
        .unwrap();
    let events = ear.take_run();
    let mut names: BTreeMap<SpanId, (String, Option<SpanId>)> = BTreeMap::new();
    for event in &events {
        let name = match &event.kind {
            EventKind::RunStarted(_) => "run",
            EventKind::ChunkStarted { .. } => "chunk",
            EventKind::NodeStarted { node, .. } => node,
            EventKind::NestedStarted { .. } => "nested",
            _ => continue,
        };
        names.insert(event.span, (name.to_owned(), event.parent));
    }
    let around = |leaf: &str| {
        let (mut path, mut next) = (Vec::new(), names.values().find(|(name, _)| name == leaf));
        while let Some((name, parent)) = next {
            path.push(name.as_str());
            next = parent.and_then(|parent| names.get(&parent));
        }
        path
    };
    let mapped = [
        "mapped/leaf/y",
        "mapped/leaf",
        "chunk",
        "nested",
        "mapped",
        "chunk",
        "run",
    ];
    assert_eq!(around("mapped/leaf/y"), mapped);
    let own = [
        "own/leaf/y",
        "own/leaf",
        "chunk",
        "nested",
        "own",
        "chunk",
        "run",
    ];
    assert_eq!(around("own/leaf/y"), own);
    let EventKind::RunStarted(start) = &events[0].kind else {
        panic!()
    };
    let nodes: Vec<(&str, bool)> = start
        .nodes
        .iter()
        .map(|node| (&*node.node, node.is_nested))
        .collect();
    let want = [
        ("mapped", true),
        ("mapped/leaf", true),
        ("mapped/leaf/y", false),
        ("own", true),
        ("own/leaf", true),
        ("own/leaf/y", false),
    ];
    assert_eq!(nodes, want);
}

#[test]
fn failures_inside_nested_pipelines_are_told_once_with_all_items() {
    let ear = Ear::new();
    for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
        let p = ear.on(&deep()).on_error(policy);
        for engine in [1, 2, 3] {
            let p = p.with_engine(Cut::into(engine));
            let lists = vec![vec![1_u64, 13], vec![], vec![3]];
            let result = p.map(inputs! { x: lists, k: [1_u64, 13, 3] }, ["x", "k"]);
            assert_eq!(result.is_err(), policy == ErrorPolicy::FailFast);
            let failed = failed_items(&ear.take_run());
            let text = "thirteen".to_owned();
            let first = (vec![0, 1], "mapped/leaf/y".to_owned(), text.clone());
            let second = (vec![1], "own/leaf/y".to_owned(), text);
            match policy {
                ErrorPolicy::FailFast => assert_eq!(failed, [first]),
                _ => assert_eq!(failed, [first, second]),
            }
        }
    }
}

/// What does not depend on chunks, threads and time.
fn essence(events: &[Event]) -> String {
    let EventKind::RunStarted(start) = &events[0].kind else {
        panic!()
    };
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        start.mode,
        start.nodes,
        totals(events),
        failed_items(events),
        outcome(events)
    )
}

#[test]
fn engines_tell_the_same_but_for_chunks_and_time() {
    let ear = Ear::new();
    let lists = vec![vec![1_u64, 2, 13], vec![], vec![3], vec![13]];
    let observe = |p: Pipeline| {
        let p = ear.on(&p).on_error(ErrorPolicy::Collect);
        p.map(
            inputs! { x: lists.clone(), k: [1_u64, 2, 13, 3] },
            ["x", "k"],
        )
        .unwrap();
        let map = essence(&ear.take_run());
        p.run(inputs! { x: lists[0].clone(), k: 3_u64 })
            .unwrap_err();
        let single = ear.take_run();
        (
            map,
            format!("{:?} {:?}", failed_items(&single), outcome(&single)),
        )
    };
    let expected = observe(deep());
    for chunks in 1..5 {
        assert_eq!(observe(deep().with_engine(Cut::into(chunks))), expected);
        assert_eq!(observe(deep().with_engine(Cut::for_two(chunks))), expected);
    }
}

#[test]
fn cancelled_and_dropped_runs_end() {
    let ear = Ear::new();
    let token = CancelToken::new();
    let own = token.clone();
    let node = node_fn!("y", move |x: u64| {
        if x == 5 {
            own.cancel();
        }
        x
    });
    let p = Pipeline::new("p", nodes![{ node }, node_fn!("z", |y: u64| y)])
        .unwrap()
        .with_cancel(&token);
    let p = ear.on(&p).with_engine(Cut::into(10));
    p.map(inputs! { x: 0..10_u64 }, ["x"]).unwrap_err();
    assert_eq!(
        outcome(&ear.take_run()),
        (RunOutcome::Cancelled, 5, 0, true)
    );
    p.run(inputs! { x: 5_u64 }).unwrap_err();
    assert_eq!(
        outcome(&ear.take_run()),
        (RunOutcome::Cancelled, 0, 0, true)
    );

    let p = ear.on(&failing()).on_error(ErrorPolicy::Collect);
    let mut rows = p.map_iter(inputs! {}, "x", 0_u64..).unwrap();
    assert_eq!(rows.by_ref().take(5).filter(Result::is_ok).count(), 4);
    drop(rows);
    assert_eq!(
        outcome(&ear.take_run()),
        (RunOutcome::Cancelled, 4, 1, false)
    );
    drop(p.map_iter(inputs! {}, "x", 0_u64..).unwrap());
    assert_eq!(
        outcome(&ear.take_run()),
        (RunOutcome::Cancelled, 0, 0, false)
    );
}

#[test]
fn an_iterator_that_panics_has_not_done_all() {
    let ear = Ear::new();
    let source = (0..9_u64).inspect(|x| assert!(*x != 3, "the source breaks"));
    let rows = ear.on(&fine()).map_iter(inputs! {}, "x", source).unwrap();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rows.count()));
    assert!(result.is_err());
    assert_eq!(outcome(&ear.take_run()), (RunOutcome::Failed, 3, 0, true));
}

#[test]
fn wrong_inputs_begin_no_run() {
    let ear = Ear::new();
    let p = ear.on(&fine());
    assert!(p.run(inputs! {}).is_err());
    assert!(p.map(inputs! { x: "x" }, ["x"]).is_err());
    assert!(p.map_iter(inputs! { other: 1 }, "x", 0..3_u64).is_err());
    assert!(ear.take().is_empty());
}

#[test]
fn a_value_that_panics_when_it_is_dropped_leaves_no_span_open() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0 || std::thread::panicking(), "boom");
        }
    }
    let ear = Ear::new();
    let p = Pipeline::new(
        "p",
        nodes![
            node_fn!("bomb", |x: u64| Bomb(x == 2)),
            node_fn!("y", |bomb: &Bomb, x: u64| x + u64::from(bomb.0)),
        ],
    )
    .unwrap()
    .select(["y"])
    .unwrap();
    for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
        let p = ear.on(&p).on_error(policy);
        let run = std::panic::AssertUnwindSafe(|| p.run(inputs! { x: 2_u64 }).map(drop));
        let _ = std::panic::catch_unwind(run);
        ear.take_run();
        let map = std::panic::AssertUnwindSafe(|| p.map(inputs! { x: 0..4_u64 }, ["x"]).map(drop));
        let _ = std::panic::catch_unwind(map);
        ear.take_run();
    }
}

#[test]
fn listeners_that_panic_or_lose_events_change_no_result() {
    let expected = failing()
        .on_error(ErrorPolicy::Collect)
        .map(inputs! { x: 0..500_u64 }, ["x"])
        .unwrap();
    let expected = format!("{:?}", expected.results::<u64>("second").unwrap());
    let small = Listening::with_buffer(
        |_: &Event| std::thread::sleep(Duration::from_micros(100)),
        4,
    );
    let panics = Listening::new(|_: &Event| panic!("a listener's defect"));
    for listening in [&small, &panics] {
        let p = failing()
            .on_error(ErrorPolicy::Collect)
            .with_listening(listening)
            .with_engine(Cut::into(500));
        let runs = p.map(inputs! { x: 0..500_u64 }, ["x"]).unwrap();
        assert_eq!(
            format!("{:?}", runs.results::<u64>("second").unwrap()),
            expected
        );
    }
    assert!(small.dropped() > 0);
    assert!(panics.has_panicked());
}

#[test]
fn ids_of_runs_ascend() {
    let ear = Ear::new();
    let p = ear.on(&fine());
    let ids = || {
        let events = ear.take();
        let ids = events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::RunStarted(_)));
        ids.map(|event| event.run).collect::<Vec<_>>()
    };
    (0..300_u64).for_each(|x| drop(p.run(inputs! { x: x })));
    let told = ids();
    assert_eq!(told.len(), 300);
    assert!(told.is_sorted_by(|one, next| one < next), "{told:?}");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..300_u64).for_each(|x| drop(p.run(inputs! { x: x }))));
        }
    });
    let mut told = ids();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 1200);
}

/// A node that looks at the context of its calls.
fn looks(seen: &Arc<Mutex<Vec<String>>>) -> hypernodes::NodeRef {
    let seen = Arc::clone(seen);
    let port = PortType::of::<u64>();
    let signature = Signature {
        name: "looks".into(),
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
        let context: &RunContext = call.context();
        seen.lock().unwrap().push(format!("{context:?}"));
        call.push(Column::from_vec(vec![0_u64; call.rows()]));
    };
    FnNode::new(signature, call).into_node()
}

#[test]
fn where_nobody_asks_there_is_nothing_to_obey_or_tell() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let p = Pipeline::new("p", vec![looks(&seen)]).unwrap();
    p.run(inputs! { x: 1_u64 }).unwrap();
    p.map(inputs! { x: 0..3_u64 }, ["x"]).unwrap();
    p.map_iter(inputs! {}, "x", 0..3_u64)
        .unwrap()
        .for_each(drop);
    let without: Vec<String> = std::mem::take(&mut *seen.lock().unwrap());
    assert!(!without.is_empty());
    assert!(
        without
            .iter()
            .all(|context| context.contains("scope: None")),
        "{without:?}"
    );
    Ear::new().on(&p).run(inputs! { x: 1_u64 }).unwrap();
    assert!(seen.lock().unwrap()[0].contains("scope: Some"));
}

/// A subscriber that writes the names of spans down.
struct Spans {
    most: tracing::Level,
    names: Arc<Mutex<Vec<&'static str>>>,
    next: AtomicUsize,
}

impl tracing::Subscriber for Spans {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= self.most
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        self.names.lock().unwrap().push(span.metadata().name());
        let id = self.next.fetch_add(1, Ordering::Relaxed) as u64;
        tracing::span::Id::from_u64(id + 1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn spans_of_tracing_appear_for_whoever_wants_them() {
    let spans = |most, p: &Pipeline| {
        let names = Arc::new(Mutex::new(Vec::new()));
        let subscriber = Spans {
            most,
            names: Arc::clone(&names),
            next: AtomicUsize::new(0),
        };
        tracing::subscriber::with_default(subscriber, || {
            p.map(inputs! { x: 0..2_u64 }, ["x"]).unwrap();
            p.run(inputs! { x: 2_u64 }).unwrap();
        });
        std::mem::take(&mut *names.lock().unwrap())
    };
    let p = fine().with_engine(Cut::into(2));
    for p in [p.clone(), p.with_cancel(&CancelToken::new())] {
        let want = [
            "map", "chunk", "node", "node", "chunk", "node", "node", "run", "node", "node",
        ];
        // tracing registers a span when it is first met. One that another test's thread is registering just as a subscriber
        // is set stays silent for it, and for no later one: the first tries may miss some.
        let mut tries = (0..100).map(|_| spans(tracing::Level::DEBUG, &p));
        let found = tries.find(|names| {
            std::thread::sleep(Duration::from_millis(u64::from(names != &want)));
            names == &want
        });
        assert!(found.is_some(), "{:?}", spans(tracing::Level::DEBUG, &p));
        assert!(spans(tracing::Level::INFO, &p).is_empty());
    }
}
