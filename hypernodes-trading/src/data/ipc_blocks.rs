//! What the footer of an Arrow IPC file promises, checked before the reader makes room for it.
//!
//! The reader allocates as much as a file says of a block or of a packed buffer; one changed byte is then gigabytes.

use std::io::{self, Read, Seek, SeekFrom};

use arrow_ipc::reader::read_footer_length;
use arrow_ipc::{Block, root_as_footer, root_as_message};
use arrow_schema::ArrowError;

use super::guard::CONTRADICTION;
use super::input::Raw;

/// What ends a file: the length of the footer and `ARROW1`.
const TAIL: usize = 10;

/// What begins a message: a mark and the length of its head.
const PREFIX: usize = 8;

/// How many bytes may come out of one: more than zstd (a block of 128 KiB in 4 bytes) and LZ4 make.
const MOST_UNPACKED: u64 = 1 << 16;

/// Bytes of a file.
#[derive(Debug, Clone, Copy)]
struct Piece {
    at: u64,
    head: usize,
    body: u64,
}

/// The batches of a file, by where they lie.
pub(super) struct Blocks {
    raw: Raw,
    batches: Vec<Piece>,
}

fn contradiction() -> ArrowError {
    ArrowError::IpcError(CONTRADICTION.to_owned())
}

impl Blocks {
    /// Reads the footer: all that it names must lie in the file.
    pub(super) fn read(mut raw: Raw) -> Result<Self, ArrowError> {
        let size = raw.seek(SeekFrom::End(0))?;
        let cut =
            || ArrowError::IpcError("it ends without a footer, as if it were cut off".to_owned());
        let end = size.checked_sub(TAIL as u64).ok_or_else(cut)?;
        let mut tail = [0; TAIL];
        read_at(&mut raw, end, &mut tail)?;
        let length = read_footer_length(tail).map_err(|_| cut())?;
        let start = end.checked_sub(length as u64).ok_or_else(contradiction)?;
        let mut bytes = vec![0; length];
        read_at(&mut raw, start, &mut bytes)?;
        let footer = root_as_footer(&bytes).map_err(|_| contradiction())?;
        let dictionaries = footer.dictionaries().into_iter().flatten();
        for block in dictionaries {
            piece(block, size)?;
        }
        let batches = footer.recordBatches().into_iter().flatten();
        let batches = batches
            .map(|block| piece(block, size))
            .collect::<Result<_, _>>()?;
        Ok(Self { raw, batches })
    }

    /// Checks the packed buffers of a batch, by its number.
    pub(super) fn check(&mut self, batch: usize) -> Result<(), ArrowError> {
        let Some(&Piece { at, head, body }) = self.batches.get(batch) else {
            return Ok(());
        };
        let mut bytes = vec![0; head];
        read_at(&mut self.raw, at, &mut bytes)?;
        // Files of old versions have no mark, and they pack nothing.
        let Some(message) = bytes
            .get(PREFIX..)
            .and_then(|head| root_as_message(head).ok())
        else {
            return Ok(());
        };
        let Some(batch) = message.header_as_record_batch() else {
            return Ok(());
        };
        if batch.compression().is_none() {
            return Ok(());
        }
        for buffer in batch.buffers().into_iter().flatten() {
            let offset = u64::try_from(buffer.offset()).map_err(|_| contradiction())?;
            let length = u64::try_from(buffer.length()).map_err(|_| contradiction())?;
            if offset.checked_add(length).is_none_or(|end| end > body) {
                return Err(contradiction());
            }
            if length < 8 {
                continue;
            }
            let mut unpacked = [0; 8];
            read_at(&mut self.raw, at + head as u64 + offset, &mut unpacked)?;
            // -1 stands for bytes that are not packed.
            let unpacked = u64::try_from(i64::from_le_bytes(unpacked)).unwrap_or(0);
            if unpacked > length.saturating_mul(MOST_UNPACKED) {
                return Err(contradiction());
            }
        }
        Ok(())
    }
}

fn piece(block: &Block, size: u64) -> Result<Piece, ArrowError> {
    let found = || {
        let at = u64::try_from(block.offset()).ok()?;
        let head = usize::try_from(block.metaDataLength()).ok()?;
        let body = u64::try_from(block.bodyLength()).ok()?;
        let end = at.checked_add(head as u64)?.checked_add(body)?;
        (end <= size).then_some(Piece { at, head, body })
    };
    found().ok_or_else(contradiction)
}

fn read_at(raw: &mut Raw, at: u64, into: &mut [u8]) -> io::Result<()> {
    raw.seek(SeekFrom::Start(at))?;
    raw.read_exact(into)
}
