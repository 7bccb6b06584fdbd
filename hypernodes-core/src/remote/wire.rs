//! Heads: plain data as bytes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::RemoteError;

/// Only numbers, texts and lists of them are written, which cannot be refused.
pub(crate) fn written<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).unwrap_or_default()
}

/// Reads what [`written`] wrote, all of it. No length in it is believed before as many bytes were seen.
pub(crate) fn read<T: DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, RemoteError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(RemoteError::damaged(
            what,
            format!("{} bytes are left over", rest.len()),
        )),
        Err(error) => Err(RemoteError::damaged(what, error.to_string())),
    }
}

/// A number of this process as it travels.
pub(crate) fn wide(number: usize) -> u64 {
    number as u64
}

/// A number from another process; one that does not fit is larger than everything here.
pub(crate) fn narrow(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
