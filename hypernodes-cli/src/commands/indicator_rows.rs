//! The rows of `indicators` as text: a node, so that it is done where the columns are computed.

use std::fmt::Write;

use hypernodes::node;
use hypernodes::trading::Bars;
use hypernodes::trading::indicators::IndicatorTable;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::rows::{RowStyle, WIDTH};
use crate::cli::Format;
use crate::error::escaped;

/// Writes a symbol's columns as text, a row a bar.
#[node(output = "text", cache)]
pub(super) fn write_indicators(bars: &Bars, table: &IndicatorTable, style: RowStyle) -> String {
    let mut text = String::with_capacity(bars.len() * (24 + 20 * table.columns().len()));
    let written = match style.format {
        Format::Csv => csv(&mut text, bars, table, style),
        Format::Json => json(&mut text, bars, table, style),
        _ => aligned(&mut text, bars, table, style),
    };
    written.expect("a string takes every text");
    text
}

/// Times as text: dates where all bars of the symbol are of midnight.
struct Times {
    with_dates: bool,
}

impl Times {
    fn of(bars: &Bars) -> Self {
        let with_dates = bars
            .time()
            .iter()
            .all(|time| time % 86_400_000_000_000 == 0);
        Self { with_dates }
    }

    fn write(&self, text: &mut String, time: i64) -> std::fmt::Result {
        let civil = civil(time);
        match self.with_dates {
            true => write!(text, "{}", civil.date()),
            false => write!(text, "{civil}"),
        }
    }
}

/// A time of bars in UTC.
pub(super) fn civil(time: i64) -> DateTime {
    // Every 64-bit number of nanoseconds is a time.
    let stamp = Timestamp::from_nanosecond(i128::from(time)).unwrap_or_default();
    TimeZone::UTC.to_datetime(stamp)
}

fn csv(
    text: &mut String,
    bars: &Bars,
    table: &IndicatorTable,
    style: RowStyle,
) -> std::fmt::Result {
    let times = Times::of(bars);
    let symbol = hypernodes::trading::quoted(bars.symbol());
    for (bar, &time) in bars.time().iter().enumerate() {
        if style.with_symbol {
            write!(text, "{symbol},")?;
        }
        times.write(text, time)?;
        for column in table.columns() {
            match column[bar] {
                value if value.is_finite() => write!(text, ",{value:?}")?,
                _ => text.push(','),
            }
        }
        text.push('\n');
    }
    Ok(())
}

fn json(
    text: &mut String,
    bars: &Bars,
    table: &IndicatorTable,
    style: RowStyle,
) -> std::fmt::Result {
    let times = Times::of(bars);
    let quoted = |text: &str| serde_json::to_string(text).map_err(|_| std::fmt::Error);
    let symbol = quoted(bars.symbol())?;
    let names = table.names().map(quoted).collect::<Result<Vec<_>, _>>()?;
    for (bar, &time) in bars.time().iter().enumerate() {
        text.push_str(if bar == 0 { "\n{" } else { ",\n{" });
        if style.with_symbol {
            write!(text, "\"symbol\":{symbol},")?;
        }
        text.push_str("\"time\":\"");
        times.write(text, time)?;
        text.push('"');
        for (name, column) in names.iter().zip(table.columns()) {
            match column[bar] {
                value if value.is_finite() => write!(text, ",{name}:{value:?}")?,
                _ => write!(text, ",{name}:null")?,
            }
        }
        text.push('}');
    }
    Ok(())
}

fn aligned(
    text: &mut String,
    bars: &Bars,
    table: &IndicatorTable,
    style: RowStyle,
) -> std::fmt::Result {
    let times = Times::of(bars);
    let mut cell = String::new();
    for (bar, &time) in bars.time().iter().enumerate() {
        if style.with_symbol {
            write!(text, "  {:>WIDTH$}", escaped(bars.symbol()))?;
        }
        cell.clear();
        times.write(&mut cell, time)?;
        write!(text, "  {cell:>WIDTH$}")?;
        for column in table.columns() {
            match column[bar] {
                value if !value.is_finite() => write!(text, "  {:>WIDTH$}", "")?,
                value if value.abs() >= 1e15 => write!(text, "  {value:>WIDTH$.4e}")?,
                value => write!(text, "  {value:>WIDTH$.4}")?,
            }
        }
        text.push('\n');
    }
    Ok(())
}
