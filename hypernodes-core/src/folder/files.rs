//! Files that are whole or not there, and the lock.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::FolderError;

/// How often a taken lock is tried again: whoever only asks for the status holds it for a moment.
const LOCK_ATTEMPTS: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Replaces a file in one step: whoever reads it sees the old bytes or the new ones.
///
/// With `is_durable` that holds through a power failure too.
pub(super) fn write_atomically(
    path: &Path,
    bytes: &[u8],
    is_durable: bool,
) -> Result<(), FolderError> {
    let temporary = temporary(path);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        if is_durable { file.sync_all() } else { Ok(()) }
    });
    if let Err(error) = written.and_then(|()| fs::rename(&temporary, path)) {
        // The failure is told; what is left over would only take space.
        let _ = fs::remove_file(&temporary);
        return Err(FolderError::io("write", path)(error));
    }
    if is_durable {
        sync_folder(path.parent());
    }
    Ok(())
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(super::handle::TEMPORARY);
    PathBuf::from(name)
}

/// Makes names durable where the system can. Not all file systems can, and none loses a name that a kill follows.
fn sync_folder(path: Option<&Path>) {
    if cfg!(unix)
        && let Some(folder) = path.and_then(|path| File::open(path).ok())
    {
        let _ = folder.sync_all();
    }
}

/// Reads a small file. `None` where there is none; more than `most` bytes are not read.
pub(super) fn read_small(path: &Path, most: u64) -> Result<Option<Vec<u8>>, FolderError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(FolderError::io("read", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(FolderError::io("read", path))?;
    if bytes.len() as u64 > most {
        return Err(FolderError::damaged(
            path,
            format!("it is longer than {most} bytes"),
        ));
    }
    Ok(Some(bytes))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Takes the lock of a folder. The system gives it back when the handle is dropped, or its process dies.
pub(super) fn lock(folder: &Path, name: &str) -> Result<File, FolderError> {
    let path = folder.join(name);
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(FolderError::io("open", &path))?;
    let mut attempt = 1;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if attempt < LOCK_ATTEMPTS => {
                attempt += 1;
                std::thread::sleep(LOCK_PAUSE);
            }
            Err(TryLockError::WouldBlock) => {
                return Err(FolderError::InUse {
                    path: folder.to_path_buf(),
                    process: holder(&path),
                });
            }
            Err(TryLockError::Error(error)) => return Err(FolderError::io("lock", &path)(error)),
        }
    }
    // Only a help for whoever finds the lock taken.
    let _ = file
        .set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(file)
}

fn holder(path: &Path) -> Option<u32> {
    let bytes = read_small(path, 64).ok()??;
    std::str::from_utf8(&bytes).ok()?.trim().parse().ok()
}

/// Whether nobody holds the lock. What cannot be found out counts as held: a run that works must not look dead.
pub(super) fn is_free(folder: &Path, name: &str) -> bool {
    match File::open(folder.join(name)) {
        Ok(file) => file.try_lock_shared().is_ok(),
        Err(error) => is_absent(&error),
    }
}
