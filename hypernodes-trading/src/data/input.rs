//! Where a file's bytes come from, how they are packed, and which line a byte is on.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

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

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Parquet,
    Ipc,
}

/// How a csv file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    const ALL: [Self; 2] = [Self::Gzip, Self::Zstd];

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    fn magic(self) -> &'static [u8] {
        match self {
            Self::Gzip => &[0x1f, 0x8b],
            Self::Zstd => &[0x28, 0xb5, 0x2f, 0xfd],
        }
    }
}

/// The start of a file tells what it is, and where that does not, its name does.
const HEAD: usize = 6;
const PARQUET: [&[u8]; 2] = [b"PAR1", b"PARE"];
const IPC: &[u8] = b"ARROW1";

/// One pass over the text of an input.
pub(super) type Reader = Box<dyn Read + Send>;

/// One pass over the bytes of an input, at any place.
pub(super) enum Raw {
    File(File),
    Memory(Cursor<Arc<[u8]>>),
}

impl Read for Raw {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(to),
            Self::Memory(bytes) => bytes.read(to),
        }
    }
}

impl Seek for Raw {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Memory(bytes) => bytes.seek(to),
        }
    }
}

/// What a decoder says of damaged bytes, on its way through whoever reads.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
struct NotWhole {
    packing: Packing,
    problem: io::Error,
}

/// Marks what the decoder itself says.
struct Unpacking<R> {
    packing: Packing,
    from: R,
}

impl<R: Read> Read for Unpacking<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let packing = self.packing;
        self.from.read(to).map_err(|problem| match problem.kind() {
            io::ErrorKind::Interrupted => problem,
            _ if problem.raw_os_error().is_some() => problem,
            kind => io::Error::new(kind, NotWhole { packing, problem }),
        })
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

/// The name without its ending, whatever the case of it.
fn without<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let at = name.len().checked_sub(ending.len())?;
    let is_it = name.get(at..)?.eq_ignore_ascii_case(ending);
    is_it.then(|| &name[..at])
}

/// The symbol that a file is named after: `AAPL` of `AAPL.csv.gz`, `AAPL.csv` and `AAPL.parquet`.
pub(super) fn symbol_of_name(name: &str) -> &str {
    let packed = Packing::ALL
        .iter()
        .find_map(|p| without(name, p.extension()));
    match packed {
        Some(inner) if !inner.is_empty() => without(inner, ".csv").unwrap_or(inner),
        _ => match name.rfind('.') {
            Some(at) if at > 0 => &name[..at],
            _ => name,
        },
    }
}

/// Whether a folder's file of this name is price data.
pub(super) fn is_data_name(name: &str) -> bool {
    let endings = [
        ".csv", ".csv.gz", ".csv.zst", ".parquet", ".pq", ".arrow", ".feather",
    ];
    endings.iter().any(|ending| without(name, ending).is_some())
}

/// The symbol that a file is named after.
pub(super) fn stem(path: &Path) -> Arc<str> {
    let name = path.file_name().unwrap_or_default();
    symbol_of_name(&name.to_string_lossy()).into()
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

    /// The bytes as they are.
    pub(super) fn open_raw(&self) -> Result<Raw, DataError> {
        let path = match &self.bytes {
            Bytes::Memory(bytes) => return Ok(Raw::Memory(Cursor::new(Arc::clone(bytes)))),
            Bytes::File(path) => path,
        };
        check_regular(path, &self.name)?;
        let file = File::open(path).map_err(|source| self.failed(source))?;
        Ok(Raw::File(file))
    }

    /// The text, unpacked where it is packed.
    pub(super) fn open(&self) -> Result<Reader, DataError> {
        let (raw, head) = self.open_with_head()?;
        let found = |p: &Packing| {
            head.starts_with(p.magic()) || without(&self.name, p.extension()).is_some()
        };
        let Some(packing) = Packing::ALL.into_iter().find(found) else {
            return Ok(Box::new(raw));
        };
        let from = BufReader::with_capacity(1 << 16, raw);
        let from: Reader = match packing {
            Packing::Gzip => Box::new(MultiGzDecoder::new(from)),
            Packing::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(from);
                Box::new(decoder.map_err(|source| self.failed(source))?)
            }
        };
        Ok(Box::new(Unpacking { packing, from }))
    }

    fn open_with_head(&self) -> Result<(Raw, Vec<u8>), DataError> {
        let mut raw = self.open_raw()?;
        let mut head = Vec::with_capacity(HEAD);
        let read = raw.by_ref().take(HEAD as u64).read_to_end(&mut head);
        let read = read.and_then(|_| raw.rewind());
        read.map_err(|source| self.failed(source))?;
        Ok((raw, head))
    }

    /// What the file holds. One that cannot be opened is what it is called.
    pub(super) fn format(&self) -> Format {
        let head = self
            .open_with_head()
            .map_or_else(|_| Vec::new(), |(_, head)| head);
        let is_named = |endings: &[&str]| endings.iter().any(|e| without(&self.name, e).is_some());
        match &*head {
            head if PARQUET.iter().any(|magic| head.starts_with(magic)) => Format::Parquet,
            head if head.starts_with(IPC) => Format::Ipc,
            _ if is_named(&[".parquet", ".pq"]) => Format::Parquet,
            _ if is_named(&[".arrow", ".feather"]) => Format::Ipc,
            _ => Format::Csv,
        }
    }

    pub(super) fn failed(&self, source: io::Error) -> DataError {
        let told = source.get_ref().and_then(|e| e.downcast_ref::<NotWhole>());
        if let Some(NotWhole { packing, problem }) = told {
            return DataError::Packed {
                file: Arc::clone(&self.name),
                packing: packing.name().to_owned(),
                problem: problem.to_string(),
            };
        }
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
