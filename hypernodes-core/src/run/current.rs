//! What a node can ask while it runs: whether it should end.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Instant;

use super::scope::RunScope;
use crate::clock;

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

struct Current {
    scope: Arc<RunScope>,
    deadline: Option<Instant>,
    /// The call asked after its run was cancelled, and was told so.
    was_told: Cell<bool>,
}

/// Whether the node that runs on this thread should end: its time is over, or its run was cancelled.
///
/// Threads cannot be stopped from outside, so a node that may run for long asks now and then and returns early; what it
/// returns then does not matter. Outside of nodes it is `false`.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// #[node]
/// fn waits(x: u64) -> Result<u64, String> {
///     for _ in 0..1_000_000 {
///         if hypernodes::stop_requested() { return Err("told to stop".to_owned()); }
///         std::thread::sleep(std::time::Duration::from_millis(1));
///     }
///     Ok(x)
/// }
/// let p = Pipeline::new("p", nodes![waits])?.with_item_timeout(std::time::Duration::from_millis(5));
/// let error = p.run(inputs! { x: 1_u64 }).unwrap_err();
/// assert_eq!(error.to_string(), "node `waits` timed out: it took longer than 5ms");
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[must_use]
pub fn stop_requested() -> bool {
    CURRENT.with_borrow(|current| {
        let Some(current) = current else {
            return false;
        };
        if current.scope.is_cancelled() {
            current.was_told.set(true);
            return true;
        }
        let deadline = current.deadline;
        deadline.is_some_and(|deadline| clock::now() >= deadline)
    })
}

/// Says what [`stop_requested`] answers while a call runs.
pub(crate) struct Within(Option<Current>);

impl Within {
    /// An outer deadline that is sooner still holds.
    pub(super) fn call(scope: &Arc<RunScope>, deadline: Option<Instant>) -> Self {
        CURRENT.with_borrow_mut(|current| {
            let outer = current.as_ref().and_then(|current| current.deadline);
            let deadline = deadline.into_iter().chain(outer).min();
            Self(current.replace(Current {
                scope: Arc::clone(scope),
                deadline,
                was_told: Cell::new(false),
            }))
        })
    }

    /// Whether the call knows that its run was cancelled: what it gives then does not matter.
    pub(super) fn was_told(&self) -> bool {
        CURRENT.with_borrow(|current| {
            current
                .as_ref()
                .is_some_and(|current| current.was_told.get())
        })
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        let inner = CURRENT.replace(self.0.take());
        CURRENT.with_borrow(|outer| {
            if let (Some(inner), Some(outer)) = (inner, outer)
                && inner.was_told.get()
                && Arc::ptr_eq(&inner.scope, &outer.scope)
            {
                outer.was_told.set(true);
            }
        });
    }
}
