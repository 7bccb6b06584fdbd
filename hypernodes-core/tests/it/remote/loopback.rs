//! An engine whose workers are this process: what goes over is bytes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::remote::{Known, Parcel, RemoteError, WorkerLink, WorkerPlan};
use hypernodes::{Capabilities, ChunkRun, Engine, EngineError, Feed, Plan, Sizing};

/// Sends every chunk to a worker that is this process: what goes over is bytes.
#[derive(Debug)]
pub(super) struct Loopback {
    capabilities: Capabilities,
    chunks: Option<usize>,
    /// Most bytes that a chunk should have.
    pub(super) chunk_bytes: Option<usize>,
    /// How many bytes went over.
    pub(super) sent: AtomicU64,
    /// Most bytes that went over in one go.
    pub(super) largest: AtomicU64,
    /// What decides where chunks and outcomes are damaged; 0: nowhere.
    pub(super) damage: AtomicU64,
}

impl Loopback {
    pub(super) fn new(chunks: Option<usize>) -> Self {
        let mut capabilities = Capabilities::default();
        capabilities.leaves_process = true;
        Self {
            capabilities,
            chunks,
            chunk_bytes: None,
            sent: AtomicU64::new(0),
            largest: AtomicU64::new(0),
            damage: AtomicU64::new(0),
        }
    }

    /// A number that looks random (splitmix64).
    fn chance(&self) -> usize {
        let state = self
            .damage
            .fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed >> 33) as usize
    }

    /// As [`over`](Self::over), of chunks and outcomes: what goes over may be damaged.
    fn over_damaged(&self, parcel: &Parcel) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut head, mut blobs) = self.over(parcel);
        if self.damage.load(Ordering::Relaxed) == 0 || self.chance().is_multiple_of(2) {
            return (head, blobs);
        }
        let blob = blobs.get_mut(self.chance() % parcel.blobs.len().max(1));
        let bytes = match blob {
            Some(blob) if self.chance().is_multiple_of(4) => blob,
            _ => &mut head,
        };
        for _ in 0..=self.chance() % 3 {
            let at = self.chance() % bytes.len().max(1);
            match self.chance() % 4 {
                0 => bytes.truncate(at),
                1 => bytes.insert(at.min(bytes.len()), 0xFF),
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << (self.chance() % 8);
                    }
                }
            }
        }
        (head, blobs)
    }

    fn over(&self, parcel: &Parcel) -> (Vec<u8>, Vec<Vec<u8>>) {
        let bytes = parcel.head.len() + parcel.blob_bytes();
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
        self.largest.fetch_max(bytes as u64, Ordering::Relaxed);
        let blobs = parcel.blobs.iter().map(|blob| blob.as_bytes().to_vec());
        (parcel.head.clone(), blobs.collect())
    }
}

/// The way back to the parent.
struct Link {
    feed: Arc<Feed>,
    told: Mutex<Vec<Vec<u8>>>,
}

impl WorkerLink for Link {
    fn ask(&self, question: Vec<u8>) -> Option<Vec<u8>> {
        Some(self.feed.answer(&question))
    }

    fn tell(&self, _: u64, events: Vec<u8>) {
        self.told.lock().unwrap().push(events);
    }
}

impl Engine for Loopback {
    fn name(&self) -> &str {
        "loopback"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing {
            fixed: self.chunks,
            chunk_bytes: self.chunk_bytes,
            // So long that bytes alone decide.
            target: match self.chunk_bytes {
                Some(_) => Duration::from_secs(1),
                None => Sizing::default().target,
            },
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        let broken = |error: RemoteError| error.into_engine_error("loopback");
        let (head, blobs) = self.over(&feed.plan().image("loopback")?.parcel);
        let plan = WorkerPlan::decode(&head, &blobs).map_err(broken)?;
        let link = Arc::new(Link {
            feed: Arc::clone(feed),
            told: Mutex::default(),
        });
        let run = plan
            .begin(
                &feed.terms()?,
                Arc::new(Sequential::default()),
                Arc::clone(&link) as _,
            )
            .map_err(broken)?;
        let mut known = Known::new();
        let mut next = 0;
        while let Some(chunk) = feed.next() {
            next += 1;
            if feed.context().is_cancelled() {
                run.cancel();
            }
            let (mut sent, parcel) = match feed.pack(chunk, &mut known) {
                Ok(packed) => packed,
                Err(unpackable) => {
                    feed.lose(unpackable.chunk, unpackable.error);
                    continue;
                }
            };
            let (head, blobs) = self.over_damaged(&parcel);
            drop(parcel);
            let arrived = run.arrive(next, &head, &blobs);
            drop((head, blobs));
            let parcel = std::thread::scope(|scope| {
                let worker = scope.spawn(|| run.compute(arrived, None));
                while !worker.is_finished() {
                    if feed.context().is_cancelled() {
                        run.cancel();
                    }
                    std::thread::yield_now();
                }
                worker.join().expect("a worker never panics")
            });
            for events in std::mem::take(&mut *link.told.lock().unwrap()) {
                feed.hear(&mut sent, &events);
            }
            let (head, blobs) = self.over_damaged(&parcel);
            match feed.unpack(&mut sent, &head, &blobs) {
                Ok(outcome) => feed.put(feed.take_back(sent), outcome),
                Err(error) => feed.lose(feed.take_back(sent), broken(error)),
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

/// An engine of which somebody else has a handle.
#[derive(Debug)]
pub(super) struct Shared(pub(super) Arc<Loopback>);

impl Engine for Shared {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }
    fn sizing(&self, plan: &Plan, items: usize) -> Sizing {
        self.0.sizing(plan, items)
    }
    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        self.0.drive(feed)
    }
    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        self.0.run_one(run)
    }
}
