#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod prelude;

#[doc(hidden)]
pub use hypernodes_core::__private;
pub use hypernodes_core::{
    Accumulator, Arg, Args, Assist, BoxError, BuildError, BuildErrors, CacheStore, Call,
    CancelToken, Capabilities, Cause, Chunk, ChunkRun, Column, CycleStep, DefaultValue, Drain,
    Engine, EngineError, Error, ErrorPolicy, Event, EventKind, Failure, FailureDetails,
    FailureKind, Feed, FnNode, FolderError, GraphDescription, InputDescription, InputPort,
    InputProblem, Inputs, IntoNode, IterRow, Jitter, Key, Lane, Listener, Listening, Manifest,
    MapDescription, MapIter, MapMode, MapOver, MemoryLevel, MoveConflict, Name, Names, NestedInfo,
    Node, NodeDescription, NodeInfo, NodeOptions, NodeRef, NodeType, Outcome, OutputPort, Outputs,
    Part, PartKind, Passing, Path, Piece, PieceInfo, Pipeline, PipelineBuilder, PipelineNode, Plan,
    PortDescription, PortType, PortValue, Retry, Row, RowFailure, Rows, RunContext, RunError,
    RunFolder, RunId, RunMode, RunOutcome, RunPhase, RunStart, RunState, RunStatus, Runs,
    Sequential, Signature, Sizing, SpanId, StateGuard, StatePool, StoredOutput, UnknownWorkload,
    Values, WiringProblem, WiringWarning, Workload, find_runs, inputs, npartitions, read_manifest,
    read_status, split,
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
