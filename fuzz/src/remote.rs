//! Workers and their parent, in this process.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hypernodes::prelude::*;
use hypernodes::remote::{Known, RemoteError, Sent, WorkerLink};
use hypernodes::{Capabilities, ChunkRun, Engine, EngineError, Feed, Outcome, Plan, Sizing};

/// What became of a chunk that was sent.
pub type Reply = Result<Outcome, RemoteError>;

/// What a worker is sent: the terms, the chunk's number, head and blobs.
pub struct Packed {
    pub terms: Vec<u8>,
    pub chunk: u64,
    pub head: Vec<u8>,
    pub blobs: Vec<Vec<u8>>,
}

/// An engine whose worker is a function: it gets what a worker is sent, and unpacks what a worker would give.
pub struct Replies<F> {
    capabilities: Capabilities,
    reply: Mutex<F>,
}

impl<F: FnMut(&Feed, &mut Sent, Packed) -> Reply + Send> Replies<F> {
    pub fn new(reply: F) -> Self {
        let mut capabilities = Capabilities::default();
        capabilities.leaves_process = true;
        Self {
            capabilities,
            reply: Mutex::new(reply),
        }
    }
}

impl<F: FnMut(&Feed, &mut Sent, Packed) -> Reply + Send> Engine for Replies<F> {
    fn name(&self) -> &str {
        "replies"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing {
            fixed: Some(2),
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        let terms = feed.terms()?;
        let (mut known, mut number) = (Known::new(), 0);
        while let Some(chunk) = feed.next() {
            number += 1;
            let (mut sent, parcel) = match feed.pack(chunk, &mut known) {
                Ok(packed) => packed,
                Err(unpackable) => {
                    feed.lose(unpackable.chunk, unpackable.error);
                    continue;
                }
            };
            let blobs = parcel.blobs.iter().map(|blob| blob.as_bytes().to_vec());
            let packed = Packed {
                terms: terms.clone(),
                chunk: number,
                blobs: blobs.collect(),
                head: parcel.head.clone(),
            };
            drop(parcel);
            let mut reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner);
            match reply(feed, &mut sent, packed) {
                Ok(outcome) => feed.put(feed.take_back(sent), outcome),
                Err(error) => feed.lose(feed.take_back(sent), error.into_engine_error("replies")),
            }
        }
        Ok(())
    }

    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        let feed = run.as_feed(Sizing::default());
        self.drive(&feed)?;
        run.take_from(&feed)
    }
}

impl<F> fmt::Debug for Replies<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replies")
    }
}

/// A way to a parent that gives these answers, one after the other, and remembers what it was asked and told.
#[derive(Default)]
pub struct Link {
    pub answers: Mutex<Vec<Vec<u8>>>,
    pub asked: Mutex<Vec<Vec<u8>>>,
}

impl WorkerLink for Link {
    fn ask(&self, question: Vec<u8>) -> Option<Vec<u8>> {
        self.asked.lock().ok()?.push(question);
        self.answers.lock().ok()?.pop()
    }

    fn tell(&self, _: u64, events: Vec<u8>) {
        drop(events);
    }
}

/// The engine of nested work in a worker.
#[must_use]
pub fn nested() -> Arc<dyn Engine> {
    Arc::new(Sequential::default())
}
