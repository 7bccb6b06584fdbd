//! Numbers in words.

use std::time::Duration;

/// `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `120 ms`, `12.3 s`, `3 min 20 s`, `2 h 5 min`.
pub(super) fn duration(nanos: u64) -> String {
    let time = Duration::from_nanos(nanos);
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{seconds}.{} s", time.subsec_millis() / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `812/s`, `2.5/s`; nothing where no time has passed.
pub(super) fn rate(items: u64, nanos: u64) -> Option<String> {
    let tenths = u128::from(items) * 10_000_000_000 / u128::from(nanos).max(1);
    if nanos == 0 || tenths == 0 {
        return None;
    }
    let whole = u64::try_from(tenths / 10).unwrap_or(u64::MAX);
    Some(if whole < 10 {
        format!("{whole}.{}/s", tenths % 10)
    } else {
        format!("{}/s", count(whole))
    })
}

/// One line, whatever the text has in it.
pub(super) fn line(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars().map(plain).collect()
}
