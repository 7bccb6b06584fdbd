//! An engine whose workers die.

use super::*;

/// What a dying worker's last words are worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Knows {
    Row,
    Nothing,
    Sometimes,
}

/// An engine whose workers die of some items, and now and then of others.
#[derive(Debug)]
pub(super) struct Mortal {
    pub(super) capabilities: Capabilities,
    pub(super) poisons: BTreeSet<usize>,
    pub(super) knows: Knows,
    /// Of so many chunks about one is lost that has done nothing, 0: none.
    pub(super) bad_luck: usize,
    pub(super) chunks: Option<usize>,
    pub(super) confirmations: u32,
    pub(super) cause: Crash,
    pub(super) node: Option<&'static str>,
    pub(super) cancels: Option<(CancelToken, usize)>,
    pub(super) told: Mutex<Told>,
}

#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) seed: u64,
    pub(super) deaths: usize,
    pub(super) by_luck: usize,
    /// How often each innocent died alone.
    pub(super) alone: BTreeMap<usize, u32>,
    pub(super) given_back: usize,
    pub(super) order: Vec<usize>,
}

impl Told {
    pub(super) fn random(&mut self, below: usize) -> usize {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.seed >> 33).unwrap() % below.max(1)
    }
}

impl Mortal {
    pub(super) fn of(poisons: impl IntoIterator<Item = usize>) -> Self {
        Self {
            capabilities: Capabilities::default(),
            poisons: poisons.into_iter().collect(),
            knows: Knows::Row,
            bad_luck: 0,
            chunks: None,
            confirmations: 3,
            cause: Crash::Killed { signal: 11 },
            node: Some("y"),
            cancels: None,
            told: Mutex::default(),
        }
    }

    /// Whether this chunk kills its worker, and at which row.
    pub(super) fn dies(&self, told: &mut Told, chunk: &Chunk) -> Option<Option<usize>> {
        let items = chunk.start()..chunk.start() + chunk.rows();
        let row = match self.poisons.range(items).next() {
            Some(item) => item - chunk.start(),
            None => {
                if self.bad_luck == 0 || told.random(self.bad_luck) > 0 {
                    return None;
                }
                if chunk.is_suspect() {
                    // Never as often as it takes to be blamed.
                    let alone = told.alone.entry(chunk.start()).or_default();
                    *alone += 1;
                    if *alone >= self.confirmations {
                        return None;
                    }
                }
                told.by_luck += 1;
                told.random(chunk.rows())
            }
        };
        Some(match self.knows {
            Knows::Row => Some(row),
            Knows::Nothing => None,
            Knows::Sometimes => (told.random(2) == 0).then_some(row),
        })
    }

    pub(super) fn turn(&self, feed: &Feed, mut chunk: Chunk) {
        let mut told = self.told.lock().unwrap();
        assert!(!chunk.is_suspect() || chunk.rows() == 1);
        if self.bad_luck > 0 && told.random(8) == 0 {
            told.given_back += 1;
            return feed.give_back(chunk);
        }
        let dies = self.dies(&mut told, &chunk);
        if let Some(row) = dies {
            told.deaths += 1;
            if let Some((token, after)) = &self.cancels
                && told.deaths == *after
            {
                token.cancel();
            }
            let loss = Loss {
                row,
                node: self.node.map(str::to_owned),
                said: Some("so it ends".to_owned()),
                alone: chunk.is_suspect(),
                ..Loss::new(self.cause.clone())
            };
            return feed.lost(chunk, loss);
        }
        told.order.push(chunk.start());
        // A nested map comes back to this engine.
        drop(told);
        let outcome = feed.execute(&mut chunk);
        feed.put(chunk, outcome);
    }
}

#[derive(Debug, Clone)]
pub(super) struct Shared(pub(super) Arc<Mortal>);

impl Engine for Shared {
    fn name(&self) -> &str {
        "mortal"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.0.capabilities
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing {
            fixed: self.0.chunks,
            confirmations: self.0.confirmations,
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        while let Some(chunk) = feed.next() {
            self.0.turn(feed, chunk);
        }
        assert!(feed.is_done() && !feed.has_more());
        Ok(())
    }

    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        let feed = run.as_feed(self.sizing(run.plan(), 1));
        assert!(feed.is_single());
        self.drive(&feed)?;
        run.take_from(&feed)
    }
}

/// `y` is ten times `x`, and counts how often each item was computed.
pub(super) fn counted(items: usize) -> (Pipeline, Arc<Vec<AtomicU32>>) {
    let counts: Arc<Vec<AtomicU32>> = Arc::new((0..items).map(|_| AtomicU32::new(0)).collect());
    let own = Arc::clone(&counts);
    let y = node_fn!("y", move |x: usize, label: &str| -> String {
        own[x].fetch_add(1, Ordering::Relaxed);
        format!("{label}{x}")
    });
    let z = node_fn!("z", |y: &str| -> usize { y.len() });
    let p = Pipeline::new("p", nodes![{ y }, { z }]).unwrap();
    (p, counts)
}

pub(super) fn on(p: &Pipeline, engine: Mortal) -> (Pipeline, Arc<Mortal>) {
    let engine = Arc::new(engine);
    (p.with_engine(Shared(Arc::clone(&engine))), engine)
}
