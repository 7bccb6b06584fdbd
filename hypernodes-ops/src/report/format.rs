//! Numbers as people read them.

/// A count with its thousands apart: `12,345`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count where there is little room: exact below 100,000, else `1.23 M`.
pub(crate) fn short_count(n: u64) -> String {
    match n {
        0..100_000 => count(n),
        100_000..999_500 => scaled(n, 1_000, "k"),
        999_500..999_500_000 => scaled(n, 1_000_000, "M"),
        _ => scaled(n, 1_000_000_000, "G"),
    }
}

/// A count and what it counts: `1 item`, `2 items`.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A time with three digits: `1.23 s`.
pub(crate) fn time(ns: u64) -> String {
    const MINUTE: u64 = 60_000_000_000;
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..999_500 => scaled(ns, 1_000, "µs"),
        999_500..999_500_000 => scaled(ns, 1_000_000, "ms"),
        999_500_000..MINUTE => scaled(ns, 1_000_000_000, "s"),
        _ => {
            let seconds = ns / 1_000_000_000;
            let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
            if hours == 0 {
                format!("{minutes} min {seconds:02} s")
            } else {
                format!("{hours} h {minutes:02} min")
            }
        }
    }
}

/// Bytes with three digits: `1.50 MiB`.
pub(crate) fn bytes(n: u64) -> String {
    const NAMES: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut unit = 1_u64;
    let mut name = None;
    for larger in NAMES {
        // 1,000 KiB has four digits: it is better told as 0.98 MiB.
        if n / unit < 1_000 {
            break;
        }
        unit <<= 10;
        name = Some(larger);
    }
    name.map_or_else(|| format!("{n} B"), |name| scaled(n, unit, name))
}

/// A part of a whole: `12 %`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let share = share(part, whole) * 100.0;
    if part > 0 && share < 0.5 {
        "under 1 %".to_owned()
    } else {
        format!("{share:.0} %")
    }
}

/// A part of a whole between 0 and 1; 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        (float(part) / float(whole)).min(1.0)
    }
}

/// A number to draw with: the last digits of very large ones do not matter.
#[expect(
    clippy::cast_precision_loss,
    reason = "a drawing has fewer digits than a float"
)]
pub(crate) fn float(n: u64) -> f64 {
    n as f64
}

/// A moment in UTC: `2025-10-09 08:53:20 UTC`.
pub(crate) fn moment(unix_ms: u64) -> String {
    let at = i64::try_from(unix_ms).ok();
    at.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(
            || "an unknown time".to_owned(),
            |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        )
}

fn scaled(n: u64, unit: u64, name: &str) -> String {
    let value = float(n) / float(unit);
    if value < 9.995 {
        format!("{value:.2} {name}")
    } else if value < 99.95 {
        format!("{value:.1} {name}")
    } else {
        format!("{value:.0} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_thousands_apart() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(counted(1, "item", "items"), "1 item");
    }

    #[test]
    fn times_have_three_digits() {
        let times = [
            0,
            999,
            1_500,
            999_499,
            999_500,
            12_340_000,
            999_600_000,
            59_940_000_000,
            61_000_000_000,
            3_720_000_000_000,
        ];
        assert_eq!(
            times.map(time),
            [
                "0 ns",
                "999 ns",
                "1.50 µs",
                "999 µs",
                "1.00 ms",
                "12.3 ms",
                "1.00 s",
                "59.9 s",
                "1 min 01 s",
                "1 h 02 min"
            ]
        );
    }

    #[test]
    fn bytes_have_three_digits() {
        assert_eq!(
            [0, 999, 1_536, 1_048_576, u64::MAX].map(bytes),
            ["0 B", "999 B", "1.50 KiB", "1.00 MiB", "16.0 EiB"]
        );
    }

    #[test]
    fn parts_of_nothing_are_nothing() {
        assert_eq!(percent(1, 3), "33 %");
        assert_eq!(percent(0, 0), "0 %");
        assert_eq!(percent(1, 1_000), "under 1 %");
        assert_eq!(moment(1_760_000_000_000), "2025-10-09 08:53:20 UTC");
        assert_eq!(moment(u64::MAX), "an unknown time");
    }
}
