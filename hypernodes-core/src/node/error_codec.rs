//! How the error of a node leaves the process as itself.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::BoxError;

/// No error of more bytes travels as itself: its text does.
const MOST_BYTES: usize = 1 << 20;

/// How an error of a type leaves the process and comes back as itself, through serde.
///
/// `#[node]` finds it out of the `E` in `Result<T, E>`: a type that is an [`Error`] with serde's `Serialize` and
/// `DeserializeOwned` has one. So `downcast_ref::<E>()` finds the error whichever engine ran the node. Of any other error
/// the text arrives, and the texts of what it was caused by.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::{ErrorCodec, node};
/// #[derive(Debug, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
/// #[error("{0} is odd")]
/// struct Odd(u64);
///
/// let codec = ErrorCodec::of::<Odd>();
/// let bytes = codec.write(&Odd(3)).expect("it is an `Odd`");
/// assert_eq!(codec.read(&bytes).expect("it is one").downcast_ref(), Some(&Odd(3)));
/// assert!(codec.write(&std::fmt::Error).is_none());
///
/// #[node]
/// fn half(x: u64) -> Result<u64, Odd> { if x % 2 == 0 { Ok(x / 2) } else { Err(Odd(x)) } }
/// assert!(half::node().signature().options.error.is_some());
/// ```
#[derive(Clone, Copy)]
pub struct ErrorCodec {
    write: fn(&(dyn Error + Send + Sync + 'static)) -> Option<Vec<u8>>,
    read: fn(&[u8]) -> Option<BoxError>,
    name: fn() -> &'static str,
}

impl ErrorCodec {
    /// That of a type.
    #[must_use]
    pub fn of<E: Error + Send + Sync + Serialize + DeserializeOwned + 'static>() -> Self {
        Self {
            write: write::<E>,
            read: read::<E>,
            name: std::any::type_name::<E>,
        }
    }

    /// The error as bytes. `None`: it is of another type, it refuses to be written, or it is very large.
    #[must_use]
    pub fn write(&self, error: &(dyn Error + Send + Sync + 'static)) -> Option<Vec<u8>> {
        unharmed(|| (self.write)(error)).filter(|bytes| bytes.len() <= MOST_BYTES)
    }

    /// The error that the bytes hold, if they hold one. No bytes make it panic.
    #[must_use]
    pub fn read(&self, bytes: &[u8]) -> Option<BoxError> {
        unharmed(|| (self.read)(bytes))
    }
}

/// The code of the type may panic.
fn unharmed<T>(code: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(code)).unwrap_or_else(|payload| {
        // Its destructor may panic as well.
        std::mem::forget(payload);
        None
    })
}

fn write<E: Error + Serialize + 'static>(
    error: &(dyn Error + Send + Sync + 'static),
) -> Option<Vec<u8>> {
    postcard::to_stdvec(error.downcast_ref::<E>()?).ok()
}

fn read<E: Error + Send + Sync + DeserializeOwned + 'static>(bytes: &[u8]) -> Option<BoxError> {
    match postcard::take_from_bytes::<E>(bytes) {
        Ok((error, [])) => Some(Box::new(error)),
        _ => None,
    }
}

impl fmt::Debug for ErrorCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ErrorCodec").field(&(self.name)()).finish()
    }
}
