#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod prelude;

#[doc(hidden)]
pub use hypernodes_core::__private;
pub use hypernodes_core::{
    Accumulator, Arg, Args, Assist, BoxError, BuildError, BuildErrors, CacheError, CacheStats,
    CacheStore, Call, CancelToken, Capabilities, Cause, Chunk, ChunkRun, Column, CycleStep, Damage,
    DefaultValue, DiskCache, Drain, Engine, EngineError, EntryInfo, Error, ErrorPolicy, Event,
    EventKind, Failure, FailureDetails, FailureKind, Feed, FnNode, GraphDescription,
    InputDescription, InputPort, InputProblem, Inputs, IntoNode, IterRow, Jitter, Key, Lane,
    LayeredCache, Listener, Listening, MapDescription, MapIter, MapMode, MapOver, MemoryCache,
    MemoryLevel, MoveConflict, Name, Names, NestedInfo, Node, NodeDescription, NodeInfo,
    NodeOptions, NodeRef, NodeType, Outcome, OutputPort, Outputs, Passing, Path, Pipeline,
    PipelineBuilder, PipelineNode, Plan, PortDescription, PortType, PortValue, PruneReport, Retry,
    Row, RowFailure, Rows, RunContext, RunError, RunId, RunMode, RunOutcome, RunStart, Runs,
    Sequential, Signature, Sizing, SpanId, StateGuard, StatePool, UnknownWorkload, Values,
    VerifyReport, WiringProblem, WiringWarning, Workload, inputs, npartitions, split,
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
