//! The one place that reads the clock: it decides who helps whom and what a comparison measures, results never depend
//! on it.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "this is the clock of this crate")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
