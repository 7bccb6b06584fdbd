//! Asking a run to end.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::sync::{AtomicBool, Condvar, Mutex};

/// Asks runs to end: no further chunk is begun, those under way end at the next step, what is finished is kept.
///
/// Clones are handles on one request, which cannot be taken back. One token may be given to many runs.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::CancelToken;
/// let token = CancelToken::new();
/// let copy = token.clone();
/// copy.cancel();
/// assert!(token.is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Request>);

#[derive(Default)]
struct Request {
    is_made: AtomicBool,
    lock: Mutex<()>,
    made: Condvar,
}

impl CancelToken {
    /// A request that nobody has made yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the request.
    pub fn cancel(&self) {
        self.0.is_made.store(true, Ordering::Release);
        // Whoever is about to sleep has looked before it took the lock.
        drop(self.0.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.made.notify_all();
    }

    /// Whether the request was made.
    #[inline]
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_made.load(Ordering::Acquire)
    }

    /// Sleeps for the given time, or until the request is made. Says whether it was.
    #[must_use]
    pub fn sleep(&self, time: Duration) -> bool {
        let guard = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .0
            .made
            .wait_timeout_while(guard, time, |()| !self.is_cancelled());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        self.is_cancelled()
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelToken")
            .field(&self.is_cancelled())
            .finish()
    }
}
