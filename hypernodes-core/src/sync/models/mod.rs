//! Every order in which threads may run the scheduler, as far as some thousand tries of each model find them.
//!
//! A failing schedule is printed with a text that `shuttle::replay` takes. Seeds are fixed;
//! `SHUTTLE_RANDOM_SEED` sets another.

mod bus;
mod cancel;
mod feed;
mod iter;
mod steps;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

use super::model::{self, random};
use crate::{
    Assist, CancelToken, Capabilities, ChunkRun, Engine, EngineError, Feed, Plan, Sizing, Steps,
};

/// Longer than any model takes.
const LONG: Duration = Duration::from_secs(3600);

/// Tries a model in random orders, and in those with few but well placed switches.
fn explore(tries: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.stack_size = 1024 * 1024;
    config.silence_warnings = true;
    let model = Arc::new(model);
    let again = Arc::clone(&model);
    Runner::new(RandomScheduler::new_from_seed(7, tries), config.clone()).run(move || again());
    Runner::new(PctScheduler::new_from_seed(7, 4, tries), config).run(move || model());
}

/// How often each of several things was done.
#[derive(Clone)]
struct Counts(Arc<[AtomicUsize]>);

impl Counts {
    fn new(things: usize) -> Self {
        Self((0..things).map(|_| AtomicUsize::new(0)).collect())
    }

    fn add(&self, thing: usize) {
        self.0[thing].fetch_add(1, Ordering::Relaxed);
    }

    fn take(&self) -> Vec<usize> {
        let take = |count: &AtomicUsize| count.swap(0, Ordering::Relaxed);
        self.0.iter().map(take).collect()
    }
}

/// Cancels at any moment.
fn cancel_soon(token: &CancelToken) -> model::thread::JoinHandle<()> {
    let token = token.clone();
    model::thread::spawn(move || token.cancel())
}

/// Three threads, of which one is the caller's, that do what the contract of an engine says and nothing else.
#[derive(Debug)]
struct Threads {
    capabilities: Capabilities,
    /// In how many chunks a map is cut.
    parts: usize,
    /// Looks now and then whether a map is done, as an engine with other duties does.
    looks: bool,
}

impl Threads {
    fn any() -> Self {
        Self {
            capabilities: Capabilities::default(),
            parts: 1 + random(6),
            looks: random(2) == 0,
        }
    }
}

fn pull(feed: &Feed) {
    while let Some(mut chunk) = feed.next() {
        let outcome = feed.execute(&mut chunk);
        feed.put(chunk, outcome);
    }
}

fn turn(steps: &Steps) {
    while !steps.is_done() {
        if !steps.turn() {
            steps.wait(None);
        }
    }
}

impl Engine for Threads {
    fn name(&self) -> &str {
        "threads"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing {
            fixed: Some(self.parts),
            workers: 2,
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        for _ in 0..2 {
            let feed = Arc::clone(feed);
            model::thread::spawn(move || pull(&feed));
        }
        pull(feed);
        if self.looks {
            while !feed.wait_for(LONG) {}
        } else {
            feed.wait();
        }
        Ok(())
    }

    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        let steps = run.share();
        for _ in 0..2 {
            let steps = Arc::clone(&steps);
            model::thread::spawn(move || turn(&steps));
        }
        turn(&steps);
        run.take_back(&steps);
        Ok(())
    }

    fn assist(&self, feed: &Arc<Feed>) -> Assist {
        if feed.has_more() {
            let feed = Arc::clone(feed);
            model::thread::spawn(move || pull(&feed));
        }
        Assist::Background
    }
}
