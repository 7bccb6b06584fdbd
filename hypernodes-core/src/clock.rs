//! The one place that reads the clock: chunk sizes adapt to it, results never depend on it.

#[cfg(all(test, shuttle))]
pub(crate) use crate::sync::model::now;

#[cfg(not(all(test, shuttle)))]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that the lint points to"
)]
pub(crate) fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// Milliseconds since 1970 (UTC), for people to read; 0 where the clock stands before that.
pub(crate) fn unix_ms() -> u64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |time| {
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
    })
}
