//! Rows for people, columns aligned, and the same as csv; numbers and times as they read.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hypernodes::ops::format_duration;
use jiff::Timestamp;

use crate::cli::Format;
use crate::error::escaped;

/// What is not known.
pub(super) const UNKNOWN: &str = "-";

/// Writes rows under their header: csv, or else a table.
pub(super) fn write<const N: usize>(
    out: &mut impl Write,
    format: Format,
    header: [&str; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    let header = header.map(str::to_owned);
    let all = || std::iter::once(&header).chain(rows);
    if format == Format::Csv {
        return all().try_for_each(|row| {
            let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
            writeln!(out, "{}", cells.join(","))
        });
    }
    let mut widths = [0; N];
    for row in all() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = escaped(cell).chars().count().max(*width);
        }
    }
    all().try_for_each(|row| {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{:<width$}", escaped(cell)))
            .collect();
        writeln!(out, "{}", cells.join("  ").trim_end())
    })
}

fn quoted(cell: &str) -> String {
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

/// A moment in milliseconds since 1970: `2026-01-31 09:30:00`, UTC.
pub(super) fn moment(unix_ms: u64) -> String {
    let found = i64::try_from(unix_ms).ok();
    let found = found.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    found.map_or_else(
        || UNKNOWN.to_owned(),
        |found| found.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// Milliseconds since 1970.
pub(super) fn unix_ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The time between two moments in milliseconds.
pub(super) fn between(from_ms: u64, to_ms: u64) -> String {
    format_duration(Duration::from_millis(to_ms.saturating_sub(from_ms)))
}

/// A number, or that it is not known.
pub(super) fn known(number: Option<u64>) -> String {
    number.map_or_else(|| UNKNOWN.to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned_and_csv_is_quoted() {
        let rows = [
            ["a,b".to_owned(), "1".to_owned()],
            ["c\n".to_owned(), "22".to_owned()],
        ];
        let told = |format| {
            let mut text = Vec::new();
            write(&mut text, format, ["name", "n"], &rows).unwrap();
            String::from_utf8(text).unwrap()
        };
        assert_eq!(told(Format::Csv), "name,n\n\"a,b\",1\n\"c\n\",22\n");
        assert_eq!(told(Format::Table), "name  n\na,b   1\nc\\n   22\n");
    }

    #[test]
    fn times_are_told_in_utc() {
        assert_eq!(moment(1_000_000_000_000), "2001-09-09 01:46:40");
        assert_eq!(moment(u64::MAX), "-");
        assert_eq!(between(1_000, 62_000), "1m 01s");
        assert_eq!(between(5, 1), "0ms");
    }
}
