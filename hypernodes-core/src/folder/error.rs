//! What can go wrong with a run folder.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a run folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A new run was to begin where another is.
    #[error("folder `{}` holds a run already; resume it, or choose another folder", path.display())]
    HoldsRun {
        /// The folder.
        path: PathBuf,
    },
    /// The path is a file.
    #[error("`{}` is not a folder; choose another path", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder holds something else.
    #[error(
        "folder `{}` is not empty and holds no run (it has `{entry}`); choose an empty or a new folder", path.display()
    )]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// Something that is in it.
        entry: String,
    },
    /// There is no run to read.
    #[error("there is no run in `{}`; a run folder has a file `manifest.json`", path.display())]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// Another process, or another run of this one, works in the folder.
    #[error(
        "folder `{}` is in use by {}; wait for it, or choose another folder",
        path.display(),
        Holder(*process)
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The process that holds it, where that is known.
        process: Option<u32>,
    },
    /// The run in the folder is of another pipeline, or of other inputs.
    #[error(
        "the run in folder `{}` cannot go on, because it would mix results:{}\nundo the changes, or choose another folder",
        path.display(),
        Lines(differences)
    )]
    Changed {
        /// The folder.
        path: PathBuf,
        /// Each difference in words.
        differences: Vec<String>,
    },
    /// A file cannot be read or written; the source says why.
    #[error("cannot {action} `{}`{}", path.display(), hint(source.kind()))]
    Io {
        /// What was tried: `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A file does not hold what was written.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The folder was written by another version.
    #[error(
        "`{}` has format {found}, but this version knows format {known} only; use the version that wrote it, or another folder",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The format that is known.
        known: u32,
    },
    /// A piece contradicts itself, or the run; nothing was written.
    #[error("a piece that cannot be stored: {reason}")]
    InvalidPiece {
        /// What is wrong.
        reason: String,
    },
}

impl FolderError {
    /// Whether a stored piece is damaged: whoever reads it computes its rows again.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Whether somebody else works in the folder.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::InUse { .. })
    }

    /// For `map_err`: what was tried, and with which file.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_path_buf(),
            reason: reason.into(),
        }
    }
}

/// What a user can do about the common ones.
fn hint(kind: io::ErrorKind) -> &'static str {
    use io::ErrorKind as Kind;
    match kind {
        Kind::StorageFull | Kind::QuotaExceeded => {
            ": the disk is full; free some space and resume the run"
        }
        Kind::FileTooLarge => ": the file has reached the largest size allowed here",
        Kind::PermissionDenied => ": permission denied; choose a folder that you may write",
        Kind::ReadOnlyFilesystem => ": the file system is read-only; choose another folder",
        Kind::NotFound => ": it does not exist",
        Kind::Unsupported => ": the file system cannot do this; choose a folder on another one",
        _ => "",
    }
}

struct Holder(Option<u32>);

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(process) if process == std::process::id() => {
                f.write_str("another run of this process")
            }
            Some(process) => write!(f, "process {process}"),
            None => f.write_str("another run"),
        }
    }
}

struct Lines<'a>(&'a [String]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| write!(f, "\n  - {line}"))
    }
}
