//! Where a file's bytes come from, and which line a byte is on.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::DataError;

/// A file that can be read from its start any number of times.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// As messages call it.
    pub(super) name: Arc<str>,
    /// The symbol of a file without a symbol column.
    pub(super) stem: Arc<str>,
    bytes: Bytes,
}

#[derive(Debug, Clone)]
enum Bytes {
    File(PathBuf),
    Memory(Arc<[u8]>),
}

/// One pass over an input.
pub(super) enum Reader {
    File(File),
    Memory(Cursor<Arc<[u8]>>),
}

impl Read for Reader {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(to),
            Self::Memory(bytes) => bytes.read(to),
        }
    }
}

/// Whether `path`, called `name`, is a file that can be read again and again; it is not opened.
pub(super) fn check_regular(path: &Path, name: &str) -> Result<(), DataError> {
    let path_shown = || name.to_owned();
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(found) if found.is_dir() => Err(DataError::NotAFile { path: path_shown() }),
        Ok(_) => Err(DataError::NotRegular { path: path_shown() }),
        Err(e) if !is_absent(&e) => Err(DataError::Read {
            path: path_shown(),
            source: e,
        }),
        Err(_) if path.is_symlink() => Err(DataError::BrokenLink { path: path_shown() }),
        Err(_) => Err(DataError::Missing { path: path_shown() }),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The symbol that a file is named after.
pub(super) fn stem(path: &Path) -> Arc<str> {
    path.file_stem()
        .map_or_else(|| "".into(), |s| s.to_string_lossy().into())
}

impl Input {
    pub(super) fn file(path: &Path) -> Self {
        let name = path.display().to_string().into();
        Self {
            name,
            stem: stem(path),
            bytes: Bytes::File(path.to_owned()),
        }
    }

    pub(super) fn memory(name: &str, bytes: Arc<[u8]>) -> Self {
        Self {
            name: name.into(),
            stem: stem(Path::new(name)),
            bytes: Bytes::Memory(bytes),
        }
    }

    pub(super) fn open(&self) -> Result<Reader, DataError> {
        let path = match &self.bytes {
            Bytes::Memory(bytes) => return Ok(Reader::Memory(Cursor::new(Arc::clone(bytes)))),
            Bytes::File(path) => path,
        };
        check_regular(path, &self.name)?;
        let file = File::open(path).map_err(|source| self.failed(source))?;
        Ok(Reader::File(file))
    }

    pub(super) fn failed(&self, source: io::Error) -> DataError {
        DataError::Read {
            path: self.name.to_string(),
            source,
        }
    }

    /// The line, from 1, of the first byte at or after `offset` that is no line break: where a
    /// record that was read from `offset` starts. Reads the file again, so for errors only.
    #[cold]
    pub(super) fn line_at(&self, offset: u64) -> u64 {
        let Ok(reader) = self.open() else { return 1 };
        let mut reader = BufReader::new(reader);
        let (mut line, mut at, mut after_return) = (1, 0, false);
        loop {
            let used = match reader.fill_buf() {
                Ok([]) | Err(_) => return line,
                Ok(bytes) => {
                    for &b in bytes {
                        if at >= offset && b != b'\n' && b != b'\r' {
                            return line;
                        }
                        // A return counts at once; the line feed behind it does not count again.
                        line += u64::from(b == b'\r' || (b == b'\n' && !after_return));
                        after_return = b == b'\r';
                        at += 1;
                    }
                    bytes.len()
                }
            };
            reader.consume(used);
        }
    }
}
