//! What the queue promises, one sentence a test.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use proptest::prelude::*;

use super::*;

fn ok<T: Send + 'static>(id: &str, value: T) -> Task<T> {
    Task::new(id, move || Ok(value))
}

/// The text of a failure.
fn failure<T: Send + Sync + 'static>(queue: &TaskQueue<T>, id: &str) -> String {
    let outcome = queue.result(id, None).unwrap();
    outcome.as_ref().as_ref().err().unwrap().to_string()
}

/// A task that tells that it runs, and ends when it is let go.
fn held(id: &str) -> (Task<u32>, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (tell, runs) = mpsc::channel();
    let (go, wait) = mpsc::channel();
    let task = Task::new(id, move || {
        tell.send(())?;
        let _ = wait.recv();
        Ok(7)
    });
    (task, runs, go)
}

#[test]
fn a_dependent_in_the_same_batch_is_run_whatever_the_order() {
    let queue = TaskQueue::new(2);
    queue.add(ok("c", 3).after(["b", "a"])).unwrap();
    queue.add(ok("b", 2).after(["a"])).unwrap();
    queue.add(ok("a", 1)).unwrap();
    queue.start().unwrap();
    queue.wait_all(None).unwrap();
    for (id, value) in [("a", 1), ("b", 2), ("c", 3)] {
        assert_eq!(
            *queue.result(id, None).unwrap().as_ref().as_ref().unwrap(),
            value
        );
    }
}

#[test]
fn higher_priority_first_then_older() {
    let queue = TaskQueue::new(1);
    let (tell, order) = mpsc::channel();
    for (id, priority) in [("a", 0), ("b", 5), ("c", -1), ("d", 5), ("e", 0)] {
        let tell = tell.clone();
        let task = Task::new(id, move || Ok(tell.send(id)?)).priority(priority);
        queue.add(task).unwrap();
    }
    queue.start().unwrap();
    queue.wait_all(None).unwrap();
    assert_eq!(
        order.try_iter().collect::<Vec<_>>(),
        ["b", "d", "a", "e", "c"]
    );
}

#[test]
fn failures_are_failures_and_those_that_wait_are_skipped_with_the_root() {
    let queue = TaskQueue::new(2);
    queue
        .add(Task::new("bad", || Err("no data".into())))
        .unwrap();
    queue
        .add(Task::new("wild", || panic!("on purpose")))
        .unwrap();
    queue.add(ok("x", 1).after(["bad"])).unwrap();
    queue.add(ok("y", 1).after(["x"])).unwrap();
    queue.add(ok("z", 1).after(["wild"])).unwrap();
    queue.add(ok("fine", 1)).unwrap();
    queue.start().unwrap();
    assert_eq!(failure(&queue, "bad"), "task `bad` failed");
    assert_eq!(failure(&queue, "wild"), "task `wild` panicked: on purpose");
    assert_eq!(
        failure(&queue, "y"),
        "task `y` was skipped: `bad` failed: no data"
    );
    assert_eq!(
        failure(&queue, "z"),
        "task `z` was skipped: `wild` panicked: on purpose"
    );
    assert!(queue.result("fine", None).unwrap().is_ok());
    assert_eq!(queue.state("wild").unwrap(), TaskState::Failed);
    assert_eq!(queue.state("y").unwrap(), TaskState::Skipped);
    // Added when the failure is known already.
    queue.add(ok("late", 1).after(["x", "fine"])).unwrap();
    assert_eq!(
        failure(&queue, "late"),
        "task `late` was skipped: `bad` failed: no data"
    );
    queue.wait_all(None).unwrap();
    assert_eq!(queue.counts(), (0, 0));
}

#[test]
fn what_cannot_be_is_refused_when_it_is_added() {
    let queue = TaskQueue::new(1);
    queue.add(ok("a", 1).after(["c"])).unwrap();
    queue.add(ok("b", 1).after(["a"])).unwrap();
    let error = queue.add(ok("c", 1).after(["b"])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tasks wait for each other: `c` after `b` after `a` after `c`; take one of these dependencies away"
    );
    let error = queue.add(ok("a", 1)).unwrap_err();
    assert_eq!(error, QueueError::Duplicate("a".into()));
    let error = queue.add(ok("s", 1).after(["s"])).unwrap_err();
    assert_eq!(error, QueueError::SelfDependency("s".into()));
    // The refused ones left nothing behind.
    queue.add(ok("c", 1)).unwrap();
    queue.start().unwrap();
    queue.wait_all(None).unwrap();
}

#[test]
fn names_that_nobody_added_are_told_and_nothing_hangs() {
    let queue = TaskQueue::new(1);
    queue.add(ok("a", 1).after(["gone", "lost"])).unwrap();
    queue.add(ok("b", 1).after(["a"])).unwrap();
    let pairs = vec![("a".into(), "gone".into()), ("a".into(), "lost".into())];
    assert_eq!(
        queue.start(),
        Err(QueueError::UnknownDependencies(pairs.clone()))
    );
    queue.add(ok("gone", 1)).unwrap();
    queue.add(ok("lost", 1)).unwrap();
    queue.start().unwrap();
    queue.wait_all(None).unwrap();

    queue.add(ok("c", 1).after(["never"])).unwrap();
    queue.add(ok("d", 1).after(["c"])).unwrap();
    let pairs = vec![("c".into(), "never".into())];
    let unknown = Err(QueueError::UnknownDependencies(pairs));
    assert_eq!(queue.wait_all(None), unknown);
    assert_eq!(queue.result("d", None).map(|_| ()), unknown);
    assert_eq!(queue.close(), unknown);
    assert_eq!(
        failure(&queue, "d"),
        "task `d` was skipped: `never` was never added"
    );
    assert_eq!(
        queue.add(ok("e", 1)).unwrap_err(),
        QueueError::Closed("e".into())
    );
    queue.wait_all(None).unwrap();
}

#[test]
fn a_full_queue_that_is_not_started_says_so_at_once() {
    let queue = TaskQueue::new(1).capacity(2);
    queue.add(ok("a", 1)).unwrap();
    queue.add(ok("b", 1)).unwrap();
    let error = queue.add(ok("c", 1)).unwrap_err();
    assert!(matches!(
        error,
        QueueError::Full {
            is_stuck: true,
            capacity: 2,
            ..
        }
    ));
    assert!(matches!(
        queue.try_add(ok("c", 1)),
        Err(QueueError::Full { .. })
    ));
    let short = Duration::from_millis(1);
    assert!(matches!(
        queue.add_timeout(ok("c", 1), short),
        Err(QueueError::Full { .. })
    ));
    queue.start().unwrap();
    queue.add(ok("c", 1)).unwrap();
    queue.wait_all(None).unwrap();
}

#[test]
fn a_full_queue_makes_room_when_a_task_begins() {
    let queue = TaskQueue::new(1).capacity(1);
    let (first, runs, go) = held("first");
    queue.add(first).unwrap();
    queue.start().unwrap();
    runs.recv().unwrap();
    let (second, second_runs, second_go) = held("second");
    queue.add(second).unwrap();
    assert!(matches!(
        queue.try_add(ok("third", 1)),
        Err(QueueError::Full {
            is_stuck: false,
            ..
        })
    ));
    std::thread::scope(|scope| {
        let (tell, begins) = mpsc::channel();
        let queue = &queue;
        let adding = scope.spawn(move || {
            tell.send(()).unwrap();
            queue.add(ok("third", 1))
        });
        begins.recv().unwrap();
        // Time to fall asleep: whether it does or not, it is added.
        for _ in 0..1000 {
            std::thread::yield_now();
        }
        go.send(()).unwrap();
        second_runs.recv().unwrap();
        // It runs and does not end before there is room.
        adding.join().unwrap().unwrap();
    });
    second_go.send(()).unwrap();
    queue.wait_all(None).unwrap();
}

#[test]
fn a_queue_full_of_tasks_that_cannot_begin_says_so() {
    let queue = TaskQueue::new(1).capacity(1);
    queue.start().unwrap();
    queue.add(ok("a", 1).after(["b"])).unwrap();
    let error = queue.add(ok("b", 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no room for task `b`: 1 tasks wait, and none of them can begin"
    );
}

#[test]
fn a_task_that_adds_to_its_own_full_queue_does_not_wait_for_itself() {
    let queue = Arc::new(TaskQueue::new(1).capacity(1));
    let own = Arc::downgrade(&queue);
    let adds = Task::new("adds", move || {
        let queue = own.upgrade().ok_or("gone")?;
        queue.add(ok("one", 1))?;
        queue.add(ok("two", 1))?;
        Ok(0)
    });
    queue.add(adds).unwrap();
    queue.start().unwrap();
    let outcome = queue.result("adds", None).unwrap();
    let Err(TaskFailure::Failed { source, .. }) = outcome.as_ref() else {
        panic!("{outcome:?}");
    };
    assert_eq!(source.to_string(), "no room for task `two`: 1 tasks wait");
    queue.wait_all(None).unwrap();
}

#[test]
fn waits_end_in_time_and_no_time_is_enough_when_ready() {
    let queue = TaskQueue::new(1);
    let (task, runs, go) = held("slow");
    queue.add(task).unwrap();
    assert_eq!(
        queue.result("slow", None).unwrap_err(),
        QueueError::NotStarted
    );
    assert_eq!(queue.wait_all(None), Err(QueueError::NotStarted));
    queue.start().unwrap();
    runs.recv().unwrap();
    let none = Some(Duration::ZERO);
    assert_eq!(
        queue.result("slow", none).unwrap_err(),
        QueueError::TimedOut(1)
    );
    let short = Some(Duration::from_millis(1));
    assert_eq!(
        queue.result("slow", short).unwrap_err(),
        QueueError::TimedOut(1)
    );
    assert_eq!(queue.wait_all(short), Err(QueueError::TimedOut(1)));
    assert_eq!(
        queue.result("other", None).unwrap_err(),
        QueueError::Unknown("other".into())
    );
    assert_eq!(
        queue.result("other", none).unwrap_err(),
        QueueError::Unknown("other".into())
    );
    go.send(()).unwrap();
    assert!(queue.result("slow", Some(Duration::MAX)).unwrap().is_ok());
    assert!(queue.result("slow", none).unwrap().is_ok());
    queue.wait_all(none).unwrap();
}

#[test]
fn a_cancelled_task_never_runs_and_one_that_runs_goes_on() {
    let queue = TaskQueue::new(1);
    let (first, runs, go) = held("first");
    let ran = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ran);
    queue.add(first).unwrap();
    queue
        .add(Task::new("next", move || {
            flag.store(true, Ordering::Relaxed);
            Ok(1)
        }))
        .unwrap();
    queue.add(ok("last", 1).after(["next"])).unwrap();
    queue.start().unwrap();
    runs.recv().unwrap();
    assert_eq!(queue.state("next").unwrap(), TaskState::Ready);
    assert_eq!(queue.state("last").unwrap(), TaskState::Waiting);
    assert!(queue.cancel("next").unwrap());
    assert!(!queue.cancel("first").unwrap());
    assert!(!queue.cancel("next").unwrap());
    assert!(queue.cancel("none").is_err());
    assert_eq!(
        failure(&queue, "last"),
        "task `last` was skipped: `next` was cancelled"
    );
    assert_eq!(queue.state("next").unwrap(), TaskState::Cancelled);
    go.send(()).unwrap();
    assert!(queue.result("first", None).unwrap().is_ok());
    queue.wait_all(None).unwrap();
    assert!(!ran.load(Ordering::Relaxed));
    // The name is free again when it is forgotten, and the old place in the queue means nothing.
    assert!(queue.forget("next").is_some() && queue.forget("next").is_none());
    queue.add(ok("next", 2)).unwrap();
    assert_eq!(
        *queue
            .result("next", None)
            .unwrap()
            .as_ref()
            .as_ref()
            .unwrap(),
        2
    );
}

#[test]
fn what_waits_is_cancelled_at_the_end_and_what_runs_ends() {
    let queue = Arc::new(TaskQueue::new(1));
    let (first, runs, go) = held("first");
    queue.add(first).unwrap();
    queue.add(ok("next", 1)).unwrap();
    queue.add(ok("rest", 1).after(["next"])).unwrap();
    queue.start().unwrap();
    runs.recv().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| queue.result("rest", None).unwrap());
        let ends = scope.spawn(|| queue.shutdown());
        assert!(waiting.join().unwrap().is_err());
        go.send(()).unwrap();
        ends.join().unwrap();
    });
    assert!(queue.result("first", None).unwrap().is_ok());
    assert_eq!(queue.state("next").unwrap(), TaskState::Cancelled);
    assert_eq!(queue.state("rest").unwrap(), TaskState::Cancelled);
}

#[test]
fn a_closed_queue_can_still_be_started() {
    let queue = TaskQueue::new(1);
    queue.add(ok("a", 1)).unwrap();
    queue.close().unwrap();
    queue.start().unwrap();
    assert!(queue.result("a", None).unwrap().is_ok());
}

#[test]
fn a_long_chain_that_fails_at_its_head_ends() {
    let queue = TaskQueue::new(1).capacity(100_000);
    for n in (1..20_000).rev() {
        let task = ok(&n.to_string(), 0).after([(n - 1).to_string()]);
        queue.add(task).unwrap();
    }
    queue.add(Task::new("0", || Err("head".into()))).unwrap();
    queue.start().unwrap();
    assert_eq!(
        failure(&queue, "19999"),
        "task `19999` was skipped: `0` failed: head"
    );
}

/// A graph: for each task its priority, its dependencies, and whether it fails.
#[derive(Clone, Debug)]
struct Plan(Vec<(i64, Vec<usize>, bool)>, Vec<usize>);

fn plans() -> impl Strategy<Value = Plan> {
    let tasks = prop::collection::vec(
        (
            -2_i64..3,
            prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            0..8_u8,
        ),
        1..30,
    );
    (tasks, any::<u64>()).prop_map(|(tasks, seed)| {
        let count = tasks.len();
        let graph = tasks
            .into_iter()
            .enumerate()
            .map(|(at, (priority, after, fails))| {
                let after = if at == 0 { vec![] } else { after };
                let mut after: Vec<usize> = after.iter().map(|index| index.index(at)).collect();
                after.sort_unstable();
                after.dedup();
                (priority, after, fails == 0)
            })
            .collect();
        // Any order of adding: sorted by a hash of the seed.
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|at| (*at as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        Plan(graph, order)
    })
}

/// Which tasks run in which order on one worker, and which give a value.
fn model(Plan(graph, added): &Plan) -> (Vec<usize>, BTreeMap<usize, bool>) {
    let mut ran = Vec::new();
    let mut ends: BTreeMap<usize, bool> = BTreeMap::new();
    loop {
        for (at, (_, after, _)) in graph.iter().enumerate() {
            if after.iter().any(|on| ends.get(on) == Some(&false)) {
                ends.insert(at, false);
            }
        }
        let is_ready = |at: usize| {
            !ends.contains_key(&at) && graph[at].1.iter().all(|on| ends.get(on) == Some(&true))
        };
        let place = |at: usize| added.iter().position(|other| *other == at);
        let next = (0..graph.len())
            .filter(|at| is_ready(*at))
            .min_by_key(|at| (-graph[*at].0, place(*at)));
        let Some(at) = next else {
            return (ran, ends);
        };
        ran.push(at);
        ends.insert(at, !graph[at].2);
    }
}

fn run(plan: &Plan, workers: usize) -> (Vec<usize>, BTreeMap<usize, bool>) {
    let Plan(graph, added) = plan;
    let queue = TaskQueue::new(workers);
    let (tell, order) = mpsc::channel();
    for &at in added {
        let (priority, after, fails) = graph[at].clone();
        let tell = tell.clone();
        let task = Task::new(at.to_string(), move || {
            tell.send(at)?;
            if fails { Err("planned".into()) } else { Ok(at) }
        });
        let after = after.iter().map(ToString::to_string);
        queue.add(task.priority(priority).after(after)).unwrap();
    }
    queue.start().unwrap();
    queue.wait_all(None).unwrap();
    let ends = (0..graph.len())
        .map(|at| {
            let outcome = queue.result(at.to_string(), Some(Duration::ZERO)).unwrap();
            if let Ok(value) = outcome.as_ref() {
                assert_eq!(*value, at);
            }
            (at, outcome.is_ok())
        })
        .collect();
    (order.try_iter().collect(), ends)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_worker_keeps_the_order_of_the_model(plan in plans()) {
        prop_assert_eq!(run(&plan, 1), model(&plan));
    }

    #[test]
    fn four_workers_give_the_same_ends_in_an_order_that_respects_dependencies(plan in plans()) {
        let (ran, ends) = run(&plan, 4);
        prop_assert_eq!(&ends, &model(&plan).1);
        for (place, at) in ran.iter().enumerate() {
            for on in &plan.0[*at].1 {
                prop_assert!(ran[..place].contains(on), "{at} before {on} in {ran:?}");
            }
        }
    }
}
