//! Rows of a call computed as futures, several at a time.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;

use super::call::{Call, OutputTuple};
use crate::clock;
use crate::error::{BoxError, Cause};
use crate::run::{RunContext, Track};
use crate::value::{Column, PortValue};

/// How many rows of a chunk are in flight when the node sets no limit.
const MOST_IN_FLIGHT: usize = 1024;

/// How often a call whose run may be cancelled looks whether it was.
const LOOK: Duration = Duration::from_millis(20);

/// How many calls of one node are in flight at most, over all chunks and runs.
#[derive(Debug)]
pub struct AsyncLimit {
    most: usize,
    permits: Option<Semaphore>,
}

impl AsyncLimit {
    /// The limit that the node sets, or none but the size of a chunk's window.
    #[must_use]
    pub fn new(limit: Option<usize>) -> Self {
        Self {
            most: limit.unwrap_or(MOST_IN_FLIGHT).max(1),
            permits: limit.map(|limit| Semaphore::new(limit.max(1))),
        }
    }
}

impl Call<'_> {
    /// Computes one output; says whether a row panicked.
    pub(super) async fn emit_async<T: PortValue, F: Future<Output = Result<T, BoxError>> + Send>(
        &mut self,
        limit: &AsyncLimit,
        row: impl FnMut(usize) -> F + Send,
    ) -> bool {
        let (values, panicked) = self.gather(limit, row).await;
        self.push(Column::from_vec(values));
        panicked
    }

    /// Computes several outputs; says whether a row panicked.
    pub(super) async fn emit_async_tuple<
        T: OutputTuple,
        F: Future<Output = Result<T, BoxError>> + Send,
    >(
        &mut self,
        limit: &AsyncLimit,
        row: impl FnMut(usize) -> F + Send,
    ) -> bool {
        let (values, panicked) = self.gather(limit, row).await;
        let mut vectors = T::vectors(values.len());
        values
            .into_iter()
            .for_each(|value| value.push(&mut vectors));
        let mut columns = Vec::new();
        T::columns(vectors, &mut columns);
        columns.into_iter().for_each(|column| self.push(column));
        panicked
    }

    /// Runs the rows and keeps the values of those that did not fail, in order.
    ///
    /// With fail-fast the rows before the lowest failing one are still finished and the later ones are dropped, so the
    /// error does not depend on timing.
    async fn gather<T: Send, F: Future<Output = Result<T, BoxError>> + Send>(
        &mut self,
        limit: &AsyncLimit,
        mut row: impl FnMut(usize) -> F + Send,
    ) -> (Vec<T>, bool) {
        let mut values: Vec<Option<T>> = Vec::new();
        values.resize_with(self.rows(), || None);
        let mut failures: BTreeMap<usize, Cause> = BTreeMap::new();
        let mut panicked = false;
        let mut running = FuturesUnordered::new();
        let mut open = BTreeSet::new();
        let (mut next, mut end) = (0, self.rows());
        let context = self.context();
        let mut limits = self.take_limits();
        loop {
            while next < end && running.len() < limit.most {
                // Making the future clones or moves the arguments, which may panic as well.
                if let Some(track) = context.track() {
                    track.row(next);
                }
                match catch_unwind(AssertUnwindSafe(|| row(next))) {
                    Ok(future) => {
                        let may_take = limits.as_ref().map(|limits| MayTake {
                            of_row: limits.of_row[next],
                            until: limits.until,
                        });
                        let permits = limit.permits.as_ref();
                        running.push(one(next, permits, may_take, context, future));
                        open.insert(next);
                    }
                    Err(payload) => {
                        panicked = true;
                        failures.insert(next, Cause::from_panic(payload));
                        if self.stops_at_first_failure() {
                            end = next;
                        }
                    }
                }
                next += 1;
            }
            if open.first().is_none_or(|&first| first >= end) {
                break;
            }
            let came = match context.can_be_cancelled() {
                false => running.next().await,
                true if context.is_cancelled() => None,
                // Nobody wakes a future when a run is cancelled, so it is asked now and then.
                true => loop {
                    if let Ok(came) = tokio::time::timeout(LOOK, running.next()).await {
                        break came;
                    }
                    if context.is_cancelled() {
                        break None;
                    }
                },
            };
            let Some((at, took, result)) = came else {
                if let Some(&first) = open.first() {
                    failures.insert(first, Cause::Error("cancelled".into()));
                    end = end.min(first);
                }
                break;
            };
            open.remove(&at);
            if let Some(limits) = &mut limits {
                limits.took[at] = took;
            }
            match result {
                Ok(value) => values[at] = Some(value),
                Err(cause) => {
                    panicked |= matches!(cause, Cause::Panic(_));
                    failures.insert(at, cause);
                    if self.stops_at_first_failure() {
                        end = end.min(at);
                    }
                }
            }
        }
        drop(running);
        if let Some(limits) = limits {
            self.set_limits(limits);
        }
        for (at, cause) in failures.into_iter().take_while(|(at, _)| *at <= end) {
            self.fail(at, cause);
        }
        values.truncate(end);
        (values.into_iter().flatten().collect(), panicked)
    }
}

/// How long a row may take.
struct MayTake {
    of_row: Option<(Duration, Duration)>,
    until: Option<(Instant, Duration)>,
}

impl MayTake {
    /// When a row must have ended that begins now, and the limit that is told.
    fn from(&self, now: Instant) -> Option<(Instant, Duration)> {
        let of_row = self.of_row;
        let of_row = of_row.and_then(|(left, told)| Some((now.checked_add(left)?, told)));
        of_row.into_iter().chain(self.until).min()
    }
}

/// One row: waits for its turn, and catches its panic. Says how long it took from then on.
async fn one<T>(
    at: usize,
    permits: Option<&Semaphore>,
    may_take: Option<MayTake>,
    context: &RunContext,
    future: impl Future<Output = Result<T, BoxError>> + Send,
) -> (usize, Duration, Result<T, Cause>) {
    let _permit = match permits {
        Some(permits) => permits.acquire().await.ok(),
        None => None,
    };
    let future = AssertUnwindSafe(future).catch_unwind();
    let Some(may_take) = may_take else {
        let ended = match context.track() {
            None => future.await,
            Some(track) => told(at, track, None, future).await,
        };
        return (at, Duration::ZERO, caught(ended));
    };
    let began = clock::now();
    let deadline = may_take.from(began);
    let future = async {
        match context.track() {
            None => future.await,
            Some(track) => told(at, track, deadline, future).await,
        }
    };
    let ended = match deadline {
        None => Ok(future.await),
        Some((deadline, _)) => {
            // Several rows share a thread: each sees its own limit while it is its turn.
            let mut future = pin!(future);
            let polled = poll_fn(|waker| {
                let _within = context.within(Some(deadline));
                future.as_mut().poll(waker)
            });
            tokio::time::timeout_at(deadline.into(), polled).await
        }
    };
    let now = clock::now();
    let result = match (ended, deadline) {
        (Ok(Err(payload)), _) => Err(Cause::from_panic(payload)),
        // As a sync node, one that has blocked its thread is looked at when it returns.
        (_, Some((deadline, limit))) if now >= deadline => Err(Cause::TimedOut { limit }),
        (Ok(Ok(result)), _) => result.map_err(Cause::Error),
        (Err(_), deadline) => Err(Cause::TimedOut {
            limit: deadline.map(|(_, limit)| limit).unwrap_or_default(),
        }),
    };
    (at, now.duration_since(began), result)
}

/// One row that tells whenever it is its turn: a row that waits kills no process.
async fn told<T>(
    at: usize,
    track: &Track,
    deadline: Option<(Instant, Duration)>,
    future: impl Future<Output = T>,
) -> T {
    let mut future = pin!(future);
    poll_fn(|waker| {
        track.row(at);
        let left = |(until, limit): (Instant, Duration)| {
            let left = until.saturating_duration_since(clock::now());
            track.limited((left, limit))
        };
        let _limited = deadline.map(left);
        let polled = future.as_mut().poll(waker);
        track.no_row();
        polled
    })
    .await
}

fn caught<T>(ended: Result<Result<T, BoxError>, Box<dyn Any + Send>>) -> Result<T, Cause> {
    match ended {
        Ok(result) => result.map_err(Cause::Error),
        Err(payload) => Err(Cause::from_panic(payload)),
    }
}
