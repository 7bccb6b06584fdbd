//! Records of runs, as a listener keeps them.

use hypernodes_core::{EventKind, Listener, RunId, RunOutcome};
use hypernodes_ops::{RunRecord, RunRecorder, report};

use crate::fake::{FakeRun, node, realistic};

fn heard(fake: &FakeRun) -> RunRecorder {
    let recorder = RunRecorder::new();
    fake.events.iter().for_each(|event| recorder.hear(event));
    recorder
}

#[test]
fn a_run_is_summed_up() {
    let record = heard(&realistic(3)).record().expect("one run");
    assert_eq!(record.outcome, Some(RunOutcome::Partial));
    assert_eq!((record.items_done, record.items_failed), (1_960, 40));
    assert_eq!(
        (record.items_restored, record.items_checkpointed),
        (80, 1_900)
    );
    assert_eq!((record.chunks, record.inner_chunks), (60, 120));
    assert_eq!((record.cache_hits, record.cache_misses), (960, 960));
    assert_eq!((record.retries.count, record.failures.count), (9, 40));
    let clean = &record.nodes["clean"];
    assert_eq!((clean.calls, clean.rows, clean.failed), (60, 1_920, 40));
    let fetch = &record.nodes["fetch"];
    assert_eq!((fetch.cached, fetch.retried), (960, 9));
    assert!(fetch.max_ns >= fetch.mean_ns() && fetch.mean_ns() > 0);
    let sentences = &record.nodes["sentences"];
    assert!(sentences.is_nested);
    assert_eq!(sentences.inner_items, (1_920 - 40) * 9);
    assert_eq!(record.failures.first[0].place(), "80");
    assert_eq!(record.memory.changes_count, 3);
    assert_eq!(record.timeline.workers().collect::<Vec<_>>(), [1, 2, 3, 4]);
    let names: Vec<&str> = record.nodes.keys().map(|name| &**name).collect();
    assert_eq!(names[..4], ["fetch", "clean", "language", "sentences"]);
}

#[test]
fn a_record_is_read_back_as_it_was() {
    let record = heard(&realistic(3)).record().expect("one run");
    let text = serde_json::to_string(&record).expect("plain data");
    let back: RunRecord = serde_json::from_str(&text).expect("plain data");
    assert_eq!(report::html(&back), report::html(&record));
    assert_eq!(serde_json::to_string(&back).expect("plain data"), text);
}

#[test]
fn a_long_run_takes_no_more_room_than_a_short_one() {
    let mut fake = FakeRun::new(1);
    fake.start("long", None, vec![node("a", &[], &[])]);
    let recorder = heard(&fake);
    let long = "x".repeat(100_000);
    for at in 0..40_000_u64 {
        let mut fake = FakeRun::new(1);
        let at_ns = at * 200_000_000;
        fake.chunk_ended(
            at_ns,
            u32::try_from(at % 9).expect("small"),
            [at, 1, 1, 50_000_000],
        );
        if at < 3_000 {
            fake.item_failed(at_ns, &[at], "a", &long);
            let (node, message) = ("a".into(), long.clone());
            fake.tell(
                at_ns,
                1,
                EventKind::Retried {
                    node,
                    item: at,
                    attempt: 1,
                    pause_ns: 0,
                    message,
                },
            );
        }
        fake.node_ended(at_ns, 1, &format!("unnamed {at}"), [1, 0, 0, 5]);
        fake.events.iter().for_each(|event| recorder.hear(event));
    }
    let record = recorder.record().expect("one run");
    assert_eq!(
        (record.failures.count, record.retries.count),
        (3_000, 3_000)
    );
    assert_eq!(record.items_failed, 40_000);
    let size = serde_json::to_string(&record).expect("plain data").len();
    assert!(size < 3_000_000, "{size}");
}

#[test]
fn the_newest_runs_are_kept_and_ended_ones_go_first() {
    let recorder = RunRecorder::with_runs(2);
    let mut running = FakeRun::new(1);
    running.start("running", None, Vec::new());
    running.events.iter().for_each(|event| recorder.hear(event));
    for run in 2..=5 {
        realistic(run)
            .events
            .iter()
            .for_each(|event| recorder.hear(event));
    }
    assert_eq!(recorder.runs(), [RunId(1), RunId(5)]);
    // What comes late of a run that has gone does not bring it back.
    let mut late = FakeRun::new(3);
    late.chunk_ended(9, 1, [0, 1, 0, 1]);
    late.events.iter().for_each(|event| recorder.hear(event));
    assert_eq!(recorder.runs(), [RunId(1), RunId(5)]);
    assert_eq!(recorder.record().map(|record| record.run), Some(RunId(5)));
    assert!(recorder.record_of(RunId(3)).is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_looked_at_ten_times_a_second_of_the_run() {
    let mut fake = FakeRun::new(1);
    for at in 0..1_000 {
        fake.chunk_ended(at * 1_000_000, 1, [at, 1, 0, 1]);
    }
    let record = heard(&fake).record().expect("one run");
    let times: Vec<u64> = record
        .memory
        .samples
        .iter()
        .map(|sample| sample.at_ns)
        .collect();
    assert_eq!(times, (0..10).map(|n| n * 100_000_000).collect::<Vec<_>>());
    assert!(record.memory.peak_bytes > 100_000);
}

#[test]
fn a_page_replaces_a_file_and_leaves_nothing_beside_it() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("write_html");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("run.html");
    std::fs::write(&path, "old").expect("a file");
    let record = heard(&realistic(1)).record().expect("one run");
    report::write_html(&path, &record).expect("written");
    assert_eq!(
        std::fs::read_to_string(&path).expect("read"),
        report::html(&record)
    );
    assert!(
        report::write_html(&folder, &record).is_err(),
        "a folder is no file"
    );
    assert!(report::write_html("/", &record).is_err());
    let left: Vec<_> = std::fs::read_dir(&folder).expect("a folder").collect();
    assert_eq!(left.len(), 1);
    assert_eq!(
        std::fs::read_dir(folder.parent().expect("one"))
            .expect("a folder")
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name().to_string_lossy().ends_with(".tmp"))
            .count(),
        0
    );
}
