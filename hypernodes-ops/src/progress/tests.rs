//! What is seen of runs, by hand-made events.

use hypernodes_core::{Event, EventKind, Listener, RunId, RunMode, RunOutcome};
use indicatif::{InMemoryTerm, ProgressDrawTarget};

use super::words;
use super::{ProgressListener, ProgressMode};
use crate::testing::{SECOND, Written, chunk_end, end, event, nested_end, nested_start, start};

fn lines(events: &[Event]) -> Vec<String> {
    let written = Written::default();
    let progress = ProgressListener::lines(written.clone());
    events.iter().for_each(|event| progress.hear(event));
    written.text().lines().map(str::to_owned).collect()
}

fn term() -> (InMemoryTerm, ProgressListener) {
    let term = InMemoryTerm::new(12, 100);
    let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
    (term, ProgressListener::bars(target, false))
}

#[test]
fn numbers_are_read_easily() {
    let counts = [0, 999, 1000, 12_345, 1_234_567].map(words::count);
    assert_eq!(counts, ["0", "999", "1,000", "12,345", "1,234,567"]);
    let times = [
        0,
        SECOND / 2,
        12 * SECOND + SECOND / 3,
        200 * SECOND,
        7500 * SECOND,
    ];
    let times = times.map(words::duration);
    assert_eq!(
        times,
        ["0 ms", "500 ms", "12.3 s", "3 min 20 s", "2 h 5 min"]
    );
    assert_eq!(words::rate(5, 2 * SECOND).as_deref(), Some("2.5/s"));
    assert_eq!(
        words::rate(u64::MAX, 1).as_deref(),
        Some("18,446,744,073,709,551,615/s")
    );
    assert_eq!((words::rate(0, 5), words::rate(5, 0)), (None, None));
}

#[test]
fn a_line_comes_when_a_tenth_is_done_but_not_twice_a_second() {
    let mut events = vec![start(RunMode::Map, Some(100))];
    // 1% every 100 ms: 10 s in all.
    events.extend((1..=100).map(|at| chunk_end(2, 1, at * 100, 1, 0)));
    events.push(end(10_000, RunOutcome::Done, 100, 0));
    let slow = lines(&events);
    assert_eq!(slow.len(), 11, "{slow:#?}");
    assert_eq!(slow[0], "p: 10 of 100 (10%), 10/s, 9.0 s left");
    assert_eq!(slow[9], "p: 100 of 100 (100%), 10/s");
    assert_eq!(slow[10], "p: 100 of 100 (100%) in 10.0 s, 10/s");

    // 1% every 20 ms: 2 s in all.
    let mut events = vec![start(RunMode::Map, Some(100))];
    events.extend((1..=100).map(|at| chunk_end(2, 1, at * 20, 1, 0)));
    events.push(end(2_000, RunOutcome::Done, 100, 0));
    let fast = lines(&events);
    assert_eq!(fast.len(), 3, "{fast:#?}");
    assert_eq!(fast[0], "p: 50 of 100 (50%), 50/s, 1.0 s left");
}

#[test]
fn the_last_line_comes_however_soon_after_the_one_before() {
    let events = [
        start(RunMode::Map, Some(2)),
        chunk_end(2, 1, 1000, 1, 0),
        chunk_end(3, 1, 1001, 1, 0),
        end(1002, RunOutcome::Done, 2, 0),
    ];
    let lines = lines(&events);
    assert_eq!(
        lines,
        [
            "p: 1 of 2 (50%), 1.0/s, 1.0 s left",
            "p: 2 of 2 (100%) in 1.0 s, 1.9/s"
        ]
    );
}

#[test]
fn a_run_without_news_is_heard_of_every_half_minute() {
    let mut events = vec![start(RunMode::Map, Some(1000))];
    events.extend((1..=90).map(|at| event(1, 0, at * 1000, EventKind::Spilled { bytes: 1 })));
    assert_eq!(lines(&events).len(), 3);
}

#[test]
fn more_than_all_is_not_told() {
    let events = [
        start(RunMode::Map, Some(10)),
        chunk_end(2, 1, 1500, 40, 1),
        end(2000, RunOutcome::Partial, 40, 1),
    ];
    assert_eq!(
        lines(&events),
        [
            "p: 10 of 10 (100%), 6.6/s, 1 failed",
            "p: 10 of 10 (100%) in 2.0 s, 5.0/s, 1 failed"
        ]
    );
}

#[test]
fn an_iteration_has_no_end_to_count_towards() {
    let events = [
        start(RunMode::Iterate, None),
        chunk_end(2, 1, 31_000, 310, 0),
        end(40_000, RunOutcome::Done, 400, 0),
    ];
    assert_eq!(
        lines(&events),
        ["p: 310 items, 10/s", "p: 400 items in 40.0 s, 10/s"]
    );
}

#[test]
fn a_map_of_nothing_is_done() {
    let events = [start(RunMode::Map, Some(0)), end(0, RunOutcome::Done, 0, 0)];
    assert_eq!(lines(&events), ["p: 0 of 0 (100%) in 0 ms"]);
}

#[test]
fn lost_chunks_do_not_keep_the_end_from_being_the_end() {
    let events = [
        start(RunMode::Map, Some(10)),
        event(1, 0, 5, EventKind::Restored { items: 4 }),
        end(2000, RunOutcome::Done, 10, 0),
    ];
    // The rate is that of the six which were computed.
    assert_eq!(
        lines(&events),
        ["p: 10 of 10 (100%) in 2.0 s, 3.0/s, 4 restored"]
    );
}

#[test]
fn a_run_that_fails_or_is_cancelled_says_where_in_one_line() {
    let chunk = chunk_end(2, 1, 10, 3, 1);
    let told = |outcome| {
        let begin = start(RunMode::Map, Some(10));
        lines(&[begin, chunk.clone(), end(500, outcome, 2, 1)])
            .pop()
            .unwrap()
    };
    assert_eq!(
        told(RunOutcome::Failed),
        "p: failed at 3 of 10 (30%) after 500 ms, 6.0/s, 1 failed: it broke"
    );
    assert_eq!(
        told(RunOutcome::Cancelled),
        "p: cancelled at 3 of 10 (30%) after 500 ms, 6.0/s, 1 failed"
    );
}

#[test]
fn short_single_runs_are_quiet_and_long_ones_are_not() {
    let begin = || start(RunMode::Single, None);
    let short = [
        begin(),
        chunk_end(2, 1, 10, 1, 0),
        end(11, RunOutcome::Done, 1, 0),
    ];
    assert_eq!(lines(&short), [""; 0]);
    let long = [begin(), end(4000, RunOutcome::Done, 1, 0)];
    assert_eq!(lines(&long), ["p: 1 of 1 (100%) in 4.0 s, 0.2/s"]);
}

/// Two outer items of two chunks; the nested maps of both are `inner`.
fn nested() -> Vec<Event> {
    let cached = EventKind::CacheHit {
        node: "inner/clean".into(),
        rows: 1200,
    };
    vec![
        start(RunMode::Map, Some(4)),
        nested_start(10, 2, 100, "inner", 3000),
        nested_start(11, 3, 200, "inner", 2000),
        chunk_end(12, 10, 1000, 1000, 0),
        event(10, 2, 1050, cached),
        chunk_end(13, 11, 1100, 234, 7),
        chunk_end(2, 1, 1200, 1, 0),
    ]
}

#[test]
fn nested_maps_of_a_node_count_together_and_not_as_items_of_the_run() {
    let mut events = nested();
    assert_eq!(
        lines(&events),
        ["p: 1 of 4 (25%), 0.8/s, 3.6 s left, 1,200 cached; inner: 1,234 of 5,000"]
    );
    events.push(nested_end(11, 3, 2000, "inner", 2000));
    events.push(chunk_end(3, 1, 2300, 1, 0));
    let more = lines(&events);
    // What was not heard of the second is done with its end.
    assert!(more[1].ends_with("inner: 3,000 of 5,000"), "{more:#?}");
    events.push(nested_end(10, 2, 3000, "inner", 3000));
    events.push(chunk_end(4, 1, 3500, 1, 0));
    assert!(!lines(&events)[2].contains("inner"));
}

#[test]
fn bars_are_drawn_for_the_run_and_the_nested_maps_that_run() {
    let (term, progress) = term();
    nested().iter().for_each(|event| progress.hear(event));
    let drawn = term.contents();
    let rows: Vec<&str> = drawn.lines().collect();
    assert_eq!(rows.len(), 2, "{drawn}");
    assert!(rows[0].contains("p [======>"), "{drawn}");
    assert!(
        rows[0].contains("1 of 4 (25%), 0.8/s, 3.6 s left, 1,200 cached"),
        "{drawn}"
    );
    assert!(
        rows[1].contains("[==>") && rows[1].contains("inner: 1,234 of 5,000"),
        "{drawn}"
    );

    progress.hear(&end(4000, RunOutcome::Done, 4, 0));
    assert_eq!(
        term.contents(),
        "p: 4 of 4 (100%) in 4.0 s, 1.0/s, 1,200 cached"
    );
}

#[test]
fn no_more_bars_than_there_is_room_for() {
    let (term, progress) = term();
    progress.hear(&start(RunMode::Map, Some(4)));
    for nested in 0..10 {
        progress.hear(&nested_start(
            10 + nested,
            2,
            100 + nested * 100,
            &format!("n{nested}"),
            5,
        ));
    }
    assert_eq!(term.contents().lines().count(), 5, "{}", term.contents());
    assert!(
        term.contents().contains("n9: 0 of 5"),
        "{}",
        term.contents()
    );

    for run in 100..110 {
        let mut event = start(RunMode::Map, Some(4));
        event.run = RunId(run);
        progress.hear(&event);
    }
    assert_eq!(term.contents().lines().count(), 8, "{}", term.contents());
}

#[test]
fn a_bar_of_an_unknown_number_of_items_and_the_end_of_the_writer_do_no_harm() {
    let (term, progress) = term();
    progress.hear(&start(RunMode::Iterate, None));
    progress.hear(&chunk_end(2, 1, 1000, 10, 0));
    assert!(
        term.contents().contains("p 10 items, 10/s"),
        "{}",
        term.contents()
    );

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let progress = ProgressListener::lines(writer);
    progress.hear(&start(RunMode::Map, Some(4)));
    progress.hear(&end(4000, RunOutcome::Done, 4, 0));
}

#[test]
fn never_is_never() {
    let progress = ProgressListener::new(ProgressMode::Never);
    nested().iter().for_each(|event| progress.hear(event));
    assert!(format!("{progress:?}").contains("Nothing"));
}
