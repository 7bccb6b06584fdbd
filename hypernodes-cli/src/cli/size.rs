//! Sizes and times as they are typed: `2GB`, `512MiB`, `7d`.

use std::time::Duration;

/// Seconds by unit.
const TIMES: [(&str, f64); 8] = [
    ("ms", 0.001),
    ("", 1.0),
    ("s", 1.0),
    ("m", 60.0),
    ("min", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
    ("w", 604_800.0),
];

/// The bytes of a size such as `2GB`, `1.5GiB` or `4096`; never 0.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    match hypernodes::parse_size(text).map_err(|error| error.to_string())? {
        0 => Err("expected a size of 1 byte or more".to_owned()),
        bytes => Ok(bytes),
    }
}

/// A time such as `60s`, `1.5h` or `7d`; a bare number is seconds. Never 0.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let refused = || "expected a time such as `90s`, `12h` or `7d`".to_owned();
    let (digits, unit) = split(text);
    let found = TIMES.iter().find(|(name, _)| *name == unit);
    let &(_, each) = found.ok_or_else(refused)?;
    let number: f64 = digits.parse().map_err(|_| refused())?;
    positive(number * each)
}

/// Seconds as a decimal above 0.
pub(crate) fn parse_seconds(text: &str) -> Result<Duration, String> {
    let number = text.trim().parse().ok();
    number.map_or_else(|| positive(f64::NAN), positive)
}

fn positive(seconds: f64) -> Result<Duration, String> {
    let found = Duration::try_from_secs_f64(seconds).ok();
    let found = found.filter(|time| !time.is_zero());
    found.ok_or_else(|| "expected seconds above 0, such as `1.5`".to_owned())
}

/// The number and the unit, in lower case.
fn split(text: &str) -> (&str, String) {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.'));
    let (digits, unit) = text.split_at(end.unwrap_or(text.len()));
    (digits, unit.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact() {
        assert_eq!(parse_size("2GB"), Ok(2_000_000_000));
        assert_eq!(parse_size("512 MiB"), Ok(536_870_912));
        assert_eq!(parse_size("1.5kib"), Ok(1_536));
        assert_eq!(parse_size("4096"), Ok(4_096));
        assert_eq!(parse_size("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(parse_size("0.3GB"), Ok(300_000_000));
        assert_eq!(parse_size("2G"), Ok(2_000_000_000));
        for wrong in [
            "",
            "GB",
            "-1GB",
            "2G B",
            ".",
            "1.2.3GB",
            "0",
            "0.1b",
            "99999999TB",
        ] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(parse_duration("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(parse_duration("1.5h"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("60"), Ok(Duration::from_secs(60)));
        for wrong in ["", "d", "0s", "-1h", "7 days ago", "1e400s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
        for wrong in ["0", "-1", "nan", "inf", "1e300", "60s", ""] {
            assert!(parse_seconds(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_seconds("0.25"), Ok(Duration::from_millis(250)));
    }
}
