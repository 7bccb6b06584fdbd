//! Times as text: ISO dates and date-times, and integer epochs.

use jiff::civil::Date;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{CellProblem, DataError};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
pub(super) const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// The time that `text` names, in nanoseconds since 1970-01-01 UTC.
///
/// Accepted: `2024-01-31`, `20240131`, `2024-01-31 09:30`, `2024-01-31T09:30:00.5`, each
/// date-time with or without a zone (`Z`, `UTC`, `+08:00`; without one it is UTC); and integer
/// epochs, in seconds below 10^11, milliseconds below 10^14, microseconds below 10^17, else
/// nanoseconds. Eight digits that make a date of the years 1900 to 2199 are that date.
///
/// # Errors
/// [`CellProblem::Empty`], [`CellProblem::NotATime`], or [`CellProblem::TimeRange`] for years
/// that 64-bit nanoseconds cannot count.
///
/// # Example
/// ```
/// use hypernodes_trading::data::parse_time;
/// let day = 86_400_000_000_000;
/// assert_eq!(parse_time("1970-01-02"), Ok(day));
/// assert_eq!(parse_time("1970-01-02T08:00:00+08:00"), Ok(day));
/// assert_eq!(parse_time("1700000000"), parse_time("1700000000000"));
/// assert!(parse_time("31.01.2024").is_err());
/// ```
pub fn parse_time(text: &str) -> Result<i64, CellProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(CellProblem::Empty);
    }
    if let Some(result) = common(text.as_bytes()) {
        return result;
    }
    let sign = usize::from(text.starts_with('-'));
    if text[sign..].bytes().all(|b| b.is_ascii_digit()) {
        return epoch(text.parse().map_err(|_| CellProblem::TimeRange)?);
    }
    let bare = text.strip_suffix("UTC").map(str::trim_end);
    let stamp = match bare {
        Some(bare) => civil(bare)?,
        None => match text.parse::<Timestamp>() {
            Ok(stamp) => stamp,
            Err(_) => civil(text)?,
        },
    };
    i64::try_from(stamp.as_nanosecond()).map_err(|_| CellProblem::TimeRange)
}

fn civil(text: &str) -> Result<Timestamp, CellProblem> {
    let time: DateTime = text.parse().map_err(|_| CellProblem::NotATime)?;
    TimeZone::UTC
        .to_timestamp(time)
        .map_err(|_| CellProblem::TimeRange)
}

/// The common shapes without jiff's full grammar: `YYYY-MM-DD`, `YYYYMMDD`, and
/// `YYYY-MM-DD?HH:MM[:SS]` with nothing or `Z` behind. `None`: not one of these.
fn common(text: &[u8]) -> Option<Result<i64, CellProblem>> {
    let (year, month, day, rest) = match text {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, rest @ ..] => (
            number(&[*y1, *y2, *y3, *y4])?,
            number(&[*m1, *m2])?,
            number(&[*d1, *d2])?,
            rest,
        ),
        [y1, y2, y3, y4, m1, m2, d1, d2] => {
            let year = number(&[*y1, *y2, *y3, *y4])?;
            if !(1900..2200).contains(&year) {
                return None;
            }
            (year, number(&[*m1, *m2])?, number(&[*d1, *d2])?, &[][..])
        }
        _ => return None,
    };
    let seconds = match rest.strip_suffix(b"Z").unwrap_or(rest) {
        [] => 0,
        [b'T' | b't' | b' ', h1, h2, b':', m1, m2, rest @ ..] => {
            let second = match rest {
                [] => 0,
                [b':', s1, s2] => number(&[*s1, *s2])?,
                _ => return None,
            };
            let (hour, minute) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hour > 23 || minute > 59 || second > 59 {
                return None;
            }
            i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second)
        }
        _ => return None,
    };
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let days = date.duration_since(Date::constant(1970, 1, 1)).as_secs() / 86_400;
    let nanos = days
        .checked_mul(NANOS_PER_DAY)
        .and_then(|n| n.checked_add(seconds * NANOS_PER_SECOND))
        .ok_or(CellProblem::TimeRange);
    Some(nanos)
}

fn number(digits: &[u8]) -> Option<i16> {
    let mut value = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i16::from(digit - b'0');
    }
    Some(value)
}

/// The time that an integer stands for, as [`parse_time`] reads its digits.
pub(super) fn parse_time_number(value: i64) -> Result<i64, CellProblem> {
    if (10_000_000..100_000_000).contains(&value)
        && let Some(date) = common(value.to_string().as_bytes())
    {
        return date;
    }
    epoch(value)
}

fn epoch(value: i64) -> Result<i64, CellProblem> {
    let factor = match value.unsigned_abs() {
        ..100_000_000_000 => NANOS_PER_SECOND,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    value.checked_mul(factor).ok_or(CellProblem::TimeRange)
}

/// A range of times, both ends included; an absent end is open.
///
/// # Example
/// ```
/// use hypernodes_trading::data::{parse_time, TimeRange};
/// let january = TimeRange::parse(Some("2024-01-01"), Some("2024-01-31"))?;
/// assert!(january.contains(parse_time("2024-01-31 23:59").unwrap()));
/// assert!(!january.contains(parse_time("2024-02-01").unwrap()));
/// # Ok::<(), hypernodes_trading::data::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeRange {
    /// The first time, in nanoseconds since 1970-01-01 UTC.
    pub from: Option<i64>,
    /// The last time.
    pub to: Option<i64>,
}

impl TimeRange {
    /// The range between two times written as [`parse_time`] takes them; a last day without a
    /// time of day is taken whole.
    ///
    /// # Errors
    /// [`DataError::Bound`] when an end is no time, or `from` is after `to`.
    pub fn parse(from: Option<&str>, to: Option<&str>) -> Result<Self, DataError> {
        let bound = |option, text: Option<&str>| {
            let time = text.map(parse_time).transpose();
            time.map_err(|_| DataError::Bound {
                option,
                text: text.unwrap_or_default().to_owned(),
                problem: "expected an ISO date or date-time, or an integer epoch",
            })
        };
        let range = Self {
            from: bound("--from", from)?,
            to: bound("--to", to)?,
        };
        let whole_day = to.is_some_and(|t| {
            let t = t.trim().len();
            (t == 10 || t == 8) && range.to.is_some_and(|n| n % NANOS_PER_DAY == 0)
        });
        let day = if whole_day { NANOS_PER_DAY - 1 } else { 0 };
        let range = Self {
            to: range.to.map(|t| t.saturating_add(day)),
            ..range
        };
        if let (Some(first), Some(last)) = (range.from, range.to)
            && first > last
        {
            let text = from.unwrap_or_default().to_owned();
            return Err(DataError::Bound {
                option: "--from",
                text,
                problem: "later than `--to`",
            });
        }
        Ok(range)
    }

    /// Whether `time` lies in the range.
    #[must_use]
    pub fn contains(&self, time: i64) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_shape_names_one_instant() {
        let expected = Ok(1_706_693_400 * NANOS_PER_SECOND);
        for text in [
            "2024-01-31T09:30:00Z",
            "2024-01-31 09:30",
            "2024-01-31 09:30:00 UTC",
            "2024-01-31T09:30:00.000",
            "2024-01-31 17:30:00+08:00",
            "2024-01-31 17:30:00.000+0800",
            " 1706693400 ",
            "1706693400000",
            "1706693400000000",
            "1706693400000000000",
        ] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
        assert_eq!(parse_time("20240131"), parse_time("2024-01-31"));
        assert_eq!(parse_time("-86400"), Ok(-NANOS_PER_DAY));
        assert_eq!(parse_time("1969-12-31"), Ok(-NANOS_PER_DAY));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "2024-02-30",
            "2024-13-01",
            "12:00",
            "yesterday",
            "2024-01-31T25:00",
            "1.5",
        ] {
            assert_eq!(parse_time(text), Err(CellProblem::NotATime), "{text}");
        }
        assert_eq!(parse_time(""), Err(CellProblem::Empty));
        assert_eq!(parse_time("9000-01-01"), Err(CellProblem::TimeRange));
        assert_eq!(
            parse_time("99999999999999999999"),
            Err(CellProblem::TimeRange)
        );
    }

    #[test]
    fn an_upside_down_range_is_refused() {
        let error = TimeRange::parse(Some("2024-02-01"), Some("2024-01-31")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`--from` is `2024-02-01`, later than `--to`"
        );
        assert!(TimeRange::parse(Some("2024-01-31 08:00"), Some("2024-01-31")).is_ok());
    }
}
