//! Rows of a call computed as futures, several at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;

use super::call::{Call, OutputTuple};
use crate::error::{BoxError, Cause};
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
        let (deadline, context) = (self.deadline(), self.context());
        loop {
            while next < end && running.len() < limit.most {
                // Making the future clones or moves the arguments, which may panic as well.
                match catch_unwind(AssertUnwindSafe(|| row(next))) {
                    Ok(future) => {
                        running.push(one(next, limit.permits.as_ref(), deadline, future));
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
            let Some((at, result)) = came else {
                if let Some(&first) = open.first() {
                    failures.insert(first, Cause::Error("cancelled".into()));
                    end = end.min(first);
                }
                break;
            };
            open.remove(&at);
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
        for (at, cause) in failures.into_iter().take_while(|(at, _)| *at <= end) {
            self.fail(at, cause);
        }
        values.truncate(end);
        (values.into_iter().flatten().collect(), panicked)
    }
}

/// One row: waits for its turn, and catches its panic.
async fn one<T>(
    at: usize,
    permits: Option<&Semaphore>,
    deadline: Option<(Instant, Duration)>,
    future: impl Future<Output = Result<T, BoxError>> + Send,
) -> (usize, Result<T, Cause>) {
    let _permit = match permits {
        Some(permits) => permits.acquire().await.ok(),
        None => None,
    };
    let future = AssertUnwindSafe(future).catch_unwind();
    let ended = match deadline {
        None => future.await,
        Some((deadline, limit)) => {
            let ended = tokio::time::timeout_at(deadline.into(), future).await;
            match ended {
                Ok(ended) => ended,
                Err(_) => return (at, Err(Cause::TimedOut { limit })),
            }
        }
    };
    let result = match ended {
        Ok(result) => result.map_err(Cause::Error),
        Err(payload) => Err(Cause::from_panic(payload)),
    };
    (at, result)
}
