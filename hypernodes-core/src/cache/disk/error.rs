//! Why a folder is not opened, or not tidied up.

use std::io;
use std::path::{Path, PathBuf};

/// Why a disk cache cannot be opened, or looked through.
///
/// Reading and keeping values never fails: see [`CacheStore`](crate::CacheStore).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// There is a file where the folder should be.
    #[error("the cache `{}` is not a folder; give the path of a folder, or of none", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder holds something, and no cache.
    #[error("`{}` holds files but is no cache; give an empty or a new folder, so that nothing else is ever evicted", path.display())]
    NotACache {
        /// The folder.
        path: PathBuf,
    },
    /// The cache was made by another version of this crate.
    #[error("the cache `{}` has the format `{found}`, and this version reads `{expected}`; remove the folder, or give another", path.display())]
    OtherVersion {
        /// The folder.
        path: PathBuf,
        /// The format that this version reads.
        expected: u32,
        /// What the folder says.
        found: String,
    },
    /// The folder may not be made, read or written.
    #[error("no permission for the cache `{}`; change its owner or its mode, or give another folder", path.display())]
    NoPermission {
        /// What may not be touched.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others have kept the cache locked for too long.
    #[error("the cache `{}` is locked by another process; try again, or look for a process that is stopped", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The system says no.
    #[error("the cache `{}` cannot be used: {source}", path.display())]
    Io {
        /// What was to be read or written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl CacheError {
    /// The fitting variant.
    pub(super) fn of(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::NoPermission { path, source },
            io::ErrorKind::WouldBlock => Self::Busy { path },
            _ => Self::Io { path, source },
        }
    }
}
