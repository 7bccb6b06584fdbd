//! The report as a table, and its numbers as people read them.

use std::fmt;

use super::report::{ComparisonReport, Measured, SizeReport};

/// A count with its thousands apart.
///
/// # Example
/// ```
/// assert_eq!(hypernodes_engines::compare::whole_number(1_000_000), "1,000,000");
/// ```
#[must_use]
pub fn whole_number(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds with three digits, in the unit that fits.
///
/// # Example
/// ```
/// use hypernodes_engines::compare::seconds_in_words;
/// assert_eq!(seconds_in_words(0.000_050_12), "50.1 us");
/// assert_eq!(seconds_in_words(2.5e-9), "2.50 ns");
/// assert_eq!(seconds_in_words(75.0), "75.0 s");
/// ```
#[must_use]
pub fn seconds_in_words(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 999.5e-9 => (s * 1e9, "ns"),
        s if s < 999.5e-6 => (s * 1e6, "us"),
        s if s < 0.9995 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// `1.93 times`.
pub(super) fn times(factor: f64) -> String {
    format!("{} times", three_digits(factor))
}

pub(super) fn items_in_words(items: usize) -> String {
    match items {
        1 => "1 item".to_owned(),
        items => format!("{} items", whole_number(items)),
    }
}

fn three_digits(value: f64) -> String {
    if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is positive, and a float that is too large becomes the largest integer"
        )]
        let whole = value.round() as usize;
        whole_number(whole)
    }
}

const HEADER: [&str; 7] = [
    "items",
    "engine",
    "per item",
    "items/s",
    "speed-up",
    "partitions",
    "best by hand",
];

impl fmt::Display for ComparisonReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.pipeline, self.choice.reason)?;
        let rows: Vec<[String; 7]> = self.sizes.iter().flat_map(rows).collect();
        let header = HEADER.map(str::to_owned);
        let mut widths = header.each_ref().map(|cell| cell.chars().count());
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in std::iter::once(&header)
            .chain(&rows)
            .filter(|_| !rows.is_empty())
        {
            let cells = row.iter().zip(widths).enumerate();
            let cells: Vec<String> = cells
                .map(|(at, (cell, width))| match is_number(at) {
                    true => format!("{cell:>width$}"),
                    false => format!("{cell:<width$}"),
                })
                .collect();
            writeln!(f, "  {}", cells.join("  ").trim_end())?;
        }
        for size in &self.sizes {
            put_notes(f, size)?;
        }
        put_skipped(f, &self.sizes)?;
        for unavailable in &self.unavailable {
            writeln!(
                f,
                "  `{}` takes no part: {}",
                unavailable.engine, unavailable.reason
            )?;
        }
        if self.was_cancelled {
            writeln!(f, "  cancelled: this is what was measured until then")?;
        }
        Ok(())
    }
}

fn is_number(column: usize) -> bool {
    matches!(column, 0 | 2..=4)
}

fn rows(size: &SizeReport) -> impl Iterator<Item = [String; 7]> {
    size.engines.iter().map(|one| {
        let is_taken = size
            .choice
            .as_ref()
            .is_some_and(|choice| choice.engine == one.engine);
        let mark = if is_taken { " *" } else { "" };
        [
            whole_number(size.items),
            format!("{}{mark}", one.engine),
            seconds_in_words(one.seconds_per_item),
            three_digits(one.items_per_second),
            format!("{:.2}", one.speed_up),
            partitions(one),
            by_hand(one),
        ]
    })
}

fn partitions(one: &Measured) -> String {
    match one.chunks {
        Some(1) => format!("{} (1 chunk)", one.partitions),
        Some(chunks) => format!("{} ({chunks} chunks)", one.partitions),
        None => one.partitions.to_string(),
    }
}

fn by_hand(one: &Measured) -> String {
    let Some(set) = &one.hand_set else {
        return "-".to_owned();
    };
    let each = set.seconds / one.seconds * one.seconds_per_item;
    let gain = match one.hand_set_gain {
        Some(gain) => format!("{} as fast", times(gain)),
        None => "not faster".to_owned(),
    };
    format!("{}: {}, {gain}", set.npartitions, seconds_in_words(each))
}

fn put_notes(f: &mut fmt::Formatter<'_>, size: &SizeReport) -> fmt::Result {
    let items = items_in_words(size.items);
    if let Some(choice) = &size.choice {
        writeln!(f, "  {items}: take {}", choice.reason)?;
    }
    for one in &size.engines {
        let left_out = one.hand_set.iter().flat_map(|set| &set.left_out);
        let left_out: Vec<String> = left_out.map(ToString::to_string).collect();
        if !left_out.is_empty() {
            writeln!(
                f,
                "  {items}: the sweep of `{}` left out {} partitions, which would take too long",
                one.engine,
                left_out.join(", ")
            )?;
        }
    }
    Ok(())
}

/// The sizes that were left out: the first with its reason, for the larger ones take longer still.
fn put_skipped(f: &mut fmt::Formatter<'_>, sizes: &[SizeReport]) -> fmt::Result {
    let mut skipped = sizes
        .iter()
        .filter_map(|size| Some((size.items, size.skipped.as_deref()?)));
    let Some((items, reason)) = skipped.next() else {
        return Ok(());
    };
    writeln!(f, "  {}: skipped, {reason}", items_in_words(items))?;
    let more: Vec<String> = skipped.map(|(items, _)| whole_number(items)).collect();
    match more.is_empty() {
        true => Ok(()),
        false => writeln!(f, "  skipped, too: {} items", more.join("; ")),
    }
}
