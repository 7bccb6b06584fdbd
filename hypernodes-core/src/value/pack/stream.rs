//! The bytes of packed values, one blob after the other, written and read.

use bytemuck::Zeroable;

use super::super::blob::{Blob, Blobs};
use super::plain::Plain;
use super::{Packed, PackedProblem};

/// From so many bytes on, what lies in a column is a blob of its own. A copy of fewer costs less than one more blob.
pub(super) const VIEW_BYTES: usize = 1 << 16;

/// Adds blobs.
pub(super) struct Writer<'a> {
    blobs: &'a mut Vec<Blob>,
    /// The end of what is written so far.
    open: Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(blobs: &'a mut Vec<Blob>) -> Self {
        Self {
            blobs,
            open: Vec::new(),
        }
    }

    /// Makes room for bytes that will be copied.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.open.reserve(bytes);
    }

    pub(super) fn copy(&mut self, bytes: &[u8]) {
        self.open.extend_from_slice(bytes);
    }

    pub(super) fn view(&mut self, blob: Blob) {
        self.close();
        self.blobs.push(blob);
    }

    pub(super) fn finish(mut self) {
        self.close();
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.blobs.push(Blob::Bytes(std::mem::take(&mut self.open)));
        }
    }
}

/// Reads the blobs of packed values from front to back.
pub(super) struct Reader<'a> {
    blobs: &'a dyn Blobs,
    blob: usize,
    offset: usize,
    left: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(packed: &Packed, blobs: &'a dyn Blobs) -> Result<Self, PackedProblem> {
        let end = packed
            .first_blob
            .checked_add(packed.blobs)
            .filter(|end| *end <= blobs.count())
            .ok_or(PackedProblem::Blobs)?;
        let left = (packed.first_blob..end)
            .try_fold(0_usize, |sum, blob| sum.checked_add(blobs.len(blob)))
            .ok_or(PackedProblem::Blobs)?;
        Ok(Self {
            blobs,
            blob: packed.first_blob,
            offset: 0,
            left,
        })
    }

    /// How many bytes were not read yet.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// The next `count` values. Asks for no memory before it is known that the blobs are long enough.
    pub(super) fn take<P: Plain>(&mut self, count: usize) -> Result<Vec<P>, PackedProblem> {
        let bytes = count.checked_mul(size_of::<P>());
        if bytes.is_none_or(|bytes| bytes > self.left) {
            return Err(PackedProblem::Length { found: self.left });
        }
        let mut values = vec![P::Bits::zeroed(); count];
        self.fill(bytemuck::cast_slice_mut(&mut values))?;
        P::from_bits(values).ok_or(PackedProblem::Value)
    }

    /// The next `count` lengths, and their sum.
    pub(super) fn lengths(&mut self, count: usize) -> Result<(Vec<usize>, usize), PackedProblem> {
        let lengths = self.take::<usize>(count)?;
        let sum = lengths
            .iter()
            .try_fold(0_usize, |sum, n| sum.checked_add(*n))
            .ok_or(PackedProblem::Length { found: self.left })?;
        Ok((lengths, sum))
    }

    /// That exactly `count` values of `size` bytes are left.
    pub(super) fn expect(&self, count: usize, size: usize) -> Result<(), PackedProblem> {
        match count.checked_mul(size) == Some(self.left) {
            true => Ok(()),
            false => Err(PackedProblem::Length { found: self.left }),
        }
    }

    /// `out` is no longer than what is left.
    fn fill(&mut self, mut out: &mut [u8]) -> Result<(), PackedProblem> {
        self.left -= out.len();
        while !out.is_empty() {
            let there = self.blobs.len(self.blob).saturating_sub(self.offset);
            let (now, later) = out.split_at_mut(there.min(out.len()));
            if !self.blobs.read_at(self.blob, self.offset, now) {
                return Err(PackedProblem::Short);
            }
            self.offset += now.len();
            out = later;
            if !out.is_empty() {
                (self.blob, self.offset) = (self.blob + 1, 0);
            }
        }
        Ok(())
    }
}
