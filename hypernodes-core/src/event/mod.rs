//! What happens in a run, as one typed stream.
//!
//! Core tells; progress bars, logs, reports and tests listen. A listener cannot change a run.

mod bus;
mod kind;
#[cfg(test)]
mod tests;

pub use bus::Listening;
pub use kind::{
    Event, EventKind, FailureKind, MemoryLevel, NodeInfo, RunId, RunMode, RunOutcome, RunStart,
    SpanId,
};

/// Hears what happens in runs.
///
/// Each listener has a thread of its own and a bounded buffer in front of it: a slow one loses events, which are
/// [counted](Listening::dropped), and never slows a run down; one that panics is told no more, and the run goes on.
/// Closures are listeners.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
/// use hypernodes::{Event, EventKind, prelude::*};
/// let chunks = Arc::new(AtomicUsize::new(0));
/// let count = Arc::clone(&chunks);
/// let p = Pipeline::new("p", nodes![{ node_fn!("y", |x: f64| x + 1.0) }])?
///     .with_listener(move |event: &Event| {
///         if let EventKind::ChunkEnded { .. } = event.kind { count.fetch_add(1, Ordering::Relaxed); }
///     });
/// p.map(inputs! { x: [1.0, 2.0, 3.0] }, ["x"])?;
/// assert!(chunks.load(Ordering::Relaxed) >= 1);
/// # Ok::<(), hypernodes::Error>(())
/// ```
pub trait Listener: Send + Sync + 'static {
    /// Hears one event. Those of one run come in the order in which they happened on each worker.
    fn hear(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync + 'static> Listener for F {
    fn hear(&self, event: &Event) {
        self(event);
    }
}
