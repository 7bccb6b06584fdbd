//! The two pools of threads: one as wide as the machine for computing, a wider one for waiting.

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use hypernodes_core::EngineError;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::NAME;
use super::board::Board;
use super::place;

/// Which of the two pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As many threads as workers.
    Cpu,
    /// Four times as many.
    Io,
}

/// Threads of the io pool per worker.
const IO_FACTOR: usize = 4;

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Io => "io",
        }
    }

    /// How many threads the pool has, for so many workers.
    pub(super) fn threads(self, workers: usize) -> usize {
        match self {
            Self::Cpu => workers,
            Self::Io => workers.saturating_mul(IO_FACTOR),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The pools of one engine, each made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Pools {
    made: [OnceLock<Result<ThreadPool, String>>; 2],
}

impl Pools {
    /// The pool, if it was made.
    pub(super) fn get(&self, kind: Kind) -> Option<&ThreadPool> {
        self.made[kind as usize].get()?.as_ref().ok()
    }

    /// The pool; made now if it was not.
    pub(super) fn need(&self, board: &Arc<Board>, kind: Kind) -> Result<&ThreadPool, EngineError> {
        let made = self.made[kind as usize].get_or_init(|| make(board, kind));
        made.as_ref().map_err(|reason| EngineError::Unavailable {
            engine: NAME.to_owned(),
            reason: reason.clone(),
        })
    }
}

fn make(board: &Arc<Board>, kind: Kind) -> Result<ThreadPool, String> {
    let threads = board.threads(kind);
    tracing::debug!(pool = kind.as_str(), threads, "threads start");
    let home: Weak<Board> = Arc::downgrade(board);
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(move |i| format!("hypern-{kind}-{i}"))
        .start_handler(move |_| place::settle(Weak::clone(&home), kind))
        // A job of a user's own that panics beside every node: rayon's default would end the process.
        .panic_handler(|_| tracing::error!("a job that a node left behind in the pool panicked"))
        .build()
        .map_err(|error| {
            format!("{threads} threads could not be started ({error}); ask for fewer workers")
        })?;
    // The first job of each thread, by which it learns where the bottom of its stack is.
    board.call_all(kind, &pool);
    Ok(pool)
}
