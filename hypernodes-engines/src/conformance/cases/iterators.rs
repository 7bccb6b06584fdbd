//! Maps over iterators.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use hypernodes_core::{Error, Inputs, IterRow, NodeRef, inputs, nodes};

use super::nodes::iterators as n;
use super::{numbers, scramble};
use crate::conformance::{Exact, Subject, error};

fn nodes() -> Vec<NodeRef> {
    nodes![n::scaled, n::sine]
}

fn show(rows: impl Iterator<Item = Result<IterRow, Error>>) -> String {
    let mut text = String::new();
    for row in rows {
        match row.and_then(|row| row.get::<f64>("y").copied()) {
            Ok(value) => value.exact(&mut text),
            Err(wrong) => {
                let _ = write!(text, "<{}>", error(&wrong));
            }
        }
        text.push('\n');
    }
    text
}

/// Every row, in order.
pub fn in_order(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes());
        let rows = p
            .map_iter(inputs! { k: 0.3 }, "x", numbers(5000))
            .expect("the inputs are right");
        show(rows)
    });
}

/// Rows are taken from the source only as results are wanted, up to a bound.
pub fn bounded(subject: &Subject) {
    let p = subject.on().pipeline(nodes());
    let sizing = subject.engine().sizing(p.plan(), usize::MAX);
    let bound = (2 * sizing.workers + 4) * sizing.rows_in_chunk(p.plan());
    let pulled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&pulled);
    let source = std::iter::repeat(0.5).inspect(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let mut rows = p
        .map_iter(inputs! { k: 0.3 }, "x", source)
        .expect("the inputs are right");
    for given in 1..=3 * bound {
        rows.next()
            .expect("the source is endless")
            .expect("nothing fails");
        let pulled = pulled.load(Ordering::Relaxed);
        assert!(
            pulled <= given + bound,
            "{pulled} rows were taken for {given} results; {bound} more are allowed"
        );
    }
}

/// The rest is not computed when nobody wants it, and everything is let go.
pub fn dropped_early(subject: &Subject) {
    let alive = Arc::new(());
    let handle: Weak<()> = Arc::downgrade(&alive);
    for _ in 0..20 {
        // The pipeline, the run and the source hold it.
        let [bound, given, held] = [(); 3].map(|()| Arc::clone(&alive));
        let p = subject.on().pipeline(nodes![n::next, n::holds]);
        let p = p.bind("bound", n::Held(bound)).expect("it is an input");
        let source = (0..1_000_000_u64).inspect(move |_| {
            let _held = &held;
        });
        let mut rows = p
            .map_iter(Inputs::new().with("given", n::Held(given)), "x", source)
            .expect("the inputs are right");
        for expected in 1..=5 {
            let row = rows.next().expect("there are more").expect("nothing fails");
            assert_eq!(*row.get::<u64>("y").expect("it is an output"), expected);
        }
    }
    drop(alive);
    // Threads may be on the way out of the last chunk.
    while handle.strong_count() > 0 {
        std::thread::yield_now();
    }
}

/// A source without an end.
pub fn endless(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes());
        let source = (0_u64..).map(|i| scramble(i) as f64);
        show(
            p.map_iter(inputs! { k: 0.3 }, "x", source)
                .expect("the inputs are right")
                .take(3000),
        )
    });
}

/// Failing items are told in their place, or end the iteration.
pub fn failing_items(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![n::checked, n::doubled]);
        let source = (0..3000_u64).map(|i| i as f64);
        show(
            p.map_iter(inputs! {}, "x", source)
                .expect("the inputs are right"),
        )
    });
}

/// A source without a row.
pub fn nothing(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes());
        show(
            p.map_iter(inputs! { k: 0.3 }, "x", Vec::<f64>::new())
                .expect("the inputs are right"),
        )
    });
}
