//! What jobs promise, one sentence a test.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use hypernodes_core::{Event, EventKind, Listener, RunId, RunMode, RunOutcome, RunStart, SpanId};

use super::follow::Follow;
use super::*;

const NOW: Option<Duration> = Some(Duration::ZERO);

/// A job that tells that it runs, and ends when it is let go.
fn held(jobs: &Jobs, name: &str) -> (Job<u32>, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (tell, runs) = mpsc::channel();
    let (go, wait) = mpsc::channel();
    let job = jobs.start(name, move |_| {
        tell.send(())?;
        let _ = wait.recv();
        Ok(7)
    });
    (job, runs, go)
}

fn failure<T: Send + Sync + 'static>(job: &Job<T>) -> String {
    let outcome = job.result(None).unwrap();
    outcome.as_ref().as_ref().err().unwrap().to_string()
}

#[test]
fn no_more_than_the_most_run_and_the_others_wait_in_order() {
    let jobs = Jobs::new(2);
    let (a, a_runs, a_go) = held(&jobs, "a");
    let (b, b_runs, b_go) = held(&jobs, "b");
    let order = Arc::new(Mutex::new(Vec::new()));
    let others: Vec<_> = (0..5)
        .map(|number| {
            let order = Arc::clone(&order);
            jobs.start(format!("{number}"), move |_| {
                order.lock().unwrap().push(number);
                Ok(())
            })
        })
        .collect();
    a_runs.recv().unwrap();
    b_runs.recv().unwrap();
    assert_eq!(
        (a.state(), others[0].state()),
        (JobState::Running, JobState::Queued)
    );
    assert_eq!(others[0].duration(), Duration::ZERO);
    assert!(matches!(
        others[0].wait(NOW),
        Err(JobError::TimedOut {
            state: JobState::Queued,
            ..
        })
    ));
    // One thread goes on alone, so the order is seen.
    a_go.send(()).unwrap();
    for job in &others {
        assert_eq!(job.wait(None), Ok(JobState::Done));
    }
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
    assert_eq!(b.state(), JobState::Running);
    b_go.send(()).unwrap();
    assert_eq!(*b.result(None).unwrap().as_ref().as_ref().unwrap(), 7);
    assert_eq!(b.result(NOW).unwrap().as_ref().as_ref().ok(), Some(&7));
    let took = b.duration();
    assert_eq!(b.duration(), took);
    let names: Vec<_> = jobs
        .list()
        .iter()
        .map(|job| job.name().to_owned())
        .collect();
    assert_eq!(names, ["a", "b", "0", "1", "2", "3", "4"]);
    assert_eq!(jobs.get(b.id()).unwrap().info().state, JobState::Done);
}

#[test]
fn errors_and_panics_are_failures() {
    let jobs = Jobs::new(1);
    let bad = jobs.start("bad", |_| Err::<(), _>("no data".into()));
    let wild = jobs.start("wild", |_| -> Result<(), _> { panic!("on purpose") });
    assert_eq!(failure(&bad), "job `bad` failed");
    assert_eq!(failure(&wild), "job `wild` panicked: on purpose");
    assert_eq!(
        (bad.state(), wild.state()),
        (JobState::Failed, JobState::Failed)
    );
    assert_eq!(
        bad.info().error.as_deref(),
        Some("job `bad` failed: no data")
    );
    // The thread of the one that panicked goes on.
    let after = jobs.start("after", |_| Ok(1));
    assert_eq!(after.wait(None), Ok(JobState::Done));
}

#[test]
fn a_cancelled_queued_job_never_runs() {
    let jobs = Jobs::new(1);
    let (first, runs, go) = held(&jobs, "first");
    runs.recv().unwrap();
    let ran = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ran);
    let queued = jobs.start("queued", move |_| {
        flag.store(true, Ordering::Relaxed);
        Ok(())
    });
    jobs.get(queued.id()).unwrap().cancel();
    assert_eq!(queued.wait(NOW), Ok(JobState::Cancelled));
    assert_eq!(failure(&queued), "job `queued` was cancelled");
    go.send(()).unwrap();
    first.wait(None).unwrap();
    let last = jobs.start("last", |_| Ok(()));
    last.wait(None).unwrap();
    assert!(!ran.load(Ordering::Relaxed));
    assert_eq!(queued.state(), JobState::Cancelled);
}

#[test]
fn a_cancelled_job_stays_cancelled_unless_it_really_finished() {
    let jobs = Jobs::new(3);
    let (tell, begun) = mpsc::channel();
    let wait = move |control: &JobControl| {
        let _ = tell.send(());
        while !control.cancel.sleep(Duration::from_secs(60)) {}
    };
    let (also, too) = (wait.clone(), wait.clone());
    let heeds = jobs.start("heeds", move |control| {
        wait(control);
        Err::<(), _>("stopped half way".into())
    });
    let finishes = jobs.start("finishes", move |control| {
        also(control);
        Ok(5)
    });
    let panics = jobs.start("panics", move |control| -> Result<(), _> {
        too(control);
        panic!("on the way out")
    });
    for _ in 0..3 {
        begun.recv().unwrap();
    }
    heeds.cancel();
    finishes.cancel();
    panics.cancel();
    assert_eq!(heeds.wait(None), Ok(JobState::Cancelled));
    assert_eq!(
        heeds.info().error.as_deref(),
        Some("job `heeds` was cancelled: stopped half way")
    );
    assert_eq!(finishes.wait(None), Ok(JobState::Done));
    assert_eq!(panics.wait(None), Ok(JobState::Failed));
    heeds.cancel();
    finishes.cancel();
    assert_eq!(
        (heeds.state(), finishes.state()),
        (JobState::Cancelled, JobState::Done)
    );
}

#[test]
fn a_job_that_has_ended_cannot_be_cancelled_any_more() {
    let jobs = Jobs::new(1);
    let job = jobs.start("job", |_| Ok(()));
    job.wait(None).unwrap();
    job.cancel();
    assert!(!job.is_cancel_requested());
    assert_eq!(job.state(), JobState::Done);
}

#[test]
fn ended_jobs_are_forgotten_in_time_and_their_handles_work() {
    let jobs = Jobs::new(1).history(2);
    let all: Vec<_> = (0..5)
        .map(|number| jobs.start("job", move |_| Ok(number)))
        .collect();
    for job in &all {
        job.wait(None).unwrap();
    }
    // The thread counts a job as ended only after its outcome can be seen.
    let fence = jobs.start("fence", |_| Ok(9));
    fence.wait(None).unwrap();
    let ids: Vec<_> = jobs.list().iter().map(JobHandle::id).collect();
    assert!(
        ids.len() <= 3 && ids.contains(&fence.id()) && !ids.contains(&all[2].id()),
        "{ids:?}"
    );
    assert!(jobs.get(all[0].id()).is_none());
    assert_eq!(*all[0].result(NOW).unwrap().as_ref().as_ref().unwrap(), 0);
}

#[test]
fn dropping_all_jobs_ends_them() {
    let jobs = Jobs::new(1);
    let (tell, begun) = mpsc::channel();
    let runs = jobs.start("runs", move |control| {
        tell.send(())?;
        while !control.cancel.sleep(Duration::from_secs(60)) {}
        Err::<(), _>("asked".into())
    });
    let queued = jobs.start("queued", |_| Ok(()));
    begun.recv().unwrap();
    drop(jobs);
    assert_eq!(runs.wait(NOW), Ok(JobState::Cancelled));
    assert_eq!(queued.wait(NOW), Ok(JobState::Cancelled));
    queued.cancel();
}

fn event(run: u64, parent: Option<u64>, kind: EventKind) -> Event {
    Event {
        run: RunId(run),
        span: SpanId(9),
        parent: parent.map(SpanId),
        at_ns: 0,
        worker: 1,
        kind,
    }
}

fn started(mode: RunMode, items: Option<u64>) -> EventKind {
    EventKind::RunStarted(Box::new(RunStart {
        pipeline: "p".into(),
        mode,
        items,
        engine: "sequential".into(),
        workers: 1,
        partitions: 1,
        why: String::new(),
        nodes: vec![],
        unix_ms: 0,
        process: 1,
    }))
}

fn chunk(rows: u64, failed: u64) -> EventKind {
    EventKind::ChunkEnded {
        start: 0,
        rows,
        failed,
        took_ns: 1,
    }
}

fn ended(done: u64, failed: u64) -> EventKind {
    EventKind::RunEnded {
        outcome: RunOutcome::Done,
        done,
        failed,
        error: None,
    }
}

#[test]
fn items_of_top_level_chunks_are_progress() {
    let progress = Arc::new(Progress::default());
    let follow = Follow::new(Arc::clone(&progress));
    let hear = |run, parent, kind| {
        follow.hear(&event(run, parent, kind));
        let counts = progress.counts();
        (counts.done, counts.failed, counts.total)
    };
    assert_eq!(hear(1, None, started(RunMode::Map, Some(100))), (0, 0, 100));
    assert_eq!(hear(1, Some(1), chunk(10, 2)), (8, 2, 100));
    // A nested map's.
    assert_eq!(hear(1, Some(4), chunk(50, 0)), (8, 2, 100));
    assert_eq!(
        hear(1, None, EventKind::Restored { items: 5 }),
        (13, 2, 100)
    );
    // A second run of the same job, whose number of items is not known.
    assert_eq!(hear(2, None, started(RunMode::Iterate, None)), (13, 2, 100));
    assert_eq!(hear(2, Some(1), chunk(4, 0)), (17, 2, 100));
    assert_eq!(hear(2, None, ended(6, 0)), (19, 2, 106));
    // Some chunks were not heard of.
    assert_eq!(hear(1, None, ended(95, 5)), (101, 5, 106));
    // A single run.
    assert_eq!(hear(3, None, started(RunMode::Single, None)), (101, 5, 107));
    assert_eq!(hear(3, None, ended(0, 1)), (101, 6, 107));
    assert_eq!(progress.counts().percent(), Some(100.0));
}

#[test]
fn progress_is_told_in_words_and_never_overflows() {
    let progress = Progress::default();
    assert_eq!(
        (progress.counts().to_string(), progress.counts().percent()),
        ("0".into(), None)
    );
    progress.set_total(8);
    progress.add_done(1);
    progress.add_failed(1);
    assert_eq!(progress.counts().to_string(), "2 of 8 (25.0%), 1 failed");
    progress.add_done(u64::MAX);
    progress.add_failed(u64::MAX);
    assert_eq!(progress.counts().percent(), Some(100.0));
}
