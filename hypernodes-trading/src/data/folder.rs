//! A private folder for what does not fit the memory.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use super::DataError;

/// A folder of its own among the temporary files, which goes with this value.
#[derive(Debug)]
pub(super) struct SpillFolder {
    path: PathBuf,
    files: usize,
}

impl SpillFolder {
    pub(super) fn new() -> Result<Self, DataError> {
        const TRIES: u64 = 16;
        let parent = std::env::temp_dir();
        let mut refused = None;
        for attempt in 0..TRIES {
            // The state is another for each, in any process.
            let number = RandomState::new().hash_one((std::process::id(), attempt));
            let path = parent.join(format!("hypernodes-{number:016x}"));
            match create(&path) {
                Ok(()) => return Ok(Self { path, files: 0 }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => refused = Some(error),
                Err(error) => return Err(failed(&parent, error)),
            }
        }
        let error = refused.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into());
        Err(failed(&parent, error))
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A new file with what `write` writes.
    ///
    /// Its name is gone at once where the system allows it, so that nothing of it stays when the program is killed.
    pub(super) fn written(
        &mut self,
        write: impl FnOnce(&File) -> io::Result<()>,
    ) -> Result<File, DataError> {
        let path = self.path.join(self.files.to_string());
        self.files += 1;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path);
        let file = file.map_err(|source| self.failed(source))?;
        fs::remove_file(&path).ok();
        write(&file).map_err(|source| self.failed(source))?;
        Ok(file)
    }

    pub(super) fn failed(&self, source: io::Error) -> DataError {
        failed(&self.path, source)
    }
}

impl Drop for SpillFolder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.path).ok();
    }
}

fn failed(folder: &Path, source: io::Error) -> DataError {
    DataError::Spill {
        folder: folder.display().to_string(),
        source,
    }
}

/// Makes a folder that nobody else reads.
fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
