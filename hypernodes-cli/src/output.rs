//! Where results go: standard output, or a file that appears when it is complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use crate::error::CommandError;

/// A buffered writer to standard output or to the file of `--output`.
///
/// A file is written under a temporary name beside it and takes its name in [`Output::finish`];
/// what is not finished leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Output {
    writer: BufWriter<Target>,
    pending: Option<Pending>,
}

#[derive(Debug)]
enum Target {
    Stdout(Stdout),
    File(File),
}

/// A file under its temporary name.
#[derive(Debug)]
struct Pending {
    temporary: PathBuf,
    path: PathBuf,
    is_complete: bool,
}

impl Output {
    /// Opens the output; `None` is standard output.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, CommandError> {
        let (target, pending) = match path {
            None => (Target::Stdout(io::stdout()), None),
            Some(path) => open_file(path).map_err(|source| CommandError::Output {
                path: path.to_owned(),
                source,
            })?,
        };
        Ok(Self {
            writer: BufWriter::with_capacity(1 << 16, target),
            pending,
        })
    }

    /// Writes what is left; a file takes its name.
    pub(crate) fn finish(mut self) -> Result<(), CommandError> {
        self.writer.flush()?;
        let Some(pending) = &mut self.pending else {
            return Ok(());
        };
        let named = fs::rename(&pending.temporary, &pending.path);
        named.map_err(|source| CommandError::Output {
            path: pending.path.clone(),
            source,
        })?;
        pending.is_complete = true;
        Ok(())
    }
}

fn open_file(path: &Path) -> io::Result<(Target, Option<Pending>)> {
    let found = fs::metadata(path);
    if found.as_ref().is_ok_and(fs::Metadata::is_dir) {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if found.as_ref().is_ok_and(|found| !found.is_file()) {
        // A device or a pipe: nothing to rename.
        let file = fs::OpenOptions::new().write(true).open(path)?;
        return Ok((Target::File(file), None));
    }
    // Behind a link the file itself is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let name = format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id());
    let temporary = path.with_file_name(name);
    let file = File::create(&temporary)?;
    if let Ok(found) = found {
        // A file that is replaced keeps its permissions.
        file.set_permissions(found.permissions())?;
    }
    let pending = Pending {
        temporary,
        path,
        is_complete: false,
    };
    Ok((Target::File(file), Some(pending)))
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_complete {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::File(file) => file.flush(),
        }
    }
}
