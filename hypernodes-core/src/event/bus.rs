//! From runs to listeners: a bounded buffer and a thread for each.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Event, EventKind, Listener};

/// How many events wait for a listener at most.
const BUFFER: usize = 64 * 1024;

/// How long the end of a run waits for its listeners.
const PATIENCE: Duration = Duration::from_secs(2);

/// A listener with its thread and its buffer; it may hear many runs.
///
/// # Example
/// ```
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::{Event, Listening};
/// let listening = Listening::with_buffer(|event: &Event| println!("{:?}", event.kind), 1024);
/// assert_eq!(listening.dropped(), 0);
/// ```
pub struct Listening {
    sender: Option<SyncSender<Message>>,
    dropped: Arc<AtomicU64>,
    has_panicked: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Message {
    Event(Box<Event>),
    /// Everything before was heard.
    Flush(Sender<()>),
}

impl Listening {
    /// Starts to listen.
    #[must_use]
    pub fn new(listener: impl Listener) -> Arc<Self> {
        Self::with_buffer(listener, BUFFER)
    }

    /// Starts to listen with room for this many events.
    #[must_use]
    pub fn with_buffer(listener: impl Listener, events: usize) -> Arc<Self> {
        let (sender, receiver) = sync_channel(events.max(1));
        let has_panicked = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&has_panicked);
        let run = move || listen(&listener, &receiver, &flag);
        let thread = std::thread::Builder::new()
            .name("hypernodes-listener".to_owned())
            .spawn(run);
        if let Err(error) = &thread {
            // Without its thread the receiver is gone, and every event counts as dropped.
            tracing::warn!("no thread for a listener: {error}");
        }
        Arc::new(Self {
            sender: Some(sender),
            dropped: Arc::default(),
            has_panicked,
            thread: Mutex::new(thread.ok()),
        })
    }

    /// How many events were lost because the listener was slower than the runs, or has panicked.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Whether the listener has panicked, and hears no more.
    #[must_use]
    pub fn has_panicked(&self) -> bool {
        self.has_panicked.load(Ordering::Relaxed)
    }

    /// Waits until everything that was told is heard, but no longer than this. Says whether it is.
    pub fn flush(&self, at_most: Duration) -> bool {
        let (done, heard) = channel();
        let mut message = Message::Flush(done);
        let began = crate::clock::now();
        let Some(sender) = &self.sender else {
            return true;
        };
        loop {
            match sender.try_send(message) {
                Ok(()) => break,
                Err(TrySendError::Disconnected(_)) => return true,
                Err(TrySendError::Full(back)) if began.elapsed() < at_most => {
                    message = back;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(TrySendError::Full(_)) => return false,
            }
        }
        !matches!(
            heard.recv_timeout(at_most.saturating_sub(began.elapsed())),
            Err(RecvTimeoutError::Timeout)
        )
    }

    pub(crate) fn tell(&self, event: &Event) {
        let is_end = matches!(
            event.kind,
            EventKind::RunStarted(_) | EventKind::RunEnded { .. }
        );
        let mut message = Message::Event(Box::new(event.clone()));
        let Some(sender) = &self.sender else { return };
        // What a listener cannot do without is worth a moment.
        for _ in 0..if is_end { 100 } else { 1 } {
            match sender.try_send(message) {
                Ok(()) => return,
                Err(TrySendError::Full(back)) if is_end => {
                    message = back;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(_) => break,
            }
        }
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for the listener at the end of a run.
    pub(crate) fn settle(&self) {
        let _ = self.flush(PATIENCE);
    }
}

fn listen(listener: &impl Listener, receiver: &Receiver<Message>, has_panicked: &AtomicBool) {
    while let Ok(message) = receiver.recv() {
        match message {
            Message::Flush(done) => drop(done.send(())),
            Message::Event(event) => {
                if catch_unwind(AssertUnwindSafe(|| listener.hear(&event))).is_err() {
                    has_panicked.store(true, Ordering::Relaxed);
                    tracing::warn!("a listener has panicked and hears no more");
                    return;
                }
            }
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.sender = None;
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // The last handle may be dropped by the listener itself.
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening")
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}
