//! Rows of text, symbol by symbol: how they look, and how they are written as they come.

use std::io::Write;

use hypernodes::Inputs;
use hypernodes::trading::data::SymbolSource;
use serde::{Deserialize, Serialize};

use crate::cli::{Common, Format};
use crate::error::{CommandError, escaped, say};
use crate::output::Output;
use crate::symbols::{Ended, SymbolRun};

/// How rows are written.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct RowStyle {
    pub(super) format: Format,
    /// Whether the symbol comes first.
    pub(super) with_symbol: bool,
}

impl RowStyle {
    /// What stands above all rows of these columns.
    pub(super) fn header<'a>(self, columns: impl IntoIterator<Item = &'a str>) -> String {
        let symbol = self.with_symbol.then_some("symbol");
        let names: Vec<&str> = symbol.into_iter().chain(columns).collect();
        match self.format {
            Format::Csv => names.join(",") + "\n",
            Format::Json => "[".to_owned(),
            _ => {
                names
                    .iter()
                    .map(|name| format!("  {name:>WIDTH$}"))
                    .collect::<String>()
                    + "\n"
            }
        }
    }

    /// What stands between the rows of two symbols.
    fn separator(self) -> &'static str {
        if self.format == Format::Json { "," } else { "" }
    }

    /// What stands below all rows.
    fn footer(self) -> &'static str {
        if self.format == Format::Json {
            "\n]\n"
        } else {
            ""
        }
    }
}

/// The width of a column of a table; a longer cell moves those behind it.
pub(super) const WIDTH: usize = 14;

/// Writes the rows of all symbols as they come: the output `text` of the pipeline. Says how that ended, and whether any has
/// failed.
pub(super) fn write_symbols(
    common: &Common,
    run: &SymbolRun<'_>,
    sources: impl Iterator<Item = SymbolSource>,
    inputs: Inputs,
    (style, header): (RowStyle, &str),
    out: &mut Output,
) -> Result<(Ended, bool), CommandError> {
    let (mut written, mut failed) = (0_usize, 0_usize);
    let ended = run.each::<String>(sources, "text", inputs, |symbol, text| {
        match text {
            Ok(text) => {
                // Bad input leaves no opening without an end behind.
                match written {
                    0 => out.write_all(header.as_bytes())?,
                    _ => out.write_all(style.separator().as_bytes())?,
                }
                out.write_all(text.as_bytes())?;
                written += 1;
            }
            Err(fault) if common.fails_fast() => return Err(fault.into_error(symbol)),
            Err(fault) => {
                failed += 1;
                say(&format!("failed: `{}`: {}", escaped(symbol), fault.text));
            }
        }
        Ok(())
    })?;
    if written == 0 {
        out.write_all(header.as_bytes())?;
    }
    out.write_all(style.footer().as_bytes())?;
    Ok((ended, failed > 0))
}
