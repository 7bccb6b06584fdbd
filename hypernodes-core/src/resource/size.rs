//! Sizes in bytes as people write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const PREFIXES: [&str; 6] = ["k", "m", "g", "t", "p", "e"];

/// A text that is no size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// It does not begin with a number.
    #[error("`{0}` is not a size; expected a number and a unit, as `2GB`, `512MiB` or `100`")]
    NoNumber(String),
    /// The unit is unknown.
    #[error(
        "`{unit}` in `{text}` is not a unit of size; expected `B`, `kB`, `MB`, `GB`, `TB` or `KiB`, `MiB`, `GiB`, `TiB`"
    )]
    UnknownUnit {
        /// What was given.
        text: String,
        /// What stands behind the number.
        unit: String,
    },
    /// It does not fit into 64 bits.
    #[error("`{0}` is too large; the largest size is 18446744073709551615 bytes (16 EiB)")]
    TooLarge(String),
}

/// Reads a size: a number and perhaps a unit.
///
/// `kB`, `MB`, `GB`, `TB`, `PB`, `EB` are powers of 1000, `KiB`, `MiB` and so on powers of 1024; the case does not matter,
/// and the `B` may be left out. Parts of a byte are dropped.
///
/// # Errors
/// When there is no number, the unit is unknown, or the size needs more than 64 bits.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::parse_size;
/// assert_eq!(parse_size("2GB"), Ok(2_000_000_000));
/// assert_eq!(parse_size("512MiB"), Ok(536_870_912));
/// assert_eq!(parse_size("1.5 kib"), Ok(1536));
/// assert_eq!(parse_size("1e9"), Ok(1_000_000_000));
/// assert_eq!(parse_size("2 bananas").unwrap_err().to_string().split(';').next(),
///            Some("`bananas` in `2 bananas` is not a unit of size"));
/// ```
pub fn parse_size(text: &str) -> Result<u64, SizeError> {
    let (number, unit) = split_number(text.trim());
    let number = number.ok_or_else(|| SizeError::NoNumber(text.to_owned()))?;
    let factor = factor(unit.trim()).ok_or_else(|| SizeError::UnknownUnit {
        text: text.to_owned(),
        unit: unit.trim().to_owned(),
    })?;
    number
        .times(factor)
        .ok_or_else(|| SizeError::TooLarge(text.to_owned()))
}

/// `digits * 10^exponent`: exact, unlike a float.
struct Decimal<'a> {
    whole: &'a str,
    part: &'a str,
    exponent: i32,
}

impl Decimal<'_> {
    fn times(&self, factor: u128) -> Option<u64> {
        // More than 20 digits behind the point are less than a byte in every unit.
        let part = self.part.get(..20).unwrap_or(self.part);
        let digits = self.whole.trim_start_matches('0').to_owned() + part;
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Some(0);
        }
        let value = digits.parse::<u128>().ok()?.checked_mul(factor)?;
        let places = i32::try_from(part.len()).ok()?;
        let shift = self.exponent.saturating_sub(places);
        let power = 10_u128.checked_pow(shift.unsigned_abs());
        let bytes = match power {
            Some(power) if shift >= 0 => value.checked_mul(power)?,
            Some(power) => value / power,
            None if shift >= 0 => return None,
            None => 0,
        };
        u64::try_from(bytes).ok()
    }
}

fn split_number(text: &str) -> (Option<Decimal<'_>>, &str) {
    let (whole, rest) = split_digits(text);
    let (part, rest) = match rest.strip_prefix('.').map(split_digits) {
        Some(("", _)) | None => ("", rest),
        Some(split) => split,
    };
    if whole.is_empty() {
        return (None, rest);
    }
    let (exponent, rest) = split_exponent(rest).unwrap_or((0, rest));
    let number = Decimal {
        whole,
        part,
        exponent,
    };
    (Some(number), rest)
}

/// The `e9` of `1e9`, but not the `E` of `1EB`.
fn split_exponent(text: &str) -> Option<(i32, &str)> {
    let rest = text.strip_prefix(['e', 'E'])?;
    let (is_negative, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix('+').unwrap_or(rest)),
    };
    let (digits, rest) = split_digits(rest);
    if digits.is_empty() {
        return None;
    }
    // An exponent that is too long to read is too large all the same.
    let size = digits.parse::<i32>().unwrap_or(i32::MAX);
    Some((if is_negative { -size } else { size }, rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn factor(unit: &str) -> Option<u128> {
    let unit = unit.to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    if unit.is_empty() {
        return Some(1);
    }
    let (prefix, base) = unit
        .strip_suffix('i')
        .map_or((unit, 1000_u128), |prefix| (prefix, 1024));
    let power = PREFIXES.iter().position(|known| *known == prefix)?;
    (0..=power).try_fold(1_u128, |factor, _| factor.checked_mul(base))
}

/// Writes a size with one digit behind the point, in units of 1024.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::format_size;
/// assert_eq!(format_size(100), "100 B");
/// assert_eq!(format_size(1536), "1.5 KiB");
/// assert_eq!(format_size(2 << 30), "2 GiB");
/// ```
#[must_use]
pub fn format_size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut unit = 1024_u128;
    let mut name = 0;
    // Rounded first: 1023.96 KiB is 1 MiB and not 1024 KiB.
    let tenths = |unit: u128| (u128::from(bytes) * 10 + unit / 2) / unit;
    while tenths(unit) >= 10_240 {
        unit *= 1024;
        name += 1;
    }
    let tenths = tenths(unit);
    let name = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][name];
    if tenths.is_multiple_of(10) {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

/// A number of bytes in settings: read from a number or from a text as `2GB`, written as a number.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::ByteSize;
/// let sizes: Vec<ByteSize> = serde_json::from_str(r#"[2048, "2KiB"]"#)?;
/// assert_eq!(sizes, [ByteSize(2048), ByteSize(2048)]);
/// assert_eq!(sizes[0].to_string(), "2 KiB");
/// assert_eq!("3kB".parse(), Ok(ByteSize(3000)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

impl FromStr for ByteSize {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        parse_size(text).map(Self)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format_size(self.0))
    }
}

impl From<u64> for ByteSize {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl From<ByteSize> for u64 {
    fn from(size: ByteSize) -> Self {
        size.0
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(Self);
        }
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = ByteSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes, or a text as `2GB` or `512MiB`")
    }

    fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<ByteSize, E> {
        Ok(ByteSize(bytes))
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<ByteSize, E> {
        let wrong = |_| E::invalid_value(de::Unexpected::Signed(bytes), &self);
        u64::try_from(bytes).map(ByteSize).map_err(wrong)
    }

    fn visit_f64<E: de::Error>(self, bytes: f64) -> Result<ByteSize, E> {
        parse_size(&bytes.to_string())
            .map(ByteSize)
            .map_err(E::custom)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteSize, E> {
        parse_size(text).map(ByteSize).map_err(E::custom)
    }
}

/// For fields that are plain numbers of bytes: `#[serde(deserialize_with = "..")]`.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    ByteSize::deserialize(deserializer).map(u64::from)
}

/// The same where there may be none.
pub(super) fn some_bytes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    Option::<ByteSize>::deserialize(deserializer).map(|size| size.map(u64::from))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_of_both_kinds() {
        let cases = [
            ("0", 0),
            ("100", 100),
            ("100b", 100),
            ("1k", 1000),
            ("1Ki", 1024),
            ("1KB", 1000),
            (" 1.5 kib ", 1536),
            ("0.1GB", 100_000_000),
            ("3tb", 3_000_000_000_000),
            ("1PiB", 1 << 50),
            ("15EiB", 15 << 60),
            ("1E", 1_000_000_000_000_000_000),
            ("1e3", 1000),
            ("1e+3k", 1_000_000),
            ("2.5e-1kB", 250),
            ("1e-400", 0),
            ("0e999999999999", 0),
            ("0.00000000000000000000000000000000000001EB", 0),
            ("18446744073709551615", u64::MAX),
            ("1.1GiB", 1_181_116_006),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn garbage_is_told_in_words() {
        for text in ["", " ", "GB", "-1", "+1", ".5", "nan", "inf", "é"] {
            let error = parse_size(text).unwrap_err();
            assert_eq!(error, SizeError::NoNumber(text.to_owned()), "{text}");
        }
        for text in [
            "1.", "1 x", "1GBB", "1.2.3", "1 2", "1,5GB", "1eb2", "1ib", "1i", "1é",
        ] {
            let is_unit = |error| matches!(error, SizeError::UnknownUnit { .. });
            assert!(is_unit(parse_size(text).unwrap_err()), "{text}");
        }
        for text in [
            "18446744073709551616",
            "16EiB",
            "19EB",
            "1e20",
            "1e400",
            "1e99999999999",
        ] {
            let error = parse_size(text).unwrap_err();
            assert_eq!(error, SizeError::TooLarge(text.to_owned()), "{text}");
        }
        assert!(
            parse_size(&"9".repeat(100))
                .unwrap_err()
                .to_string()
                .contains("too large")
        );
    }

    #[test]
    fn rounding_never_gives_1024_of_a_unit() {
        assert_eq!(format_size(0), "0 B");
        assert_eq!(format_size(1023), "1023 B");
        assert_eq!(format_size((1 << 20) - 1), "1 MiB");
        assert_eq!(format_size((1 << 20) - (60 << 10)), "964 KiB");
        assert_eq!(format_size(u64::MAX), "16 EiB");
        assert_eq!(format!("{:>8}|", ByteSize(2048)), "   2 KiB|");
    }

    #[test]
    fn settings_take_numbers_and_texts() {
        let read = |text: &str| serde_json::from_str::<ByteSize>(text);
        assert_eq!(read("1e3").unwrap(), ByteSize(1000));
        assert_eq!(serde_json::to_string(&ByteSize(7)).unwrap(), "7");
        for wrong in ["-1", "\"2 apples\"", "true", "null", "1e300"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let short = postcard::to_allocvec(&ByteSize(300)).unwrap();
        assert_eq!(
            postcard::from_bytes::<ByteSize>(&short).unwrap(),
            ByteSize(300)
        );
    }

    proptest! {
        #[test]
        fn any_text_gives_a_size_or_an_error(text in "[0-9.eEkKmMiIbB +-]{0,12}|.*") {
            let _ = parse_size(&text);
        }

        #[test]
        fn what_is_written_is_read_again(bytes: u64) {
            prop_assert_eq!(parse_size(&bytes.to_string()), Ok(bytes));
            if let Ok(back) = parse_size(&format_size(bytes)) {
                let off = back.abs_diff(bytes) as f64;
                prop_assert!(off <= bytes as f64 * 0.051);
            } else {
                prop_assert_eq!(format_size(bytes), "16 EiB");
            }
        }
    }
}
