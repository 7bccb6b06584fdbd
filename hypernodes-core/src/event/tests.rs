//! What reaches a listener, what is lost, and what a bad listener cannot do to a run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use super::bus::RESERVE;
use super::{Event, EventKind, Listener, Listening, RunId, RunMode, RunOutcome, RunStart, SpanId};

/// Longer than anything here takes: who waits so long waits in vain.
const LONG: Duration = Duration::from_secs(60);

fn event(run: u64, worker: u32, at_ns: u64, kind: EventKind) -> Event {
    Event {
        run: RunId(run),
        span: SpanId(1),
        parent: None,
        at_ns,
        worker,
        kind,
    }
}

/// An event like any other: it may be lost.
fn small(at_ns: u64) -> Event {
    event(1, 0, at_ns, EventKind::Restored { items: at_ns })
}

fn start(run: u64) -> Event {
    let start = RunStart {
        pipeline: "p".to_owned(),
        mode: RunMode::Map,
        items: Some(3),
        engine: "sequential".to_owned(),
        workers: 1,
        partitions: 1,
        why: String::new(),
        nodes: vec![],
        unix_ms: 0,
        process: 1,
    };
    event(run, 0, 0, EventKind::RunStarted(Box::new(start)))
}

fn end(run: u64) -> Event {
    let kind = EventKind::RunEnded {
        outcome: RunOutcome::Done,
        done: 3,
        failed: 0,
        error: None,
    };
    event(run, 0, 9, kind)
}

/// Keeps what it hears, and can be held at each event.
#[derive(Default)]
struct Heard(Mutex<Vec<Event>>);

impl Heard {
    fn times(&self) -> Vec<u64> {
        let heard = self.0.lock().unwrap();
        heard.iter().map(|event| event.at_ns).collect()
    }

    fn is_edge(event: &Event) -> bool {
        matches!(
            event.kind,
            EventKind::RunStarted(_) | EventKind::RunEnded { .. }
        )
    }

    fn edges(&self) -> usize {
        let heard = self.0.lock().unwrap();
        heard.iter().filter(|event| Self::is_edge(event)).count()
    }
}

/// A listener that says when it has begun with its first event, and then does not go on before it is told to.
fn held(heard: &Arc<Heard>) -> (impl Listener + use<>, Receiver<()>, Sender<()>) {
    let heard = Arc::clone(heard);
    let (has_begun, begun) = channel();
    let (go_on, gate) = channel();
    let gate: Mutex<Receiver<()>> = Mutex::new(gate);
    let listener = move |event: &Event| {
        // An error: nobody asks any more.
        let _ = has_begun.send(());
        let _ = gate.lock().unwrap().recv();
        heard.0.lock().unwrap().push(event.clone());
    };
    (listener, begun, go_on)
}

/// Sees that this waits, and lets the listener go on by one event then.
fn waits_until_told(
    listening: &Arc<Listening>,
    wait: impl FnOnce(&Listening) + Send,
    go_on: &Sender<()>,
) {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait(listening));
        while listening.waiters() == 0 {
            assert!(!waiting.is_finished(), "it did not wait");
            std::thread::yield_now();
        }
        go_on.send(()).unwrap();
        waiting.join().unwrap();
    });
}

#[test]
fn everything_is_heard_in_order_and_flush_waits_for_it() {
    let heard = Arc::new(Heard::default());
    let keep = Arc::clone(&heard);
    let listening = Listening::new(move |event: &Event| {
        keep.0.lock().unwrap().push(event.clone());
    });
    for at in 0..10_000 {
        listening.tell(&small(at));
    }
    assert!(listening.flush(LONG));
    assert_eq!(heard.times(), (0..10_000).collect::<Vec<_>>());
    assert_eq!(listening.dropped(), 0);
}

#[test]
fn flush_of_a_busy_listener_gives_up_and_says_so() {
    let heard = Arc::default();
    let (listener, begun, go_on) = held(&heard);
    let listening = Listening::new(listener);
    assert!(
        listening.flush(Duration::ZERO),
        "there is nothing to wait for"
    );
    listening.tell(&small(1));
    begun.recv_timeout(LONG).unwrap();
    // It has taken the event out of the buffer, but has not heard it to the end.
    assert!(!listening.flush(Duration::from_millis(1)));
    assert_eq!(heard.times(), [0_u64; 0]);
    drop(go_on);
    assert!(listening.flush(Duration::MAX));
    assert_eq!(heard.times(), [1]);
}

#[test]
fn a_slow_listener_loses_what_its_buffer_has_no_room_for_and_the_loss_is_counted() {
    let heard = Arc::default();
    let (listener, begun, go_on) = held(&heard);
    let listening = Listening::with_buffer(listener, 4);
    listening.tell(&small(0));
    begun.recv_timeout(LONG).unwrap();
    for at in 1..10 {
        listening.tell(&small(at));
    }
    // The one that is heard now counts as well.
    assert_eq!(listening.dropped(), 6);
    drop(go_on);
    assert!(listening.flush(LONG));
    assert_eq!(heard.times(), [0, 1, 2, 3]);
    // There is room again.
    listening.tell(&small(10));
    assert!(listening.flush(LONG));
    assert_eq!((heard.times().len(), listening.dropped()), (5, 6));
}

#[test]
fn starts_and_ends_of_runs_are_not_lost_to_a_full_buffer_nor_wait_for_it() {
    let heard = Arc::default();
    let (listener, begun, go_on) = held(&heard);
    let listening = Listening::with_buffer(listener, 1);
    listening.tell(&small(0));
    begun.recv_timeout(LONG).unwrap();
    // If this waited for the listener, it would wait for ever, or lose them: `go_on` is below.
    for run in 1..=50 {
        listening.tell(&start(run));
        listening.tell(&small(run));
        listening.tell(&end(run));
    }
    assert_eq!(listening.dropped(), 50);
    drop(go_on);
    assert!(listening.flush(LONG));
    assert_eq!(heard.edges(), 100);
}

#[test]
fn a_stuck_listener_costs_two_seconds_once_and_then_nothing() {
    let heard = Arc::default();
    let (listener, begun, go_on) = held(&heard);
    let listening = Listening::with_buffer(listener, 1);
    let began = crate::clock::now();
    listening.tell(&start(1));
    begun.recv_timeout(LONG).unwrap();
    listening.settle();
    let first = began.elapsed();
    assert!(
        first >= Duration::from_secs(2),
        "it has no patience: {first:?}"
    );

    // A hundred seconds if each settled, ten and more if each waited for the reserve.
    for run in 0..500 {
        listening.tell(&start(run));
        listening.tell(&end(run));
        listening.settle();
    }
    assert_eq!(listening.waited_in_vain(), 1);
    assert!(listening.dropped() > 500);

    // It catches up: there is a reason to wait again.
    for _ in 0..=RESERVE {
        go_on.send(()).unwrap();
    }
    assert!(listening.flush(LONG));
    listening.tell(&small(77));
    waits_until_told(&listening, Listening::settle, &go_on);
    assert_eq!(heard.times().last(), Some(&77));
    assert_eq!(listening.waited_in_vain(), 1);
}

#[test]
fn a_full_reserve_is_waited_for_once_and_only_for_a_moment() {
    let heard = Arc::default();
    let (listener, begun, _go_on) = held(&heard);
    let listening = Listening::with_buffer(listener, 1);
    listening.tell(&small(0));
    begun.recv_timeout(LONG).unwrap();
    while listening.dropped() == 0 {
        listening.tell(&start(1));
    }
    for run in 0..50 {
        listening.tell(&end(run));
    }
    listening.settle();
    assert_eq!(listening.dropped(), 51);
    assert_eq!(listening.waited_in_vain(), 1);
}

#[test]
fn an_end_waits_for_room_in_the_reserve_when_the_listener_goes_on() {
    let heard = Arc::default();
    let (listener, begun, go_on) = held(&heard);
    let listening = Listening::with_buffer(listener, 1);
    listening.tell(&small(0));
    begun.recv_timeout(LONG).unwrap();
    for _ in 0..RESERVE {
        listening.tell(&start(1));
    }
    assert_eq!(listening.dropped(), 0, "the reserve is full to the brim");
    waits_until_told(&listening, |listening| listening.tell(&end(1)), &go_on);
    drop(go_on);
    assert!(listening.flush(LONG));
    assert_eq!((heard.edges(), listening.dropped()), (RESERVE + 1, 0));
}

#[test]
fn a_listener_that_panics_hears_no_more_and_hurts_nobody() {
    /// Panics once more when it is dropped.
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            panic!("from the payload");
        }
    }
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let (go_on, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let listening = Listening::new(move |event: &Event| {
        count.fetch_add(1, Ordering::Relaxed);
        let _ = gate.lock().unwrap().recv();
        if event.at_ns == 2 {
            std::panic::panic_any(Payload);
        }
    });
    for at in 0..10 {
        listening.tell(&small(at));
    }
    assert!(!listening.has_panicked());
    drop(go_on);
    assert!(!listening.flush(LONG), "it cannot have heard everything");
    assert!(listening.has_panicked());
    // 0 and 1 were heard; 2 to 9 were not, or not to the end.
    assert_eq!(listening.dropped(), 8);
    listening.tell(&start(1));
    listening.settle();
    assert_eq!(listening.dropped(), 9);
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[test]
fn a_waiting_flush_ends_when_the_listener_panics() {
    let (go_on, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let listening = Listening::new(move |_: &Event| {
        let _ = gate.lock().unwrap().recv();
        panic!("while somebody waits");
    });
    listening.tell(&small(0));
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| listening.flush(Duration::MAX));
        drop(go_on);
        assert!(!flush.join().unwrap());
    });
}

#[test]
fn the_last_handle_waits_until_all_is_heard_and_the_listener_dropped() {
    struct Keeps(Arc<Heard>, Sender<usize>);
    impl Listener for Keeps {
        fn hear(&self, event: &Event) {
            self.0.0.lock().unwrap().push(event.clone());
        }
    }
    impl Drop for Keeps {
        fn drop(&mut self) {
            let _ = self.1.send(self.0.0.lock().unwrap().len());
        }
    }
    let (sender, dropped) = channel();
    let listening = Listening::new(Keeps(Arc::default(), sender));
    for at in 0..1000 {
        listening.tell(&small(at));
    }
    drop(listening);
    assert_eq!(dropped.try_recv(), Ok(1000));
}

#[test]
fn the_last_handle_leaves_a_stuck_listener_behind() {
    let heard = Arc::default();
    let (listener, begun, go_on) = held(&heard);
    let listening = Listening::new(listener);
    listening.tell(&small(0));
    begun.recv_timeout(LONG).unwrap();
    // Would never come back if it waited for the thread.
    drop(listening);
    assert_eq!(heard.times(), [0_u64; 0]);
    drop(go_on);
}

#[test]
fn a_listener_may_drop_its_own_last_handle_and_flush_itself() {
    let own: Arc<OnceLock<Mutex<Option<Arc<Listening>>>>> = Arc::default();
    let theirs = Arc::clone(&own);
    let (sender, told) = channel();
    let listening = Listening::new(move |_: &Event| {
        let own = theirs.wait().lock().unwrap().take().expect("the handle");
        // Waiting for itself would never end.
        let is_flushed = own.flush(Duration::MAX);
        own.settle();
        own.tell(&end(1));
        let began = crate::clock::now();
        drop(own);
        // Two seconds and more, if it waited.
        let is_dropped = began.elapsed() < Duration::from_millis(1900);
        let _ = sender.send((is_flushed, is_dropped));
    });
    listening.tell(&small(0));
    assert!(own.set(Mutex::new(Some(listening))).is_ok());
    assert_eq!(told.recv_timeout(LONG), Ok((false, true)));
}

#[test]
fn two_runs_at_once_keep_their_order_each() {
    let heard = Arc::new(Heard::default());
    let keep = Arc::clone(&heard);
    let listening = Listening::new(move |event: &Event| {
        keep.0.lock().unwrap().push(event.clone());
    });
    std::thread::scope(|scope| {
        for run in 1..=2 {
            for worker in 1..=2 {
                let listening = &listening;
                scope.spawn(move || {
                    for at in 0..2000 {
                        listening.tell(&event(run, worker, at, EventKind::Cancelled));
                    }
                });
            }
        }
    });
    listening.settle();
    let heard = heard.0.lock().unwrap();
    for run in 1..=2 {
        for worker in 1..=2 {
            let times: Vec<u64> = heard
                .iter()
                .filter(|event| event.run == RunId(run) && event.worker == worker)
                .map(|event| event.at_ns)
                .collect();
            assert_eq!(times, (0..2000).collect::<Vec<_>>(), "run {run}, {worker}");
        }
    }
}

#[test]
fn all_listeners_of_a_run_share_one_patience() {
    let stuck: Vec<_> = (0..30)
        .map(|_| {
            let heard = Arc::default();
            let (listener, begun, go_on) = held(&heard);
            let listening = Listening::new(listener);
            listening.tell(&start(1));
            begun.recv_timeout(LONG).unwrap();
            (listening, go_on)
        })
        .collect();
    let began = crate::clock::now();
    Listening::settle_all(stuck.iter().map(|(listening, _)| listening));
    // They are known to be stuck now, so that dropping them is not waited for either.
    drop(stuck);
    // A minute, if each had its own.
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn events_are_the_same_after_a_round_trip_through_json() {
    let text = serde_json::to_string(&end(255)).unwrap();
    assert_eq!(
        text,
        r#"{"run":"00000000000000ff","span":1,"parent":null,"at_ns":9,"worker":0,"kind":{"event":"run_ended","outcome":"done","done":3,"failed":0,"error":null}}"#
    );
    for event in [start(7), end(7), small(1)] {
        let text = serde_json::to_string(&event).unwrap();
        let back: Event = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("{event:?}"), format!("{back:?}"));
    }
}
