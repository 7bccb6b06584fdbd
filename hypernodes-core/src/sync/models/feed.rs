//! The chunks of a map, computed by three threads.

use super::super::model::{World, random};
use super::{Counts, Threads, cancel_soon, explore};
use crate::prelude::*;
use crate::{CancelToken, Error, MemoryLimits, RunError, Runs};

const ITEMS: usize = 6;

/// Items of which some fail, at one of two nodes.
struct Map {
    p: Pipeline,
    counts: Counts,
    fails: [bool; ITEMS],
}

impl Map {
    fn new(fails: [bool; ITEMS]) -> Self {
        let counts = Counts::new(ITEMS);
        let count = counts.clone();
        let first = node_fn!("first", move |x: usize| -> Result<usize, String> {
            count.add(x);
            match fails[x] && x % 2 == 0 {
                true => Err(format!("item {x}")),
                false => Ok(x * 10),
            }
        });
        let second = node_fn!("y", move |first: usize| -> Result<usize, String> {
            match fails[first / 10] {
                true => Err(format!("item {}", first / 10)),
                false => Ok(first + 1),
            }
        });
        let p = Pipeline::new("p", nodes![{ first }, { second }]).expect("it fits");
        let p = p.with_engine(Threads::any());
        Self { p, counts, fails }
    }

    /// About one of six fails.
    fn any() -> Self {
        Self::new(std::array::from_fn(|_| random(6) == 0))
    }

    fn run(&self, policy: ErrorPolicy) -> Result<Runs, Error> {
        let items: Vec<usize> = (0..ITEMS).collect();
        self.p.on_error(policy).map(inputs! { x: items }, ["x"])
    }

    fn lowest(&self) -> Option<usize> {
        self.fails.iter().position(|&fails| fails)
    }

    fn check_fail_fast(&self) {
        let result = self.run(ErrorPolicy::FailFast);
        let counts = self.counts.take();
        assert!(counts.iter().all(|&count| count <= 1), "{counts:?}");
        let Some(lowest) = self.lowest() else {
            let ys = result.and_then(|runs| runs.column::<usize>("y"));
            assert_eq!(ys.expect("no item fails"), [1, 11, 21, 31, 41, 51]);
            return;
        };
        let error = result.expect_err("an item fails").to_string();
        assert!(error.contains(&format!("item {lowest}")), "{error}");
        assert_eq!(
            counts[..=lowest],
            vec![1; lowest + 1],
            "up to the failing one"
        );
    }

    fn check_collect(&self) {
        let runs = self
            .run(ErrorPolicy::Collect)
            .expect("failures are collected");
        assert_eq!(self.counts.take(), [1; ITEMS]);
        let ys = runs.results::<usize>("y").expect("there is a y");
        assert_eq!(ys.len(), ITEMS);
        for (item, y) in ys.into_iter().enumerate() {
            match y {
                Ok(y) => assert_eq!((*y, self.fails[item]), (item * 10 + 1, false)),
                Err(failure) => {
                    assert_eq!((&failure.items[..], self.fails[item]), (&[item][..], true));
                }
            }
        }
    }

    fn check(&self) {
        match random(2) {
            0 => self.check_fail_fast(),
            _ => self.check_collect(),
        }
    }

    /// Whatever is there when a run was cancelled lies at the beginning, without a gap.
    fn check_cancelled(&self, result: Result<Runs, Error>) {
        let counts = self.counts.take();
        assert!(counts.iter().all(|&count| count <= 1), "{counts:?}");
        let (runs, done) = match result {
            Ok(runs) => (Some(runs), ITEMS),
            Err(Error::Run(RunError::Cancelled { done, finished })) => {
                (finished.map(|runs| *runs), done)
            }
            Err(error) => {
                let lowest = self.lowest().expect("an item failed");
                assert!(error.to_string().contains(&format!("item {lowest}")));
                return;
            }
        };
        let Some(runs) = runs else {
            return assert_eq!(done, 0);
        };
        let ys = runs.results::<usize>("y").expect("there is a y");
        let right = ys.iter().enumerate().filter(|(item, y)| match y {
            Ok(y) => **y == item * 10 + 1 && !self.fails[*item],
            Err(_) => self.fails[*item],
        });
        assert_eq!(right.count(), ys.len());
        assert!(counts[..ys.len()].iter().all(|&count| count == 1));
    }
}

fn memory(map: &mut Map) {
    map.p = map.p.with_memory_limits(MemoryLimits::new(100));
}

#[test]
fn order_and_failures_are_those_of_sequential() {
    explore(1500, || {
        World::still().begin();
        let mut map = Map::any();
        if random(2) == 0 {
            map.p = map.p.with_cancel(&CancelToken::new());
        }
        map.check();
    });
}

#[test]
fn a_cancelled_map_keeps_its_beginning() {
    explore(1500, || {
        World::still().begin();
        let token = CancelToken::new();
        let mut map = match random(2) {
            0 => Map::new([false; ITEMS]),
            _ => Map::any(),
        };
        map.p = map.p.with_cancel(&token);
        let canceller = cancel_soon(&token);
        let policy = match random(2) {
            0 => ErrorPolicy::FailFast,
            _ => ErrorPolicy::Collect,
        };
        map.check_cancelled(map.run(policy));
        canceller.join().expect("it only cancels");
    });
}

#[test]
fn a_pause_for_memory_ends() {
    explore(1000, || {
        World::moving().with_memory([10, 85]).begin();
        let mut map = Map::any();
        memory(&mut map);
        map.check();
    });
}

#[test]
fn a_map_ends_although_memory_never_falls() {
    explore(500, || {
        World::moving().with_memory([85, 85]).begin();
        let mut map = Map::any();
        memory(&mut map);
        map.check();
    });
}

#[test]
fn a_paused_map_can_be_cancelled() {
    explore(500, || {
        World::moving().with_memory([10, 85]).begin();
        let token = CancelToken::new();
        let mut map = Map::new([false; ITEMS]);
        memory(&mut map);
        map.p = map.p.with_cancel(&token);
        let canceller = cancel_soon(&token);
        map.check_cancelled(map.run(ErrorPolicy::Collect));
        canceller.join().expect("it only cancels");
    });
}

#[test]
fn a_map_without_memory_ends() {
    explore(500, || {
        World::moving().with_memory([85, 97]).begin();
        let mut map = Map::new([false; ITEMS]);
        memory(&mut map);
        match map.run(ErrorPolicy::FailFast) {
            Ok(runs) => assert_eq!(runs.len(), ITEMS),
            Err(Error::Run(RunError::OutOfMemory { done, .. })) => assert!(done < ITEMS),
            Err(error) => panic!("{error}"),
        }
        assert!(map.counts.take().iter().all(|&count| count <= 1));
    });
}
