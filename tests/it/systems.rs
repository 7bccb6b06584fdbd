//! What earlier trading systems got wrong in their runs, one test each, done right. The numbers are those of the list
//! that this project began from; what belongs to one part is tested there in depth.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hypernodes::ops::{
    JobState, Jobs, QueueError, Task, TaskFailure, TaskQueue, TaskState, format_duration, percent,
};
use hypernodes::prelude::*;
use hypernodes::{
    CacheStore, CancelToken, DiskCache, Key, MemoryCache, Resources, RunDir, RunError,
    WorkerLimits, optimal_workers,
};

fn folder(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("hypernodes-systems-{name}-{}", std::process::id()))
}

/// 2.1 (8): an iterator's error was swallowed, so that a truncated run looked complete.
#[test]
fn a_stream_that_is_cut_short_says_so() {
    let token = CancelToken::new();
    let stop = token.clone();
    let p = Pipeline::new("p", nodes![node_fn!("y", |x: u64| x * 2)])
        .unwrap()
        .with_cancel(&token);
    let rows = (0_u64..).inspect(move |x| {
        if *x == 100 {
            stop.cancel();
        }
    });
    let results: Vec<_> = p.map_iter(inputs! {}, "x", rows).unwrap().collect();
    let (last, done) = results.split_last().unwrap();
    let error = last.as_ref().unwrap_err().to_string();
    assert_eq!(error, format!("cancelled after {} items", done.len()));
    assert!(
        done.iter()
            .enumerate()
            .all(|(i, row)| *row.as_ref().unwrap().get::<u64>("y").unwrap() == 2 * i as u64)
    );
}

/// 2.1 (9): a chunk that failed threw away the finished ones and ran everything again.
#[test]
fn finished_work_is_kept_and_only_the_rest_is_computed() {
    let (path, calls) = (folder("kept"), Arc::new(AtomicUsize::new(0)));
    let is_broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let (counter, broken) = (Arc::clone(&calls), Arc::clone(&is_broken));
    let node = node_fn!("y", |x: u64| -> Result<u64, String> {
        counter.fetch_add(1, Ordering::Relaxed);
        if x == 700 && broken.load(Ordering::Relaxed) {
            Err("out of memory".into())
        } else {
            Ok(x + 1)
        }
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .on_error(ErrorPolicy::Collect);
    let first = p
        .with_run_dir(RunDir::new(&path))
        .map(inputs! { x: 0..1000_u64 }, "x")
        .unwrap();
    assert_eq!(
        (first.failures().len(), calls.swap(0, Ordering::Relaxed)),
        (1, 1000)
    );
    is_broken.store(false, Ordering::Relaxed);
    let again = p
        .with_run_dir(RunDir::new(&path).resume(true))
        .map(inputs! { x: 0..1000_u64 }, "x")
        .unwrap();
    assert_eq!(
        again.column::<u64>("y").unwrap(),
        (1..=1000).collect::<Vec<u64>>()
    );
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    std::fs::remove_dir_all(&path).unwrap();
}

/// 2.2 (7): a dependent in the same batch was silently dropped.
#[test]
fn tasks_of_one_batch_may_wait_for_each_other_in_any_order() {
    let queue = TaskQueue::new(2);
    queue
        .add(Task::new("report", || Ok(3)).after(["fit"]))
        .unwrap();
    queue
        .add(Task::new("fit", || Ok(2)).after(["load"]))
        .unwrap();
    queue.add(Task::new("load", || Ok(1)).priority(-5)).unwrap();
    queue
        .add(Task::new("broken", || Err("no data".into())))
        .unwrap();
    queue
        .add(Task::new("behind", || Ok(4)).after(["broken"]))
        .unwrap();
    queue.start().unwrap();
    queue.wait_all(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(
        *queue
            .result("report", None)
            .unwrap()
            .as_ref()
            .as_ref()
            .unwrap(),
        3
    );
    let skipped = queue.result("behind", None).unwrap();
    assert!(
        matches!(&*skipped, Err(TaskFailure::Skipped { root, .. }) if root.as_str() == "broken"),
        "{skipped:?}"
    );
    assert_eq!(queue.state("behind").unwrap(), TaskState::Skipped);
}

/// 2.2 (9): one failure lost every result; a cancelled job became a completed one; jobs were kept for ever.
#[test]
fn jobs_end_as_what_they_are_and_are_not_kept_for_ever() {
    let jobs = Jobs::new(1).history(2);
    let p = Pipeline::new("p", nodes![node_fn!("y", |x: u64| x)]).unwrap();
    let done: Vec<_> = (0..5_u64)
        .map(|i| jobs.map(&p, inputs! { x: [i] }, "x"))
        .collect();
    for job in &done {
        assert!(job.result(None).unwrap().is_ok());
    }
    assert_eq!(jobs.list().len(), 2);
    let waits = jobs.start("waits", |control| {
        while !control.cancel.sleep(Duration::from_secs(60)) {}
        Err::<(), _>("told to end".into())
    });
    waits.cancel();
    assert!(waits.result(None).unwrap().is_err());
    assert_eq!(waits.state(), JobState::Cancelled);
}

/// 2.2 (13): the newest entry could exceed the limit, a damaged file stayed, loading executed code.
#[test]
fn caches_keep_their_limit_and_drop_what_is_damaged() {
    let key = |n: u8| Key::from_bytes([n; 32]);
    let memory = MemoryCache::new(1000);
    memory.put(&key(1), "", &[0; 2000]);
    assert_eq!((memory.get(&key(1)), memory.stats().bytes), (None, 0));
    let path = folder("cache");
    let disk = DiskCache::open(&path).unwrap().max_bytes(20_000);
    for n in 0..50 {
        disk.put(&key(n), "", &[n; 1000]);
        assert!(disk.stats().unwrap().bytes <= 20_000);
    }
    assert!(disk.get(&key(0)).is_none() && disk.get(&key(49)).is_some());
    std::fs::remove_dir_all(&path).unwrap();
}

/// 2.3 (2): an exception lost all results, and stale tasks of a failed map wrote into the next map's results.
#[test]
fn a_failed_map_leaves_nothing_behind() {
    let engine: Arc<dyn hypernodes::Engine> = Arc::new(Threaded::new().workers(4).npartitions(8));
    let fails = Pipeline::new(
        "p",
        nodes![node_fn!("y", |x: u64| -> Result<u64, String> {
            if x == 0 {
                Err("first".into())
            } else {
                std::thread::sleep(Duration::from_millis(2));
                Ok(x)
            }
        })],
    );
    let fails = fails.unwrap().with_shared_engine(Arc::clone(&engine));
    let next = Pipeline::new("p", nodes![node_fn!("y", |x: u64| x * 100)])
        .unwrap()
        .with_shared_engine(engine);
    for _ in 0..20 {
        fails.map(inputs! { x: 0..8_u64 }, "x").unwrap_err();
        let runs = next.map(inputs! { x: 0..8_u64 }, "x").unwrap();
        assert_eq!(
            runs.column::<u64>("y").unwrap(),
            (0..8).map(|x| x * 100).collect::<Vec<u64>>()
        );
    }
    let all = fails
        .on_error(ErrorPolicy::Collect)
        .map(inputs! { x: 0..8_u64 }, "x")
        .unwrap();
    assert_eq!(
        all.results::<u64>("y")
            .unwrap()
            .iter()
            .filter(|result| result.is_ok())
            .count(),
        7
    );
}

/// 2.3 (4): failures were values, unknown ids waited for ever, a time of 0 was late for what was ready.
#[test]
fn results_of_tasks_are_results() {
    let queue = TaskQueue::new(1).capacity(4);
    queue.add(Task::new("good", || Ok(7))).unwrap();
    queue.add(Task::new("bad", || Err("seven".into()))).unwrap();
    assert!(matches!(
        queue.result("good", Some(Duration::ZERO)),
        Err(QueueError::TimedOut(_))
    ));
    queue.start().unwrap();
    queue.wait_all(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(
        *queue
            .result("good", Some(Duration::ZERO))
            .unwrap()
            .as_ref()
            .as_ref()
            .unwrap(),
        7
    );
    assert!(queue.result("bad", None).unwrap().is_err());
    assert!(matches!(
        queue.result("other", None),
        Err(QueueError::Unknown(_))
    ));
}

/// 2.3 (5): the host was measured instead of the container, and the number of workers had no cap.
#[test]
fn workers_are_as_many_as_every_bound_allows() {
    let mut resources = Resources::read();
    resources.cpus = 2.5;
    resources.cpu_load_percent = Some(0.0);
    resources.memory_limit = Some(8 << 30);
    resources.memory_used = 4 << 30;
    resources.memory_available = Some(4 << 30);
    let limits = WorkerLimits {
        memory_per_task: Some(1 << 30),
        ..WorkerLimits::default()
    };
    // 80 % of 8 GiB less the 4 in use leave 2.4 GiB: two tasks of one.
    assert_eq!(optimal_workers(64, &resources, &limits), 2);
    assert_eq!(optimal_workers(1, &resources, &limits), 1);
    (resources.memory_used, resources.memory_available) = (8 << 30, Some(0));
    assert_eq!(optimal_workers(64, &resources, &limits), 1);
}

/// 2.3 (6): 59.96 s printed as 60.0s, nothing done divided by zero, more than all was more than 100 %.
#[test]
fn progress_is_told_in_numbers_that_can_be() {
    assert_eq!(format_duration(Duration::from_millis(59_960)), "59.9s");
    assert_eq!(format_duration(Duration::from_secs(3599)), "59m 59s");
    assert!(percent(7, 5) <= 100.0 && percent(0, 0) <= 100.0);
    let error = RunError::Cancelled {
        done: 0,
        finished: None,
    };
    assert!(error.is_cancelled());
}
