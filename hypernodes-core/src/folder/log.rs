//! `pieces.log`: one writer appends, readers find whole pieces only.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::frame::{self, CHECKSUM, Fields, FrameKey, HEADER, MOST_PAYLOAD};
use super::scan::{Scan, scan};
use super::{FolderError, Piece, PieceInfo};
use crate::event::RunId;

const MAGIC: [u8; 8] = *b"HNPIECES";
const FORMAT: u32 = 1;

/// The length of the file's header: magic, format, run, check.
pub(super) const FILE_HEADER: u64 = 28;

/// How much is read at once when a log is opened.
const BUFFER: usize = 256 * 1024;

/// The log, open for one writer.
#[derive(Debug)]
pub(super) struct PieceLog {
    path: PathBuf,
    run: RunId,
    file: File,
    reader: Mutex<File>,
    end: Mutex<End>,
}

/// Where the next frame goes.
#[derive(Debug)]
struct End {
    at: u64,
    /// Whether a part of a frame may stand behind it.
    is_torn: bool,
}

impl PieceLog {
    /// A log without pieces.
    pub(super) fn create(path: &Path, run: RunId) -> Result<Self, FolderError> {
        let mut file = File::create(path).map_err(FolderError::io("create", path))?;
        file.write_all(&file_header(run))
            .and_then(|()| file.sync_all())
            .map_err(FolderError::io("write", path))?;
        Self::new(path, run, file, FILE_HEADER)
    }

    /// Opens a log, cuts off what stands behind its last whole frame, and says what it holds.
    pub(super) fn open(path: &Path, run: RunId) -> Result<(Self, Scan), FolderError> {
        let reading = || FolderError::io("read", path);
        let writing = || FolderError::io("write", path);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(FolderError::io("open", path))?;
        let len = file.metadata().map_err(reading())?.len();
        let mut header = Vec::new();
        (&file)
            .take(FILE_HEADER)
            .read_to_end(&mut header)
            .map_err(reading())?;
        if !belongs(path, &header, run)? {
            // The run is known from the manifest, so nothing is lost with the header.
            tracing::warn!(
                "the header of `{}` is damaged; it is written again",
                path.display()
            );
            file.seek(SeekFrom::Start(0))
                .and_then(|_| file.write_all(&file_header(run)))
                .map_err(writing())?;
        }
        let key = FrameKey::of(run);
        let mut buffered = BufReader::with_capacity(BUFFER, &file);
        let found = scan(&mut buffered, FILE_HEADER, len, key).map_err(reading())?;
        if found.end < len {
            tracing::warn!(
                "the last {} bytes of `{}` are no whole piece; they are cut off and their items are computed again",
                len - found.end,
                path.display()
            );
            file.set_len(found.end).map_err(writing())?;
        }
        for damaged in &found.damaged {
            tracing::warn!(
                "bytes {damaged:?} of `{}` are damaged; their items are computed again",
                path.display()
            );
        }
        Ok((Self::new(path, run, file, found.end)?, found))
    }

    fn new(path: &Path, run: RunId, file: File, end: u64) -> Result<Self, FolderError> {
        let reader = File::open(path).map_err(FolderError::io("open", path))?;
        Ok(Self {
            path: path.to_path_buf(),
            run,
            file,
            reader: Mutex::new(reader),
            end: Mutex::new(End {
                at: end,
                is_torn: false,
            }),
        })
    }

    /// Appends a piece; gives the length of its frame.
    pub(super) fn append(&self, piece: &Piece) -> Result<u64, FolderError> {
        self.append_with(piece, |mut file, frame| file.write_all(frame))
    }

    /// How the bytes are written is a parameter, so that tests can let it fail.
    pub(super) fn append_with(
        &self,
        piece: &Piece,
        write: impl FnOnce(&File, &[u8]) -> io::Result<()>,
    ) -> Result<u64, FolderError> {
        piece.check()?;
        let Some(frame) = frame::encode(piece, FrameKey::of(self.run)) else {
            return Err(FolderError::InvalidPiece {
                reason: format!(
                    "its values are larger than {MOST_PAYLOAD} bytes; use smaller pieces"
                ),
            });
        };
        let writing = || FolderError::io("write", &self.path);
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        if end.is_torn {
            self.file.set_len(end.at).map_err(writing())?;
            end.is_torn = false;
        }
        let mut file = &self.file;
        file.seek(SeekFrom::Start(end.at)).map_err(writing())?;
        if let Err(error) = write(file, &frame) {
            end.is_torn = file.set_len(end.at).is_err();
            return Err(writing()(error));
        }
        end.at += frame.len() as u64;
        Ok(frame.len() as u64)
    }

    /// Reads a piece and checks it again.
    pub(super) fn read(&self, info: &PieceInfo) -> Result<Piece, FolderError> {
        let damaged = || {
            let (start, end) = (info.start, info.start.saturating_add(info.rows));
            let reason = format!("the piece with items {start}..{end} is not what was written");
            FolderError::damaged(&self.path, reason)
        };
        let reading = || FolderError::io("read", &self.path);
        if info.len > HEADER + MOST_PAYLOAD + CHECKSUM {
            return Err(damaged());
        }
        let mut frame = Vec::new();
        {
            let mut file = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            let len = file.metadata().map_err(reading())?.len();
            if info
                .offset
                .checked_add(info.len)
                .is_none_or(|end| end > len)
            {
                return Err(damaged());
            }
            let size = usize::try_from(info.len).map_err(|_| damaged())?;
            frame.resize(size, 0);
            file.seek(SeekFrom::Start(info.offset)).map_err(reading())?;
            file.read_exact(&mut frame).map_err(reading())?;
        }
        let piece = frame::decode(&frame, FrameKey::of(self.run)).ok_or_else(damaged)?;
        let is_meant = (piece.start, piece.rows) == (info.start, info.rows);
        (is_meant && piece.failed == info.failed)
            .then_some(piece)
            .ok_or_else(damaged)
    }

    /// Waits until what was appended would survive a power failure. Appending goes on meanwhile.
    pub(super) fn sync(&self) -> Result<(), FolderError> {
        self.file
            .sync_data()
            .map_err(FolderError::io("write", &self.path))
    }
}

fn file_header(run: RunId) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(FORMAT.to_le_bytes());
    header.extend(run.0.to_le_bytes());
    let check = header_check(&header);
    header.extend(check);
    header
}

fn header_check(header: &[u8]) -> [u8; 8] {
    FrameKey::sum(blake3::Hasher::new().update(header))
}

/// Whether this is the whole header of the run's log; another run's, or another format's, is an error.
fn belongs(path: &Path, header: &[u8], run: RunId) -> Result<bool, FolderError> {
    let read = || {
        let mut fields = Fields(header);
        let is_magic = fields.take(8)? == MAGIC;
        let (format, found) = (fields.u32()?, RunId(fields.u64()?));
        let is_right = fields.take(8)? == header_check(header.get(..20)?);
        (is_magic && is_right).then_some((format, found))
    };
    match read() {
        None => Ok(false),
        Some((FORMAT, found)) if found == run => Ok(true),
        Some((FORMAT, found)) => Err(FolderError::damaged(
            path,
            format!("it belongs to run {found}, but `manifest.json` to run {run}"),
        )),
        Some((found, _)) => Err(FolderError::Format {
            path: path.to_path_buf(),
            found,
            known: FORMAT,
        }),
    }
}
