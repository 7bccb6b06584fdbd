#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod prelude;

#[doc(hidden)]
pub use hypernodes_core::__private;
pub use hypernodes_core::{
    Accumulator, Arg, Args, Assist, BoxError, BuildError, BuildErrors, ByteSize, CacheError,
    CacheStats, CacheStore, Call, CancelToken, CannotKeep, Capabilities, Cause, Chunk, ChunkRun,
    Codec, CodecError, Column, CpuSource, Crash, CycleStep, Damage, DefaultValue, DiskCache,
    DiskSpace, Drain, Engine, EngineError, EntryInfo, Error, ErrorPolicy, Event, EventKind,
    Failure, FailureDetails, FailureKind, Feed, FnNode, FolderError, GraphDescription,
    InputDescription, InputPort, InputProblem, Inputs, IntoNode, IterRow, Jitter, Key, Lane,
    LayeredCache, LeavingProblem, LimitsError, Listener, Listening, Loss, Manifest, MapDescription,
    MapIter, MapMode, MapOver, MemoryCache, MemoryLevel, MemoryLimits, MoveConflict, Name, Names,
    NestedInfo, Node, NodeDescription, NodeInfo, NodeOptions, NodeRef, NodeType, Outcome,
    OutputPort, Outputs, Packed, PackedProblem, Part, PartKind, PartitionRule, Passing, Path,
    Piece, PieceInfo, Pipeline, PipelineBuilder, PipelineNode, Plan, PortDescription, PortFacts,
    PortType, PortValue, Position, Progress, PruneReport, ResourceReader, Resources, Retry, Row,
    RowFailure, Rows, RunContext, RunDir, RunError, RunFolder, RunId, RunMode, RunOutcome,
    RunPhase, RunStart, RunState, RunStatus, Runs, Sequential, Show, Signature, SizeError, Sizing,
    Snapshot, SpanId, StateGuard, StatePool, StoredOutput, UnknownWorkload, Values, VerifyReport,
    WiringProblem, WiringWarning, WorkerBound, WorkerChoice, WorkerLimits, Workload, find_runs,
    format_size, inputs, npartitions, optimal_workers, parse_size, process_memory, read_manifest,
    read_status, remote, split, stop_requested,
};
#[cfg(feature = "async")]
pub use hypernodes_core::{AsyncHost, BoxFuture};
#[cfg(feature = "macros")]
pub use hypernodes_core::{node, node_fn, nodes, pipeline};
pub use hypernodes_engines::{EngineConfig, ProcessConfig, SequentialConfig, compare};
#[cfg(feature = "process")]
pub use hypernodes_engines::{
    Process, enable_process_tests,
    process::{Isolated, init, isolated},
};
#[cfg(feature = "threaded")]
pub use hypernodes_engines::{Threaded, ThreadedConfig};
#[cfg(feature = "conformance")]
pub use hypernodes_engines::{conformance, engine_conformance};
#[cfg(feature = "ops")]
pub use hypernodes_ops as ops;
#[cfg(feature = "trading")]
pub use hypernodes_trading as trading;
