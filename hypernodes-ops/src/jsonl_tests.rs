use std::path::PathBuf;

use hypernodes_core::{Event, EventKind, Listener, RunMode, RunOutcome};

use super::{EventLog, EventLogError, read_events};
use crate::testing::{Written, chunk_end, end, event, item_failed, start};

/// A file of this test alone, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("hypernodes-{name}-{}.jsonl", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn told(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| format!("{event:?}")).collect()
}

fn story() -> Vec<Event> {
    vec![
        start(RunMode::Map, Some(2)),
        item_failed(3, 2, 5, &[3, u64::MAX]),
        chunk_end(2, 1, 10, 2, 1),
        end(12, RunOutcome::Failed, 1, 1),
    ]
}

#[test]
fn what_is_written_is_read() {
    let file = Scratch::new("round");
    // Twice: the second continues the file of the first.
    for _ in 0..2 {
        let log = EventLog::append(&file.0).unwrap();
        story().iter().for_each(|event| log.hear(event));
    }
    let read: Vec<Event> = read_events(&file.0).unwrap().map(Result::unwrap).collect();
    assert_eq!(told(&read), told(&[story(), story()].concat()));
}

#[test]
fn a_torn_last_line_ends_the_events_wherever_it_is_torn() {
    let file = Scratch::new("torn");
    let log = EventLog::append(&file.0).unwrap();
    story().iter().for_each(|event| log.hear(event));
    drop(log);
    let text = std::fs::read(&file.0).unwrap();
    let ends: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'\n').collect();
    for cut in 0..text.len() {
        std::fs::write(&file.0, &text[..cut]).unwrap();
        let mut events = read_events(&file.0).unwrap();
        let read = events.by_ref().map(Result::unwrap).count();
        // A line that lacks nothing but its end counts.
        let whole = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(read, whole, "cut at {cut}");
        let is_torn = cut > 0 && text[cut - 1] != b'\n' && !ends.contains(&cut);
        assert_eq!(events.is_torn(), is_torn, "cut at {cut}");
    }
}

#[test]
fn a_torn_line_is_cut_off_before_the_log_goes_on() {
    let file = Scratch::new("goes-on");
    for torn in ["", "{\"run\":1,", &"x".repeat(200_000)] {
        let mut text = serde_json::to_string(&story()[0]).unwrap();
        text.push('\n');
        text.push_str(torn);
        std::fs::write(&file.0, text).unwrap();
        let log = EventLog::append(&file.0).unwrap();
        log.hear(&story()[3]);
        drop(log);
        let read: Vec<Event> = read_events(&file.0).unwrap().map(Result::unwrap).collect();
        assert_eq!(told(&read), told(&[story().remove(0), story().remove(3)]));
    }
}

#[test]
fn a_torn_line_far_into_a_file_costs_nothing_but_itself() {
    let file = Scratch::new("far");
    let line = serde_json::to_string(&story()[0]).unwrap();
    let mut text = format!("{line}\n").repeat(1000);
    assert!(
        text.len() > 2 * 64 * 1024,
        "more than what is read at a time"
    );
    text.push_str("{\"run\":");
    std::fs::write(&file.0, text).unwrap();
    drop(EventLog::append(&file.0).unwrap());
    assert_eq!(
        read_events(&file.0).unwrap().map(Result::unwrap).count(),
        1000
    );
}

#[test]
fn a_full_log_keeps_starts_failures_and_ends_and_tells_what_is_missing() {
    let file = Scratch::new("full");
    let size = serde_json::to_string(&chunk_end(2, 1, 10, 2, 1))
        .unwrap()
        .len() as u64
        + 1;
    let log = EventLog::append(&file.0).unwrap().with_max_bytes(20 * size);
    log.hear(&start(RunMode::Map, Some(2)));
    for _ in 0..1000 {
        log.hear(&chunk_end(2, 1, 10, 2, 1));
    }
    log.hear(&item_failed(3, 2, 11, &[1]));
    // Failures have twice the room, but no more.
    for _ in 0..1000 {
        log.hear(&item_failed(3, 2, 11, &[1]));
    }
    log.hear(&end(12, RunOutcome::Partial, 1, 1));
    drop(log);

    let mut events = read_events(&file.0).unwrap();
    let read: Vec<Event> = events.by_ref().map(Result::unwrap).collect();
    assert_eq!(read.len() as u64 + events.left_out(), 2003);
    let count = |is: fn(&EventKind) -> bool| read.iter().filter(|event| is(&event.kind)).count();
    assert!(count(|kind| matches!(kind, EventKind::ItemFailed { .. })) > 1);
    assert!(matches!(
        read.last().unwrap().kind,
        EventKind::RunEnded { .. }
    ));
    let text = std::fs::read_to_string(&file.0).unwrap();
    assert!(
        text.lines().last().unwrap().starts_with("{\"left_out\":"),
        "{text}"
    );
    let end = 2 * text.lines().rev().take(2).map(str::len).sum::<usize>() as u64;
    assert!((text.len() as u64) < 40 * size + end, "{}", text.len());
}

#[test]
fn what_is_left_out_after_the_last_run_is_told_at_the_end() {
    let written = Written::default();
    let log = EventLog::to_writer(written.clone()).with_max_bytes(10);
    log.hear(&event(1, 0, 1, EventKind::Cancelled));
    assert_eq!(written.text(), "");
    drop(log);
    assert_eq!(written.text(), "{\"left_out\":1}\n");
}

#[test]
fn a_line_that_is_no_event_is_told_with_its_number_and_the_next_is_read() {
    let file = Scratch::new("bad");
    let good = serde_json::to_string(&story()[0]).unwrap();
    std::fs::write(
        &file.0,
        format!("{good}\n\n{{\"run\":true}}\n\u{0}\n{good}\n"),
    )
    .unwrap();
    let read: Vec<Result<Event, EventLogError>> = read_events(&file.0).unwrap().collect();
    let lines: Vec<u64> = read
        .iter()
        .map(|event| match event {
            Err(EventLogError::Line { line, .. }) => *line,
            Err(error) => panic!("{error}"),
            Ok(_) => 0,
        })
        .collect();
    assert_eq!(lines, [0, 3, 4, 0]);
    assert!(read_events(file.0.with_extension("none")).is_err());
}

#[test]
fn an_error_of_the_disk_ends_the_log_for_good() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let log = EventLog::to_writer(writer);
    story().iter().for_each(|event| log.hear(event));
    assert!(log.state.lock().unwrap().writer.is_none());
}
