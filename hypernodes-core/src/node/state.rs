//! State that a node builds once per worker.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// States of a node, one for each worker that runs it at the same time.
///
/// A call takes a free state or builds one, and puts it back when it is done; so there are never more states than
/// concurrent calls, none is shared, and all are dropped with the pipeline. A state whose call panicked is thrown away.
pub struct StatePool<S> {
    free: Mutex<Vec<S>>,
}

impl<S> StatePool<S> {
    /// A pool with no state in it.
    #[must_use]
    pub const fn new() -> Self {
        Self { free: Mutex::new(Vec::new()) }
    }

    /// Takes a free state, or builds one.
    ///
    /// # Errors
    /// The error of `init`.
    pub fn take<E>(&self, init: impl FnOnce() -> Result<S, E>) -> Result<StateGuard<'_, S>, E> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let state = match free {
            Some(state) => state,
            None => init()?,
        };
        Ok(StateGuard { pool: self, state: Some(state), failed: false })
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

/// A state that is in use by one call.
pub struct StateGuard<'a, S> {
    pool: &'a StatePool<S>,
    state: Option<S>,
    failed: bool,
}

impl<S> StateGuard<'_, S> {
    /// Throws the state away instead of giving it back: a panic may have left it half-changed.
    pub fn discard(&mut self) {
        self.failed = true;
    }
}

impl<S> Deref for StateGuard<'_, S> {
    type Target = S;
    fn deref(&self) -> &S {
        self.state.as_ref().expect("the state is there until the guard is dropped")
    }
}

impl<S> DerefMut for StateGuard<'_, S> {
    fn deref_mut(&mut self) -> &mut S {
        self.state.as_mut().expect("the state is there until the guard is dropped")
    }
}

impl<S> Drop for StateGuard<'_, S> {
    fn drop(&mut self) {
        if let (false, Some(state)) = (self.failed, self.state.take()) {
            self.pool.free.lock().unwrap_or_else(PoisonError::into_inner).push(state);
        }
    }
}

impl<S> fmt::Debug for StateGuard<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateGuard").field("failed", &self.failed).finish_non_exhaustive()
    }
}
