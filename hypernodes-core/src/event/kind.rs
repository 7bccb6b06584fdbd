//! The events.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The identity of a run: unique among runs of all processes, in the order in which they began.
///
/// It is written as 16 hexadecimal digits, in JSON too: not every reader of JSON keeps 64 bits of a number.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::RunId;
/// assert_eq!(RunId(255).to_string(), "00000000000000ff");
/// assert_eq!("00000000000000ff".parse(), Ok(RunId(255)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RunId(pub u64);

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.to_string()
    }
}

impl std::str::FromStr for RunId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

impl TryFrom<String> for RunId {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The identity of a span inside a run: the run itself, a chunk, a node's call, a nested map. 1 is the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpanId(pub u64);

/// Something that happened in a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The run.
    pub run: RunId,
    /// The span that it begins, ends or happens in.
    pub span: SpanId,
    /// The span around that one; `None` for the run itself.
    pub parent: Option<SpanId>,
    /// Nanoseconds since the run began.
    pub at_ns: u64,
    /// The worker: a number per thread of this process, from 1 on; 0 for the caller.
    pub worker: u32,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum EventKind {
    /// A run, a map or an iteration begins. Every one that is told ends with [`RunEnded`](Self::RunEnded).
    RunStarted(Box<RunStart>),
    /// It has ended, however that was.
    RunEnded {
        /// How.
        outcome: RunOutcome,
        /// Items that gave a result.
        done: u64,
        /// Items that failed.
        failed: u64,
        /// The error that ended it.
        error: Option<String>,
    },
    /// A chunk begins (a span).
    ChunkStarted {
        /// Its first item.
        start: u64,
        /// How many items it has.
        rows: u64,
    },
    /// The chunk has ended.
    ChunkEnded {
        /// Its first item.
        start: u64,
        /// How many items it had.
        rows: u64,
        /// How many of them failed.
        failed: u64,
        /// How long it took, in nanoseconds.
        took_ns: u64,
    },
    /// A node begins with the rows of a chunk (a span).
    NodeStarted {
        /// The node, with the nested pipelines around it: `inner/clean`.
        node: Arc<str>,
        /// How many rows it computes.
        rows: u64,
    },
    /// The node has ended.
    NodeEnded {
        /// The node.
        node: Arc<str>,
        /// How many rows it had.
        rows: u64,
        /// How many of them failed.
        failed: u64,
        /// How many of them were not computed but found in the cache.
        cached: u64,
        /// How long it took, in nanoseconds.
        took_ns: u64,
    },
    /// A nested map begins (a span): its chunks are inside it.
    NestedStarted {
        /// The node.
        node: Arc<str>,
        /// How many inner items it has.
        items: u64,
    },
    /// The nested map has ended.
    NestedEnded {
        /// The node.
        node: Arc<str>,
        /// How many inner items it had.
        items: u64,
        /// How long it took, in nanoseconds.
        took_ns: u64,
    },
    /// An item failed for good.
    ItemFailed {
        /// The item of the map, then of each nested map below it. Empty for a single run.
        items: Vec<u64>,
        /// The node.
        node: Arc<str>,
        /// Error, panic, time-out or crash.
        kind: FailureKind,
        /// What the error said.
        message: String,
        /// The names and shortened values of the node's inputs.
        inputs: Vec<(String, String)>,
    },
    /// A row failed and will be tried again.
    Retried {
        /// The node.
        node: Arc<str>,
        /// The item, as far as this chunk knows it.
        item: u64,
        /// Which attempt has failed; the first is 1.
        attempt: u32,
        /// How long it waits, in nanoseconds.
        pause_ns: u64,
        /// What the error said.
        message: String,
    },
    /// Rows were found in the cache.
    CacheHit {
        /// The node.
        node: Arc<str>,
        /// How many rows.
        rows: u64,
    },
    /// Rows were not found in the cache, and computed.
    CacheMiss {
        /// The node.
        node: Arc<str>,
        /// How many rows.
        rows: u64,
    },
    /// Finished items were written into the run folder.
    Checkpointed {
        /// How many items.
        items: u64,
        /// How many bytes.
        bytes: u64,
    },
    /// Finished items were read from the run folder of an earlier run.
    Restored {
        /// How many items.
        items: u64,
    },
    /// Memory rose above or fell below a level.
    Memory {
        /// The level that holds from now on.
        level: MemoryLevel,
        /// Bytes in use.
        used: u64,
        /// Bytes that may be used.
        limit: u64,
    },
    /// Finished columns went to disk.
    Spilled {
        /// How many bytes.
        bytes: u64,
    },
    /// Somebody asked the run to end.
    Cancelled,
    /// A worker was lost; its chunk goes to another.
    WorkerLost {
        /// Why.
        cause: String,
    },
}

/// What is known when a run begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunStart {
    /// The pipeline.
    pub pipeline: String,
    /// Run, map or iteration.
    pub mode: RunMode,
    /// How many items there are, where that is known.
    pub items: Option<u64>,
    /// The engine.
    pub engine: String,
    /// How many chunks are computed at the same time.
    pub workers: u64,
    /// How many partitions it starts with.
    pub partitions: u64,
    /// Why so many, in a sentence.
    pub why: String,
    /// Its steps in order, those of nested pipelines behind the node that they are in.
    pub nodes: Vec<NodeInfo>,
    /// When it began: milliseconds since 1970 (UTC).
    pub unix_ms: u64,
    /// The process.
    pub process: u32,
}

/// A node of the pipeline that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfo {
    /// The node, with the nested pipelines around it: `inner/clean`.
    pub node: Arc<str>,
    /// The nodes (here) whose outputs it reads.
    pub after: Vec<Arc<str>>,
    /// The outer inputs that it reads.
    pub inputs: Vec<String>,
    /// The names of its outputs.
    pub outputs: Vec<String>,
    /// Whether it is a pipeline of its own.
    pub is_nested: bool,
}

/// What kind of run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunMode {
    /// `run`: once.
    Single,
    /// `map`: once per item.
    Map,
    /// `map_iter`: once per item, the number of which is not known.
    Iterate,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// All items gave a result.
    Done,
    /// All items ended, and some failed.
    Partial,
    /// An error ended it.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

/// How an item failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The node returned an error.
    Error,
    /// The node panicked.
    Panic,
    /// The node took longer than it may.
    TimedOut,
    /// The worker process that computed the node died.
    Crashed,
}

/// How much of the memory that a run may use is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryLevel {
    /// Below the target.
    Normal,
    /// Above the target: no more is taken in ahead than is needed.
    Target,
    /// Finished columns go to disk.
    Spill,
    /// No further chunk is begun until memory falls.
    Pause,
    /// The run ends, and can be resumed.
    Terminate,
}
