//! Policies: retries, limits of time, cancellation, and what listeners are told, the same on every engine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes_core::{
    CancelToken, Error, ErrorPolicy, Event, EventKind, Failure, Inputs, Listening, NodeRef,
    Pipeline, Retry, RunError, RunOutcome, SpanId, inputs, nodes,
};

use super::nodes::{called, policies as n};
use super::{is_bad, scramble};
use crate::conformance::{Notes, On, Subject, fresh, of, one, outputs, runs};

fn items(n: u64) -> Vec<u64> {
    (0..n).collect()
}

/// A node whose items fail their first calls; how many, looks random.
fn flaky(name: &'static str) -> NodeRef {
    called(n::flaky::node(), name).rename_input("salt", format!("salt_{name}"))
}

/// Failed rows are tried again, each as often as it needs and may. Nodes count their calls, so each map and each series
/// of runs has a number under which they count.
pub fn retries(subject: &Subject) {
    let retry = || Retry::new(4).backoff(Duration::ZERO, 1.0);
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![
            flaky("a"),
            flaky("b").rename_input("x", "a"),
            n::doubled,
        ]);
        let p = p.with_retry(retry());
        let given = inputs! { x: items(150), run: fresh(), salt_a: 0_u64, salt_b: 7_u64 };
        runs(p.map(given, ["x"]), &[("c", of::<u64>), ("a", of::<u64>)])
    });
    subject.agree(|on| {
        let p = on.pipeline(nodes![flaky("a"), flaky("b")]);
        let (p, run) = (p.with_retry(retry()), fresh());
        items(20)
            .into_iter()
            .map(|x| {
                let given = inputs! { x: x, run: run, salt_a: 0_u64, salt_b: 7_u64 };
                outputs(p.run(given), &[("b", one::<u64>)])
            })
            .collect()
    });
    subject.agree_on_maps(|on| {
        let inner = Pipeline::new("inner", nodes![flaky("a")]);
        let inner = inner.expect("one node fits");
        let p = on.pipeline(nodes![inner.as_node().map_over(["x"])]);
        let lists: Vec<Vec<u64>> = (0..40).map(|i| (i * 3..i * 3 + i % 4).collect()).collect();
        let given = inputs! { x: lists, run: fresh(), salt_a: 3_u64 };
        runs(
            p.with_retry(retry()).map(given, ["x"]),
            &[("a", of::<Vec<u64>>)],
        )
    });
}

/// Everything that is told of a failure.
fn told(failure: &Failure) -> String {
    let details = &failure.details;
    format!(
        "{failure}: {:?} {:?} {:?} {:?}\n",
        failure.items, failure.path, details.inputs, details.skipped
    )
}

fn told_error(error: &Error) -> String {
    match error {
        Error::Run(error) => {
            let details = error.details();
            let details = details.map(|details| (&details.inputs, &details.skipped));
            format!("{error}: {:?} {:?} {details:?}", error.item(), error.node())
        }
        other => other.to_string(),
    }
}

/// Failures tell where they happened, with which inputs, and what was skipped.
pub fn failure_details(subject: &Subject) {
    let fails = |name: &'static str| {
        called(n::picky::node(), name).rename_input("one_in", format!("one_in_{name}"))
    };
    let one_in = |inputs: Inputs| inputs.with("one_in_first", 20_u64).with("one_in_a", 30_u64);
    subject.agree_on_maps(|on| {
        let inner = nodes![fails("a"), n::handed_on];
        let inner = Pipeline::new("inner", inner).expect("they fit");
        let p = on.pipeline(nodes![
            fails("first"),
            inner.as_node().map_over(["list"]).rename_input("x", "list"),
            n::sum_of_first,
        ]);
        let mut text = String::new();
        for p in [p.clone(), p.with_cancel(&CancelToken::new())] {
            let lists: Vec<Vec<u64>> = (0..60).map(|i| (i..i + i % 5).collect()).collect();
            let given = one_in(inputs! { x: items(60), list: lists, k: 1_u64 });
            match p.map(given, ["x", "list"]) {
                Ok(runs) => text.extend(runs.failures().map(told)),
                Err(error) => text.push_str(&told_error(&error)),
            }
            for x in [3_u64, 4, 5, 6] {
                match p.run(one_in(inputs! { x: x, list: items(x * 5), k: x })) {
                    Ok(_) => text.push_str("ok\n"),
                    Err(error) => text.push_str(&told_error(&error)),
                }
            }
        }
        text
    });
}

/// Items that take longer than they may fail alone.
pub fn item_timeouts(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![n::slow, n::next]);
        let p = p.with_item_timeout(Duration::from_millis(400));
        // Those of a nested pipeline as well, and a single run.
        let inner = Pipeline::new("inner", nodes![n::slow]).expect("one node fits");
        let outer = on.pipeline(nodes![inner.as_node().map_over(["x"])]);
        let outer = outer.with_item_timeout(Duration::from_millis(400));
        let slow = |inputs: Inputs, rest: u64| inputs.with("every", 5_u64).with("rest", rest);
        let lists = inputs! { x: vec![vec![1_u64], vec![0, 2]] };
        runs(
            p.map(slow(inputs! { x: items(6) }, 3), ["x"]),
            &[("b", of::<u64>)],
        ) + &runs(outer.map(slow(lists, 2), ["x"]), &[("a", of::<Vec<u64>>)])
            + &outputs(p.run(slow(inputs! { x: 3_u64 }, 3)), &[("b", one::<u64>)])
    });
}

/// What a cancelled map has finished lies at its beginning, without gaps and with the right values.
fn cancelled_at(on: &On, at: u64, policy: ErrorPolicy) {
    let (token, notes) = (CancelToken::new(), Notes::new());
    let p = on.pipeline(nodes![n::cancelling, n::shifted]);
    let p = p.with_cancel(&token).on_error(policy);
    let fails = policy == ErrorPolicy::Collect;
    let given = inputs! { x: items(100), at: at, fails: fails, notes: notes.path() };
    let error = notes.cancel(&token, || p.map(given, ["x"]));
    let error = error.expect_err("it was cancelled");
    let Error::Run(RunError::Cancelled {
        done,
        finished: Some(runs),
    }) = error
    else {
        panic!("not cancelled but {error:?}")
    };
    assert_eq!(runs.len(), done);
    assert!(done as u64 <= at, "{done} items are done, of {at}");
    let results = runs.results::<u64>("b").expect("it is an output");
    for (x, result) in (0..).zip(results) {
        match result {
            Ok(value) => assert_eq!(*value, scramble(x) >> 8),
            Err(failure) => assert!(is_bad(x, 9), "{failure}"),
        }
    }
}

/// A run that is cancelled ends, and keeps what is finished.
pub fn cancellation(subject: &Subject) {
    for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
        for at in [0, 1, 50, 99] {
            cancelled_at(&subject.on(), at, policy);
        }
        let token = CancelToken::new();
        let p = subject.on().pipeline(nodes![n::as_it_is]);
        let p = p.with_cancel(&token).on_error(policy);
        assert!(p.map(inputs! { x: items(100) }, ["x"]).is_ok());
        token.cancel();
        let is_cancelled =
            |error: &Error| matches!(error, Error::Run(error) if error.is_cancelled());
        let error = p.map(inputs! { x: items(100) }, ["x"]);
        assert!(is_cancelled(&error.expect_err("it was cancelled before")));
        let error = p.run(inputs! { x: 1_u64 });
        assert!(is_cancelled(&error.expect_err("it was cancelled before")));
        let rows = p.map_iter(inputs! {}, "x", 0_u64..);
        let mut rows = rows.expect("the inputs are right");
        let error = rows.next().expect("the error").map(drop);
        assert!(is_cancelled(&error.expect_err("it was cancelled before")));
        assert!(rows.next().is_none());
    }
    // An iteration gives what is finished, and then the error.
    let (token, notes) = (CancelToken::new(), Notes::new());
    let p = subject.on().pipeline(nodes![n::cancelling_and_tripled]);
    let p = p.with_cancel(&token);
    let given = inputs! { at: 500_u64, notes: notes.path() };
    let rows = p.map_iter(given, "x", 0_u64..);
    let rows = rows.expect("the inputs are right");
    let rows: Vec<_> = notes.cancel(&token, || rows.collect());
    let (last, before) = rows.split_last().expect("the error at least");
    assert!(last.is_err());
    for (x, row) in (0_u64..).zip(before) {
        let row = row.as_ref().expect("only the last is an error");
        assert_eq!(row.get::<u64>("y").ok(), Some(&(x * 3)));
    }
}

/// A nested map ends with the run around it, wherever its chunks are.
pub fn cancellation_of_nested_maps(subject: &Subject) {
    let (token, notes) = (CancelToken::new(), Notes::new());
    let inner = Pipeline::new("inner", nodes![n::cancelling_and_next]).expect("one node fits");
    let p = subject
        .on()
        .pipeline(nodes![inner.as_node().map_over(["x"])]);
    let lists: Vec<Vec<u64>> = (0..20).map(|i| (i * 10..i * 10 + 10).collect()).collect();
    let p = p.with_cancel(&token);
    let given = inputs! { x: lists, at: 77_u64, notes: notes.path() };
    let error = notes.cancel(&token, || p.map(given, ["x"]));
    let Err(Error::Run(RunError::Cancelled {
        finished: Some(runs),
        ..
    })) = error
    else {
        panic!("not cancelled but {error:?}")
    };
    assert!(runs.len() <= 7);
    let column = runs.column::<Vec<u64>>("y").expect("nothing fails");
    for (i, list) in (0..).zip(column) {
        assert_eq!(list, (i * 10 + 1..i * 10 + 11).collect::<Vec<u64>>());
    }
}

/// What a listener has heard of one run: checked, and as text that does not depend on chunks, threads and time.
fn essence(events: &[Event]) -> String {
    let mut open: BTreeMap<SpanId, Option<SpanId>> = BTreeMap::new();
    let mut totals: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    let mut failed = Vec::new();
    let mut end = String::new();
    for event in events {
        assert_eq!(event.run, events[0].run);
        match &event.kind {
            EventKind::RunStarted(start) => {
                let _ = write!(end, "{:?} {:?} ", start.mode, start.items);
                assert!(open.insert(event.span, event.parent).is_none());
            }
            EventKind::ChunkStarted { .. }
            | EventKind::NodeStarted { .. }
            | EventKind::NestedStarted { .. } => {
                let parent = event.parent.expect("only a run has no parent");
                assert!(open.contains_key(&parent), "{event:?}");
                assert!(open.insert(event.span, event.parent).is_none());
            }
            kind => {
                if let EventKind::NodeEnded {
                    node, rows, failed, ..
                } = kind
                {
                    let total = totals.entry(node.to_string()).or_default();
                    *total = [total[0] + rows, total[1] + failed];
                }
                if let EventKind::ItemFailed { items, node, .. } = kind {
                    failed.push((items.clone(), node.to_string()));
                    continue;
                }
                if let EventKind::RunEnded {
                    outcome,
                    done,
                    failed,
                    ..
                } = kind
                {
                    let _ = write!(end, "{outcome:?} {done} {failed}");
                    assert_eq!(open.len(), 1, "spans that never ended");
                    if *outcome != RunOutcome::Done {
                        // What comes behind a failure is computed or not, as time has it.
                        totals.clear();
                    }
                }
                assert_eq!(open.remove(&event.span), Some(event.parent), "{event:?}");
            }
        }
    }
    assert!(open.is_empty(), "the run never ended");
    failed.sort();
    format!("{end} {totals:?} {failed:?}\n")
}

/// Every span ends, inside the one around it, and engines tell the same but for chunks, threads and time.
pub fn events_are_balanced(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let own = Arc::clone(&heard);
        let listening = Listening::with_buffer(
            move |event: &Event| {
                own.lock().expect("no listener panics").push(event.clone());
            },
            1 << 20,
        );
        let take = || {
            assert!(listening.flush(Duration::from_secs(60)));
            let events = std::mem::take(&mut *heard.lock().expect("no listener panics"));
            essence(&events)
        };
        let mut text = String::new();
        for one_in in [40_u64, 1_000_000] {
            let fails = called(n::picky::node(), "a");
            let inner = Pipeline::new("inner", nodes![{ fails }]).expect("one node fits");
            let p = on.pipeline(nodes![
                inner
                    .as_node()
                    .map_over(["list"])
                    .rename_input("x", "list")
                    .rename_output("a", "mapped"),
                inner.as_node().named("inline"),
                n::sum_of_both,
            ]);
            let p = p.with_listening(&listening);
            let lists: Vec<Vec<u64>> = (0..60).map(|i| (i..i + i % 5).collect()).collect();
            let given = |inputs: Inputs| inputs.with("one_in", one_in).with("k", 0_u64);
            let map = p.map(given(inputs! { x: items(60), list: lists }), ["x", "list"]);
            text.push_str(&format!("{} {}", map.is_ok(), take()));
            let single = p.run(given(inputs! { x: 5_u64, list: items(50) }));
            text.push_str(&format!("{} {}", single.is_ok(), take()));
        }
        text
    });
}
