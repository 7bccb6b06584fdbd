//! Where the files of a cache lie, and what is there.
//!
//! | path | what |
//! |---|---|
//! | `CACHEDIR.TAG` | the marker |
//! | `lock` | the lock, and the bytes of all files |
//! | `tmp/` | entries that are being written |
//! | `ab/cdef..` | the entry of the key `abcdef..` |

use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::{ledger, marker};
use crate::cache::Key;

/// A file in `tmp` that was not written to for so long belongs to a process that is gone.
const STALE_AFTER: Duration = Duration::from_secs(10 * 60);

/// The files that are no entries: the marker and the lock.
pub(super) const FIXED_BYTES: u64 = marker::CONTENT.len() as u64 + ledger::BYTES;

/// The paths of a cache.
#[derive(Debug)]
pub(super) struct Layout {
    root: PathBuf,
    /// How often the whole folder was looked through: the cost that puts must not have.
    scans: AtomicU64,
}

/// A file that bears the name of an entry.
pub(super) struct Found {
    pub(super) key: Key,
    pub(super) bytes: u64,
    pub(super) modified: SystemTime,
}

impl Layout {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root,
            scans: AtomicU64::new(0),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    pub(super) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(super) fn entry(&self, key: &Key) -> PathBuf {
        let name = key.to_string();
        let (folder, file) = name.split_at(2);
        self.root.join(folder).join(file)
    }

    /// The length of the file of an entry; nothing where there is none.
    pub(super) fn entry_bytes(&self, key: &Key) -> Option<u64> {
        let about = fs::symlink_metadata(self.entry(key)).ok()?;
        about.is_file().then_some(about.len())
    }

    /// Makes a file in `tmp` that nobody else has, with room for these bytes.
    ///
    /// It has its full length at once, so that whoever adds up the folder sees all of it.
    pub(super) fn create_temporary(&self, bytes: u64) -> io::Result<(PathBuf, File)> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let folder = self.temporary();
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{}-{number}", std::process::id()));
            match File::create_new(&path) {
                Ok(file) => {
                    if let Err(error) = file.set_len(bytes) {
                        drop(fs::remove_file(&path));
                        return Err(error);
                    }
                    return Ok((path, file));
                }
                // Of a process of the same number: one that was killed, or one on another machine.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Puts a file of `tmp` in the place of an entry.
    pub(super) fn rename(&self, temporary: &Path, key: &Key) -> io::Result<()> {
        let path = self.entry(key);
        match fs::rename(temporary, &path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::rename(temporary, &path)
            }
            done => done,
        }
    }

    /// All entries, in no order, without opening them.
    pub(super) fn entries(&self) -> io::Result<Vec<Found>> {
        self.scans.fetch_add(1, Ordering::Relaxed);
        let mut found = Vec::new();
        for folder in items(&self.root)? {
            let folder = folder?;
            let Some(first) = folder
                .file_name()
                .to_str()
                .filter(|name| name.len() == 2)
                .map(str::to_owned)
            else {
                continue;
            };
            if !folder.file_type()?.is_dir() {
                continue;
            }
            for file in items(&folder.path())? {
                let file = file?;
                let Some(key) = file
                    .file_name()
                    .to_str()
                    .and_then(|rest| Key::from_hex(&format!("{first}{rest}")))
                else {
                    continue;
                };
                if let Some(about) = about_file(&file)? {
                    found.push(Found {
                        key,
                        bytes: about.len(),
                        modified: about.modified()?,
                    });
                }
            }
        }
        Ok(found)
    }

    /// The bytes of all files that are being written; removes those that nobody writes any more.
    pub(super) fn sweep_temporary(&self, now: SystemTime) -> io::Result<u64> {
        let mut bytes = 0;
        for file in items(&self.temporary())? {
            let file = file?;
            let Some(about) = about_file(&file)? else {
                continue;
            };
            let is_stale = now
                .duration_since(about.modified()?)
                .is_ok_and(|age| age > STALE_AFTER);
            if !is_stale || remove(&file.path()).is_err() {
                bytes += about.len();
            }
        }
        Ok(bytes)
    }

    #[cfg(test)]
    pub(super) fn scans(&self) -> u64 {
        self.scans.load(Ordering::Relaxed)
    }
}

/// Whether there was one.
pub(super) fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What is in a folder; nothing where there is none.
fn items(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<DirEntry>>> {
    let items = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        items => Some(items?),
    };
    Ok(items.into_iter().flatten())
}

/// `None` for what is no file, or is gone by now.
fn about_file(file: &DirEntry) -> io::Result<Option<Metadata>> {
    match file.metadata() {
        Ok(about) => Ok(Some(about).filter(Metadata::is_file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
