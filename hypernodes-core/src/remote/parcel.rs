//! What goes to another process: a small head, and large pieces that are copied as they lie.

/// A message: a small head, and blobs that an engine copies straight into shared memory.
#[derive(Debug, Default)]
pub struct Parcel {
    /// What the blobs are.
    pub head: Vec<u8>,
    /// The large pieces.
    pub blobs: Vec<Blob>,
}

/// One large piece of a parcel.
#[derive(Debug)]
#[non_exhaustive]
pub enum Blob {
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Blob {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// Where a receiver reads blobs. What lies there belongs to another process, which may change it at any time: so it is
/// copied out, and never borrowed.
pub trait Blobs {
    /// How many blobs there are.
    fn count(&self) -> usize;

    /// How many bytes a blob has; 0 where there is none.
    fn len(&self, blob: usize) -> usize;

    /// Copies `out.len()` bytes from `offset` of the blob; `false` when the blob is shorter.
    fn read_at(&self, blob: usize, offset: usize, out: &mut [u8]) -> bool;
}

impl Blobs for [Vec<u8>] {
    fn count(&self) -> usize {
        <[Vec<u8>]>::len(self)
    }

    fn len(&self, blob: usize) -> usize {
        self.get(blob).map_or(0, Vec::len)
    }

    fn read_at(&self, blob: usize, offset: usize, out: &mut [u8]) -> bool {
        let end = offset.checked_add(out.len());
        let bytes = end.and_then(|end| self.get(blob)?.get(offset..end));
        bytes.map(|bytes| out.copy_from_slice(bytes)).is_some()
    }
}

impl Blobs for Vec<Vec<u8>> {
    fn count(&self) -> usize {
        self.as_slice().count()
    }

    fn len(&self, blob: usize) -> usize {
        Blobs::len(self.as_slice(), blob)
    }

    fn read_at(&self, blob: usize, offset: usize, out: &mut [u8]) -> bool {
        self.as_slice().read_at(blob, offset, out)
    }
}
