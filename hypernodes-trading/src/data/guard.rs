//! Readers of other libraries, which some damaged files make panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `read` gives; `None` if it panics. Whatever it was reading is not to be used any more then.
///
/// The readers of Parquet and Arrow IPC believe much of what stands in a file: an offset beyond a page, a length below
/// 0. They find out by a failing assertion, and what they tell of a file is no reason to end the program.
pub(super) fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

/// What is told of such a file.
pub(super) const CONTRADICTION: &str = "what it says of itself is not what it holds";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_nothing_read() {
        assert_eq!(guarded(|| 1), Some(1));
        let none: [u8; 0] = [];
        assert_eq!(guarded(|| none[std::hint::black_box(0)]), None);
    }
}
