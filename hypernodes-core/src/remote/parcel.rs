//! One message to another process, or from it.

use crate::value::Blob;

/// What is sent in one go: a small head, and blobs that are copied straight to where the receiver reads them.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::remote::Parcel;
/// let parcel = Parcel { head: vec![7], blobs: vec![vec![1, 2].into(), vec![3].into()] };
/// assert_eq!(parcel.blob_bytes(), 3);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Parcel {
    /// What the blobs mean.
    pub head: Vec<u8>,
    /// The values.
    pub blobs: Vec<Blob>,
}

impl Parcel {
    /// How many bytes all blobs have.
    #[must_use]
    pub fn blob_bytes(&self) -> usize {
        self.blobs.iter().map(|blob| blob.as_bytes().len()).sum()
    }
}
