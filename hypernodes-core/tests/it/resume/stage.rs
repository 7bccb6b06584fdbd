//! What tests of run folders are made of.

use super::*;

/// Removed in the end.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hypernodes-resume-{}-{count}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub(super) fn new_run(&self) -> RunDir {
        RunDir::new(&self.0)
    }

    pub(super) fn resumed(&self) -> RunDir {
        RunDir::new(&self.0).resume(true)
    }

    pub(super) fn finished(&self) -> Vec<u64> {
        finished(&self.0)
    }

    /// Changes a byte in the middle of the pieces.
    pub(super) fn spoil(&self, part: usize) {
        let path = self.0.join("pieces.log");
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.len() * part / 10;
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The items that a folder has.
pub(super) fn finished(path: &Path) -> Vec<u64> {
    let Ok(manifest) = hypernodes::read_manifest(path) else {
        return Vec::new();
    };
    let folder = RunFolder::resume(path, &manifest).unwrap();
    let ranges = folder
        .pieces()
        .iter()
        .flat_map(hypernodes::PieceInfo::finished);
    let mut items: Vec<u64> = ranges.flatten().collect();
    items.sort_unstable();
    items
}

/// Cuts maps into so many chunks, on so many threads.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) parts: usize,
    pub(super) threads: usize,
    pub(super) capabilities: Capabilities,
}

impl Cut {
    pub(super) fn new(parts: usize, threads: usize) -> Self {
        Self {
            parts,
            threads,
            capabilities: Capabilities::default(),
        }
    }
}

impl Engine for Cut {
    fn name(&self) -> &str {
        "cut"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing {
            fixed: Some(self.parts),
            workers: self.threads,
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        std::thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| {
                    while let Some(mut chunk) = feed.next() {
                        let outcome = feed.execute(&mut chunk);
                        feed.put(chunk, outcome);
                    }
                });
            }
        });
        Ok(())
    }
}

/// Fails while it is told to; counts what it computes, and cancels when the count is reached.
#[derive(Clone, Default)]
pub(super) struct Work {
    pub(super) fails: Arc<AtomicBool>,
    pub(super) seen: Arc<std::sync::Mutex<Vec<u64>>>,
    pub(super) cancel_at: Arc<AtomicU64>,
    pub(super) token: CancelToken,
}

impl Work {
    pub(super) fn node(&self) -> hypernodes::NodeRef {
        let this = self.clone();
        node_fn!("y", move |x: u64, k: u64| -> Result<u64, String> {
            if this.cancel_at.fetch_sub(1, Ordering::SeqCst) == 1 {
                this.token.cancel();
            }
            this.seen.lock().unwrap().push(x);
            if this.fails.load(Ordering::SeqCst) && x % 10 == 7 {
                return Err(format!("{x} is refused"));
            }
            Ok(x * k)
        })
    }

    pub(super) fn pipeline(&self) -> Pipeline {
        Pipeline::new(
            "p",
            nodes![{ self.node() }, {
                node_fn!("text", |y: u64| -> String { y.to_string() })
            }],
        )
        .unwrap()
    }

    pub(super) fn seen(&self) -> Vec<u64> {
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap());
        seen.sort_unstable();
        seen
    }
}

pub(super) const N: u64 = 100;

pub(super) fn map(p: &Pipeline, folder: RunDir) -> Result<hypernodes::Runs, Error> {
    p.with_run_dir(folder)
        .map(inputs! { x: 0..N, k: 3_u64 }, "x")
}

pub(super) fn all(runs: &hypernodes::Runs) -> String {
    let [y, text] = ["y", "text"];
    format!(
        "{:?} {:?}",
        runs.results::<u64>(y).unwrap(),
        runs.results::<String>(text).unwrap()
    )
}

/// The results of an iteration, and the error that ended it.
pub(super) fn iterate(
    p: &Pipeline,
    folder: RunDir,
    xs: impl Iterator<Item = u64>,
) -> (Vec<String>, Option<String>) {
    let rows = p
        .with_run_dir(folder)
        .map_iter(inputs! { k: 3_u64 }, "x", xs)
        .unwrap();
    let (mut given, mut end) = (Vec::new(), None);
    for row in rows {
        match row {
            Ok(row) => given.push(row.get::<String>("text").unwrap().clone()),
            Err(error) => end = Some(error.to_string()),
        }
    }
    (given, end)
}

/// xorshift64*.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let next = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 20;
        usize::try_from(next).unwrap() % limit
    }
}
