//! Maps and single runs on the workers of an engine: which lanes there are, and on which threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use hypernodes_core::{EngineError, Feed};

use super::NAME;
use super::child::Surroundings;
use super::entry::WorkerCommand;
use super::lane::Lane;
use super::pool::Pool;
use crate::config::ProcessConfig;

/// Feeds with the number of their lanes.
type Background = Mutex<Vec<(Weak<Feed>, usize)>>;

/// The workers of an engine.
#[derive(Debug)]
pub(super) struct Workers {
    command: WorkerCommand,
    pool: Arc<Pool>,
    /// Feeds that are computed in the background, and how many lanes each has.
    background: Arc<Background>,
}

impl Workers {
    pub(super) fn new(config: ProcessConfig) -> Result<Self, EngineError> {
        Ok(Self::with(config, WorkerCommand::of_this_program()?))
    }

    pub(super) fn with(config: ProcessConfig, command: WorkerCommand) -> Self {
        Self {
            pool: Arc::new(Pool::new(config, command.clone())),
            command,
            background: Arc::default(),
        }
    }

    /// Others, with other settings.
    pub(super) fn changed(&self, config: &ProcessConfig) -> Self {
        Self::with(*config, self.command.clone())
    }

    /// How many workers there may be.
    pub(super) fn most(&self) -> usize {
        self.pool.most()
    }

    pub(super) fn idle(&self) -> Vec<u32> {
        self.pool.idle()
    }

    /// Computes every chunk of a feed. The caller's thread is one of the lanes.
    pub(super) fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        let surroundings = Arc::new(Surroundings::now());
        let lane = || compute(&self.pool, feed, &surroundings);
        let others = self.pool.most().min(feed.items_left()).saturating_sub(1);
        let first = if others == 0 {
            lane()
        } else {
            thread::scope(|scope| {
                let spawn = |_| {
                    thread::Builder::new()
                        .name("hypernodes-lane".to_owned())
                        .spawn_scoped(scope, lane)
                };
                // With fewer threads fewer workers compute.
                let others: Vec<_> = (0..others).map_while(|i| spawn(i).ok()).collect();
                let own = lane();
                let others = others
                    .into_iter()
                    .map(|other| other.join().unwrap_or_else(|_| Err(panicked())));
                others.fold(own, Result::and)
            })
        };
        match first {
            // What one lane could not do, another has done.
            Err(error) if !feed.is_done() => Err(error),
            _ => Ok(()),
        }
    }

    /// Computes what a feed has now in the background.
    pub(super) fn assist(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        if !feed.has_more() {
            return Ok(());
        }
        let most = self.pool.most();
        let mut surroundings = None;
        loop {
            {
                let mut background = lock(&self.background);
                background.retain(|(known, lanes)| *lanes > 0 && known.strong_count() > 0);
                let known = background.iter_mut().find(|(known, _)| is(known, feed));
                match known {
                    Some((_, lanes)) if *lanes >= most => return Ok(()),
                    Some((_, lanes)) => *lanes += 1,
                    None => background.push((Arc::downgrade(feed), 1)),
                }
            }
            let surroundings =
                Arc::clone(surroundings.get_or_insert_with(|| Arc::new(Surroundings::now())));
            let (pool, feed, background) = (
                Arc::clone(&self.pool),
                Arc::clone(feed),
                Arc::clone(&self.background),
            );
            let compute = move || compute_in_background(&pool, &feed, &surroundings, &background);
            let thread = thread::Builder::new()
                .name("hypernodes-lane".to_owned())
                .spawn(compute);
            if let Err(error) = thread {
                return Err(EngineError::Failed {
                    engine: NAME.to_owned(),
                    reason: format!("it gets no thread: {error}"),
                });
            }
        }
    }
}

fn lock(background: &Background) -> MutexGuard<'_, Vec<(Weak<Feed>, usize)>> {
    background.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is(known: &Weak<Feed>, feed: &Arc<Feed>) -> bool {
    std::ptr::eq(known.as_ptr(), Arc::as_ptr(feed))
}

fn panicked() -> EngineError {
    EngineError::Panicked {
        engine: NAME.to_owned(),
        message: "a value panicked when it was dropped".to_owned(),
    }
}

/// One lane.
fn compute(pool: &Pool, feed: &Feed, surroundings: &Arc<Surroundings>) -> Result<(), EngineError> {
    let lane = || Lane::new(pool, feed, surroundings)?.run();
    catch_unwind(AssertUnwindSafe(lane)).unwrap_or_else(|_| Err(panicked()))
}

/// One lane of a feed that is filled meanwhile.
fn compute_in_background(
    pool: &Pool,
    feed: &Arc<Feed>,
    surroundings: &Arc<Surroundings>,
    background: &Background,
) {
    loop {
        let computed = compute(pool, feed, surroundings);
        if let Err(error) = computed {
            feed.give_up(error);
        }
        // Whoever fills the feed looks at the number of lanes under the same lock: one of both sees the other.
        let mut background = lock(background);
        if feed.has_more() {
            continue;
        }
        if let Some((_, lanes)) = background.iter_mut().find(|(known, _)| is(known, feed)) {
            *lanes -= 1;
        }
        return;
    }
}
