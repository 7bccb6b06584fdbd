//! A failed call that can be made again: the node and its inputs.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ChunkRun, RunContext};
use crate::config::ErrorPolicy;
use crate::engine::Sequential;
use crate::error::{Error, RunError};
use crate::node::{ArgList, Node};
use crate::pipeline::{Outputs, Pipeline};
use crate::plan::Plan;
use crate::value::{Arg, Column};

/// A failed call that can be made again: the node, and its inputs as they were.
///
/// Pipelines keep them [when asked to](Pipeline::with_snapshots). One can be written to a file, and replayed by another
/// process that has the same pipeline.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// #[node]
/// fn root(x: f64) -> Result<f64, String> {
///     if x < 0.0 { Err(format!("{x} has no root")) } else { Ok(x.sqrt()) }
/// }
/// let p = Pipeline::new("p", nodes![root])?.on_error(ErrorPolicy::Collect).with_snapshots();
/// let runs = p.map(inputs! { x: [4.0, -1.0] }, ["x"])?;
/// let failure = runs.failures().next().expect("one item fails");
/// let again = failure.reproduce().unwrap_err();
/// assert_eq!(std::error::Error::source(&again).expect("the node's own").to_string(), "-1 has no root");
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[derive(Clone)]
pub struct Snapshot {
    node: Option<Arc<dyn Node>>,
    saved: Saved,
}

/// What is written to a file, or comes from another process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    version: u32,
    /// The node, with the nested pipelines around it.
    path: String,
    inputs: Vec<SavedInput>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedInput {
    name: String,
    /// The type's full name.
    port: String,
    /// The value; or why there is none.
    value: Result<Vec<u8>, String>,
}

const VERSION: u32 = 1;

impl Saved {
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl Snapshot {
    /// The arguments of one row of a call.
    pub(super) fn taken(node: &Arc<dyn Node>, path: &str, args: &ArgList, row: usize) -> Self {
        let inputs = node
            .signature()
            .inputs
            .iter()
            .zip(args)
            .map(|(input, arg)| {
                let codec = input.facts.codec.ok_or_else(|| {
                    format!(
                        "`{}` has no codec: derive serde's `Serialize` and `Deserialize`",
                        input.port
                    )
                });
                let value = codec.and_then(|codec| {
                    let arg = arg.as_ref().ok_or("it was moved")?;
                    let mut bytes = Vec::new();
                    codec
                        .encode_row(arg, row, &mut bytes)
                        .map_err(|error| error.to_string())?;
                    Ok(bytes)
                });
                SavedInput {
                    name: input.name.to_string(),
                    port: input.port.full_name().to_owned(),
                    value,
                }
            });
        Self {
            saved: Saved {
                version: VERSION,
                path: path.to_owned(),
                inputs: inputs.collect(),
            },
            node: Some(Arc::clone(node)),
        }
    }

    /// What travels of it.
    pub(crate) fn saved(&self) -> Saved {
        self.saved.clone()
    }

    /// One that another process has taken, of this node here.
    pub(crate) fn received(saved: Saved, node: Option<Arc<dyn Node>>) -> Self {
        Self { node, saved }
    }

    /// The node, with the nested pipelines around it: `inner/clean`.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.saved.path
    }

    /// Calls the node again with the same inputs.
    ///
    /// # Errors
    /// What the node fails with, as in the run; an input that could not be kept; a snapshot from a file, which has to be
    /// [replayed](Self::replay).
    pub fn reproduce(&self) -> Result<Outputs, Error> {
        match &self.node {
            Some(node) => self.call(node),
            None => Err(self.unfit("it was read from a file: use `replay` with the pipeline")),
        }
    }

    /// Calls the node of this name in a pipeline with the same inputs: for a snapshot from a file.
    ///
    /// # Errors
    /// What the node fails with; no such node, or one with other inputs.
    pub fn replay(&self, pipeline: &Pipeline) -> Result<Outputs, Error> {
        let found = pipeline.find_node(&self.saved.path);
        let node = found.ok_or_else(|| {
            self.unfit(&format!("pipeline `{}` has no such node", pipeline.name()))
        })?;
        self.call(&node)
    }

    fn call(&self, node: &Arc<dyn Node>) -> Result<Outputs, Error> {
        let inputs = &node.signature().inputs;
        if inputs.len() != self.saved.inputs.len() {
            let (had, has) = (self.saved.inputs.len(), inputs.len());
            return Err(self.unfit(&format!("it had {had} inputs and has {has}")));
        }
        #[cfg(feature = "async")]
        if node.signature().options.is_async && crate::async_host::is_inside_runtime() {
            return Err(self.unfit(
                "it is async, and was called inside an async runtime, which would be blocked; use a thread of its own",
            ));
        }
        let mut args = Vec::new();
        for input in inputs {
            let saved = self
                .saved
                .inputs
                .iter()
                .find(|saved| saved.name == input.name);
            let saved = saved.ok_or_else(|| {
                let had: Vec<&str> = self.saved.inputs.iter().map(|saved| &*saved.name).collect();
                let had = crate::error::list_names(&had);
                self.unfit(&format!("it had inputs {had}, and none `{}`", input.name))
            })?;
            let of_input = |why: &str| self.unfit(&format!("input `{}`: {why}", saved.name));
            if input.port.full_name() != saved.port {
                return Err(of_input(&format!(
                    "it was `{}` and is `{}`",
                    saved.port, input.port
                )));
            }
            let bytes = saved.value.as_ref().map_err(|why| of_input(why))?;
            let codec = input
                .facts
                .codec
                .ok_or_else(|| of_input("its type has no codec"))?;
            let column: Column = codec
                .decode(bytes, 1)
                .map_err(|error| of_input(&error.to_string()))?;
            args.push(Arg::dense(column));
        }
        let plan = Arc::new(Plan::of_one(node, &self.saved.path));
        let context = RunContext::new(Arc::new(Sequential::default()), ErrorPolicy::FailFast, None);
        let mut run = ChunkRun::new(&plan, &context, args, 1, 0);
        run.run();
        let mut outcome = run.finish();
        match outcome.failures.pop() {
            Some(failure) => Err(RunError::from(failure.at(&plan, None)).into()),
            None => Ok(Outputs::new(plan, outcome.columns)),
        }
    }

    fn unfit(&self, why: &str) -> Error {
        RunError::Snapshot {
            node: self.saved.path.clone(),
            reason: why.to_owned(),
        }
        .into()
    }

    /// Writes the snapshot to a file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let text = serde_json::to_vec(&self.saved).map_err(std::io::Error::from);
        let written = text.and_then(|text| fs::write(path, text));
        written.map_err(|error| {
            self.unfit(&format!("`{}` cannot be written: {error}", path.display()))
        })
    }

    /// Reads a snapshot from a file.
    ///
    /// # Errors
    /// The file cannot be read, or is no snapshot of this version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let unfit = |reason: String| {
            Error::from(RunError::Snapshot {
                node: path.display().to_string(),
                reason,
            })
        };
        let text = fs::read(path).map_err(|error| unfit(error.to_string()))?;
        let saved: Saved = serde_json::from_slice(&text)
            .map_err(|error| unfit(format!("the file is no snapshot: {error}")))?;
        if saved.version != VERSION {
            return Err(unfit(format!(
                "it is of version {}; this is {VERSION}",
                saved.version
            )));
        }
        Ok(Self { node: None, saved })
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs: Vec<&str> = self.saved.inputs.iter().map(|input| &*input.name).collect();
        f.debug_struct("Snapshot")
            .field("node", &self.saved.path)
            .field("inputs", &inputs)
            .finish_non_exhaustive()
    }
}
