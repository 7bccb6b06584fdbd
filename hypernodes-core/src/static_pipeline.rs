//! What the functions call that `pipeline!` writes. Nothing here runs in a dynamic pipeline.

use std::fmt::Debug;

use crate::error::{BoxError, Cause, Error, Failure, RunError};
use crate::node::NodeRef;

/// The error of a node that a static pipeline called.
#[cold]
pub fn node_failed(node: &str, error: impl Into<BoxError>) -> Error {
    RunError::from(Failure::new(
        None,
        node,
        Cause::Error(error.into()),
        Box::default(),
    ))
    .into()
}

/// The error of a static pipeline that another one called: the node's name gets the pipeline in front.
#[cold]
#[must_use]
pub fn nested_failed(pipeline: &str, error: Error) -> Error {
    let cause = match error {
        Error::Run(RunError::Node {
            node,
            items,
            source,
            details,
            ..
        }) => Cause::Nested(Box::new(Failure {
            items,
            path: vec![node],
            cause: Cause::Error(source),
            details,
        })),
        Error::Run(RunError::Panicked {
            node,
            items,
            message,
            details,
            ..
        }) => Cause::Nested(Box::new(Failure {
            items,
            path: vec![node],
            cause: Cause::Panic(message),
            details,
        })),
        other => Cause::Error(other.into()),
    };
    RunError::from(Failure::new(None, pipeline, cause, Box::default())).into()
}

/// A hash of a pipeline and of the functions that it calls.
#[must_use]
pub fn combined_tokens(own: u64, nodes: &[NodeRef]) -> u64 {
    nodes.iter().fold(own, |hash, node| {
        let options = &node.signature().options;
        [options.tokens, u64::from(options.version)]
            .iter()
            .fold(hash, |hash, word| {
                (hash.rotate_left(5) ^ word).wrapping_mul(0x0100_0000_01b3)
            })
    })
}

/// Calls a function for each row, in parallel, in the order of the rows.
#[cfg(feature = "rayon")]
#[inline]
pub fn map_rows<R: Sync, T: Send>(rows: &[R], row: impl Fn(&R) -> T + Sync) -> Vec<T> {
    use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
    rows.par_iter().map(&row).collect()
}

/// Calls a function for each row, one after the other: the feature `rayon` is off.
#[cfg(not(feature = "rayon"))]
#[inline]
pub fn map_rows<R: Sync, T: Send>(rows: &[R], row: impl Fn(&R) -> T + Sync) -> Vec<T> {
    rows.iter().map(row).collect()
}

/// Calls a fallible function for each row, in parallel; of the rows that fail, the first one's error is given.
///
/// # Errors
/// The error of the first row that fails. Rows after a failing one may be left out.
#[cfg(feature = "rayon")]
#[inline]
pub fn try_map_rows<R: Sync, T: Send>(
    rows: &[R],
    row: impl Fn(&R) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Mutex, PoisonError};

    use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

    // The atomic only saves work; which error is given is decided under the lock.
    let lowest = AtomicUsize::new(usize::MAX);
    let first = Mutex::new(None::<(usize, Error)>);
    let note = |at: usize, error: Error| {
        lowest.fetch_min(at, Ordering::Relaxed);
        let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
        if first.as_ref().is_none_or(|(other, _)| at < *other) {
            *first = Some((at, error));
        }
    };
    let values: Vec<T> = rows
        .par_iter()
        .enumerate()
        .filter_map(|(at, one)| {
            if at > lowest.load(Ordering::Relaxed) {
                return None;
            }
            match row(one) {
                Ok(value) => Some(value),
                Err(error) => {
                    note(at, error);
                    None
                }
            }
        })
        .collect();
    match first.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((at, error)) => Err(at_row(at, error)),
        None => Ok(values),
    }
}

/// Calls a fallible function for each row until one fails: the feature `rayon` is off.
///
/// # Errors
/// The error of the first row that fails.
#[cfg(not(feature = "rayon"))]
#[inline]
pub fn try_map_rows<R: Sync, T: Send>(
    rows: &[R],
    row: impl Fn(&R) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    rows.iter()
        .enumerate()
        .map(|(at, one)| row(one).map_err(|error| at_row(at, error)))
        .collect()
}

/// The error of a node, with the row that it was called for.
#[cold]
fn at_row(row: usize, error: Error) -> Error {
    let Error::Run(RunError::Node {
        node,
        mut items,
        source,
        details,
        ..
    }) = error
    else {
        return error;
    };
    items.insert(0, row);
    RunError::from(Failure {
        items,
        path: vec![node],
        cause: Cause::Error(source),
        details,
    })
    .into()
}

/// Shows a value whatever its type: by `Debug` where there is one, as `..` where there is none.
#[derive(Debug)]
pub struct Shown<'a, T>(pub &'a T);

/// A type with `Debug` (the preferred answer).
pub trait ShownByValue<'a> {
    /// The value itself.
    fn shown(&self) -> &'a dyn Debug;
}
impl<'a, T: Debug> ShownByValue<'a> for &Shown<'a, T> {
    fn shown(&self) -> &'a dyn Debug {
        self.0
    }
}

/// A type without.
pub trait ShownByName {
    /// A stand-in.
    fn shown(&self) -> &'static dyn Debug;
}
impl<T> ShownByName for Shown<'_, T> {
    fn shown(&self) -> &'static dyn Debug {
        struct Hidden;
        impl Debug for Hidden {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("..")
            }
        }
        &Hidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failing_row_is_told_whatever_finishes_first() {
        let rows: Vec<usize> = (0..1000).collect();
        let result = try_map_rows(&rows, |&row| {
            if row % 100 == 77 {
                Err(node_failed("n", format!("row {row}")))
            } else {
                Ok(row)
            }
        });
        let Err(Error::Run(error)) = result else {
            panic!("a row fails")
        };
        assert_eq!(error.to_string(), "node `n` failed on item 77");
        assert_eq!(error.item(), Some(77));
        assert_eq!(
            try_map_rows(&rows, |&row| Ok(row)).expect("no row fails"),
            rows
        );
    }

    #[test]
    fn a_nested_failure_names_the_way_to_the_node() {
        let error = nested_failed(
            "outer",
            nested_failed("inner", node_failed("leaf", "broken")),
        );
        assert_eq!(error.to_string(), "node `outer/inner/leaf` failed");
    }
}
