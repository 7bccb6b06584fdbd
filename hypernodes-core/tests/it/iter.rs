//! `map_iter`: how far it runs ahead, in what order things come, what happens at its ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hypernodes::CancelToken;
use hypernodes::prelude::*;

#[test]
fn the_first_result_of_slow_items_does_not_wait_for_many() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let slow = node_fn!("y", move |x: u64| {
        counter.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(2));
        x
    });
    let p = Pipeline::new("p", nodes![{ slow }]).unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let source = (0..1_000_000_u64).inspect(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let mut rows = p.map_iter(inputs! {}, "x", source).unwrap();
    for item in 0..5 {
        assert_eq!(
            *rows.next().unwrap().unwrap().get::<u64>("y").unwrap(),
            item
        );
        // Sequential takes an item, computes it and gives it, when one takes longer than a chunk should.
        assert_eq!(
            calls.load(Ordering::Relaxed),
            usize::try_from(item).unwrap() + 1
        );
        assert_eq!(
            taken.load(Ordering::Relaxed),
            usize::try_from(item).unwrap() + 1
        );
    }
}

#[test]
fn pieces_grow_for_items_that_cost_nothing() {
    let p = Pipeline::new("p", nodes![node_fn!("y", |x: u64| x + 1)]).unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let source = (0..1_000_000_u64).inspect(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let mut rows = p.map_iter(inputs! {}, "x", source).unwrap();
    let given = rows.by_ref().take(100_000).count();
    let ahead = taken.load(Ordering::Relaxed) - given;
    // A chunk is at most 16 Ki items, and Sequential has one under way.
    assert!(ahead <= 16 * 1024, "{ahead} items ahead");
    assert_eq!(given + rows.count(), 1_000_000);
}

#[test]
fn a_panic_of_the_iterator_comes_after_the_results_before_it() {
    let p = Pipeline::new("p", nodes![node_fn!("y", |x: u64| x + 1)]).unwrap();
    let source = (0..10_000_u64).inspect(|&x| assert!(x != 5_000, "the source broke"));
    let mut rows = p.map_iter(inputs! {}, "x", source).unwrap();
    for item in 0..5_000 {
        assert_eq!(
            *rows.next().unwrap().unwrap().get::<u64>("y").unwrap(),
            item + 1
        );
    }
    let panic = catch_unwind(AssertUnwindSafe(|| rows.next().is_none())).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the source broke"));
    assert!(rows.next().is_none(), "it is over after that");
}

#[test]
fn a_run_that_is_cancelled_ends_although_pieces_under_way_are_given_up() {
    let (tell, told) = std::sync::mpsc::channel();
    // A thread of its own: when it goes on for ever, the test fails all the same.
    let thread = std::thread::Builder::new().spawn(move || {
        let token = CancelToken::new();
        let cancel = token.clone();
        let y = node_fn!("y", move |x: u64| {
            if x == 5_000 {
                cancel.cancel();
            }
            x
        });
        let z = node_fn!("z", |y: &u64| y + 1);
        let p = Pipeline::new("p", nodes![{ y }, { z }]).unwrap();
        let p = p.with_cancel(&token);
        let mut rows = p.map_iter(inputs! {}, "x", 0_u64..).unwrap();
        let last = rows.find_map(Result::err);
        let ended = (last.map(|error| error.to_string()), rows.next().is_none());
        tell.send(ended).unwrap();
    });
    let _thread = thread.unwrap();
    let (error, is_over) = told.recv_timeout(Duration::from_secs(60)).expect("it ends");
    let error = error.expect("the source has no end");
    assert!(error.starts_with("cancelled after "), "{error}");
    assert!(is_over);
}
