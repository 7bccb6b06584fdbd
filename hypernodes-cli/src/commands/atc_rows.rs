//! The rows of `atc` as text: a node, so that it is done where the table is computed.

use std::fmt::Write;

use hypernodes::node;
use hypernodes::trading::Bars;
use hypernodes::trading::atc::AtcOutput;

use super::rows::{RowStyle, WIDTH};
use crate::cli::Format;
use crate::error::escaped;

/// Writes a symbol's ATC columns as text, a row a bar.
#[node(output = "text", cache)]
pub(super) fn write_rows(bars: &Bars, table: &AtcOutput, style: RowStyle) -> String {
    let mut text = String::new();
    let written = match style.format {
        Format::Csv => csv(&mut text, bars, table, style),
        Format::Json => json(&mut text, bars, table, style),
        _ => aligned(&mut text, bars, table, style),
    };
    written.expect("a string takes every text");
    text
}

fn csv(text: &mut String, bars: &Bars, table: &AtcOutput, style: RowStyle) -> std::fmt::Result {
    let mut bytes = Vec::with_capacity(160 * bars.len());
    let symbol = style.with_symbol.then(|| bars.symbol());
    table
        .write_csv(&mut bytes, symbol, bars.close())
        .map_err(|_| std::fmt::Error)?;
    *text = String::from_utf8(bytes).map_err(|_| std::fmt::Error)?;
    Ok(())
}

fn json(text: &mut String, bars: &Bars, table: &AtcOutput, style: RowStyle) -> std::fmt::Result {
    let symbol = serde_json::to_string(bars.symbol()).map_err(|_| std::fmt::Error)?;
    for (bar, close) in bars.close().iter().enumerate() {
        text.push_str(if bar == 0 { "\n{" } else { ",\n{" });
        if style.with_symbol {
            write!(text, "\"symbol\":{symbol},")?;
        }
        write!(text, "\"bar\":{bar},\"close\":{close:?}")?;
        for (name, column) in AtcOutput::COLUMNS.iter().zip(table.columns()) {
            match column[bar] {
                value if value.is_nan() => write!(text, ",\"{name}\":null")?,
                value => write!(text, ",\"{name}\":{value:?}")?,
            }
        }
        text.push('}');
    }
    Ok(())
}

fn aligned(text: &mut String, bars: &Bars, table: &AtcOutput, style: RowStyle) -> std::fmt::Result {
    for (bar, close) in bars.close().iter().enumerate() {
        if style.with_symbol {
            write!(text, "  {:>WIDTH$}", escaped(bars.symbol()))?;
        }
        let close = format!("{close:?}");
        write!(text, "  {bar:>WIDTH$}  {close:>WIDTH$}")?;
        for column in table.columns() {
            match column[bar] {
                value if value.is_nan() => write!(text, "  {:>WIDTH$}", "")?,
                value if value.abs() >= 1e15 => write!(text, "  {value:>WIDTH$.4e}")?,
                value => write!(text, "  {value:>WIDTH$.4}")?,
            }
        }
        text.push('\n');
    }
    Ok(())
}
