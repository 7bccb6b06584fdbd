//! A map over an iterator: a consumer, and workers that come and go.

use super::super::model::{World, random};
use super::{Counts, Threads, cancel_soon, explore};
use crate::prelude::*;
use crate::{CancelToken, MemoryLimits};

const ITEMS: usize = 5;

fn pipeline(counts: &Counts, bad: Option<usize>) -> Pipeline {
    let count = counts.clone();
    let y = node_fn!("y", move |x: usize| -> Result<usize, String> {
        count.add(x);
        match bad == Some(x) {
            true => Err(format!("item {x}")),
            false => Ok(x * 10),
        }
    });
    let p = Pipeline::new("p", nodes![{ y }]).expect("it fits");
    p.with_engine(Threads::any())
}

/// What the iterator gives, of at most this many rows.
fn rows(p: &Pipeline, most: usize) -> Vec<Result<usize, String>> {
    let rows = p.map_iter(inputs! {}, "x", 0..ITEMS).expect("it begins");
    let y = |row: Result<crate::IterRow, crate::Error>| match row {
        Ok(row) => Ok(*row.get::<usize>("y").expect("there is a y")),
        Err(error) => Err(error.to_string()),
    };
    rows.take(most).map(y).collect()
}

#[test]
fn rows_come_in_order_and_none_is_lost() {
    explore(1000, || {
        World::still().begin();
        let counts = Counts::new(ITEMS);
        let bad = Some(random(2 * ITEMS)).filter(|&bad| bad < ITEMS);
        let collects = random(2) == 0;
        let policy = match collects {
            true => ErrorPolicy::Collect,
            false => ErrorPolicy::FailFast,
        };
        let found = rows(&pipeline(&counts, bad).on_error(policy), usize::MAX);
        let end = bad.filter(|_| !collects).map_or(ITEMS, |bad| bad + 1);
        assert_eq!(found.len(), end);
        for (item, row) in found.into_iter().enumerate() {
            match row {
                Ok(y) => assert_eq!((y, bad == Some(item)), (item * 10, false)),
                Err(error) => assert!(bad == Some(item) && error.contains(&format!("item {item}"))),
            }
        }
        let counts = counts.take();
        assert!(counts.iter().all(|&count| count <= 1), "{counts:?}");
        assert_eq!(counts[..end], vec![1; end]);
    });
}

#[test]
fn who_stops_in_the_middle_leaves_nothing_behind_that_hangs() {
    explore(1000, || {
        World::still().begin();
        let counts = Counts::new(ITEMS);
        let most = 1 + random(ITEMS - 1);
        let found = rows(&pipeline(&counts, None), most);
        let expected: Vec<_> = (0..most).map(|item| Ok(item * 10)).collect();
        assert_eq!(found, expected);
        assert!(counts.take().iter().all(|&count| count <= 1));
    });
}

#[test]
fn a_cancelled_iteration_ends() {
    explore(1000, || {
        World::still().begin();
        let (counts, token) = (Counts::new(ITEMS), CancelToken::new());
        let p = pipeline(&counts, None).with_cancel(&token);
        let canceller = cancel_soon(&token);
        let mut found = rows(&p, usize::MAX);
        let is_cancelled = found.last().is_some_and(Result::is_err);
        if is_cancelled {
            let done = found.len() - 1;
            assert_eq!(
                found.pop(),
                Some(Err(format!("cancelled after {done} items")))
            );
        }
        assert!(is_cancelled || found.len() == ITEMS);
        let expected: Vec<_> = (0..found.len()).map(|item| Ok(item * 10)).collect();
        assert_eq!(found, expected);
        assert!(counts.take().iter().all(|&count| count <= 1));
        canceller.join().expect("it only cancels");
    });
}

#[test]
fn an_iteration_goes_on_after_a_pause_for_memory() {
    explore(500, || {
        World::moving().with_memory([10, 85]).begin();
        let counts = Counts::new(ITEMS);
        let p = pipeline(&counts, None).with_memory_limits(MemoryLimits::new(100));
        let found = rows(&p, usize::MAX);
        assert_eq!(found, [Ok(0), Ok(10), Ok(20), Ok(30), Ok(40)]);
        assert_eq!(counts.take(), [1; ITEMS]);
    });
}
