//! The thread that sends batches of spans, and what waits for it.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, sync_channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::config::OtelError;

/// So many batches wait at most.
const QUEUE: usize = 64;

pub(super) struct Sender {
    queue: Option<SyncSender<Message>>,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
    patience: Duration,
}

enum Message {
    Spans(Vec<SpanData>),
    /// What came before is sent, or lost.
    Flush(mpsc::Sender<()>),
}

#[derive(Default)]
struct State {
    left_out: AtomicU64,
    /// The last request failed, or was not answered in time: nobody waits for the next.
    is_away: AtomicBool,
    /// Nobody is there any more whom the rest of the queue matters to.
    is_left: AtomicBool,
}

impl Sender {
    pub(super) fn new(
        exporter: impl SpanExporter + 'static,
        patience: Duration,
    ) -> Result<Self, OtelError> {
        let (queue, messages) = sync_channel(QUEUE);
        let state = Arc::new(State::default());
        let theirs = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("hypernodes-otel".to_owned())
            .spawn(move || theirs.send_all(&exporter, &messages))
            .map_err(OtelError::Thread)?;
        Ok(Self {
            queue: Some(queue),
            state,
            thread: Some(thread),
            patience,
        })
    }

    pub(super) fn left_out(&self) -> u64 {
        self.state.left_out.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(super) fn is_away(&self) -> bool {
        self.state.is_away.load(Ordering::Relaxed)
    }

    /// Puts spans into the queue, or leaves them out if it is full. Never waits.
    pub(super) fn send(&self, spans: Vec<SpanData>) {
        if spans.is_empty() {
            return;
        }
        let number = spans.len() as u64;
        let is_sent = self
            .queue
            .as_ref()
            .is_some_and(|queue| queue.try_send(Message::Spans(spans)).is_ok());
        if !is_sent {
            self.state.left_out.fetch_add(number, Ordering::Relaxed);
        }
    }

    /// Waits until the queue is sent, but not for a collector that is away.
    pub(super) fn flush(&self, at_most: Duration) {
        if self.state.is_away.load(Ordering::Relaxed) {
            return;
        }
        let (done, is_done) = mpsc::channel();
        let Some(queue) = &self.queue else { return };
        if queue.try_send(Message::Flush(done)).is_err()
            || is_done.recv_timeout(at_most) == Err(mpsc::RecvTimeoutError::Timeout)
        {
            self.state.is_away.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.flush(self.patience);
        self.queue = None;
        let Some(thread) = self.thread.take() else {
            return;
        };
        // One that still tries is left behind: its request ends some time, and it begins no other.
        if self.state.is_away.load(Ordering::Relaxed) {
            self.state.is_left.store(true, Ordering::Relaxed);
        } else {
            let _ = thread.join();
        }
    }
}

impl State {
    fn send_all(&self, exporter: &impl SpanExporter, messages: &Receiver<Message>) {
        while let Ok(message) = messages.recv() {
            if self.is_left.load(Ordering::Relaxed) {
                return;
            }
            match message {
                Message::Flush(done) => drop(done.send(())),
                Message::Spans(spans) => {
                    let number = spans.len() as u64;
                    let result = block_on(exporter.export(spans));
                    let was_away = self.is_away.swap(result.is_err(), Ordering::Relaxed);
                    match result {
                        Err(error) => {
                            self.left_out.fetch_add(number, Ordering::Relaxed);
                            if !was_away {
                                tracing::warn!(
                                    "spans are lost until the collector answers: {error}"
                                );
                            }
                        }
                        Ok(()) if was_away => tracing::info!("the collector takes spans again"),
                        Ok(()) => {}
                    }
                }
            }
        }
    }
}

/// Wakes a thread that waits for a future.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}
