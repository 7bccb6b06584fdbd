//! The steps of one run, computed by three threads.

use std::sync::Arc;

use super::super::model::{World, random};
use super::{Counts, Threads, cancel_soon, explore};
use crate::prelude::*;
use crate::{CancelToken, Error, NodeRef};

const STEPS: usize = 8;

/// A wide diamond: one, four beside each other, two that join them, one that joins all. Each may fail.
fn pipeline(counts: &Counts, fails: [bool; STEPS]) -> Pipeline {
    let called = Arc::new({
        let counts = counts.clone();
        move |step: usize, value: u64| {
            counts.add(step);
            match fails[step] {
                true => Err(format!("step {step}")),
                false => Ok(value),
            }
        }
    });
    let call = || Arc::clone(&called);
    let (first, left, right, last) = (call(), call(), call(), call());
    let mut nodes: Vec<NodeRef> = nodes![
        node_fn!("a", move |x: u64| -> Result<u64, String> {
            first(0, x + 1)
        }),
        node_fn!("b", move |w1: u64, w2: u64| -> Result<u64, String> {
            left(5, w1 * w2)
        }),
        node_fn!("c", move |w3: u64, w4: u64| -> Result<u64, String> {
            right(6, w3 + w4)
        }),
        node_fn!("d", move |b: u64, c: u64| -> Result<u64, String> {
            last(7, b * 100 + c)
        })
    ];
    for k in 1..=4 {
        let call = call();
        nodes.push(
            node_fn!(format!("w{k}"), move |a: u64| -> Result<u64, String> {
                call(k, a + k as u64)
            })
            .into(),
        );
    }
    Pipeline::new("p", nodes).expect("it fits")
}

fn run(p: &Pipeline) -> Result<u64, Error> {
    p.run(inputs! { x: 1_u64 })?.get::<u64>("d").copied()
}

#[test]
fn steps_are_computed_once_and_the_lowest_failure_is_told() {
    explore(1500, || {
        World::still().begin();
        let counts = Counts::new(STEPS);
        let fails = std::array::from_fn(|_| random(6) == 0);
        let mut p = pipeline(&counts, fails);
        let expected = run(&p).map_err(|error| error.to_string());
        let needed = counts.take();
        if random(2) == 0 {
            p = p.with_cancel(&CancelToken::new());
        }
        let found = run(&p.with_engine(Threads::any())).map_err(|error| error.to_string());
        assert_eq!(found, expected);
        // Sequential ends at the failure; others may have gone on elsewhere by then.
        for (found, needed) in counts.take().into_iter().zip(needed) {
            assert!(found <= 1 && found >= needed);
        }
        if !fails.contains(&true) {
            // a = 2, so the four are 3, 4, 5 and 6.
            assert_eq!(found, Ok(1211));
        }
    });
}

#[test]
fn a_cancelled_run_ends() {
    explore(1500, || {
        World::still().begin();
        let (counts, token) = (Counts::new(STEPS), CancelToken::new());
        let p = pipeline(&counts, [false; STEPS])
            .with_cancel(&token)
            .with_engine(Threads::any());
        let canceller = cancel_soon(&token);
        match run(&p) {
            Ok(d) => assert_eq!(d, 1211),
            Err(error) => assert_eq!(error.to_string(), "cancelled after 0 items"),
        }
        assert!(counts.take().iter().all(|&count| count <= 1));
        canceller.join().expect("it only cancels");
    });
}
