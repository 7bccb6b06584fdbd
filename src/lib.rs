#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod prelude;

#[doc(hidden)]
pub use hypernodes_core::__private;
pub use hypernodes_core::{
    Accumulator, Arg, Args, Assist, BoxError, BuildError, BuildErrors, ByteSize, CacheStore, Call, CancelToken, Capabilities, Cause, Chunk, ChunkRun, Column, CpuSource, CycleStep, DefaultValue, DiskSpace, Drain, Engine, EngineError, Error, ErrorPolicy, Event, EventKind, Failure, FailureDetails, FailureKind, Feed, FnNode, GraphDescription, InputDescription, InputPort, InputProblem, Inputs, IntoNode, IterRow, Jitter, Key, Lane, LimitsError, Listener, Listening, MapDescription, MapIter, MapMode, MapOver, MemoryLevel, MemoryLimits, MoveConflict, Name, Names, NestedInfo, Node, NodeDescription, NodeInfo, NodeOptions, NodeRef, NodeType, Outcome, OutputPort, Outputs, Passing, Path, Pipeline, PipelineBuilder, PipelineNode, Plan, PortDescription, PortType, PortValue, ResourceReader, Resources, Retry, Row, RowFailure, Rows, RunContext, RunError, RunId, RunMode, RunOutcome, RunStart, Runs, Sequential, Signature, SizeError, Sizing, SpanId, StateGuard, StatePool, UnknownWorkload, Values, WiringProblem, WiringWarning, WorkerBound, WorkerChoice, WorkerLimits, Workload, format_size, inputs, npartitions, optimal_workers, parse_size, process_memory, split, Codec, CodecError, PortFacts, Show, FolderError, Manifest, Part, PartKind, Piece, PieceInfo, RunFolder, RunPhase, RunState, RunStatus, StoredOutput, find_runs, read_manifest, read_status, CacheError, CacheStats, Damage, DiskCache, EntryInfo, LayeredCache, MemoryCache, PruneReport, VerifyReport,
};
#[cfg(feature = "async")]
pub use hypernodes_core::{AsyncHost, BoxFuture};
#[cfg(feature = "macros")]
pub use hypernodes_core::{node, node_fn, nodes, pipeline};
pub use hypernodes_engines::{EngineConfig, SequentialConfig};
#[cfg(feature = "threaded")]
pub use hypernodes_engines::{Threaded, ThreadedConfig};
#[cfg(feature = "conformance")]
pub use hypernodes_engines::{conformance, engine_conformance};
#[cfg(feature = "trading")]
pub use hypernodes_trading as trading;
