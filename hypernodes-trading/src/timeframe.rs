//! [`Timeframe`]: how long a bar is.
//!
//! What is done with it is in [`crate::resample`].

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;
/// 1970-01-05, the first Monday since the epoch.
const FIRST_MONDAY: i64 = 4 * NANOS_PER_DAY;

/// A text is no timeframe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is no timeframe; write a whole number from 1 to 1000000 and a unit: `30s`, `15m`, `4h`, `1d`, `1w`, \
     `1mo`, `1q`, `1y`"
)]
pub struct TimeframeError {
    found: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    const ALL: [Self; 8] = [
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
            Self::Day => "d",
            Self::Week => "w",
            Self::Month => "mo",
            Self::Quarter => "q",
            Self::Year => "y",
        }
    }

    /// How long it is, and where a window of it begins.
    fn length(self) -> Length {
        let fixed = |seconds: i64| Length::Nanos {
            each: seconds * NANOS_PER_SECOND,
            anchor: 0,
        };
        match self {
            Self::Second => fixed(1),
            Self::Minute => fixed(60),
            Self::Hour => fixed(3_600),
            Self::Day => fixed(86_400),
            Self::Week => Length::Nanos {
                each: 7 * NANOS_PER_DAY,
                anchor: FIRST_MONDAY,
            },
            Self::Month => Length::Months(1),
            Self::Quarter => Length::Months(3),
            Self::Year => Length::Months(12),
        }
    }
}

enum Length {
    Nanos { each: i64, anchor: i64 },
    Months(i64),
}

/// How long a bar is: `30s`, `1m`, `5m`, `15m`, `1h`, `4h`, `1d`, `1w`, `1mo`, `1q`, `1y`.
///
/// Time is cut into windows without gaps, each from its start up to, not including, the start of the next. They are
/// counted in UTC from 1970-01-01: a `4h` begins at 0, 4, 8... o'clock, a `1w` on a Monday (weeks are counted from
/// 1970-01-05), a `1mo`, `1q` or `1y` with the calendar. These are the windows of polars'
/// `group_by_dynamic(every=.., closed="left", label="left", start_by="window")`.
///
/// `m` is a minute, as in market data everywhere; a month is `mo`. Any case is read.
///
/// # Example
/// ```
/// use hypernodes_trading::{Timeframe, data::parse_time};
/// let quarter_hour: Timeframe = "15m".parse()?;
/// let time = |text| parse_time(text).expect("a time");
/// assert_eq!(quarter_hour.start(time("2024-01-31 09:44:59")), time("2024-01-31 09:30"));
///
/// let week: Timeframe = "1w".parse()?;
/// assert_eq!(week.start(time("2024-01-31")), time("2024-01-29")); // a Monday
/// assert!("fortnight".parse::<Timeframe>().is_err());
/// # Ok::<(), hypernodes_trading::TimeframeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timeframe {
    count: NonZeroU32,
    unit: Unit,
}

impl Timeframe {
    /// The start of the window that `time` lies in, both in nanoseconds since 1970-01-01 UTC.
    ///
    /// A window that begins before the first time that 64-bit nanoseconds can count begins there.
    #[must_use]
    pub fn start(self, time: i64) -> i64 {
        self.window(time).0
    }

    /// The start of the window that `time` lies in and of the next one.
    pub(crate) fn window(self, time: i64) -> (i64, i64) {
        let count = i64::from(self.count.get());
        match self.unit.length() {
            Length::Nanos { each, anchor } => {
                // Wide: a window may begin or end outside the years that 64 bits hold.
                let length = i128::from(each) * i128::from(count);
                let into = (i128::from(time) - i128::from(anchor)).rem_euclid(length);
                let start = i128::from(time) - into;
                (narrow(start), narrow(start + length))
            }
            Length::Months(each) => {
                let length = each * count;
                let date = Offset::UTC
                    .to_datetime(Timestamp::from_nanosecond(i128::from(time)).unwrap_or_default());
                let months = 12 * (i64::from(date.year()) - 1970) + i64::from(date.month()) - 1;
                let start = months - months.rem_euclid(length);
                (
                    first_of(start, i64::MIN),
                    first_of(start + length, i64::MAX),
                )
            }
        }
    }
}

fn narrow(time: i128) -> i64 {
    let within = time.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    i64::try_from(within).unwrap_or_default()
}

/// The first instant of the month that many months after January 1970; `outside` where there is no such time.
fn first_of(months: i64, outside: i64) -> i64 {
    let year = 1970 + months.div_euclid(12);
    let month = i8::try_from(months.rem_euclid(12) + 1).unwrap_or(1);
    let found = i16::try_from(year)
        .ok()
        .and_then(|year| Date::new(year, month, 1).ok())
        .and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    let nanos = found.map(|date| date.timestamp().as_nanosecond());
    nanos
        .and_then(|nanos| i64::try_from(nanos).ok())
        .unwrap_or(outside)
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.name())
    }
}

impl FromStr for Timeframe {
    type Err = TimeframeError;

    fn from_str(text: &str) -> Result<Self, TimeframeError> {
        let wrong = || TimeframeError {
            found: text.chars().take(40).collect(),
        };
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = trimmed.split_at(digits);
        let count = count.parse().ok().and_then(NonZeroU32::new);
        let mut units = Unit::ALL.into_iter();
        let unit = units.find(|known| known.name().eq_ignore_ascii_case(unit));
        match (count, unit) {
            (Some(count), Some(unit)) if count.get() <= 1_000_000 => Ok(Self { count, unit }),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Timeframe {
    type Error = TimeframeError;

    fn try_from(text: String) -> Result<Self, TimeframeError> {
        text.parse()
    }
}

impl From<Timeframe> for String {
    fn from(timeframe: Timeframe) -> Self {
        timeframe.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::parse_time;

    #[test]
    fn windows_begin_where_those_of_polars_do() {
        let time = |text: &str| parse_time(text).unwrap();
        let at = "2024-02-29 12:07:31";
        for (name, start) in [
            ("7s", "2024-02-29 12:07:25"),
            ("5m", "2024-02-29 12:05"),
            ("7h", "2024-02-29 07:00"),
            ("5d", "2024-02-27"),
            ("1w", "2024-02-26"),
            ("2w", "2024-02-19"),
            ("3w", "2024-02-12"),
            ("1mo", "2024-02-01"),
            ("5mo", "2023-10-01"),
            ("7mo", "2023-09-01"),
            ("1q", "2024-01-01"),
            ("1y", "2024-01-01"),
        ] {
            let timeframe: Timeframe = name.parse().unwrap();
            assert_eq!(timeframe.start(time(at)), time(start), "{name}");
            assert_eq!(timeframe.to_string(), name);
        }
        let before: Timeframe = "7mo".parse().unwrap();
        assert_eq!(before.start(time("1969-12-28")), time("1969-06-01"));
        for bad in [
            "",
            "m",
            "0m",
            "1",
            "1 m",
            "-1m",
            "1mm",
            "1.5h",
            "1000001s",
            "99999999999d",
        ] {
            assert!(bad.parse::<Timeframe>().is_err(), "{bad}");
        }
        assert_eq!("15M".parse(), "15m".parse::<Timeframe>());
    }

    pub(crate) fn any_timeframe() -> impl Strategy<Value = Timeframe> {
        (1..400_u32, 0..Unit::ALL.len()).prop_map(|(count, unit)| Timeframe {
            count: NonZeroU32::new(count).unwrap(),
            unit: Unit::ALL[unit],
        })
    }

    proptest! {
        #[test]
        fn a_window_holds_its_time_and_begins_itself(
            timeframe in any_timeframe(), time in any::<i64>(),
        ) {
            let (start, end) = timeframe.window(time);
            prop_assert!(start <= time && (time < end || end == i64::MAX));
            prop_assert_eq!(timeframe.start(start), start);
            if end < i64::MAX && timeframe.window(end).1 < i64::MAX {
                prop_assert_eq!(timeframe.start(end), end);
                prop_assert_eq!(timeframe.start(end - 1), start);
            }
            prop_assert_eq!(timeframe.to_string().parse(), Ok(timeframe));
        }
    }
}
