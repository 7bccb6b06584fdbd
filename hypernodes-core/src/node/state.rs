//! State that a node builds once per worker.

use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use crate::error::{BoxError, Cause};

/// States of a node, one for each worker that runs it at the same time.
///
/// A call takes a free state or builds one, and puts it back when it is done; so there are never more states than
/// concurrent calls, none is shared, and all are dropped with the pipeline. A state whose row panicked is thrown away.
pub struct StatePool<S> {
    free: Mutex<Vec<S>>,
}

impl<S> StatePool<S> {
    /// A pool with no state in it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            free: Mutex::new(Vec::new()),
        }
    }

    fn pop(&self) -> Option<S> {
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    /// Takes a free state, or builds one, for rows that share it.
    ///
    /// # Errors
    /// The error or the panic of `init`.
    pub fn take(
        &self,
        init: impl FnOnce() -> Result<S, BoxError>,
    ) -> Result<StateGuard<'_, S>, BoxError> {
        let state = match self.pop() {
            Some(state) => state,
            None => build(init)?,
        };
        Ok(StateGuard {
            pool: self,
            state: Some(state),
            discarded: false,
        })
    }

    /// Lends a state to one row after the other; it is taken or built when the first row needs it.
    pub fn lease<I: FnMut() -> Result<S, BoxError>>(&self, init: I) -> StateLease<'_, S, I> {
        StateLease {
            pool: self,
            init,
            state: None,
            in_use: false,
            failed: None,
        }
    }
}

/// Builds a state; a panic becomes an error.
fn build<S>(init: impl FnOnce() -> Result<S, BoxError>) -> Result<S, BoxError> {
    match catch_unwind(AssertUnwindSafe(init)) {
        Ok(result) => result,
        Err(payload) => Err(match Cause::from_panic(payload) {
            Cause::Panic(message) => {
                format!("the state could not be built: panicked: {message}").into()
            }
            Cause::Error(error) => error,
            Cause::Nested(failure) => failure.message().into(),
            Cause::TimedOut { .. } | Cause::Crashed(_) => {
                unreachable!("a panic is no time-out, and no end of the process")
            }
        }),
    }
}

impl<S> Default for StatePool<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for StatePool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatePool").finish_non_exhaustive()
    }
}

/// A state that the rows of one call share.
pub struct StateGuard<'a, S> {
    pool: &'a StatePool<S>,
    state: Option<S>,
    discarded: bool,
}

impl<S> StateGuard<'_, S> {
    /// Throws the state away instead of giving it back: a panic may have left it half-changed.
    pub fn discard(&mut self) {
        self.discarded = true;
    }
}

impl<S> Deref for StateGuard<'_, S> {
    type Target = S;
    fn deref(&self) -> &S {
        self.state
            .as_ref()
            .expect("the state is there until the guard is dropped")
    }
}

impl<S> Drop for StateGuard<'_, S> {
    fn drop(&mut self) {
        if let (false, Some(state)) = (self.discarded, self.state.take()) {
            self.pool
                .free
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(state);
        }
    }
}

impl<S> fmt::Debug for StateGuard<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateGuard")
            .field("discarded", &self.discarded)
            .finish_non_exhaustive()
    }
}

/// A state lent to one row after the other.
pub struct StateLease<'a, S, I> {
    pool: &'a StatePool<S>,
    init: I,
    state: Option<S>,
    /// A row has the state. Still set when the next row comes: that row panicked.
    in_use: bool,
    /// Why no state could be built: the rest of the call fails for the same reason without trying again.
    failed: Option<String>,
}

impl<S, I: FnMut() -> Result<S, BoxError>> StateLease<'_, S, I> {
    /// Lends the state to one row. After a row that panicked it is built anew.
    ///
    /// # Errors
    /// The error of the row, or why there is no state.
    pub fn with<T>(
        &mut self,
        row: impl FnOnce(&mut S) -> Result<T, BoxError>,
    ) -> Result<T, BoxError> {
        if std::mem::replace(&mut self.in_use, true) {
            self.state = None;
        }
        let state = match &mut self.state {
            Some(state) => state,
            slot @ None => {
                if let Some(reason) = &self.failed {
                    self.in_use = false;
                    return Err(reason.clone().into());
                }
                match self.pool.pop().map_or_else(|| build(&mut self.init), Ok) {
                    Ok(state) => slot.insert(state),
                    Err(error) => {
                        self.failed = Some(error.to_string());
                        self.in_use = false;
                        return Err(error);
                    }
                }
            }
        };
        let result = row(state);
        self.in_use = false;
        result
    }
}

impl<S, I> Drop for StateLease<'_, S, I> {
    fn drop(&mut self) {
        if let (false, Some(state)) = (self.in_use, self.state.take()) {
            self.pool
                .free
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(state);
        }
    }
}

impl<S, I> fmt::Debug for StateLease<'_, S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateLease")
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_used_again_by_the_next_call() {
        let pool = StatePool::new();
        let mut built = 0;
        for _ in 0..3 {
            let mut lease = pool.lease(|| {
                built += 1;
                Ok(0_u32)
            });
            for _ in 0..2 {
                lease
                    .with(|count| {
                        *count += 1;
                        Ok(())
                    })
                    .expect("the state is there");
            }
        }
        assert_eq!(built, 1);
        assert_eq!(pool.pop(), Some(6));
    }

    #[test]
    fn a_state_is_built_anew_after_a_panic() {
        let pool = StatePool::new();
        let mut lease = pool.lease(|| Ok(Vec::new()));
        lease
            .with(|seen| {
                seen.push(1);
                Ok(())
            })
            .expect("the first row is fine");
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            lease.with(|seen| -> Result<(), BoxError> {
                seen.push(2);
                panic!("half done");
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(
            lease.with(|seen| Ok(seen.clone())).expect("built anew"),
            Vec::<u8>::new()
        );
        drop(lease);
        assert_eq!(pool.pop(), Some(Vec::new()));
    }

    #[test]
    fn a_state_of_a_last_row_that_panicked_is_thrown_away() {
        let pool = StatePool::new();
        let mut lease = pool.lease(|| Ok(1));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            lease.with(|_| -> Result<(), BoxError> { panic!("late") })
        }));
        assert!(panicked.is_err());
        drop(lease);
        assert_eq!(pool.pop(), None);
    }

    #[test]
    fn a_state_that_cannot_be_built_fails_every_row_and_is_tried_once() {
        let pool = StatePool::<u8>::new();
        let mut tries = 0;
        let mut lease = pool.lease(|| {
            tries += 1;
            Err("no connection".into())
        });
        for _ in 0..3 {
            assert_eq!(
                lease
                    .with(|_| Ok(()))
                    .expect_err("there is no state")
                    .to_string(),
                "no connection"
            );
        }
        drop(lease);
        assert_eq!(tries, 1);
        let panicked = pool
            .take(|| panic!("no memory"))
            .expect_err("panicked")
            .to_string();
        assert_eq!(
            panicked,
            "the state could not be built: panicked: no memory"
        );
    }
}
