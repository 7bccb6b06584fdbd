//! Bytes on their way to another process, and where they are read there. How they travel does not belong here.

use std::fmt;

use super::Arg;

/// Bytes that leave the process as they are.
#[derive(Clone)]
pub enum Blob {
    /// Bytes of its own.
    Bytes(Vec<u8>),
    /// Numbers that stay in their column. The blob is a handle on it: while it lives, the column is shared.
    Values(ColumnBytes),
}

/// The memory of numbers in a column.
#[derive(Clone)]
pub struct ColumnBytes {
    arg: Arg,
    at: At,
    bytes: fn(&Arg, At) -> &[u8],
}

/// Which numbers of an argument are meant.
#[derive(Clone, Copy)]
pub(super) enum At {
    /// The values of the first rows.
    First(usize),
    /// The items of a list: of which row, and there of which of its lists.
    List(usize, usize),
}

impl Blob {
    /// The bytes, which are not copied.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{Arg, Codec, Column};
    /// let halves = Arg::dense(Column::from_vec(vec![0.5_f64; 3]));
    /// let mut blobs = Vec::new();
    /// Codec::of::<f64>().pack(&[(&halves, 3)], &mut blobs)?;
    /// assert_eq!(blobs[0].as_bytes(), 0.5_f64.to_ne_bytes().repeat(3));
    /// assert!(halves.column.is_shared());
    /// # Ok::<(), hypernodes::CodecError>(())
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Values(values) => (values.bytes)(&values.arg, values.at),
        }
    }

    pub(super) fn view(arg: &Arg, at: At, bytes: fn(&Arg, At) -> &[u8]) -> Self {
        Self::Values(ColumnBytes {
            arg: arg.clone(),
            at,
            bytes,
        })
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Says how long it is: bytes tell nobody anything.
impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes[{}]", bytes.len()),
            Self::Values(values) => values.fmt(f),
        }
    }
}

impl fmt::Debug for ColumnBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = (self.bytes)(&self.arg, self.at).len();
        write!(f, "Values[{bytes}] of {:?}", self.arg.column)
    }
}

/// Where a receiver reads blobs.
///
/// They are copied out and never lent: they may lie in memory that the sender can still write.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::remote::Blobs;
/// let blobs = vec![vec![1_u8, 2, 3]];
/// let mut out = [0; 2];
/// assert!(blobs.read_at(0, 1, &mut out));
/// assert_eq!(out, [2, 3]);
/// assert!(!blobs.read_at(0, 2, &mut out) && !blobs.read_at(1, 0, &mut out));
/// ```
pub trait Blobs {
    /// How many blobs there are.
    fn count(&self) -> usize;

    /// How many bytes a blob really has, whatever its sender says: memory is asked for by this. 0 for one that is not
    /// there.
    fn len(&self, blob: usize) -> usize;

    /// Copies `out.len()` bytes from `offset` of a blob; `false` when the blob is shorter, or not there.
    #[must_use]
    fn read_at(&self, blob: usize, offset: usize, out: &mut [u8]) -> bool;
}

impl<B: AsRef<[u8]>> Blobs for Vec<B> {
    fn count(&self) -> usize {
        self.as_slice().len()
    }

    fn len(&self, blob: usize) -> usize {
        self.get(blob).map_or(0, |blob| blob.as_ref().len())
    }

    fn read_at(&self, blob: usize, offset: usize, out: &mut [u8]) -> bool {
        let bytes = self
            .get(blob)
            .and_then(|blob| blob.as_ref().get(offset..)?.get(..out.len()));
        bytes.is_some_and(|bytes| {
            out.copy_from_slice(bytes);
            true
        })
    }
}
