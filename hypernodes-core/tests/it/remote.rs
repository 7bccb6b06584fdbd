//! What goes to workers and comes back: an engine that sends everything through bytes, inside this process, gives what
//! Sequential gives.

mod errors;
mod heard;
mod loopback;
mod refused;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{
    CancelToken, EngineError, Event, EventKind, Failure, Listening, MemoryCache, Retry, RunError,
    Runs, SpanId,
};
use loopback::{Loopback, Shared};
use serde::{Deserialize, Serialize};

/// What a pipeline gives on Sequential, and what it gives through workers, in several cuts.
fn agree(pipeline: &Pipeline, tell: impl Fn(&Pipeline) -> String) -> String {
    let expected = tell(pipeline);
    for chunks in [None, Some(1), Some(2), Some(7)] {
        let remote = pipeline.with_engine(Loopback::new(chunks));
        assert_eq!(expected, tell(&remote), "in {chunks:?} chunks");
    }
    expected
}

/// Both policies.
fn agree_on_maps(pipeline: &Pipeline, tell: impl Fn(&Pipeline) -> String) -> String {
    let mut all = String::new();
    for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
        all += &agree(&pipeline.on_error(policy), &tell);
    }
    all
}

fn failure(failure: &Failure) -> String {
    let details = &failure.details;
    let mut text = format!(
        "{failure}: {:?} {:?} {:?} {:?}",
        failure.items, failure.path, details.inputs, details.skipped
    );
    if let hypernodes::Cause::Error(error) = &failure.cause {
        let mut source = error.source();
        while let Some(error) = source {
            let _ = write!(text, " <- {error}");
            source = error.source();
        }
    }
    text + "\n"
}

fn error(error: &hypernodes::Error) -> String {
    let mut text = format!("{error}");
    if let hypernodes::Error::Run(run) = error {
        let details = run
            .details()
            .map(|details| (&details.inputs, &details.skipped));
        let _ = write!(text, ": {:?} {:?} {details:?}", run.item(), run.node());
    }
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let _ = write!(text, " <- {error}");
        source = error.source();
    }
    text + "\n"
}

fn told<T: std::fmt::Debug + Send + Sync + 'static>(
    runs: Result<Runs, hypernodes::Error>,
    output: &str,
) -> String {
    match runs {
        Err(problem) => error(&problem),
        Ok(runs) => {
            let rows: Vec<Result<&T, String>> = runs
                .results::<T>(output)
                .unwrap()
                .into_iter()
                .map(|row| row.map_err(ToString::to_string))
                .collect();
            let mut text = format!("{rows:?}\n");
            text.extend(runs.failures().map(failure));
            text
        }
    }
}

fn once<T: std::fmt::Debug + Send + Sync + 'static>(
    outputs: Result<hypernodes::Outputs, hypernodes::Error>,
    output: &str,
) -> String {
    match outputs {
        Err(problem) => error(&problem),
        Ok(outputs) => format!("{:?}\n", outputs.get::<T>(output).unwrap()),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is odd")]
struct Odd(u64, #[source] NoNumber);

#[derive(Debug, thiserror::Error)]
#[error("the number is none")]
struct NoNumber(#[source] std::num::ParseIntError);

#[node(output = "even")]
fn halves(x: u64) -> Result<u64, Odd> {
    match x % 7 {
        3 => Err(Odd(x, NoNumber("three".parse::<u64>().unwrap_err()))),
        _ => Ok(x / 2),
    }
}

#[node]
fn shout(even: u64, word: &str) -> String {
    assert!(even != 8, "no eights");
    format!("{word}{even}!")
}

#[node]
fn length(shout: &str, table: &[f64]) -> f64 {
    shout.len() as f64 + table[shout.len() % table.len()]
}

fn chain() -> Pipeline {
    Pipeline::new("chain", nodes![halves, shout, length]).unwrap()
}

#[test]
fn values_and_failures_are_those_of_sequential() {
    let table: Vec<f64> = (0..1000).map(f64::from).collect();
    for with_policies in [false, true] {
        let mut p = chain();
        if with_policies {
            p = p.with_cancel(&CancelToken::new());
        }
        let text = agree_on_maps(&p, |p| {
            let x: Vec<u64> = (0..100).collect();
            let inputs = inputs! { x: x, word: "a", table: table.clone() };
            told::<f64>(p.map(inputs, ["x"]), "length")
        });
        assert!(
            text.contains("node `halves` failed on item 10: `10` is odd"),
            "{text}"
        );
        assert!(
            text.contains("<- the number is none <- invalid digit found in string"),
            "{text}"
        );
        assert!(
            text.contains("node `shout` panicked on item 16: no eights"),
            "{text}"
        );
        for x in [4_u64, 3, 17] {
            agree(&p, |p| {
                let inputs = inputs! { x: x, word: "b", table: table.clone() };
                once::<f64>(p.run(inputs), "length")
            });
        }
    }
}

#[test]
fn products_and_iterations_are_those_of_sequential() {
    let p = chain();
    let tables: Vec<Vec<f64>> = (0..4).map(|i| vec![f64::from(i); 300]).collect();
    agree_on_maps(&p, |p| {
        let words: Vec<String> = vec!["a".repeat(500), "b".to_owned()];
        let inputs = inputs! { x: [0_u64, 1, 2, 4, 5], word: words, table: tables.clone() };
        told::<f64>(
            p.map(inputs, MapOver::product(["table", "word", "x"])),
            "length",
        )
    });
    agree_on_maps(&p, |p| {
        let inputs = inputs! { word: "a", table: vec![1.5, 2.5] };
        let rows = p.map_iter(inputs, "x", 0_u64..200).unwrap();
        rows.map(|row| match row {
            Ok(row) => format!("{:?}\n", row.get::<f64>("length").unwrap()),
            Err(problem) => error(&problem),
        })
        .collect()
    });
}

#[test]
fn a_value_for_all_items_goes_over_once() {
    let table: Vec<f64> = (0..100_000).map(f64::from).collect();
    let engine = Arc::new(Loopback::new(Some(50)));
    let p = chain().on_error(ErrorPolicy::Collect);
    let x: Vec<u64> = (0..500).collect();
    let inputs = inputs! { x: x, word: "a", table: table };
    p.with_engine(Shared(Arc::clone(&engine)))
        .map(inputs, ["x"])
        .unwrap();
    let sent = engine.sent.load(Ordering::Relaxed);
    assert!((800_000..1_000_000).contains(&sent), "{sent} bytes");
}

#[node]
fn first(list: &[f64]) -> f64 {
    list[0]
}

#[node]
fn filled(x: f64) -> Vec<f64> {
    vec![x; 10_000]
}

#[test]
fn values_that_own_much_travel_a_few_at_a_time() {
    let largest = |node: hypernodes::NodeRef, inputs: Inputs| {
        let mut engine = Loopback::new(None);
        engine.chunk_bytes = Some(500_000);
        let engine = Arc::new(engine);
        let p = Pipeline::new("wide", vec![node]).unwrap();
        let p = p.with_engine(Shared(Arc::clone(&engine)));
        let over: Vec<String> = p.inputs().map(str::to_owned).collect();
        assert_eq!(p.map(inputs, over).unwrap().len(), 100);
        engine.largest.load(Ordering::Relaxed)
    };
    // Each of 80,000 bytes: six fit.
    let there = largest(
        first::node(),
        inputs! { list: vec![vec![1.0; 10_000]; 100] },
    );
    assert!((480_000..500_000).contains(&there), "{there} bytes");
    let back = largest(filled::node(), inputs! { x: vec![1.0; 100] });
    assert!((480_000..500_000).contains(&back), "{back} bytes");
}

#[test]
fn more_values_than_are_remembered_go_over_again() {
    let p = chain().select(["length"]).unwrap();
    let tables: Vec<Vec<f64>> = (0..200).map(|i| vec![f64::from(i); 100]).collect();
    agree(&p.on_error(ErrorPolicy::Collect), |p| {
        let inputs =
            inputs! { x: [0_u64, 1, 2, 4, 5, 6, 7, 8, 9], word: "a", table: tables.clone() };
        told::<f64>(p.map(inputs, MapOver::product(["table", "x"])), "length")
    });
}

#[node]
fn total(shout: &[String], offset: u64) -> u64 {
    shout.iter().map(|text| text.len() as u64).sum::<u64>() + offset
}

fn nested() -> Pipeline {
    let inner = Pipeline::new("inner", nodes![halves, shout]).unwrap();
    let inline = inner
        .as_node()
        .named("inline")
        .rename_output("shout", "one");
    let inline = inline.rename_output("even", "half");
    let mapped = inner.as_node().map_over(["xs"]).rename_input("x", "xs");
    Pipeline::new("outer", nodes![{ mapped }, { inline }, total]).unwrap()
}

#[test]
fn nested_pipelines_are_those_of_sequential() {
    let lists: Vec<Vec<u64>> = (0..60).map(|i| (i * 5..i * 5 + i % 6).collect()).collect();
    let tell = |p: &Pipeline| {
        let offsets: Vec<u64> = (0..60).map(|i| i * 7).collect();
        let inputs = inputs! { xs: lists.clone(), x: offsets, word: "ab", offset: 3_u64 };
        told::<u64>(p.map(inputs, ["xs", "x"]), "total")
    };
    let text = agree_on_maps(&nested(), tell);
    assert!(text.contains("inner item"), "{text}");
    // The inner pipeline alone goes to workers.
    for chunks in [None, Some(3)] {
        let inner = Pipeline::new("inner", nodes![halves, shout]).unwrap();
        let outer = |inner: &Pipeline| {
            let mapped = inner.as_node().map_over(["xs"]).rename_input("x", "xs");
            let inline = inner
                .as_node()
                .named("inline")
                .rename_output("shout", "one");
            let inline = inline.rename_output("even", "half");
            let p = Pipeline::new("outer", nodes![{ mapped }, { inline }, total]).unwrap();
            p.on_error(ErrorPolicy::Collect).with_snapshots()
        };
        let remote = inner.with_engine(Loopback::new(chunks));
        assert_eq!(tell(&outer(&inner)), tell(&outer(&remote)));
    }
}

static CALLS: [AtomicU32; 200] = [const { AtomicU32::new(0) }; 200];

#[node]
fn flaky(x: u64) -> Result<u64, String> {
    let call = CALLS[usize::try_from(x).unwrap()].fetch_add(1, Ordering::Relaxed) + 1;
    match u64::from(call) <= (x * 7919) % 5 {
        true => Err(format!("call {call} of {x}")),
        false => Ok(x),
    }
}

#[test]
fn rows_are_tried_again_in_the_worker() {
    let p = Pipeline::new("p", nodes![flaky]).unwrap();
    let p = p.with_retry(Retry::new(4).backoff(Duration::from_micros(10), 1.0));
    let text = agree_on_maps(&p, |p| {
        CALLS
            .iter()
            .for_each(|calls| calls.store(0, Ordering::Relaxed));
        let x: Vec<u64> = (0..200).collect();
        told::<u64>(p.map(inputs! { x: x }, ["x"]), "flaky")
    });
    assert!(text.contains("call 4 of"), "{text}");
    let choosy = p.with_retry(Retry::new(2).on::<std::io::Error>());
    let choosy = choosy.with_engine(Loopback::new(None));
    let refused = choosy.map(inputs! { x: [1_u64] }, ["x"]).unwrap_err();
    assert!(matches!(refused, hypernodes::Error::Engine(error) if error.is_unsupported()));
}

#[node]
fn slow(x: u64) -> u64 {
    if x % 3 == 1 {
        while !hypernodes::stop_requested() {
            std::thread::yield_now();
        }
    }
    x
}

#[test]
fn time_is_limited_in_the_worker() {
    let p = Pipeline::new("p", nodes![slow]).unwrap();
    let p = p
        .with_item_timeout(Duration::from_millis(30))
        .on_error(ErrorPolicy::Collect);
    let text = agree(&p, |p| {
        told::<u64>(p.map(inputs! { x: [0_u64, 1, 2, 3, 4] }, ["x"]), "slow")
            + &once::<u64>(p.run(inputs! { x: 1_u64 }), "slow")
    });
    assert!(text.contains("it took longer than 30ms"), "{text}");
}

#[node(cache)]
fn cached(x: u64) -> Result<String, String> {
    match x {
        5 => Err("five".to_owned()),
        x => Ok("x".repeat(usize::try_from(x).unwrap())),
    }
}

#[node(cache)]
fn after(cached: &str) -> usize {
    cached.len()
}

#[test]
fn the_cache_is_that_of_the_parent() {
    let p = Pipeline::new("p", nodes![cached, after]).unwrap();
    let p = p.on_error(ErrorPolicy::Collect);
    let tell = |p: &Pipeline| {
        let store = Arc::new(MemoryCache::new(1 << 20));
        let p = p.with_cache(Arc::clone(&store) as _);
        let x: Vec<u64> = (0..20).chain(0..20).collect();
        let mut text = told::<usize>(p.map(inputs! { x: x.clone() }, ["x"]), "after");
        let entries = store.stats().entries;
        text += &told::<usize>(p.map(inputs! { x: x }, ["x"]), "after");
        let stats = store.stats();
        text + &format!("{entries} {}", stats.entries)
    };
    assert!(agree(&p, tell).ends_with("38 38"));
}

#[test]
fn snapshots_are_reproduced_by_the_parent() {
    let p = nested().with_snapshots().on_error(ErrorPolicy::Collect);
    let p = p.with_engine(Loopback::new(Some(2)));
    let inputs = inputs! { xs: vec![vec![1_u64, 2], vec![4, 10]], x: [0_u64, 17], word: "ab", offset: 0_u64 };
    let runs = p.map(inputs, ["xs", "x"]).unwrap();
    let failures: Vec<&Failure> = runs.failures().collect();
    assert_eq!(failures.len(), 1);
    let again = failures[0].reproduce().unwrap_err();
    assert_eq!(
        std::error::Error::source(&again).unwrap().to_string(),
        failures[0].message()
    );
    let snapshot = failures[0].details.snapshot.as_ref().unwrap();
    assert!(snapshot.replay(&p).is_err());
}

#[test]
fn supplied_outputs_are_handed_through_by_the_parent() {
    let p = chain().on_error(ErrorPolicy::Collect);
    agree(&p, |p| {
        let even: Vec<u64> = (0..20).collect();
        let inputs = inputs! { word: "a", table: vec![1.0, 2.0] }.supply("even", even);
        let runs = p.map(inputs, ["even"]).unwrap();
        let rows: Vec<String> = runs
            .results::<u64>("even")
            .unwrap()
            .into_iter()
            .map(|row| format!("{row:?}"))
            .collect();
        format!("{} {rows:?}", told::<f64>(Ok(runs), "length"))
    });
    agree(&p, |p| {
        let inputs = inputs! { word: "a", table: vec![1.0, 2.0] }.supply("even", 5_u64);
        let out = p.run(inputs).unwrap();
        format!(
            "{:?} {:?}",
            out.get::<u64>("even"),
            out.get::<f64>("length")
        )
    });
}

#[cfg(feature = "async")]
#[node]
async fn waits(x: u64) -> Result<u64, String> {
    tokio::task::yield_now().await;
    match x {
        6 => Err("six".to_owned()),
        x => Ok(x + 1),
    }
}

#[cfg(feature = "async")]
#[test]
fn async_nodes_run_in_the_worker() {
    let p = Pipeline::new("p", nodes![waits]).unwrap();
    agree_on_maps(&p, |p| {
        let x: Vec<u64> = (0..20).collect();
        told::<u64>(p.map(inputs! { x: x }, ["x"]), "waits")
    });
}

static TOKENS: Mutex<Option<CancelToken>> = Mutex::new(None);

#[node]
fn cancels(x: u64) -> u64 {
    if x == 50 {
        TOKENS.lock().unwrap().as_ref().unwrap().cancel();
        while !hypernodes::stop_requested() {
            std::thread::yield_now();
        }
    }
    x
}

#[test]
fn a_cancelled_run_keeps_what_is_finished() {
    for chunks in [None, Some(1), Some(10)] {
        let token = CancelToken::new();
        *TOKENS.lock().unwrap() = Some(token.clone());
        let p = Pipeline::new("p", nodes![cancels])
            .unwrap()
            .with_cancel(&token);
        let p = p.with_engine(Loopback::new(chunks));
        let x: Vec<u64> = (0..100).collect();
        let error = p.map(inputs! { x: x }, ["x"]).unwrap_err();
        let hypernodes::Error::Run(RunError::Cancelled { done, finished }) = error else {
            panic!("{error}")
        };
        assert!(done <= 50);
        assert_eq!(finished.unwrap().len(), done);
    }
}
