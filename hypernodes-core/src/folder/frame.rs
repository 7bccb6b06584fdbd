//! The bytes of a piece: a header with its own check, the payload, a checksum over both.

use super::Piece;
use crate::event::RunId;

/// What each frame begins with; after damage the next frame is found by it.
pub(super) const MAGIC: [u8; 8] = [0xF1, b'h', b'n', b'p', 0xC7, b'\r', b'\n', 0x1A];

/// The length of a frame's header: magic, kind, failed rows, payload length, start, rows, check.
pub(super) const HEADER: u64 = HEADER_BYTES as u64;
pub(super) const HEADER_BYTES: usize = 48;

/// The length of the checksum at the end of a frame.
pub(super) const CHECKSUM: u64 = CHECKSUM_BYTES as u64;
pub(super) const CHECKSUM_BYTES: usize = 16;

/// No payload is longer; what claims to be is damaged.
pub(super) const MOST_PAYLOAD: u64 = 1 << 34;

/// Finished rows. Frames of other kinds are passed over, so that later versions may have more.
pub(super) const KIND_PIECE: u32 = 1;

const CHECKED: usize = 40;

/// The key of a run: a frame of another run never passes for one of this.
#[derive(Clone, Copy)]
pub(super) struct FrameKey([u8; 32]);

impl FrameKey {
    pub(super) fn of(run: RunId) -> Self {
        Self(blake3::derive_key(
            "hypernodes run folder, frames of pieces.log, format 1",
            &run.0.to_le_bytes(),
        ))
    }

    pub(super) fn hasher(self) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.0)
    }

    /// The first `N` bytes of the hash of what went in.
    pub(super) fn sum<const N: usize>(hasher: &blake3::Hasher) -> [u8; N] {
        let mut sum = [0; N];
        hasher.finalize_xof().fill(&mut sum);
        sum
    }

    fn check(self, header: &[u8]) -> [u8; 8] {
        Self::sum(self.hasher().update(header))
    }
}

/// The header of a frame whose check is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) kind: u32,
    pub(super) failed: u32,
    pub(super) payload: u64,
    pub(super) start: u64,
    pub(super) rows: u64,
}

impl FrameHeader {
    /// `None` where this is no header, or one that is damaged or claims too much.
    pub(super) fn read(bytes: &[u8], key: FrameKey) -> Option<Self> {
        let mut fields = Fields(bytes);
        if fields.take(8)? != MAGIC {
            return None;
        }
        let header = Self {
            kind: fields.u32()?,
            failed: fields.u32()?,
            payload: fields.u64()?,
            start: fields.u64()?,
            rows: fields.u64()?,
        };
        let is_right = fields.take(8)? == key.check(bytes.get(..CHECKED)?);
        let fits = header.payload <= MOST_PAYLOAD && header.failed_bytes() <= header.payload;
        (is_right && fits).then_some(header)
    }

    pub(super) fn write(&self, key: FrameKey, into: &mut Vec<u8>) {
        let from = into.len();
        into.extend(MAGIC);
        into.extend(self.kind.to_le_bytes());
        into.extend(self.failed.to_le_bytes());
        for field in [self.payload, self.start, self.rows] {
            into.extend(field.to_le_bytes());
        }
        let check = key.check(&into[from..]);
        into.extend(check);
    }

    /// How many bytes of the payload are the failed rows, which come first.
    pub(super) fn failed_bytes(&self) -> u64 {
        u64::from(self.failed) * 4
    }

    /// The length of the whole frame.
    pub(super) fn frame(&self) -> u64 {
        HEADER + self.payload + CHECKSUM
    }
}

/// The frame of a piece, ready to be written at once. `None` if it would be longer than a frame may be.
pub(super) fn encode(piece: &Piece, key: FrameKey) -> Option<Vec<u8>> {
    let columns = piece.columns.iter().map(|column| 8 + column.len() as u64);
    let payload = (piece.failed.len() as u64 * 4)
        + (8 + piece.input_keys.len() as u64 * 8)
        + (4 + columns.sum::<u64>());
    if payload > MOST_PAYLOAD {
        return None;
    }
    let header = FrameHeader {
        kind: KIND_PIECE,
        failed: u32::try_from(piece.failed.len()).ok()?,
        payload,
        start: piece.start,
        rows: piece.rows,
    };
    let mut bytes = Vec::with_capacity(usize::try_from(header.frame()).ok()?);
    header.write(key, &mut bytes);
    for row in &piece.failed {
        bytes.extend(row.to_le_bytes());
    }
    bytes.extend((piece.input_keys.len() as u64).to_le_bytes());
    for input_key in &piece.input_keys {
        bytes.extend(input_key.to_le_bytes());
    }
    bytes.extend(u32::try_from(piece.columns.len()).ok()?.to_le_bytes());
    for column in &piece.columns {
        bytes.extend((column.len() as u64).to_le_bytes());
        bytes.extend(column);
    }
    let checksum: [u8; CHECKSUM_BYTES] = FrameKey::sum(key.hasher().update(&bytes));
    bytes.extend(checksum);
    Some(bytes)
}

/// The piece of a frame. `None` where anything is damaged.
pub(super) fn decode(frame: &[u8], key: FrameKey) -> Option<Piece> {
    let (checked, checksum) = frame.split_last_chunk::<CHECKSUM_BYTES>()?;
    if FrameKey::sum::<CHECKSUM_BYTES>(key.hasher().update(checked)) != *checksum {
        return None;
    }
    let header = FrameHeader::read(checked, key)?;
    let mut fields = Fields(checked.get(HEADER_BYTES..)?);
    if header.kind != KIND_PIECE || fields.0.len() as u64 != header.payload {
        return None;
    }
    let failed = failed_rows(fields.take(header.failed_bytes())?);
    let keys = fields.u64()?.checked_mul(8)?;
    let input_keys = fields.take(keys)?.as_chunks().0;
    let input_keys = input_keys.iter().map(|key| u64::from_le_bytes(*key));
    let input_keys = input_keys.collect();
    let mut columns = Vec::new();
    for _ in 0..fields.u32()? {
        let len = fields.u64()?;
        columns.push(fields.take(len)?.to_vec());
    }
    let piece = Piece {
        start: header.start,
        rows: header.rows,
        failed,
        columns,
        input_keys,
    };
    (fields.0.is_empty() && piece.check().is_ok()).then_some(piece)
}

/// The failed rows from the beginning of a payload.
pub(super) fn failed_rows(bytes: &[u8]) -> Vec<u32> {
    let rows = bytes.as_chunks().0;
    rows.iter().map(|row| u32::from_le_bytes(*row)).collect()
}

/// Reads fields one after the other; never beyond the end.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, bytes: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(bytes).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
}
