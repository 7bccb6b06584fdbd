//! Runs as OpenTelemetry traces. Which spans there are is decided here; how they travel, in `sender` and `http`.

mod config;
mod http;
mod sender;
mod spans;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use config::{OtelConfig, OtelError};
use hypernodes_core::{Event, EventKind, Listener};
use sender::Sender;
use spans::Spans;
pub use spans::trace_id;

/// So many spans travel together.
const BATCH: usize = 512;

/// How long the end of a run waits at most until its spans have arrived.
const FLUSH: Duration = Duration::from_secs(1);

/// A listener that sends runs to an OpenTelemetry collector, as OTLP over HTTP.
///
/// Each run is a trace: the run, its chunks, their nodes, nested maps and the chunks in them, each with the times of the
/// events; what fails is an exception of its span, which has the status error. The ids come from those of the run, so that
/// a run that is told by several processes is one trace; [`trace_id`] says which.
///
/// Spans are sent in batches from a thread of their own. The end of a run waits for them, but no longer than a second,
/// and not at all while the collector cannot be reached; what is too much for its buffer is [left out](Self::left_out).
///
/// # Example
/// ```
/// use hypernodes_core::Listening;
/// use hypernodes_ops::{OtelConfig, OtelListener};
/// let config = OtelConfig {
///     endpoint: Some("http://localhost:4318".to_owned()),
///     service_name: Some("nightly".to_owned()),
///     ..OtelConfig::default()
/// };
/// // Given to a pipeline, it hears its runs.
/// let listening = Listening::new(OtelListener::new(config)?);
/// assert_eq!(listening.dropped(), 0);
/// # Ok::<(), hypernodes_ops::OtelError>(())
/// ```
pub struct OtelListener {
    spans: Mutex<Spans>,
    sender: Sender,
    flush: Duration,
}

impl OtelListener {
    /// Sends to the collector of this configuration. Does not connect before there is something to send.
    ///
    /// # Errors
    /// An address that is none, or one that needs TLS; and if no thread can be started.
    pub fn new(config: OtelConfig) -> Result<Self, OtelError> {
        let flush = config.timeout.min(FLUSH);
        Ok(Self {
            spans: Mutex::default(),
            sender: Sender::new(http::exporter(&config)?, flush)?,
            flush,
        })
    }

    /// How many spans were lost, because the collector was too slow or not there.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.sender.left_out()
    }
}

impl Listener for OtelListener {
    fn hear(&self, event: &Event) {
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        spans.hear(event);
        let is_end = matches!(event.kind, EventKind::RunEnded { .. });
        if !is_end && spans.finished.len() < BATCH {
            return;
        }
        let finished = std::mem::take(&mut spans.finished);
        drop(spans);
        self.sender.send(finished);
        if is_end {
            self.sender.flush(self.flush);
        }
    }
}

impl Drop for OtelListener {
    fn drop(&mut self) {
        let spans = self.spans.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.sender.send(std::mem::take(&mut spans.finished));
    }
}

impl fmt::Debug for OtelListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtelListener")
            .field("left_out", &self.left_out())
            .finish_non_exhaustive()
    }
}
