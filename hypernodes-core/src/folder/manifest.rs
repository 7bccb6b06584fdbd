//! `manifest.json`: which run a folder belongs to, and what its results depend on.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::FolderError;
use super::files::{read_small, write_atomically};
use super::handle::MANIFEST_FILE;
use crate::config::ErrorPolicy;
use crate::event::RunId;

const FORMAT: u32 = 1;

/// No manifest is longer.
const MOST_BYTES: u64 = 256 << 20;

/// What a run is: who it is, and everything that its results depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The run; a resumed run keeps it.
    pub run: RunId,
    /// The pipeline.
    pub pipeline: String,
    /// When the run was created: milliseconds since 1970 (UTC).
    pub created_unix_ms: u64,
    /// The engine.
    pub engine: String,
    /// What happens when an item fails.
    pub policy: ErrorPolicy,
    /// How many items there are, where that is known.
    pub items: Option<u64>,
    /// The outputs, in the order of the columns of each piece.
    pub outputs: Vec<StoredOutput>,
    /// What the results depend on: a run goes on only if all of it is as it was.
    pub parts: Vec<Part>,
}

/// An output whose values are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOutput {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub type_name: String,
}

/// One thing that results depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name: `clean`.
    pub name: String,
    /// What it is.
    pub kind: PartKind,
    /// A hash of all that matters of it, in hexadecimal digits.
    pub hash: String,
    /// A few words that a user would recognise: `1000 items`. Shown when they differ; may be empty.
    pub text: String,
}

/// What a [`Part`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PartKind {
    /// A node: its code, version and options.
    Node,
    /// An input: its type and values.
    Input,
    /// An output: its type.
    Output,
    /// A setting that changes results.
    Setting,
}

impl Manifest {
    /// A manifest without items, outputs and parts.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{ErrorPolicy, Manifest, RunId};
    /// let manifest = Manifest { items: Some(1000), ..Manifest::new(RunId(7), "clean texts") };
    /// assert_eq!(manifest.policy, ErrorPolicy::FailFast);
    /// ```
    #[must_use]
    pub fn new(run: RunId, pipeline: impl Into<String>) -> Self {
        Self {
            run,
            pipeline: pipeline.into(),
            created_unix_ms: 0,
            engine: String::new(),
            policy: ErrorPolicy::default(),
            items: None,
            outputs: Vec::new(),
            parts: Vec::new(),
        }
    }
}

impl fmt::Display for PartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Node => "node",
            Self::Input => "input",
            Self::Output => "output",
            Self::Setting => "setting",
        })
    }
}

#[derive(Serialize)]
struct Written<'a> {
    format: u32,
    #[serde(flatten)]
    manifest: &'a Manifest,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Reads the manifest of a run folder. Needs no lock: the run may be at work.
///
/// # Errors
/// [`FolderError::NoRun`] if there is none, [`Damaged`](FolderError::Damaged) or [`Format`](FolderError::Format) if it
/// cannot be understood, [`Io`](FolderError::Io) if it cannot be read.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{FolderError, read_manifest};
/// let error = read_manifest("no/such/folder".as_ref()).unwrap_err();
/// assert!(matches!(error, FolderError::NoRun { .. }));
/// ```
pub fn read_manifest(path: &Path) -> Result<Manifest, FolderError> {
    find_manifest(path)?.ok_or_else(|| FolderError::NoRun {
        path: path.to_path_buf(),
    })
}

/// `None` where a folder holds no run.
pub(super) fn find_manifest(folder: &Path) -> Result<Option<Manifest>, FolderError> {
    let path = folder.join(MANIFEST_FILE);
    let Some(bytes) = read_small(&path, MOST_BYTES)? else {
        return Ok(None);
    };
    let damaged = |error: serde_json::Error| FolderError::damaged(&path, error.to_string());
    let Format { format } = serde_json::from_slice(&bytes).map_err(damaged)?;
    if format != FORMAT {
        return Err(FolderError::Format {
            path,
            found: format,
            known: FORMAT,
        });
    }
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}

pub(super) fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), FolderError> {
    let path = folder.join(MANIFEST_FILE);
    let written = Written {
        format: FORMAT,
        manifest,
    };
    let mut bytes = serde_json::to_vec_pretty(&written)
        .map_err(|error| FolderError::io("write", &path)(error.into()))?;
    bytes.push(b'\n');
    if bytes.len() as u64 > MOST_BYTES {
        let error = std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            format!("a manifest has at most {MOST_BYTES} bytes"),
        );
        return Err(FolderError::io("write", &path)(error));
    }
    write_atomically(&path, &bytes, true)
}
