//! The core of hypernodes: plain functions, wired by parameter name into a graph, planned, and run by an engine.
//!
//! > A function stays a function; a graph becomes a plan; an engine only runs plans.
//!
//! | module | job |
//! |---|---|
//! | `value` | erased columns and views of them |
//! | `node` | what `#[node]` makes of a function |
//! | `graph` | nodes joined by name, and checked |
//! | `plan` | steps and slots |
//! | `run` | one chunk, and all chunks of a map |
//! | `engine` | the contract of an engine, the partition rule, Sequential |
//! | `pipeline` | the user's object |
//! | `render` | pictures of a pipeline |
//! | `resource` | what this process may use |
//! | `folder` | what a map has finished, on disk |
//! | [`remote`] | plans, chunks and values as bytes, for other processes of this program |
//!
//! Most users depend on the crate `hypernodes`, which re-exports everything here. A node library or an engine of one's
//! own needs this crate alone.
#![forbid(unsafe_code)]

/// The macros say `::hypernodes`, in the tests in here too.
#[cfg(all(test, feature = "macros"))]
extern crate self as hypernodes;

#[cfg(feature = "async")]
mod async_host;
mod cache;
mod clock;
mod config;
mod engine;
mod error;
mod event;
mod folder;
mod graph;
mod node;
mod pipeline;
mod plan;
mod policy;
pub mod prelude;
pub mod remote;
mod render;
mod resource;
mod run;
mod static_pipeline;
mod sync;
mod value;

#[cfg(feature = "async")]
pub use async_host::AsyncHost;
pub use cache::{
    CacheError, CacheStats, CacheStore, Damage, DiskCache, EntryInfo, Key, LayeredCache,
    MemoryCache, PruneReport, VerifyReport,
};
pub use config::{ErrorPolicy, UnknownWorkload, Workload};
pub use engine::{
    Assist, Capabilities, Engine, PartitionRule, Sequential, Sizing, npartitions, split,
};
pub use error::{
    BoxError, BuildError, BuildErrors, CannotKeep, Cause, Crash, EngineError, Error, Failure,
    FailureDetails, InputProblem, LeavingProblem, MoveConflict, RunError,
};
pub use event::{
    Event, EventKind, FailureKind, Listener, Listening, MemoryLevel, NodeInfo, RunId, RunMode,
    RunOutcome, RunStart, SpanId,
};
pub use folder::{
    FolderError, Manifest, Part, PartKind, Piece, PieceInfo, RunFolder, RunPhase, RunState,
    RunStatus, StoredOutput, find_runs, read_manifest, read_status,
};
pub use graph::NestedInfo;
/// Makes a node of a function, which stays a plain function that can be called and tested.
///
/// Inputs are named like the parameters and wired by that name. `&T` is shared with every other use, and what is unsized
/// is stored as what it is borrowed from (`&str` takes a `String`, `&[T]` a `Vec<T>`); a value is moved at its last use
/// and cloned before. A function that returns a `Result` fails its item.
///
/// | option | means |
/// |---|---|
/// | `output = "words"` | the name of the value that is returned; without it, the function's |
/// | `outputs = ("q", "r")` | the names of the values of a returned tuple |
/// | `version = 2` | raised when the meaning of the function changes without its tokens |
/// | `workload = "io"` | what it mostly does: `"io"`, `"cpu"` or `"mixed"` |
/// | `concurrency = 64` | how many calls of an `async fn` are in flight at most (feature `async`) |
/// | `init = connect` | what builds the state that the parameter marked `#[state]` is lent, once per worker |
/// | `cache` | results are kept, and taken from the cache where it has them; values travel by serde |
/// | `retry = 3` | a failed row is tried again, three times in all; `retry = Retry::new(5).on::<io::Error>()` says more |
/// | `timeout = 2.5` | how many seconds a row may take; a `Duration` says it too |
/// | `fallible` | the function returns a `Result` under another name |
/// | `coarse` | a call takes long (a whole column, a file): less code is compiled, a row costs nanoseconds more |
/// | `crate = path` | where this crate is found, if not at `::hypernodes` |
///
/// Where `Cargo.toml` gives `hypernodes` another name, `extern crate hn as hypernodes;` at the root of the crate spares
/// every macro the option `crate`.
///
/// `#[default(value)]` on a parameter stands in when nobody gives the value.
///
/// Beside the function `split` stands a type and a macro of that name, so one `use` brings all three. A module of the same
/// name cannot be in the same scope.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
///
/// /// Splits at spaces.
/// #[node(output = "words")]
/// fn split(text: &str) -> Vec<String> { text.split(' ').map(str::to_owned).collect() }
///
/// #[node(outputs = ("long", "short"))]
/// fn sort(words: Vec<String>, #[default(3)] len: usize) -> (Vec<String>, Vec<String>) {
///     words.into_iter().partition(|word| word.len() >= len)
/// }
///
/// assert_eq!(split("a b"), ["a", "b"]);
/// let out = Pipeline::new("sorted", nodes![split, sort])?.run(inputs! { text: "wired by name" })?;
/// assert_eq!(out.get::<Vec<String>>("long")?, &["wired", "name"]);
/// # Ok::<(), hypernodes::Error>(())
/// ```
///
/// # Example: state
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
///
/// #[node(init = || Vec::with_capacity(1024))]
/// fn digits(#[state] buffer: &mut Vec<u8>, number: u64) -> usize {
///     buffer.clear();
///     buffer.extend(number.to_string().bytes());
///     buffer.len()
/// }
/// let p = Pipeline::new("p", nodes![digits])?;
/// assert_eq!(*p.run(inputs! { number: 1234_u64 })?.get::<usize>("digits")?, 4);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[cfg(feature = "macros")]
pub use hypernodes_macros::node;
/// Makes a node of a closure, which captures by move: `node_fn!(name, options, closure)`.
///
/// The name comes first and the closure last; between them stand any of the options of [`macro@node`] but `init`, in any
/// order. The parameters need names and types. The output is called like the node, unless `outputs = ("a", "b")` or
/// `output = "a"` says otherwise; the name may be any expression that turns into a [`Name`].
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// let lines = (1..=3).map(|k| node_fn!(format!("times_{k}"), |x: f64| x * f64::from(k))).collect();
/// let p = Pipeline::new("table", lines)?;
/// assert_eq!(*p.run(inputs! { x: 5.0 })?.get::<f64>("times_3")?, 15.0);
///
/// let div = node_fn!("div", outputs = ("q", "r"), version = 2, |a: i64, b: i64| (a / b, a % b));
/// let out = Pipeline::new("p", nodes![{ div }])?.run(inputs! { a: 7_i64, b: 2_i64 })?;
/// assert_eq!(*out.get::<i64>("r")?, 1);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[cfg(feature = "macros")]
pub use hypernodes_macros::node_fn;
/// Lists nodes: a path stands for the node of that function, any other expression for itself.
///
/// A variable is an expression, but looks like a path: it goes into braces.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// #[node]
/// fn twice(x: f64) -> f64 { x * 2.0 }
///
/// let again = twice::node().named("again").rename_input("x", "twice").rename_output("twice", "again");
/// let p = Pipeline::new("p", nodes![twice, { again }, node_fn!("last", |again: f64| again + 1.0)])?;
/// assert_eq!(*p.run(inputs! { x: 1.0 })?.get::<f64>("last")?, 5.0);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[cfg(feature = "macros")]
pub use hypernodes_macros::nodes;
/// Wires nodes at compile time into one plain function: `fn name(inputs) -> (outputs) { nodes }`.
///
/// The names are checked as in [`Pipeline::new`], with the same words; the types by the compiler. The function calls the
/// nodes directly, in the order of the wiring, and moves a value at its last use. It gives a struct with one field for
/// each output, named after the pipeline: `word_count` gives a `WordCountOutput`.
///
/// * A fallible node makes it give a `Result` whose [`Error`] says which node failed; an async node makes it an `async fn`.
/// * All inputs are passed. `= value` is for dynamic and nested use, where an input may be left out.
/// * An input that some node has a default for need not be declared.
/// * Inputs may be borrowed (`text: &str`).
/// * `word_count::pipeline()` is the same pipeline with its types erased, for any engine; `word_count::map` calls the
///   function for many rows in parallel (on rayon's pool, with the feature `rayon`); and the pipeline is a node, of
///   dynamic and of static pipelines.
/// * `#[derive(..)]` is for the struct; it has `Debug` anyway.
///
/// More than 124 nodes need a higher `#![recursion_limit]` at the root of the crate, and the same number in front of the
/// pipeline: `recursion_limit = 512;`. `crate = path;` stands there too.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
///
/// #[node(output = "words")]
/// fn split(text: &str) -> Vec<String> { text.split(' ').map(str::to_owned).collect() }
///
/// #[node]
/// fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
///     words.iter().filter(|word| word.len() >= min_len).count()
/// }
///
/// pipeline! {
///     /// Counts long words.
///     pub fn word_count(text: String, min_len: usize = 4) -> (count: usize) { count, split }
/// }
///
/// assert_eq!(word_count("plain functions wired by name".to_owned(), 5).count, 3);
///
/// let dynamic = word_count::pipeline()?;
/// assert_eq!(*dynamic.run(inputs! { text: "plain functions wired by name" })?.get::<usize>("count")?, 4);
///
/// let counts = word_count::map(&["a b", "c"], |text| (text.to_string(), 1));
/// assert_eq!(counts[0].count, 2);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[cfg(feature = "macros")]
pub use hypernodes_macros::pipeline;
pub use hypernodes_wiring::{CycleStep, Names, WiringProblem, WiringWarning};
pub use node::{
    Args, Call, DefaultValue, ErrorCodec, FnNode, InputPort, IntoNode, Name, Node, NodeOptions,
    NodeRef, NodeType, OutputPort, OutputTuple, Passing, RowFailure, Signature, StateGuard,
    StateLease, StatePool,
};
pub use pipeline::{
    Inputs, IterRow, MapIter, MapMode, MapOver, Outputs, Pipeline, PipelineBuilder, PipelineNode,
    Row, RunDir, Runs,
};
pub use plan::Plan;
pub use policy::{CancelToken, Jitter, Retry};
pub use remote::Registered;
pub use render::*;
pub use resource::{
    ByteSize, CpuSource, DiskSpace, LimitsError, MemoryLimits, ResourceReader, Resources,
    SizeError, WorkerBound, WorkerChoice, WorkerLimits, format_size, optimal_workers, parse_size,
    process_memory,
};
pub use run::{
    Chunk, ChunkRun, Feed, Loss, Outcome, Position, Progress, RunContext, Snapshot, Steps,
    stop_requested,
};
pub use value::{
    Accumulator, Arg, Codec, CodecError, Column, Drain, Lane, Packed, PackedProblem, Path,
    PortFacts, PortType, PortValue, Rows, Show, Values,
};

/// A boxed future, as async nodes give it.
#[cfg(feature = "async")]
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Passes the code of an async node on.
#[cfg(feature = "async")]
#[doc(hidden)]
#[macro_export]
macro_rules! __async_node {
    ($($node:tt)*) => { $($node)* };
}

/// Refuses an async node, because nothing could run it.
#[cfg(not(feature = "async"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __async_node {
    ($($node:tt)*) => {
        ::core::compile_error!("`async fn` nodes need the feature `async` of `hypernodes`")
    };
}

/// What generated code names; not part of the stable interface.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "macros")]
    pub use hypernodes_macros::__pipeline_finish as pipeline_finish;

    pub use linkme;

    pub use crate::__async_node as async_node;
    pub use crate::__register as register;
    pub use crate::node::probe::*;
    pub use crate::pipeline::input_probe;
    pub use crate::remote::registry::NODES;
    pub use crate::static_pipeline::*;
    pub use crate::*;
}
