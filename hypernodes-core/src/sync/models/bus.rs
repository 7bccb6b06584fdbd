//! From runs to listeners.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::super::model::{World, random, thread};
use super::{LONG, explore};
use crate::{Event, EventKind, Listener, Listening, RunId, RunOutcome, SpanId};

const EVENTS: u64 = 3;

fn event(worker: u32, at_ns: u64) -> Event {
    Event {
        run: RunId(1),
        span: SpanId(1),
        parent: None,
        at_ns,
        worker,
        kind: EventKind::Restored { items: at_ns },
    }
}

fn end() -> Event {
    let kind = EventKind::RunEnded {
        outcome: RunOutcome::Done,
        done: 3,
        failed: 0,
        error: None,
    };
    Event {
        kind,
        ..event(9, 9)
    }
}

/// What was heard, and whether the listener is gone. These locks are never held while another thread runs.
#[derive(Clone, Default)]
struct Heard {
    events: Arc<Mutex<Vec<(u32, u64)>>>,
    is_dropped: Arc<AtomicBool>,
}

impl Heard {
    fn listener(&self) -> impl Listener + use<> {
        let dropped = Dropped(Arc::clone(&self.is_dropped));
        let events = Arc::clone(&self.events);
        move |event: &Event| {
            let _ = &dropped;
            events.lock().unwrap().push((event.worker, event.at_ns));
        }
    }

    fn count(&self) -> usize {
        self.events.lock().unwrap().len()
    }

    /// Each worker's events are in order.
    fn check_order(&self) {
        let events = self.events.lock().unwrap();
        for worker in 0..2 {
            let times = events.iter().filter(|(from, _)| *from == worker);
            assert!(times.map(|(_, at)| at).is_sorted());
        }
    }
}

struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn tellers(listening: &Arc<Listening>) -> Vec<thread::JoinHandle<()>> {
    let teller = |worker| {
        let listening = Arc::clone(listening);
        thread::spawn(move || (0..EVENTS).for_each(|at| listening.tell(&event(worker, at))))
    };
    (0..2).map(teller).collect()
}

#[test]
fn what_is_told_is_heard_before_a_flush_ends() {
    explore(1000, || {
        World::still().begin();
        let heard = Heard::default();
        let listening = Listening::with_buffer(heard.listener(), 1 + random(8));
        let tellers = tellers(&listening);
        // While they tell: only what was told before is waited for.
        assert!(listening.flush(LONG));
        for teller in tellers {
            teller.join().expect("it only tells");
        }
        assert!(listening.flush(LONG));
        let lost = usize::try_from(listening.dropped()).unwrap();
        assert_eq!(heard.count() + lost, 6);
        heard.check_order();
        // The end of a run finds room where nothing else does.
        listening.tell(&end());
        Listening::settle_all([&listening]);
        assert_eq!(heard.count() + lost, 7);
        drop(listening);
        assert!(heard.is_dropped.load(Ordering::Relaxed));
    });
}

#[test]
fn the_last_handle_waits_for_what_is_in_the_buffer() {
    explore(1000, || {
        World::still().begin();
        let heard = Heard::default();
        let listening = Listening::with_buffer(heard.listener(), 16);
        let tellers = tellers(&listening);
        drop(listening);
        for teller in tellers {
            teller.join().expect("it only tells");
        }
        assert_eq!(heard.count(), 6);
        assert!(heard.is_dropped.load(Ordering::Relaxed));
        heard.check_order();
    });
}

#[test]
fn nobody_hangs_where_patience_ends_at_any_moment() {
    explore(1000, || {
        World::moving().begin();
        let heard = Heard::default();
        let listening = Listening::with_buffer(heard.listener(), 1 + random(8));
        let tellers = tellers(&listening);
        let _ = listening.flush(LONG);
        listening.tell(&end());
        Listening::settle_all([&listening]);
        drop(listening);
        for teller in tellers {
            teller.join().expect("it only tells");
        }
        heard.check_order();
    });
}
