//! Reads a log from its beginning: which pieces are whole, and what is damaged.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::PieceInfo;
use super::coverage::Coverage;
use super::frame::{
    self, CHECKSUM, CHECKSUM_BYTES, FrameHeader, FrameKey, HEADER, HEADER_BYTES, KIND_PIECE, MAGIC,
};

/// How much is read at once.
const BLOCK: usize = 64 * 1024;

/// What a log holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// The whole pieces by start; no item is finished in two of them.
    pub(super) pieces: Vec<PieceInfo>,
    pub(super) coverage: Coverage,
    /// Where the last whole frame ends; what follows is a torn or damaged tail.
    pub(super) end: u64,
    /// Damage with whole frames behind it.
    pub(super) damaged: Vec<Range<u64>>,
    /// How many whole pieces were left out, because an earlier one has some of their items.
    pub(super) doubled: u64,
}

/// Scans the frames between `from` and `len`. Only reading errors are errors; damage is passed over.
pub(super) fn scan<R: Read + Seek>(
    log: &mut R,
    from: u64,
    len: u64,
    key: FrameKey,
) -> io::Result<Scan> {
    let mut found = Scan {
        end: from,
        ..Scan::default()
    };
    let mut at = from;
    let mut block = vec![0; BLOCK];
    log.seek(SeekFrom::Start(at))?;
    while at < len {
        let Some((header, failed)) = whole_frame(log, len - at, key, &mut block)? else {
            let Some(next) = next_magic(log, at + 1, len)? else {
                break;
            };
            at = next;
            continue;
        };
        if found.end < at {
            found.damaged.push(found.end..at);
        }
        if header.kind == KIND_PIECE {
            found.add(PieceInfo {
                start: header.start,
                rows: header.rows,
                failed,
                offset: at,
                len: header.frame(),
            });
        }
        at += header.frame();
        found.end = at;
    }
    found.pieces.sort_by_key(|piece| piece.start);
    Ok(found)
}

impl Scan {
    /// The first written wins: a later piece that has some of its finished items is left out.
    fn add(&mut self, piece: PieceInfo) {
        let finished = piece.finished();
        if finished.iter().any(|range| self.coverage.meets(range)) {
            self.doubled += 1;
            return;
        }
        for range in finished {
            self.coverage.add(range);
        }
        self.pieces.push(piece);
    }
}

/// The frame that begins here, if it is whole; `left` bytes of the log are left. Moves behind what it reads.
///
/// Memory does not depend on what a header claims: a payload is read block by block.
fn whole_frame(
    log: &mut impl Read,
    left: u64,
    key: FrameKey,
    block: &mut [u8],
) -> io::Result<Option<(FrameHeader, Vec<u32>)>> {
    if left < HEADER + CHECKSUM {
        return Ok(None);
    }
    let mut bytes = [0; HEADER_BYTES];
    log.read_exact(&mut bytes)?;
    let Some(header) = FrameHeader::read(&bytes, key) else {
        return Ok(None);
    };
    if header.frame() > left {
        return Ok(None);
    }
    let mut hasher = key.hasher();
    hasher.update(&bytes);
    let mut failed = Vec::new();
    let mut payload = log.take(header.payload);
    payload
        .by_ref()
        .take(header.failed_bytes())
        .read_to_end(&mut failed)?;
    hasher.update(&failed);
    loop {
        match payload.read(block)? {
            0 => break,
            read => hasher.update(&block[..read]),
        };
    }
    let mut checksum = [0; CHECKSUM_BYTES];
    log.read_exact(&mut checksum)?;
    let is_whole = FrameKey::sum::<CHECKSUM_BYTES>(&hasher) == checksum;
    Ok(is_whole.then(|| (header, frame::failed_rows(&failed))))
}

/// Where the next frame may begin; moves there.
fn next_magic<R: Read + Seek>(log: &mut R, from: u64, len: u64) -> io::Result<Option<u64>> {
    log.seek(SeekFrom::Start(from))?;
    let mut window = Vec::with_capacity(BLOCK + MAGIC.len());
    let mut window_at = from;
    loop {
        let read = log.by_ref().take(BLOCK as u64).read_to_end(&mut window)?;
        if let Some(place) = window.windows(MAGIC.len()).position(|bytes| bytes == MAGIC) {
            let at = window_at + place as u64;
            log.seek(SeekFrom::Start(at))?;
            return Ok(Some(at));
        }
        // The magic may begin in this block and end in the next.
        let passed = window.len().saturating_sub(MAGIC.len() - 1);
        window.drain(..passed);
        window_at += passed as u64;
        if read == 0 || window_at >= len {
            return Ok(None);
        }
    }
}
