//! Whether two maps gave the same.

use std::fmt;
use std::slice::from_ref;
use std::sync::Arc;

use hypernodes_core::{Arg, Codec, Column, Error, PortValue, Runs};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How many values are serialised before they are compared.
const PIECE: usize = 4096;

type FirstDifference = dyn Fn(&Runs, &Runs) -> Result<Option<usize>, Error> + Send + Sync;

/// An output that is compared.
#[derive(Clone)]
pub(super) struct Checked {
    name: String,
    first_difference: Arc<FirstDifference>,
}

impl Checked {
    pub(super) fn bits<T>(name: String) -> Self
    where
        T: PortValue + Clone + Serialize + DeserializeOwned,
    {
        Self::new(name, |expected: &[T], found: &[T]| {
            let pieces = expected.chunks(PIECE).zip(found.chunks(PIECE));
            for (at, (expected, found)) in pieces.enumerate() {
                if !is_same_piece(expected, found) {
                    let rows = expected.iter().zip(found);
                    let same = |(a, b): (&T, &T)| is_same_piece(from_ref(a), from_ref(b));
                    return Some(at * PIECE + rows.map(same).take_while(|same| *same).count());
                }
            }
            None
        })
    }

    pub(super) fn by<T: PortValue>(
        name: String,
        same: impl Fn(&T, &T) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, move |expected: &[T], found: &[T]| {
            let mut rows = expected.iter().zip(found);
            rows.position(|(expected, found)| !same(expected, found))
        })
    }

    fn new<T: PortValue>(
        name: String,
        differ: impl Fn(&[T], &[T]) -> Option<usize> + Send + Sync + 'static,
    ) -> Self {
        let output = name.clone();
        let first_difference = move |expected: &Runs, found: &Runs| {
            let expected = expected.slice::<T>(&output)?;
            let found = found.slice::<T>(&output)?;
            let shorter = expected.len().min(found.len());
            let missing = (expected.len() != found.len()).then_some(shorter);
            Ok(differ(expected, found).or(missing))
        };
        Self {
            name,
            first_difference: Arc::new(first_difference),
        }
    }

    /// The output's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The first item that differs.
    ///
    /// # Errors
    /// An output that is not there, of another type, or with items that failed.
    pub(super) fn first_difference(
        &self,
        expected: &Runs,
        found: &Runs,
    ) -> Result<Option<usize>, Error> {
        (self.first_difference)(expected, found)
    }
}

/// Whether values are equal in serialised form. Those that cannot be serialised are not.
fn is_same_piece<T>(expected: &[T], found: &[T]) -> bool
where
    T: PortValue + Clone + Serialize + DeserializeOwned,
{
    let bytes = |values: &[T]| {
        let mut bytes = Vec::new();
        let column = Column::from_vec(values.to_vec());
        let written = Codec::of::<T>().encode(&Arg::dense(column), values.len(), &mut bytes);
        written.is_ok().then_some(bytes)
    };
    bytes(expected).is_some_and(|expected| Some(expected) == bytes(found))
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Checked").field(&self.name).finish()
    }
}
