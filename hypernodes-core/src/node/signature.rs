//! The face of a node: its named, typed inputs and outputs, and its options.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::ErrorCodec;
use crate::config::Workload;
use crate::policy::Retry;
use crate::value::{Column, PortFacts, PortType};

/// The name of a node, an input or an output.
pub type Name = Cow<'static, str>;

/// Names, types and options of a node.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The node's name: the function's, unless it was given another.
    pub name: Name,
    /// The doc comment of the function.
    pub doc: &'static str,
    /// The inputs, in the order of the parameters.
    pub inputs: Vec<InputPort>,
    /// The outputs, in the order of the returned tuple.
    pub outputs: Vec<OutputPort>,
    /// What `#[node(..)]` said besides.
    pub options: NodeOptions,
}

/// One named input.
#[derive(Clone, Debug)]
pub struct InputPort {
    /// The parameter's name, unless it was renamed.
    pub name: Name,
    /// The type of the values.
    pub port: PortType,
    /// What else is known of the type.
    pub facts: PortFacts,
    /// How the function takes it.
    pub passing: Passing,
    /// The value that is used when none is given.
    pub default: Option<DefaultValue>,
}

/// How a function takes a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// By reference: shared with every other use.
    Ref,
    /// By value, and the type can be cloned when it is needed again.
    Clone,
    /// By value, and the type cannot be cloned: this must be its only use.
    Move,
}

/// One named output.
#[derive(Clone, Debug)]
pub struct OutputPort {
    /// The output's name.
    pub name: Name,
    /// The type of the values.
    pub port: PortType,
    /// What else is known of the type.
    pub facts: PortFacts,
}

/// A default: what it says in the source, and how to make it.
#[derive(Clone)]
pub struct DefaultValue {
    /// The expression as it was written: two nodes that share an input must agree on it.
    pub text: Name,
    /// Makes a column of the one value.
    pub make: Arc<dyn Fn() -> Column + Send + Sync>,
}

impl DefaultValue {
    /// A default that reads `text` in the source and is made by `make`.
    #[must_use]
    pub fn new(text: impl Into<Name>, make: impl Fn() -> Column + Send + Sync + 'static) -> Self {
        Self {
            text: text.into(),
            make: Arc::new(make),
        }
    }
}

impl fmt::Debug for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DefaultValue").field(&self.text).finish()
    }
}

/// What `#[node(..)]` can say besides the outputs.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct NodeOptions {
    /// `version = 2`: raised by the author when a function's meaning changes without its tokens.
    pub version: u32,
    /// `workload = "io"`: what the node mostly does; `None` leaves it to the engine.
    pub workload: Option<Workload>,
    /// Whether the function is an `async fn`.
    pub is_async: bool,
    /// `concurrency = 64`: how many rows an async node has in flight at most; `None` is the run's limit.
    pub concurrency: Option<usize>,
    /// `cache`: results are kept, and taken from the cache where it has them.
    pub cache: bool,
    /// `retry = 3`: when and how often a failed row is tried again; `None` is once.
    pub retry: Option<Retry>,
    /// `timeout = 2.5`: how long a row may take; `None` is any time.
    pub timeout: Option<Duration>,
    /// Whether it is a closure that captured values: they belong to its meaning, but not to its tokens.
    pub captures: bool,
    /// Whether it is a closure, which exists in this process only.
    pub is_closure: bool,
    /// Where the function is defined: module path and name; a closure's name is what its node is called in the source.
    pub path: &'static str,
    /// A hash of the function's tokens, made by the macro; it changes when the function is edited.
    pub tokens: u64,
    /// How the error of the function travels as itself, if its type can.
    pub error: Option<ErrorCodec>,
}
