//! Numbers of progress as people read them. What is not known yet is `-`.

use std::time::Duration;

const UNKNOWN: &str = "-";

/// A duration in its two largest units. Cut and never rounded up: 59.96 s are `59.9s`, not `60.0s`.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use hypernodes_ops::format_duration;
/// assert_eq!(format_duration(Duration::from_millis(250)), "250ms");
/// assert_eq!(format_duration(Duration::from_millis(59_960)), "59.9s");
/// assert_eq!(format_duration(Duration::from_secs(60)), "1m 00s");
/// assert_eq!(format_duration(Duration::from_secs(3599)), "59m 59s");
/// ```
#[must_use]
pub fn format_duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{}ms", time.as_millis()),
        1..60 => format!("{seconds}.{}s", time.subsec_millis() / 100),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// Items per second; `None` while no time has passed.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use hypernodes_ops::per_second;
/// assert_eq!(per_second(10, Duration::from_secs(4)), Some(2.5));
/// assert_eq!(per_second(10, Duration::ZERO), None);
/// ```
#[must_use]
pub fn per_second(items: u64, elapsed: Duration) -> Option<f64> {
    (!elapsed.is_zero()).then(|| items as f64 / elapsed.as_secs_f64())
}

/// The same in words: `2.5/s`, `1.2k/s`; items that take longer than a second are told per minute or hour.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use hypernodes_ops::format_rate;
/// assert_eq!(format_rate(12_345, Duration::from_secs(10)), "1.2k/s");
/// assert_eq!(format_rate(1, Duration::from_secs(2)), "30.0/min");
/// assert_eq!(format_rate(1, Duration::ZERO), "-");
/// ```
#[must_use]
pub fn format_rate(items: u64, elapsed: Duration) -> String {
    let Some(rate) = per_second(items, elapsed) else {
        return UNKNOWN.to_owned();
    };
    // Compared as they are shown: 999.97 is 1.0k and not 1000.0.
    let units = [
        (3600.0, "/h", 1.0 / 60.0),
        (60.0, "/min", 1.0),
        (1.0, "/s", 999.95),
        (1e-3, "k/s", 999_950.0),
        (1e-6, "M/s", 999_950_000.0),
    ];
    let (factor, unit) = units
        .iter()
        .find(|(_, _, below)| rate < *below)
        .map_or((1e-9, "G/s"), |(factor, unit, _)| (*factor, *unit));
    if items == 0 {
        return "0/s".to_owned();
    }
    format!("{:.1}{unit}", rate * factor)
}

/// How much is done, from 0 to 100, whatever the numbers are; of nothing everything is done.
///
/// # Example
/// ```
/// use hypernodes_ops::percent;
/// assert_eq!(percent(1, 4), 25.0);
/// assert_eq!(percent(5, 4), 100.0);
/// assert_eq!(percent(0, 0), 100.0);
/// ```
#[must_use]
pub fn percent(done: u64, total: u64) -> f64 {
    if done >= total {
        return 100.0;
    }
    done as f64 / total as f64 * 100.0
}

/// The same in words, cut to one digit: `100.0%` is said only when all is done.
///
/// # Example
/// ```
/// use hypernodes_ops::format_percent;
/// assert_eq!(format_percent(99_999, 100_000), "99.9%");
/// assert_eq!(format_percent(7, 5), "100.0%");
/// ```
#[must_use]
pub fn format_percent(done: u64, total: u64) -> String {
    if done >= total {
        return "100.0%".to_owned();
    }
    let tenths = u128::from(done) * 1000 / u128::from(total);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// How long the rest takes at the speed so far; `None` while nothing is done.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use hypernodes_ops::eta;
/// assert_eq!(eta(1, 4, Duration::from_secs(10)), Some(Duration::from_secs(30)));
/// assert_eq!(eta(4, 4, Duration::ZERO), Some(Duration::ZERO));
/// assert_eq!(eta(0, 4, Duration::from_secs(10)), None);
/// ```
#[must_use]
pub fn eta(done: u64, total: u64, elapsed: Duration) -> Option<Duration> {
    if done >= total {
        return Some(Duration::ZERO);
    }
    let left = (total - done) as f64;
    let each = (done > 0).then(|| elapsed.as_secs_f64() / done as f64)?;
    Some(Duration::try_from_secs_f64(left * each).unwrap_or(Duration::MAX))
}

/// The same in words.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use hypernodes_ops::format_eta;
/// assert_eq!(format_eta(1, 7, Duration::from_secs(10)), "1m 00s");
/// assert_eq!(format_eta(0, 7, Duration::from_secs(10)), "-");
/// ```
#[must_use]
pub fn format_eta(done: u64, total: u64, elapsed: Duration) -> String {
    eta(done, total, elapsed).map_or_else(|| UNKNOWN.to_owned(), format_duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_unit_is_ever_full() {
        let cases = [
            (0, "0ms"),
            (999, "999ms"),
            (1000, "1.0s"),
            (59_949, "59.9s"),
            (59_960, "59.9s"),
            (59_999, "59.9s"),
            (60_000, "1m 00s"),
            (3_599_999, "59m 59s"),
            (3_600_000, "1h 00m"),
            (86_399_999, "23h 59m"),
            (90_000_000, "1d 01h"),
        ];
        for (millis, text) in cases {
            assert_eq!(format_duration(Duration::from_millis(millis)), text);
        }
        assert_eq!(format_duration(Duration::from_nanos(1)), "0ms");
        assert!(format_duration(Duration::MAX).ends_with('h'));
    }

    #[test]
    fn no_time_and_no_items_divide_nothing() {
        assert_eq!(format_rate(5, Duration::ZERO), "-");
        assert_eq!(format_rate(0, Duration::from_secs(5)), "0/s");
        assert_eq!(eta(0, 0, Duration::ZERO), Some(Duration::ZERO));
        assert_eq!(eta(1, 2, Duration::ZERO), Some(Duration::ZERO));
        assert_eq!(eta(1, u64::MAX, Duration::MAX), Some(Duration::MAX));
        assert_eq!(format_percent(0, 0), "100.0%");
    }

    #[test]
    fn rates_take_the_unit_that_is_readable() {
        let rate = |items| format_rate(items, Duration::from_secs(1000));
        assert_eq!(rate(1), "3.6/h");
        assert_eq!(rate(500), "30.0/min");
        assert_eq!(rate(1000), "1.0/s");
        assert_eq!(rate(999_949), "999.9/s");
        assert_eq!(rate(999_960), "1.0k/s");
        assert_eq!(rate(2_500_000_000), "2.5M/s");
        assert_eq!(rate(u64::MAX), "18446744.1G/s");
    }

    #[test]
    fn only_all_is_a_hundred_percent() {
        assert_eq!(format_percent(9999, 10_000), "99.9%");
        assert_eq!(format_percent(u64::MAX - 1, u64::MAX), "99.9%");
        assert_eq!(format_percent(1, 3), "33.3%");
        assert!(percent(u64::MAX, 1) <= 100.0);
    }
}
